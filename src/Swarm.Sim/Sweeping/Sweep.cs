using System.Collections.Immutable;
using Swarm.TestKit.Scenarios;

namespace Swarm.Sim.Sweeping;

/// <summary>What came of a sweep.</summary>
/// <param name="Seeds">Seeds played, each twice.</param>
/// <param name="Failures">Those of them with which a promise was broken.</param>
/// <param name="Messages">Messages that actors handled.</param>
/// <param name="Simulated">Virtual time of all runs together.</param>
internal sealed record SweepResult(int Seeds, int Failures, long Messages, TimeSpan Simulated);

/// <summary>
/// Plays seed after seed, each of the scenarios in its turn with each seed, for as long as it is to go on. Each thread plays simulations of its own, which share nothing, so a seed means the same here as alone.
/// What has begun is played to its end.
/// </summary>
/// <param name="scenarios">What is played.</param>
/// <param name="firstSeed">The seed to begin with.</param>
/// <param name="threads">How many are played at a time.</param>
/// <param name="goesOn">Whether to begin with one more, of which number from 0 on; asked on any of the threads.</param>
/// <param name="played">Is told what came of each, by one thread at a time, as they end.</param>
internal sealed class Sweep(ImmutableArray<SwarmScenario> scenarios, int firstSeed, int threads, Func<int, bool> goesOn, Action<ScenarioReport> played)
{
    private readonly Lock _gate = new();
    private int _begun;
    private SweepResult _sum = new(0, 0, 0, TimeSpan.Zero);

    /// <summary>Runs it to its end, on the caller's thread and others.</summary>
    public SweepResult Run()
    {
        var others = Enumerable.Range(1, threads - 1).Select(number => new Thread(Work) { Name = $"sweep-{number}" }).ToArray();
        foreach (var thread in others) thread.Start();
        Work();
        foreach (var thread in others) thread.Join();
        return _sum;
    }

    private void Work()
    {
        while (true)
        {
            var number = Interlocked.Increment(ref _begun) - 1;
            if (!goesOn(number)) return;
            Take(scenarios[number % scenarios.Length].PlayTwice(unchecked(firstSeed + (number / scenarios.Length))));
        }
    }

    private void Take(ScenarioReport report)
    {
        lock (_gate)
        {
            _sum = new SweepResult(_sum.Seeds + 1, _sum.Failures + (report.Passed ? 0 : 1), _sum.Messages + (2 * report.Turns), _sum.Simulated + (2 * report.VirtualTime));
            played(report);
        }
    }
}
