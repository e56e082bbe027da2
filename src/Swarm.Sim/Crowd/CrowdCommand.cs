using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics;
using System.Globalization;
using Swarm.Sim.Output;

namespace Swarm.Sim.Crowd;

/// <summary><c>swarm-sim crowd</c>: how long crowds of different sizes take, from one seed and from one server, over the same links; as a table and as a plot.</summary>
internal sealed class CrowdCommand : Command
{
    private const int LargestCrowd = 10_000;

    private readonly TextWriter _output;
    private readonly Option<int[]> _sizes = new("--sizes") { HelpName = "N,N,...", Description = "How many come. Default: 1,10,100,1000.", CustomParser = Sizes };
    private readonly Option<int?> _seed = new("--seed") { HelpName = "N", Description = "What everything follows from. Default: 1.", CustomParser = result => SharedOptions.Number(result, int.MinValue, int.MaxValue) };
    private readonly Option<string?> _plot = new("--plot") { HelpName = "FILE", Description = "Draw it, as SVG." };
    private readonly Option<bool> _json = SharedOptions.Json();

    public CrowdCommand(TextWriter output) : base("crowd", "Measure how long a crowd takes, from one seed as a swarm and from one server, over the same links.")
    {
        _output = output;
        Add(_sizes);
        Add(_seed);
        Add(_plot);
        Add(_json);
        SetAction(Invoke);
    }

    private int Invoke(ParseResult parsed)
    {
        var plan = new CrowdPlan { Seed = parsed.GetValue(_seed) ?? 1 };
        var sizes = parsed.GetValue(_sizes) is { Length: > 0 } chosen ? chosen : [1, 10, 100, 1_000];
        var asJson = parsed.GetValue(_json);
        if (!asJson)
        {
            _output.WriteLine($"{plan.Bytes >> 20} MiB for each, {plan.Link.UpBytesPerSecond * 8 / 1e6:0.#} Mbit/s out and {plan.Link.DownBytesPerSecond * 8 / 1e6:0.#} in for each, the seed and the server too");
            _output.WriteLine("way     crowd    half have it s    all have it s    real s    million events    peak MiB  trace");
        }

        var results = new List<CrowdResult>();
        foreach (var size in sizes)
        {
            Tell(ServerCrowd.Run(plan, size));
            Tell(SwarmCrowd.Run(plan, size));
        }

        if (parsed.GetValue(_plot) is { } file) File.WriteAllText(file, CrowdPlot.Draw(plan, results));
        return ExitCodes.Done;

        void Tell(CrowdResult result)
        {
            results.Add(result);
            using var process = Process.GetCurrentProcess();
            var peak = process.PeakWorkingSet64 >> 20;
            _output.WriteLine(asJson
                ? JsonText.Line(new { result.Way, result.Crowd, result.MedianSeconds, result.LastSeconds, result.RealSeconds, result.Events, PeakMebibytes = peak, TraceHash = $"{result.TraceHash:x16}" })
                : $"{result.Way,-6} {result.Crowd,6} {result.MedianSeconds,17:0.0} {result.LastSeconds,16:0.0} {result.RealSeconds,9:0.0} {result.Events / 1e6,17:0.000} {peak,11}  {result.TraceHash:x16}");
        }
    }

    private static int[] Sizes(ArgumentResult result)
    {
        var words = result.Tokens[0].Value.Split(',');
        var sizes = words.Select(word => int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size is >= 1 and <= LargestCrowd ? size : 0).ToArray();
        if (sizes.Contains(0)) result.AddError($"'{result.Tokens[0].Value}' are not numbers from 1 to {LargestCrowd}, separated by commas");
        return sizes;
    }
}
