using System.Globalization;
using System.Text;

namespace Swarm.Sim.Crowd;

/// <summary>The results as a picture: crowd to the right and time upward, both on logarithmic scales, so that "as long as the crowd is large" is a straight slope and "as long whatever the crowd" is level.</summary>
internal static class CrowdPlot
{
    private const int Width = 760;
    private const int Height = 460;
    private const int Left = 90;
    private const int Right = 120;
    private const int Top = 60;
    private const int Bottom = 60;

    private static readonly (string Way, string Name, string Color)[] Lines = [("server", "server", "#c0392b"), ("swarm", "swarm", "#1f6fb2")];
    private static readonly (double Seconds, string Name)[] Marks =
        [(1, "1 s"), (10, "10 s"), (60, "1 min"), (600, "10 min"), (3_600, "1 h"), (36_000, "10 h"), (360_000, "100 h")];

    /// <summary>The picture, as SVG.</summary>
    public static string Draw(CrowdPlan plan, IReadOnlyCollection<CrowdResult> results)
    {
        var crowds = results.Select(result => result.Crowd).Distinct().Order().ToArray();
        var across = new Scale(crowds[0], Math.Max(crowds[^1], crowds[0] * 10), Left, Width - Right);
        var upward = new Scale(results.Min(result => result.LastSeconds) / 2, results.Max(result => result.LastSeconds) * 1.5, Height - Bottom, Top);
        var svg = new StringBuilder();
        Add(svg, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" width=\"{Width}\" height=\"{Height}\" font-family=\"sans-serif\" font-size=\"13\">");
        Add(svg, $"<rect width=\"{Width}\" height=\"{Height}\" fill=\"#fff\"/>");
        Text(svg, Left, 26, "start", "#222", "Until everybody has everything", "font-size=\"17\" font-weight=\"bold\"");
        Text(svg, Left, 46, "start", "#666", $"{plan.Bytes >> 20} MiB each, one seed or one server; every link {plan.Link.UpBytesPerSecond * 8 / 1e6:0.#} Mbit/s out, {plan.Link.DownBytesPerSecond * 8 / 1e6:0.#} Mbit/s in");
        foreach (var (seconds, name) in Marks.Where(mark => upward.Holds(mark.Seconds)))
        {
            Add(svg, $"<line x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{upward.At(seconds):0.#}\" y2=\"{upward.At(seconds):0.#}\" stroke=\"#ddd\"/>");
            Text(svg, Left - 8, upward.At(seconds) + 4, "end", "#444", name);
        }

        foreach (var crowd in crowds)
        {
            Add(svg, $"<line x1=\"{across.At(crowd):0.#}\" x2=\"{across.At(crowd):0.#}\" y1=\"{Top}\" y2=\"{Height - Bottom}\" stroke=\"#eee\"/>");
            Text(svg, across.At(crowd), Height - Bottom + 20, "middle", "#444", crowd.ToString("#,0", CultureInfo.InvariantCulture));
        }

        Text(svg, (Left + Width - Right) / 2.0, Height - 16, "middle", "#444", "leechers, or clients");
        foreach (var (way, name, color) in Lines) Line(svg, across, upward, [.. results.Where(result => result.Way == way).OrderBy(result => result.Crowd)], name, color);
        return svg.Append("</svg>\n").ToString();
    }

    private static void Line(StringBuilder svg, Scale across, Scale upward, CrowdResult[] results, string name, string color)
    {
        if (results.Length == 0) return;
        var points = results.Select(result => string.Create(CultureInfo.InvariantCulture, $"{across.At(result.Crowd):0.#},{upward.At(result.LastSeconds):0.#}"));
        Add(svg, $"<polyline points=\"{string.Join(' ', points)}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2.5\"/>");
        foreach (var result in results)
        {
            Add(svg, $"<circle cx=\"{across.At(result.Crowd):0.#}\" cy=\"{upward.At(result.LastSeconds):0.#}\" r=\"4\" fill=\"{color}\"><title>{name}, {result.Crowd}: {result.LastSeconds:0.0} s</title></circle>");
        }

        Text(svg, across.At(results[^1].Crowd) + 12, upward.At(results[^1].LastSeconds) + 4, "start", color, $"{name}: {Human(results[^1].LastSeconds)}", "font-weight=\"bold\"");
    }

    private static void Text(StringBuilder svg, double x, double y, string anchor, string color, string text, string more = "") =>
        Add(svg, $"<text x=\"{x:0.#}\" y=\"{y:0.#}\" text-anchor=\"{anchor}\" fill=\"{color}\" {more}>{text}</text>");

    private static void Add(StringBuilder svg, FormattableString element) => svg.Append(element.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private static string Human(double seconds) => seconds switch
    {
        < 120 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0} s"),
        < 7_200 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:0} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds / 3_600:0.0} h"),
    };

    /// <summary>A logarithmic scale from one length to another.</summary>
    private readonly record struct Scale(double Least, double Most, double From, double To)
    {
        public bool Holds(double value) => value >= Least && value <= Most;

        public double At(double value) => From + ((To - From) * Math.Log(value / Least) / Math.Log(Most / Least));
    }
}
