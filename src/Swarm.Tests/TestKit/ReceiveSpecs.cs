using Swarm.TestKit;

namespace Swarm.Tests.TestKit;

public sealed class ReceiveSpecs : KitSpecs
{
    [Fact]
    public void One_message_is_taken_or_null()
    {
        TellSelf(1);
        ReceiveOne().ShouldBe(1);
        ReceiveOne(Second).ShouldBeNull();
        Now.ShouldBe(Second);
        LastMessage.ShouldBeNull();
        LastSender.ShouldBeNull();
    }

    [Fact]
    public void The_message_comes_at_the_step_that_brings_it()
    {
        Later(Second, 1);
        Later(Second * 2, 2);
        ReceiveOne(Second * 10).ShouldBe(1);
        Now.ShouldBe(Second);
    }

    [Fact]
    public void A_message_can_be_looked_at_before_it_is_taken()
    {
        var echo = Echo();
        echo.Tell("a");
        HasMessages.ShouldBeFalse();
        PeekOne().ShouldBe("a");
        TryPeekOne(out var peeked).ShouldBeTrue();
        HasMessages.ShouldBeTrue();
        TryReceiveOne(out var taken).ShouldBeTrue();
        taken.ShouldBeSameAs(peeked);
        taken.ShouldBe(new MessageEnvelope("a", echo));
        HasMessages.ShouldBeFalse();
        PeekOne(TimeSpan.Zero).ShouldBeNull();
    }

    [Fact]
    public void Several_messages_come_in_order()
    {
        TellSelf(1, 2, 3);
        ReceiveN(2).ShouldBe([1, 2]);
        Later(Second, 4);
        ReceiveN(2, Second).ShouldBe([3, 4]);
        Failure(() => ReceiveN(1, Second)).ShouldContain("expected 1 messages within 00:00:01, got nothing");
    }

    [Fact]
    public void Receiving_goes_on_while_the_filter_returns_something()
    {
        TellSelf(1, 2, "end", 3);
        ReceiveWhile(message => message is int number ? $"<{number}>" : null).ShouldBe(["<1>", "<2>"]);
        LastMessage.ShouldBe(2);
        ExpectMsg("end");
        ReceiveWhile(Second, message => message as object).ShouldBe([3]);
    }

    [Fact]
    public void Receiving_ends_with_the_time_or_the_silence_or_the_count()
    {
        for (var i = 1; i <= 9; i++) Later(Second * (i < 7 ? i : i * 2), i);
        ReceiveWhile<object>(message => message, Second * 2.5).ShouldBe([1, 2]);
        ReceiveWhile(null, null, message => message, msgs: 1).ShouldBe([3]);
        ReceiveWhile(Second * 60, Second * 3, message => message).ShouldBe([4, 5, 6]);
        Now.ShouldBe(Second * 9);
    }

    [Theory]
    [InlineData(true, new[] { 1, 2 }, 9)]
    [InlineData(false, new[] { 1 }, "other")]
    public void Receiving_while_a_predicate_holds_passes_other_types_by_or_ends_there(bool ignore, int[] expected, object next)
    {
        TellSelf(1, "other", 2, 9);
        ReceiveWhile<int>(number => number < 5, shouldIgnoreOtherMessageTypes: ignore).ShouldBe(expected);
        ReceiveOne().ShouldBe(next);
    }

    [Fact]
    public void Receiving_while_a_predicate_holds_ends_with_the_count()
    {
        TellSelf(1, 2, 3);
        ReceiveWhile<int>(_ => true, msgs: 2).ShouldBe([1, 2]);
        ExpectMsg(3);
    }

    [Fact]
    public void Fishing_passes_by_what_is_not_meant()
    {
        TellSelf("a", 1, 2, 3);
        var passed = new List<object> { "stale" };
        FishForMessage<int>(number => number == 2, passed).ShouldBe(2);
        passed.ShouldBe(["a", 1]);
        FishForMessage(message => message is 3).ShouldBe(3);
    }

    [Fact]
    public void Fishing_in_vain_says_what_was_caught()
    {
        TellSelf("a", "b");
        Failure(() => FishForMessage<int>(_ => true, Second, "a number")).ShouldContain("""
            expected to fish for a message of type Int32 within 00:00:01, got 2 messages
              1. {a} (String)
              2. {b} (String)
            .
            Hint: a number
            """);
    }

    [Fact]
    public void Fishing_until_a_message_fails_if_it_comes()
    {
        TellSelf("a");
        FishUntilMessage<int>(Second);
        Later(Second, 1);
        Failure(() => FishUntilMessage<int>(Second)).ShouldContain("expected no message of type Int32 during 00:00:01, got {1} (Int32)");
    }

    [Fact]
    public void Silence_is_waited_for()
    {
        for (var i = 1; i <= 3; i++) Later(Second * i, i);
        WaitForRadioSilence(Second * 1.5).ShouldBe([1, 2, 3]);
        Now.ShouldBe(Second * 4.5);
        TellSelf(1, 2);
        Failure(() => WaitForRadioSilence(Second, maxMessages: 1)).ShouldContain("expected silence for 00:00:01 after at most 1 messages, got 2 messages");
    }

    [Fact]
    public void Ignored_messages_are_not_queued()
    {
        IgnoreMessages<string>();
        TellSelf("a", 1);
        IgnoreMessages<int>(number => number > 1);
        TellSelf("b", 2, 1);
        IgnoreMessages(message => message is 1);
        TellSelf(1);
        IgnoreNoMessages();
        TellSelf(1);
        ReceiveWhile<object>(message => message).ShouldBe([1, "b", 1, 1]);
    }
}

/// <summary>A queue with a bound of three.</summary>
public sealed class QueueBoundSpecs() : KitSpecs(settings: new TestKitSettings { MaxQueuedMessages = 3 })
{
    [Fact]
    public void As_many_messages_as_the_bound_are_held()
    {
        TellSelf(1, 2, 3);
        RunUntilIdle();
        ReceiveN(3).ShouldBe([1, 2, 3]);
    }

    [Fact]
    public void One_more_is_refused_and_fails_every_look_at_the_queue()
    {
        TellSelf(1, 2, 3, 4, 5);
        RunUntilIdle();
        var text = Failure(() => ExpectMsg(1));
        text.ShouldContain("2 messages were refused because 3 were queued (TestKitSettings.MaxQueuedMessages)");
        text.ShouldContain("Queued: 3");
        Failure(() => ExpectNoMsg()).ShouldContain("2 messages were refused");
        Failure(() => PeekOne()).ShouldContain("2 messages were refused");
    }
}
