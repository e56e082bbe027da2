using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics;
using System.Globalization;
using Swarm.Sim.Output;
using Swarm.TestKit.Dht;

namespace Swarm.Sim.Dht;

/// <summary><c>swarm-sim dht</c>: how lookups fare in networks of DHT nodes of different sizes, left alone or troubled; as a table and as a plot.</summary>
internal sealed class DhtCommand : Command
{
    private const int SmallestNetwork = 8;
    private const int LargestNetwork = 100_000;
    private const int MostMinutes = 60 * 24 * 30;
    private const int MostLookups = 1_000_000;

    private static readonly (string Name, Func<DhtStudyPlan, IEnumerable<DhtRow>> Run)[] Studies =
    [
        ("quiet", DhtStudy.Quiet),
        ("churn", DhtStudy.Churn),
        ("partition", DhtStudy.Partition),
        ("sybil", DhtStudy.Sybil),
        ("garbage", DhtStudy.Garbage),
    ];

    private readonly TextWriter _output;
    private readonly Argument<string> _study = new("study") { Description = $"{string.Join(", ", Studies.Select(study => study.Name))}. Default: quiet.", DefaultValueFactory = _ => "quiet" };
    private readonly Option<int[]> _nodes = new("--nodes") { HelpName = "N,N,...", Description = "How many nodes. Default: 100,300,1000.", CustomParser = Sizes };
    private readonly Option<int?> _lookups = new("--lookups") { HelpName = "N", Description = "Lookups of each survey. Default: 1000.", CustomParser = result => SharedOptions.Number(result, 1, MostLookups) };
    private readonly Option<int?> _seed = new("--seed") { HelpName = "N", Description = "What everything follows from. Default: 1.", CustomParser = result => SharedOptions.Number(result, int.MinValue, int.MaxValue) };
    private readonly Option<int?> _prefixes = new("--prefixes") { HelpName = "N", Description = "sybil: /16 networks that the attacker's 3000 ids are in, 1 to 60. Default: 3.", CustomParser = result => SharedOptions.Number(result, 1, 60) };
    private readonly Option<int?> _minutes = new("--minutes") { HelpName = "M", Description = "churn, partition: how long it lasts. Default: 180, 60.", CustomParser = result => SharedOptions.Number(result, 1, MostMinutes) };
    private readonly Option<TimeSpan?> _settle = new("--settle") { HelpName = "T", Description = "How long a network is left alone when it has grown, such as 2m. Default: 20m.", CustomParser = SharedOptions.Duration };
    private readonly Option<string?> _plot = new("--plot") { HelpName = "FILE", Description = "Draw hops and messages over the number of nodes, as SVG." };
    private readonly Option<bool> _json = SharedOptions.Json();

    public DhtCommand(TextWriter output) : base("dht", "Measure how lookups fare in networks of DHT nodes, left alone or troubled.")
    {
        _output = output;
        _study.AcceptOnlyFromAmong([.. Studies.Select(study => study.Name)]);
        Add(_study);
        Add(_nodes);
        Add(_lookups);
        Add(_seed);
        Add(_prefixes);
        Add(_minutes);
        Add(_settle);
        Add(_plot);
        Add(_json);
        SetAction(Invoke);
    }

    private int Invoke(ParseResult parsed)
    {
        var sizes = parsed.GetValue(_nodes) is { Length: > 0 } chosen ? chosen : [100, 300, 1_000];
        var study = Studies.First(study => study.Name == parsed.GetValue(_study));
        var asJson = parsed.GetValue(_json);
        if (!asJson) _output.WriteLine("study      when               nodes  exact %  first %  found %  hops 50/99  messages 50/99  seconds 50/99    real s   peak MiB  trace");
        var rows = new List<DhtRow>();
        foreach (var size in sizes)
        {
            var clock = Stopwatch.StartNew();
            var plan = PlanOf(parsed) with { Nodes = size };
            foreach (var row in study.Run(plan))
            {
                rows.Add(row);
                using var process = Process.GetCurrentProcess();
                _output.WriteLine(asJson ? Json(row, clock.Elapsed, process.PeakWorkingSet64 >> 20) : Text(row, clock.Elapsed, process.PeakWorkingSet64 >> 20));
            }
        }

        if (parsed.GetValue(_plot) is { } file) File.WriteAllText(file, DhtPlot.Draw(rows));
        return ExitCodes.Done;
    }

    private DhtStudyPlan PlanOf(ParseResult parsed)
    {
        var plan = new DhtStudyPlan();
        return plan with
        {
            Lookups = parsed.GetValue(_lookups) ?? plan.Lookups,
            Seed = parsed.GetValue(_seed) ?? plan.Seed,
            SybilNetworks = parsed.GetValue(_prefixes) ?? plan.SybilNetworks,
            ChurnTime = parsed.GetValue(_minutes) is { } churn ? TimeSpan.FromMinutes(churn) : plan.ChurnTime,
            CutTime = parsed.GetValue(_minutes) is { } cut ? TimeSpan.FromMinutes(cut) : plan.CutTime,
            Settling = parsed.GetValue(_settle) ?? plan.Settling,
        };
    }

    private static string Text(DhtRow row, TimeSpan real, long peakMebibytes)
    {
        var survey = row.Survey;
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"{row.Study,-10} {row.When,-17} {row.Nodes,6} {survey.ExactShare * 100,8:0.00} {survey.FirstFound * 100.0 / survey.Lookups,8:0.00} {survey.FoundShare * 100,8:0.00} {$"{survey.MedianHops}/{survey.LongHops}",11} {$"{survey.MedianMessages}/{survey.ManyMessages}",15} {string.Create(CultureInfo.InvariantCulture, $"{survey.MedianTime.TotalSeconds:0.00}/{survey.LongTime.TotalSeconds:0.00}"),14} {real.TotalSeconds,9:0.0} {peakMebibytes,10}  {row.TraceHash:x16}");
        return row.Figures.IsEmpty ? line : $"{line}\n           {string.Join(", ", row.Figures.Select(figure => string.Create(CultureInfo.InvariantCulture, $"{figure.Name} {figure.Value:0.###}")))}";
    }

    private static string Json(DhtRow row, TimeSpan real, long peakMebibytes) => JsonText.Line(new
    {
        row.Study,
        row.When,
        row.Nodes,
        AgeSeconds = row.Age.TotalSeconds,
        row.Survey.Lookups,
        row.Survey.ExactShare,
        FirstShare = row.Survey.FirstFound / (double)row.Survey.Lookups,
        row.Survey.FoundShare,
        row.Survey.MedianHops,
        row.Survey.MeanHops,
        row.Survey.LongHops,
        row.Survey.MedianQueries,
        row.Survey.MedianMessages,
        row.Survey.ManyMessages,
        MedianSeconds = row.Survey.MedianTime.TotalSeconds,
        LongSeconds = row.Survey.LongTime.TotalSeconds,
        Figures = row.Figures.ToDictionary(figure => figure.Name, figure => figure.Value),
        RealSeconds = real.TotalSeconds,
        PeakMebibytes = peakMebibytes,
        TraceHash = $"{row.TraceHash:x16}",
    });

    private static int[] Sizes(ArgumentResult result)
    {
        var words = result.Tokens[0].Value.Split(',');
        var sizes = words.Select(word => int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size is >= SmallestNetwork and <= LargestNetwork ? size : 0).ToArray();
        if (sizes.Contains(0)) result.AddError($"'{result.Tokens[0].Value}' are not numbers from {SmallestNetwork} to {LargestNetwork}, separated by commas");
        return sizes;
    }
}
