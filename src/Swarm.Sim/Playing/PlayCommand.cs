using System.CommandLine;
using Swarm.Sim.Output;
using Swarm.TestKit.Scenarios;

namespace Swarm.Sim.Playing;

/// <summary><c>swarm-sim --scenario NAME --seed N</c>: one scenario from one seed, and all that is to be known of it; <c>--list</c>: what scenarios there are.</summary>
internal sealed class PlayCommand : RootCommand
{
    private readonly TextWriter _output;
    private readonly TextWriter _error;
    private readonly Option<SwarmScenario?> _scenario = new("--scenario") { HelpName = "NAME", Description = "The scenario to play.", CustomParser = result => SharedOptions.Scenario(result, result.Tokens[0].Value) };
    private readonly Option<int?> _seed = new("--seed") { HelpName = "N", Description = "What everything follows from that the scenario leaves open. Default: 1.", CustomParser = result => SharedOptions.Number(result, int.MinValue, int.MaxValue) };
    private readonly Option<int?> _minutes = SharedOptions.Minutes();
    private readonly Option<string?> _trace = new("--trace") { HelpName = "FILE", Description = "Write every message and every event of the network to FILE, and those of the second run to FILE.2." };
    private readonly Option<bool> _list = new("--list") { Description = "List the scenarios." };
    private readonly Option<bool> _json = SharedOptions.Json();

    public PlayCommand(string about, TextWriter output, TextWriter error) : base(about)
    {
        _output = output;
        _error = error;
        Add(_scenario);
        Add(_seed);
        Add(_minutes);
        Add(_trace);
        Add(_list);
        Add(_json);
        SetAction(Invoke);
    }

    private int Invoke(ParseResult parsed)
    {
        if (parsed.GetValue(_list)) return List(parsed.GetValue(_json));
        if (parsed.GetValue(_scenario) is not { } scenario)
        {
            _error.WriteLine("swarm-sim: --scenario says what to play, --list shows what there is");
            return ExitCodes.Usage;
        }

        var report = Play(scenario.Lasting(parsed.GetValue(_minutes)), parsed.GetValue(_seed) ?? 1, parsed.GetValue(_trace));
        _output.WriteLine(parsed.GetValue(_json) ? JsonText.Line(report) : Describe(report));
        return report.Passed ? ExitCodes.Done : ExitCodes.Failed;
    }

    private int List(bool asJson)
    {
        var width = ScenarioLibrary.All.Max(scenario => scenario.Name.Length);
        foreach (var scenario in ScenarioLibrary.All)
        {
            _output.WriteLine(asJson ? JsonText.Line(new { scenario.Name, scenario.Story }) : $"{scenario.Name.PadRight(width)}  {scenario.Story}");
        }

        return ExitCodes.Done;
    }

    private static ScenarioReport Play(SwarmScenario scenario, int seed, string? traceFile)
    {
        if (traceFile is null) return scenario.PlayTwice(seed);
        using var first = new TraceFile(traceFile);
        using var second = new TraceFile(traceFile + ".2");
        return scenario.PlayTwice(seed, run => run == 0 ? first.Follow : second.Follow);
    }

    private static string Describe(ScenarioReport report)
    {
        var nodes = report.Nodes.Select(node => node switch
        {
            { Joined: null } => $"  {node.Node}: never came",
            { Completed: null } => $"  {node.Node}: came at {node.Joined.Value.TotalSeconds:0.000} s and was never complete",
            _ => $"  {node.Node}: came at {node.Joined.Value.TotalSeconds:0.000} s, complete at {node.Completed.Value.TotalSeconds:0.000} s",
        });
        return string.Join(Environment.NewLine, [report.ToString().TrimEnd(), "Nodes:", .. nodes]);
    }
}
