using System.Globalization;
using System.Text;
using Swarm.TestKit.Dht;

namespace Swarm.Sim.Dht;

/// <summary>
/// Hops and messages of a lookup over the number of nodes, as a picture: nodes to the right on a logarithmic scale, so that "grows with the logarithm of the network" is a straight slope; hops upward in one panel, messages in another.
/// Solid the mean hops and the median messages, dashed the 99th percentile.
/// </summary>
internal static class DhtPlot
{
    private const int Width = 760;
    private const int Height = 640;
    private const int Left = 70;
    private const int Right = 130;
    private const string HopsColor = "#1f6fb2";
    private const string MessagesColor = "#c0392b";

    private static readonly Panel Hops = new("hops", HopsColor, Top: 80, Bottom: 310, survey => survey.MeanHops, survey => survey.LongHops, "mean");
    private static readonly Panel Messages = new("messages (queries and answers)", MessagesColor, Top: 350, Bottom: 580, survey => survey.MedianMessages, survey => survey.ManyMessages, "median");

    /// <summary>The picture, as SVG. There must be a row.</summary>
    public static string Draw(IReadOnlyCollection<DhtRow> rows)
    {
        var ordered = rows.OrderBy(row => row.Nodes).ToArray();
        var (least, most) = (ordered[0].Nodes, Math.Max(ordered[^1].Nodes, ordered[0].Nodes * 10));
        var svg = new StringBuilder();
        Add(svg, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" width=\"{Width}\" height=\"{Height}\" font-family=\"sans-serif\" font-size=\"13\">");
        Add(svg, $"<rect width=\"{Width}\" height=\"{Height}\" fill=\"#fff\"/>");
        Text(svg, Left, 26, "start", "#222", "What a DHT lookup takes", "font-size=\"17\" font-weight=\"bold\"");
        Text(svg, Left, 46, "start", "#666", $"the eight closest nodes to a drawn target; {ordered[0].Survey.Lookups:#,0} lookups for each size; dashed: the 99th percentile");
        foreach (var panel in new[] { Hops, Messages }) DrawPanel(svg, panel, ordered, At);
        Text(svg, (Left + Width - Right) / 2.0, Height - 16, "middle", "#444", "nodes of the network");
        return svg.Append("</svg>\n").ToString();

        double At(int nodes) => Left + ((Width - Right - Left) * Math.Log((double)nodes / least) / Math.Log((double)most / least));
    }

    private static void DrawPanel(StringBuilder svg, Panel panel, DhtRow[] rows, Func<int, double> across)
    {
        var step = panel.StepFor(rows.Max(row => panel.Many(row.Survey)));
        var top = step * Math.Ceiling(rows.Max(row => panel.Many(row.Survey)) * 1.1 / step);
        for (var mark = 0.0; mark <= top; mark += step)
        {
            var y = panel.At(mark, top);
            Add(svg, $"<line x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{y:0.#}\" y2=\"{y:0.#}\" stroke=\"#ddd\"/>");
            Text(svg, Left - 8, y + 4, "end", "#444", mark.ToString("0", CultureInfo.InvariantCulture));
        }

        foreach (var row in rows.DistinctBy(row => row.Nodes))
        {
            Add(svg, $"<line x1=\"{across(row.Nodes):0.#}\" x2=\"{across(row.Nodes):0.#}\" y1=\"{panel.Top}\" y2=\"{panel.Bottom}\" stroke=\"#eee\"/>");
            Text(svg, across(row.Nodes), panel.Bottom + 18, "middle", "#444", row.Nodes.ToString("#,0", CultureInfo.InvariantCulture));
        }

        Text(svg, Left, panel.Top - 10, "start", panel.Color, panel.Name, "font-weight=\"bold\"");
        Line(svg, panel, rows, across, top, panel.Typical, "", panel.TypicalName);
        Line(svg, panel, rows, across, top, panel.Many, "stroke-dasharray=\"5 4\"", "99 %");
    }

    private static void Line(StringBuilder svg, Panel panel, DhtRow[] rows, Func<int, double> across, double top, Func<SimDhtSurvey, double> figure, string dashes, string name)
    {
        var points = rows.Select(row => string.Create(CultureInfo.InvariantCulture, $"{across(row.Nodes):0.#},{panel.At(figure(row.Survey), top):0.#}"));
        Add(svg, $"<polyline points=\"{string.Join(' ', points)}\" fill=\"none\" stroke=\"{panel.Color}\" stroke-width=\"2.5\" {dashes}/>");
        foreach (var row in rows)
        {
            Add(svg, $"<circle cx=\"{across(row.Nodes):0.#}\" cy=\"{panel.At(figure(row.Survey), top):0.#}\" r=\"4\" fill=\"{panel.Color}\"><title>{row.Nodes} nodes: {figure(row.Survey):0.##}</title></circle>");
        }

        Text(svg, across(rows[^1].Nodes) + 12, panel.At(figure(rows[^1].Survey), top) + 4, "start", panel.Color, string.Create(CultureInfo.InvariantCulture, $"{name}: {figure(rows[^1].Survey):0.##}"), "font-weight=\"bold\"");
    }

    private static void Text(StringBuilder svg, double x, double y, string anchor, string color, string text, string more = "") =>
        Add(svg, $"<text x=\"{x:0.#}\" y=\"{y:0.#}\" text-anchor=\"{anchor}\" fill=\"{color}\" {more}>{text}</text>");

    private static void Add(StringBuilder svg, FormattableString element) => svg.Append(element.ToString(CultureInfo.InvariantCulture)).Append('\n');

    /// <summary>One of the two diagrams: from zero at its bottom upward.</summary>
    private sealed record Panel(string Name, string Color, int Top, int Bottom, Func<SimDhtSurvey, double> Typical, Func<SimDhtSurvey, double> Many, string TypicalName)
    {
        public double At(double value, double most) => Bottom - ((Bottom - Top) * value / most);

        public double StepFor(double most) => most <= 10 ? 1 : most <= 50 ? 10 : 20;
    }
}
