using System.Collections.Immutable;
using Swarm.TestKit;

namespace Swarm.Tests.TestKit;

public sealed class ExpectSpecs : KitSpecs
{
    private sealed record Ping(int Number);

    [Fact]
    public void A_message_of_the_type_is_returned()
    {
        TellSelf(new Ping(3));
        ExpectMsg<Ping>().Number.ShouldBe(3);
    }

    [Fact]
    public void A_message_of_another_type_says_what_was_expected_and_what_came_and_what_is_queued()
    {
        TellSelf("wrong", new Ping(1), new Ping(2));
        var text = Failure(() => ExpectMsg<Ping>(hint: "after the handshake"));

        text.ShouldBe("""
            [/system/testActor1] expected a message of type ExpectSpecs.Ping, got {wrong} (String) from [/deadLetters#0].
            Hint: after the handshake
            Queued: 2
              1. {Ping { Number = 1 }} (ExpectSpecs.Ping) from [/deadLetters#0]
              2. {Ping { Number = 2 }} (ExpectSpecs.Ping) from [/deadLetters#0]
            At 00:00:00 of virtual time; seed 1 repeats it.
            """);
    }

    [Fact]
    public void No_message_says_for_how_long_it_was_waited() =>
        Failure(() => ExpectMsg<Ping>(Second)).ShouldBe("""
            [/system/testActor1] expected a message of type ExpectSpecs.Ping within 00:00:01, got nothing.
            Nothing is queued.
            At 00:00:01 of virtual time; seed 1 repeats it.
            """);

    [Fact]
    public void A_long_queue_and_a_long_message_are_cut()
    {
        TellSelf([.. Enumerable.Range(0, 14).Select(_ => (object)new string('x', 1000))]);
        var text = Failure(() => ExpectMsg<int>());

        text.ShouldContain("... and 3 more");
        text.Length.ShouldBeLessThan(5000);
    }

    [Fact]
    public void A_value_must_be_equal()
    {
        TellSelf(new Ping(1), new Ping(2));
        ExpectMsg(new Ping(1));
        Failure(() => ExpectMsg(new Ping(3))).ShouldContain("expected a message of type ExpectSpecs.Ping equal to {Ping { Number = 3 }} (ExpectSpecs.Ping), got {Ping { Number = 2 }}");
    }

    [Fact]
    public void Arrays_are_equal_by_what_they_hold()
    {
        TellSelf(new byte[] { 1, 2 }, ImmutableArray.Create("a", "b"), (1, new[] { 2 }), new[] { 1 });
        ExpectMsg(new byte[] { 1, 2 });
        ExpectMsg(ImmutableArray.Create("a", "b"));
        ExpectMsg((1, new[] { 2 }));
        Failure(() => ExpectMsg(new[] { 2 })).ShouldContain("equal to {[2]} (Int32[]), got {[1]} (Int32[])");
    }

    [Fact]
    public void A_predicate_must_accept()
    {
        TellSelf(1, 2, 3);
        ExpectMsg<int>(number => number == 1).ShouldBe(1);
        Failure(() => ExpectMsg<int>(number => number == 1, hint: "one")).ShouldContain("expected a message of type Int32 that the predicate accepts, got {2} (Int32)");
        ExpectMsg<int>((number, sender) => number == 3 && sender.Equals(Sys.DeadLetters));
    }

    [Fact]
    public void A_comparer_decides()
    {
        TellSelf("ABC", "x");
        ExpectMsg("abc", (a, b) => a.Equals(b, StringComparison.OrdinalIgnoreCase));
        Failure(() => ExpectMsg("abc", (a, b) => a == b)).ShouldContain("that compares equal to {abc}");
    }

    [Fact]
    public void Assertions_of_the_tests_own_are_thrown_on_as_they_are()
    {
        TellSelf(1, 2, 3);
        ExpectMsg<int>(number => number.ShouldBe(1));
        Should.Throw<ShouldAssertException>(() => ExpectMsg<int>(number => number.ShouldBe(1)));
        ExpectMsg<int>((number, sender) =>
        {
            number.ShouldBe(3);
            sender.ShouldBe(Sys.DeadLetters);
        });
    }

    [Fact]
    public void A_message_must_be_from_the_sender()
    {
        var (echo, other) = (Echo("echo"), Echo("other"));
        foreach (var number in Enumerable.Range(1, 5)) echo.Tell(number);
        ExpectMsgFrom<int>(echo).ShouldBe(1);
        ExpectMsgFrom(echo, 2);
        ExpectMsgFrom<int>(echo, number => number == 3);
        ExpectMsgFrom<int>(sender => sender.Equals(echo), number => number == 4);
        Failure(() => ExpectMsgFrom<int>(other)).ShouldContain($"expected a message of type Int32 from {other}, got {{5}} (Int32) from {echo}");
    }

    [Fact]
    public void A_message_from_the_sender_goes_to_the_tests_own_assertions()
    {
        var echo = Echo();
        echo.Tell(1);
        echo.Tell(2);
        ExpectMsgFrom<int>(echo, (int number) => number.ShouldBe(1));
        ExpectMsgFrom<int>(sender => sender.ShouldBe(echo), number => number.ShouldBe(2));
    }

    [Fact]
    public void Any_of_several_will_do()
    {
        TellSelf("b", "x");
        ExpectMsgAnyOf("a", "b").ShouldBe("b");
        Failure(() => ExpectMsgAnyOf("a", "b")).ShouldContain("equal to any of [{a} (String), {b} (String)], got {x} (String)");
    }

    [Fact]
    public void All_of_several_come_in_any_order()
    {
        TellSelf(3, 1, 2, 1);
        ExpectMsgAllOf(1, 1, 2, 3).ShouldBe([3, 1, 2, 1]);
        TellSelf("b", "a");
        ExpectMsgAllOf<object>(Second, "a", "b").ShouldBe(["b", "a"]);
    }

    [Fact]
    public void All_of_several_name_what_is_missing_and_what_came_instead()
    {
        TellSelf(1, 1, "two");
        Failure(() => ExpectMsgAllOf<object>(1, 2, "two")).ShouldContain("others: missing [{2} (Int32)], unexpected [{1} (Int32)]");
        TellSelf(1);
        Failure(() => ExpectMsgAllOf(Second, 1, 2)).ShouldContain("expected 2 messages within 00:00:01, got 1 messages\n  1. {1} (Int32)");
    }

    [Fact]
    public void Each_predicate_has_a_message_of_its_own()
    {
        TellSelf(2, "a", 1);
        ExpectMsgAllOfMatchingPredicates(PredicateInfo.Create<string>(text => text == "a"), PredicateInfo.Create<int>(number => number == 1), PredicateInfo.Create<int>(number => number == 2))
            .ShouldBe([2, "a", 1]);
        TellSelf(1, 1);
        Failure(() => ExpectMsgAllOfMatchingPredicates(Second, PredicateInfo.Create<int>(number => number == 1), PredicateInfo.Create<int>(number => number == 2)))
            .ShouldContain("missing [a Int32 that the predicate accepts], unexpected [{1} (Int32)]");
    }

    [Fact]
    public void A_death_is_told()
    {
        var (first, second) = (Watch(Echo("first")), Watch(Echo("second")));
        Stop(first);
        ExpectTerminated(first).ExistenceConfirmed.ShouldBeTrue();
        Stop(second);
        Failure(() => ExpectTerminated(first)).ShouldContain($"expected a message of type Terminated of {first}, got {{<Terminated>: {second}");
    }

    [Fact]
    public void A_death_that_is_watched_no_more_is_not_told()
    {
        var actor = Watch(Echo());
        Unwatch(actor);
        Stop(actor);
        ExpectNoMsg();
    }

    [Fact]
    public void No_message_lets_virtual_time_pass_and_no_more()
    {
        Later(Second, "late");
        ExpectNoMsg(TimeSpan.FromMilliseconds(999));
        Now.ShouldBe(TimeSpan.FromMilliseconds(999));
        ExpectNoMsg(TimeSpan.Zero);
        Failure(() => ExpectNoMsg(500)).ShouldContain("expected no message during 00:00:00.5000000, got {late} (String) from [/deadLetters#0] after 00:00:00.0010000");
        Now.ShouldBe(Second);
    }

    [Fact]
    public void No_message_waits_for_the_settings_time_by_default()
    {
        ExpectNoMsg();
        Now.ShouldBe(TestKitSettings.Default.ExpectNoMessageDefault);
    }

    [Fact]
    public void Zero_is_all_that_happens_without_time_passing()
    {
        TellSelf("now");
        Failure(() => ExpectNoMsg(TimeSpan.Zero)).ShouldContain("got {now} (String)");
        Now.ShouldBe(TimeSpan.Zero);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(366L * 24 * 60 * 60 * 1000)]
    public void No_wait_is_for_ever(long milliseconds) => Should.Throw<ArgumentOutOfRangeException>(() => ExpectMsg<int>(TimeSpan.FromMilliseconds(milliseconds)));
}
