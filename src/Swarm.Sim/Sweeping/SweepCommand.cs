using System.Collections.Immutable;
using System.CommandLine;
using System.Diagnostics;
using Swarm.Sim.Output;
using Swarm.TestKit.Scenarios;

namespace Swarm.Sim.Sweeping;

/// <summary><c>swarm-sim sweep</c>: as many seeds as a given time allows. Failures are told as they come, the figures at the end.</summary>
internal sealed class SweepCommand : Command
{
    private const int MostThreads = 1_024;
    private const int LinesOfFailure = 3;

    private readonly TextWriter _output;
    private readonly Option<SwarmScenario[]> _scenarios = new("--scenario")
    {
        HelpName = "NAME",
        Description = "The scenarios to play, each in its turn. Default: all.",
        AllowMultipleArgumentsPerToken = true,
        CustomParser = result => [.. result.Tokens.Select(token => SharedOptions.Scenario(result, token.Value)).OfType<SwarmScenario>()],
    };

    private readonly Option<TimeSpan?> _duration = new("--for") { HelpName = "TIME", Description = "How long to begin with new seeds, such as 60s, 5m, 2h. What has begun is played to its end. Default: 60s.", CustomParser = SharedOptions.Duration };
    private readonly Option<int?> _firstSeed = new("--from-seed") { HelpName = "N", Description = "The first seed. Default: 1.", CustomParser = result => SharedOptions.Number(result, int.MinValue, int.MaxValue) };
    private readonly Option<int?> _threads = new("--parallel") { HelpName = "P", Description = "How many seeds at a time, each on a thread of its own. Default: one for each processor.", CustomParser = result => SharedOptions.Number(result, 1, MostThreads) };
    private readonly Option<int?> _minutes = SharedOptions.Minutes();
    private readonly Option<bool> _json = SharedOptions.Json();

    public SweepCommand(TextWriter output) : base("sweep", "Play seed after seed for a time, and tell which of them fail.")
    {
        _output = output;
        Add(_scenarios);
        Add(_duration);
        Add(_firstSeed);
        Add(_threads);
        Add(_minutes);
        Add(_json);
        SetAction(Invoke);
    }

    private int Invoke(ParseResult parsed)
    {
        var minutes = parsed.GetValue(_minutes);
        ImmutableArray<SwarmScenario> scenarios = [.. (parsed.GetValue(_scenarios) is { Length: > 0 } chosen ? chosen : [.. ScenarioLibrary.All]).Select(scenario => scenario.Lasting(minutes))];
        var asJson = parsed.GetValue(_json);
        var firstSeed = parsed.GetValue(_firstSeed) ?? 1;
        var duration = parsed.GetValue(_duration) ?? TimeSpan.FromMinutes(1);
        var clock = Stopwatch.StartNew();
        var result = new Sweep(scenarios, firstSeed, parsed.GetValue(_threads) ?? Environment.ProcessorCount, _ => clock.Elapsed < duration, report =>
        {
            if (report.Failure is { } failure) _output.WriteLine(asJson ? JsonText.Line(report) : Describe(report, failure));
        }).Run();
        var elapsed = clock.Elapsed.TotalSeconds;
        var rate = result.Seeds / elapsed;
        _output.WriteLine(asJson
            ? JsonText.Line(new { Scenarios = scenarios.Length, FirstSeed = firstSeed, result.Seeds, result.Failures, result.Messages, VirtualHours = result.Simulated.TotalHours, ElapsedSeconds = elapsed, SeedsPerSecond = rate })
            : $"{result.Seeds} seeds of {scenarios.Length} scenarios from seed {firstSeed} on, each twice, in {elapsed:0.0} s: {rate:0.00} seeds a second, {result.Simulated.TotalHours:0.0} virtual hours, {result.Messages / 1e6:0.0} million messages; {result.Failures} failed");
        return result.Failures == 0 ? ExitCodes.Done : ExitCodes.Failed;
    }

    // Who plays it again sees the rest.
    private static string Describe(ScenarioReport report, ScenarioFailure failure)
    {
        var text = failure.Text.Split('\n', LinesOfFailure + 1).Take(LinesOfFailure).Select(line => "  " + line.TrimEnd());
        return string.Join(Environment.NewLine, [$"FAILED {report.Scenario}, seed {report.Seed}. Play it again: {report.Replay}", .. text]);
    }
}
