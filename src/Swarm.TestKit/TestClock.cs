namespace Swarm.TestKit;

/// <summary>
/// How a test waits. Under a simulation waiting runs it: actors take their turns and virtual time passes on the caller's thread, up to the very step that was waited for. On real threads it
/// blocks: until <see cref="Changed"/> is called, or until it is time to ask again.
/// </summary>
internal abstract class TestClock
{
    /// <summary>The way to wait for what happens in that system.</summary>
    internal static TestClock Of(ExtendedActorSystem system) => system.Settings.Simulation is { } simulation ? new Simulated(simulation) : new Real(system.Scheduler);

    internal abstract bool IsSimulated { get; }

    /// <summary>For the end of a failure: when it was, and how to repeat it.</summary>
    internal abstract string When { get; }

    /// <summary>Waits until the condition holds, at most so long; zero is what happens without time passing. The condition depends on what <see cref="Changed"/> tells of.</summary>
    /// <returns>Whether it holds.</returns>
    internal abstract bool Until(Func<bool> condition, TimeSpan limit);

    /// <summary>Waits until the task has ended in whatever way, at most so long.</summary>
    internal abstract bool Until(Task ended, TimeSpan limit);

    /// <summary>Lets time pass, though perhaps less than that if something changes.</summary>
    internal abstract void Pass(TimeSpan duration);

    /// <summary>Something that is waited for may have happened. Any thread.</summary>
    internal abstract void Changed();

    private sealed class Simulated(Simulation simulation) : TestClock
    {
        internal override bool IsSimulated => true;

        internal override string When => $"At {simulation.Elapsed} of virtual time; seed {simulation.Seed} repeats it.";

        internal override bool Until(Func<bool> condition, TimeSpan limit) => simulation.RunUntil(condition, limit);

        internal override bool Until(Task ended, TimeSpan limit) => simulation.RunUntil(() => ended.IsCompleted, limit);

        internal override void Pass(TimeSpan duration) => simulation.AdvanceBy(duration);

        internal override void Changed()
        {
            // Whoever waits runs the simulation, and asks before each step.
        }
    }

    private sealed class Real(IScheduler scheduler) : TestClock
    {
        private readonly object _gate = new();

        internal override bool IsSimulated => false;

        internal override string When => "On real threads, so the order may differ from run to run.";

        internal override bool Until(Func<bool> condition, TimeSpan limit)
        {
            var stop = scheduler.MonotonicClock + limit;
            lock (_gate)
            {
                while (!condition())
                {
                    var left = stop - scheduler.MonotonicClock;
                    if (left <= TimeSpan.Zero) return false;
                    Monitor.Wait(_gate, Wait(left));
                }

                return true;
            }
        }

        internal override bool Until(Task ended, TimeSpan limit) => Task.WhenAny(ended).Wait(limit);

        internal override void Pass(TimeSpan duration)
        {
            lock (_gate)
            {
                Monitor.Wait(_gate, Wait(duration));
            }
        }

        internal override void Changed()
        {
            lock (_gate)
            {
                Monitor.PulseAll(_gate);
            }
        }

        // Whole milliseconds, and never none: a fraction would be cut off, and the loop would spin for it.
        private static int Wait(TimeSpan duration) => (int)Math.Clamp(Math.Ceiling(duration.TotalMilliseconds), 1, int.MaxValue);
    }
}
