using Swarm.TestKit.World;

namespace Swarm.Tests.TestKit.World;

public sealed class SimClockTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly Simulation _simulation = new(1);

    [Fact]
    public void A_clock_without_faults_is_the_worlds()
    {
        var clock = new SimClock(_simulation.Time);
        _simulation.AdvanceBy(Hour);
        clock.GetUtcNow().ShouldBe(_simulation.Time.GetUtcNow());
        clock.GetTimestamp().ShouldBe(_simulation.Time.GetTimestamp());
    }

    [Fact]
    public void An_offset_moves_the_time_of_day_and_nothing_else()
    {
        var clock = new SimClock(_simulation.Time, -Hour);
        _simulation.AdvanceBy(Hour);
        clock.GetUtcNow().ShouldBe(SimulationSettings.Default.Start);
        clock.GetElapsedTime(0).ShouldBe(Hour);
        clock.Offset = Hour;
        clock.GetUtcNow().ShouldBe(SimulationSettings.Default.Start + (Hour * 2));
        clock.GetElapsedTime(0).ShouldBe(Hour);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.999)]
    [InlineData(1.001)]
    [InlineData(2)]
    public void Time_and_timers_run_at_the_clocks_own_rate(double rate)
    {
        var clock = new SimClock(_simulation.Time, rate: rate);
        var fired = new List<TimeSpan>();
        using var timer = clock.CreateTimer(_ => fired.Add(clock.GetElapsedTime(0)), null, Hour, Hour);
        _simulation.AdvanceBy((Hour * 10) + TimeSpan.FromMilliseconds(1));
        clock.GetElapsedTime(0).ShouldBe(Hour * 10 * rate, TimeSpan.FromMilliseconds(3));
        fired.Count.ShouldBe((int)(10 * rate));
        for (var i = 0; i < fired.Count; i++) fired[i].ShouldBeInRange(Hour * (i + 1), (Hour * (i + 1)) + TimeSpan.FromTicks(50));
    }

    [Fact]
    public void A_timer_is_never_early_by_its_own_clock()
    {
        var clock = new SimClock(_simulation.Time, rate: 1.37);
        for (var i = 1; i < 2_000; i++)
        {
            var due = TimeSpan.FromTicks(i * 7L);
            var begin = clock.GetTimestamp();
            var fired = false;
            using var timer = clock.CreateTimer(_ =>
            {
                fired = true;
                clock.GetElapsedTime(begin).ShouldBeGreaterThanOrEqualTo(due);
            }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            timer.Change(due, Timeout.InfiniteTimeSpan);
            _simulation.AdvanceBy(due + TimeSpan.FromTicks(9));
            fired.ShouldBeTrue();
        }
    }
}
