using Swarm.TestKit.World;

namespace Swarm.TestKit.Scenarios;

// The three ways to play it.
public sealed partial record SwarmScenario
{
    /// <summary>Plays it, and tells in the report if a promise was broken. It throws for nothing that happens in the run.</summary>
    /// <param name="seed">What everything that the scenario leaves open follows from.</param>
    /// <param name="observe">Is given the world before anything happens, to trace it or to tamper with it.</param>
    public ScenarioReport Play(int seed, Action<SimWorld>? observe = null)
    {
        var run = new SwarmRun(this, seed);
        observe?.Invoke(run.World);
        try
        {
            run.Play();
            return run.Report(null);
        }
        catch (CheckFailedException broken)
        {
            return run.Report(new ScenarioFailure(broken.Promise, broken.Message, broken));
        }
        catch (Exception bug) when (bug is not OutOfMemoryException)
        {
            // The one who sweeps seeds must learn which one it was.
            return run.Report(new ScenarioFailure("A scenario runs to its end", bug.ToString(), bug));
        }
    }

    /// <summary>Plays it.</summary>
    /// <exception cref="CheckFailedException">A promise was broken. The text is the whole report.</exception>
    public ScenarioReport Run(int seed, Action<SimWorld>? observe = null) => Demand(Play(seed, observe));

    /// <summary>Plays it twice, which must be the same in every turn.</summary>
    /// <exception cref="CheckFailedException">A promise was broken, or the two runs differ. The text is the whole report.</exception>
    public ScenarioReport Check(int seed, Func<int, Action<SimWorld>?>? observe = null) => Demand(PlayTwice(seed, observe));

    /// <summary>Plays it twice; if the two differ, that is the failure.</summary>
    /// <param name="seed">What everything that the scenario leaves open follows from.</param>
    /// <param name="observe">Who is given the world of the first run (0) and of the second (1).</param>
    public ScenarioReport PlayTwice(int seed, Func<int, Action<SimWorld>?>? observe = null)
    {
        var first = Play(seed, observe?.Invoke(0));
        var second = Play(seed, observe?.Invoke(1));
        if (second.TraceHash == first.TraceHash && second.VirtualTime == first.VirtualTime && second.Passed == first.Passed) return first;
        const string promise = "The same seed gives the same run";
        var text = $"Broken promise: {promise}. The traces are {first.TraceHash:x16} and {second.TraceHash:x16}, after {first.Turns} and {second.Turns} messages, {first.VirtualTime} and {second.VirtualTime}.";
        return first with { Failure = new ScenarioFailure(promise, text, new CheckFailedException(promise, text)) };
    }

    private static ScenarioReport Demand(ScenarioReport report) =>
        report.Failure is { } failure ? throw new CheckFailedException(failure.Promise, report.ToString(), failure.Cause) : report;
}
