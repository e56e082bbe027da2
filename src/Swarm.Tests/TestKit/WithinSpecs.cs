using Swarm.TestKit;

namespace Swarm.Tests.TestKit;

public sealed class WithinSpecs : KitSpecs
{
    [Fact]
    public void Expectations_have_what_is_left_of_the_block()
    {
        Within(Second * 5, () =>
        {
            Remaining.ShouldBe(Second * 5);
            AdvanceBy(Second * 2);
            RemainingOrDefault.ShouldBe(Second * 3);
            Failure(() => ExpectMsg<int>()).ShouldContain("within 00:00:03, got nothing");
        });
        Now.ShouldBe(Second * 5);
    }

    [Fact]
    public void Outside_of_a_block_the_default_counts()
    {
        RemainingOrDefault.ShouldBe(TestKitSettings.SingleExpectDefault);
        RemainingOrDilated(Second).ShouldBe(Second);
        Should.Throw<InvalidOperationException>(() => Remaining);
    }

    [Fact]
    public void A_block_returns_what_its_function_does() => Within(Second, () => 7).ShouldBe(7);

    [Fact]
    public void A_block_that_takes_too_long_fails() =>
        Failure(() => Within(Second, () => AdvanceBy(Second * 2))).ShouldContain("expected a block of at most 00:00:01, got one of 00:00:02");

    [Fact]
    public void A_block_may_be_late_by_its_epsilon()
    {
        Within(Second, () => AdvanceBy(Second * 2), epsilonValue: Second);
        Failure(() => Within(Second, () => AdvanceBy(Second * 2.5), epsilonValue: Second)).ShouldContain("at most 00:00:01");
    }

    [Fact]
    public void A_block_that_is_too_short_fails() =>
        Failure(() => Within(Second * 2, Second * 3, () => AdvanceBy(Second), "the pause")).ShouldContain("expected a block of at least 00:00:02, got one of 00:00:01.\nHint: the pause");

    [Fact]
    public void An_inner_block_has_no_more_than_the_outer()
    {
        Within(Second * 3, () =>
        {
            AdvanceBy(Second);
            Within(Second * 10, () => Remaining.ShouldBe(Second * 2));
            Within(Second, () => Remaining.ShouldBe(Second));
            Remaining.ShouldBe(Second * 2);
        });
        Should.Throw<InvalidOperationException>(() => Remaining);
    }

    [Fact]
    public void An_inner_block_cannot_be_longer_than_what_is_left() =>
        Within(Second * 3, () => Failure(() => Within(Second * 4, Second * 5, () => { })).ShouldContain("expected a block of at least 00:00:04, got only 00:00:03 left of the block around it"));

    [Fact]
    public void A_block_that_fails_gives_the_outer_its_time_back() => Within(Second * 3, () =>
    {
        Should.Throw<InvalidOperationException>(() => Within(Second, () => throw new InvalidOperationException("inside")));
        Remaining.ShouldBe(Second * 3);
    });

    [Fact]
    public void A_block_may_end_with_nothing_for_the_rest_of_its_time()
    {
        Within(Second, () => ExpectNoMsg());
        Now.ShouldBe(Second);
        Within(Second, () => ExpectNoMsg(Second * 2));
        Now.ShouldBe(Second * 3);
    }

    [Fact]
    public void Time_that_is_used_up_brings_no_message() => Failure(() => Within(Second, () =>
    {
        TellSelf("late");
        AdvanceBy(Second * 2);
        ExpectMsg("late");
    })).ShouldContain("in a block whose time is used up, got nothing.\nQueued: 1\n  1. {late}");

    [Fact]
    public void A_probes_blocks_are_its_own() => Within(Second, () => Should.Throw<InvalidOperationException>(() => CreateTestProbe().Remaining));

    [Fact]
    public void A_block_ends_after_it_begins()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => Within(Second * 2, Second, () => { }));
        Should.Throw<ArgumentOutOfRangeException>(() => Within(-Second, Second, () => { }));
    }
}

public sealed class AwaitSpecs : KitSpecs
{
    private int _ticks;

    public AwaitSpecs() => Simulation.Time.CreateTimer(_ => _ticks++, null, Second, Second);

    [Fact]
    public void A_condition_is_met_at_the_very_step_that_makes_it_true()
    {
        AwaitCondition(() => _ticks == 3, Second * 10);
        Now.ShouldBe(Second * 3);
    }

    [Fact]
    public void A_condition_in_vain_fails()
    {
        Failure(() => AwaitCondition(() => _ticks == 5, Second * 4, "five ticks")).ShouldContain("expected the condition to hold within 00:00:04, got one that does not.\nHint: five ticks");
        Now.ShouldBe(Second * 4);
    }

    [Fact]
    public void A_condition_with_an_interval_is_asked_so_often()
    {
        var asked = 0;
        AwaitCondition(() => ++asked > 0 && _ticks >= 3, Second * 10, Second * 2);
        Failure(() => AwaitCondition(() => ++asked < 0, Second * 3, Second * 2));
        (asked, Now).ShouldBe((3 + 3, Second * 7));
    }

    [Fact]
    public void A_condition_without_a_throw_says_whether_it_holds()
    {
        AwaitConditionNoThrow(() => _ticks == 1, Second).ShouldBeTrue();
        AwaitConditionNoThrow(() => _ticks == 3, Second).ShouldBeFalse();
        AwaitConditionNoThrow(() => _ticks == 3, Second * 2, Second / 4).ShouldBeTrue();
        Now.ShouldBe(Second * 3);
    }

    [Fact]
    public void An_assertion_is_tried_from_interval_to_interval()
    {
        AwaitAssert(() => _ticks.ShouldBe(2), Second * 10, Second * 0.8);
        Now.ShouldBe(Second * 2.4);
    }

    [Fact]
    public void An_assertion_that_needs_no_time_takes_none()
    {
        var done = false;
        Actor((_, _) => done = true).Tell("go");
        AwaitAssert(() => done.ShouldBeTrue());
        Now.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void An_assertion_in_vain_is_thrown_on_as_it_is()
    {
        Should.Throw<ShouldAssertException>(() => AwaitAssert(() => _ticks.ShouldBe(9), Second * 4)).Message.ShouldContain("4");
        Now.ShouldBe(Second * 4);
    }

    [Fact]
    public void An_assertion_may_expect_messages()
    {
        Later(Second, "x");
        AwaitAssert(() => ExpectMsg<string>(TimeSpan.FromMilliseconds(300)));
        Now.ShouldBe(Second);
    }

    [Fact]
    public void An_assertion_that_waits_itself_does_not_make_the_time_longer()
    {
        Should.Throw<TestKitAssertionException>(() => AwaitAssert(() => ExpectMsg<string>(TimeSpan.FromMilliseconds(80)), Second));
        Now.ShouldBeInRange(Second, Second + TimeSpan.FromMilliseconds(80));
    }

    [Fact]
    public void A_tasks_result_is_waited_for_and_its_failure_thrown_on()
    {
        var echo = Echo();
        AwaitResult(echo.Ask<int>(7)).ShouldBe(7);
        AwaitResult(echo.GracefulStop(Second)).ShouldBeTrue();
        Should.Throw<AskTimeoutException>(() => AwaitResult(echo.Ask<int>(7, Second)));
        Now.ShouldBe(Second);
        Failure(() => AwaitResult(echo.Ask<int>(7), Second)).ShouldContain("expected a task to end within 00:00:01, got one that goes on");
    }

    [Fact]
    public void Waiting_has_what_is_left_of_the_block() => Within(Second, () => Failure(() => AwaitCondition(() => false)).ShouldContain("within 00:00:01"));

    [Fact]
    public void An_interval_is_above_zero() => Should.Throw<ArgumentOutOfRangeException>(() => AwaitAssert(() => { }, Second, TimeSpan.Zero));
}
