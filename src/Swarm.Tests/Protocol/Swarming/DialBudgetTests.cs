using Swarm.Protocol.Swarming;

namespace Swarm.Tests.Protocol.Swarming;

public sealed class DialBudgetTests
{
    private const long Second = TimeSpan.TicksPerSecond;

    [Fact]
    public void Half_open_connections_are_limited()
    {
        var budget = new DialBudget(new DialSettings { MaxHalfOpen = 2 }, 0);
        budget.TryBegin(0).ShouldBeTrue();
        budget.TryBegin(0).ShouldBeTrue();
        budget.TryBegin(0).ShouldBeFalse();
        budget.HalfOpen.ShouldBe(2);
        budget.Ended();
        budget.TryBegin(0).ShouldBeTrue();
    }

    [Fact]
    public void Dials_a_second_are_limited_after_a_burst()
    {
        var budget = new DialBudget(new DialSettings { MaxHalfOpen = 1_000, DialsPerSecond = 10, DialBurst = 3 }, 0);
        Begin(budget, 0).ShouldBe(3);
        budget.NextAt(0).ShouldBe(Second / 10);
        Begin(budget, Second / 10).ShouldBe(1);
        Begin(budget, Second / 2).ShouldBe(3);
        Begin(budget, 100 * Second).ShouldBe(3);
    }

    [Fact]
    public void Long_run_rate_is_the_limit()
    {
        var budget = new DialBudget(new DialSettings { MaxHalfOpen = 10_000, DialsPerSecond = 7, DialBurst = 5 }, 0);
        var begun = 0;
        for (var i = 0; i < 3_000; i++) begun += Begin(budget, i * Second / 30);
        begun.ShouldBeInRange(700, 705);
    }

    [Fact]
    public void Ending_more_than_was_begun_changes_nothing()
    {
        var budget = new DialBudget(DialSettings.Default, 0);
        budget.Ended();
        budget.HalfOpen.ShouldBe(0);
        budget.NextAt(5).ShouldBe(5);
    }

    [Fact]
    public void Settings_refuse_what_is_out_of_range()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => new DialSettings { MaxHalfOpen = 0 });
        Should.Throw<ArgumentOutOfRangeException>(() => new DialSettings { DialsPerSecond = 10_001 });
    }

    private static int Begin(DialBudget budget, long now)
    {
        var begun = 0;
        while (budget.TryBegin(now)) begun++;
        for (var i = 0; i < begun; i++) budget.Ended();
        return begun;
    }
}
