using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Swarm.TestKit;
using Swarm.Tests.Kernel;

namespace Swarm.Tests.TestKit;

public sealed class EventFilterSpecs : KitSpecs
{
    private readonly ListLoggerFactory _log;
    private readonly ILogger _logger;

    public EventFilterSpecs()
        : this(new ListLoggerFactory())
    {
    }

    private EventFilterSpecs(ListLoggerFactory log)
        : base(configure: settings => settings with { LoggerFactory = new TestEventListener(log) })
    {
        _log = log;
        _logger = ((ExtendedActorSystem)Sys).Settings.LoggerFactory.CreateLogger("Test.Net");
    }

    [Fact]
    public void Each_level_has_its_filter()
    {
        EventFilter.Debug().ExpectOne(() => Log(LogLevel.Debug, "x"));
        EventFilter.Info().ExpectOne(() => Log(LogLevel.Information, "x"));
        EventFilter.Warning().ExpectOne(() => Log(LogLevel.Warning, "x"));
        EventFilter.Error().Expect(2, () =>
        {
            Log(LogLevel.Error, "x");
            Log(LogLevel.Critical, "x");
            Log(LogLevel.Warning, "x");
        });
        EventFilter.ForLogLevel(LogLevel.Trace).ExpectOne(() => Log(LogLevel.Trace, "x"));
    }

    [Theory]
    [InlineData("disk is full", null, null, 1)]
    [InlineData("disk", null, null, 0)]
    [InlineData(null, "disk", null, 1)]
    [InlineData(null, "full", null, 0)]
    [InlineData(null, null, "is", 1)]
    [InlineData(null, null, "was", 0)]
    public void Texts_are_whole_or_a_start_or_a_part(string? message, string? start, string? contains, int count) =>
        EventFilter.Warning(message, start, contains).Expect(count, () => Log(LogLevel.Warning, "disk is full"));

    [Fact]
    public void A_pattern_and_a_source_narrow_it()
    {
        EventFilter.Info(new Regex("^a+$"), source: "Test.Net").Expect(1, () =>
        {
            Log(LogLevel.Information, "aaa");
            Log(LogLevel.Information, "aab");
        });
        EventFilter.Info(source: "Other").Expect(0, () => Log(LogLevel.Information, "aaa"));
        EventFilter.Custom(logged => logged.EventId.Id == 7).ExpectOne(() => _logger.Log(LogLevel.Information, 7, "seven", null, (state, _) => state));
    }

    [Fact]
    public void Failures_of_actors_are_found_by_their_exception()
    {
        var actor = Actor((_, message) => throw new InvalidOperationException((string)message, new Boom("inner")));
        EventFilter.Exception<InvalidOperationException>("outer").ExpectOne(() => actor.Tell("outer"));
        EventFilter.Exception<SystemException>(contains: "failed: Restart").ExpectOne(() => actor.Tell("outer"));
        EventFilter.Exception(typeof(Boom)).Expect(0, () => actor.Tell("outer"));
        EventFilter.Exception(typeof(Boom), new Regex("inn"), checkInnerExceptions: true).ExpectOne(() => actor.Tell("outer"));
        Should.Throw<ArgumentException>(() => EventFilter.Exception(typeof(string)));
    }

    [Fact]
    public void Too_few_events_name_what_was_logged_instead()
    {
        var text = Failure(() => EventFilter.Warning(contains: "full").Expect(2, Second, () =>
        {
            Log(LogLevel.Warning, "disk is full");
            Log(LogLevel.Information, "hello");
        }));

        text.ShouldContain("""
            expected 2 events [Warning that contains "full"] within 00:00:01, got 1
              1. Warning [Test.Net] disk is full
            Logged besides, lately:
              1. Information [Test.Net] hello
            """);
        Now.ShouldBe(Second);
    }

    [Fact]
    public void Too_many_events_fail()
    {
        var actor = Actor((_, _) => Log(LogLevel.Warning, "x"));
        var text = Failure(() => EventFilter.Warning().ExpectOne(() =>
        {
            actor.Tell(1);
            actor.Tell(2);
            actor.Tell(3);
        }));

        text.ShouldContain("expected 1 events [Warning] within 00:00:03, got 2");
    }

    [Fact]
    public void None_is_waited_for()
    {
        Sys.Scheduler.Advanced.ScheduleOnce(Second * 2, () => Log(LogLevel.Warning, "late"));
        Failure(() => EventFilter.Warning().Expect(0, () => { })).ShouldContain("got 1\n  1. Warning [Test.Net] late");
        EventFilter.Warning().Expect(0, () => { });
        Now.ShouldBe(Second * 5);
    }

    [Fact]
    public void Events_may_come_after_the_action_and_its_result_is_returned()
    {
        var late = Actor((_, _) => Log(LogLevel.Warning, "late"));
        Sys.Scheduler.ScheduleTellOnce(Second, late, "go", ActorRefs.NoSender);
        EventFilter.Warning().ExpectOne(Second * 2, () => 7).ShouldBe(7);
        EventFilter.Warning().Expect(0, () => 8).ShouldBe(8);
    }

    [Fact]
    public void Filters_can_be_joined() => EventFilter.Warning("a").And.Error("b").And.DeadLetter<string>().Expect(3, () =>
    {
        Log(LogLevel.Warning, "a");
        Log(LogLevel.Error, "b");
        Log(LogLevel.Error, "a");
        Sys.DeadLetters.Tell("lost");
    });

    [Fact]
    public void Dead_letters_are_found_by_type_message_and_sender()
    {
        var actor = Echo();
        Watch(actor);
        Stop(actor);
        ExpectTerminated(actor);
        EventFilter.DeadLetter().ExpectOne(() => actor.Tell(1));
        EventFilter.DeadLetter<int>().Expect(1, () =>
        {
            actor.Tell(1);
            actor.Tell("x");
        });
        EventFilter.DeadLetter<int>(number => number > 1).ExpectOne(() => actor.Tell(2));
        EventFilter.DeadLetter<int>(number => number > 2).Expect(0, () => actor.Tell(2));
        EventFilter.DeadLetter<int>("/system/testActor1").ExpectOne(() => actor.Tell(2));
        EventFilter.DeadLetter<int>("/user/other").Expect(0, () => actor.Tell(2));
    }

    [Fact]
    public void Nested_filters_see_the_same_dead_letters() =>
        EventFilter.DeadLetter<int>().ExpectOne(() => EventFilter.DeadLetter().ExpectOne(() => Sys.DeadLetters.Tell(1)));

    [Fact]
    public void What_is_expected_or_muted_does_not_reach_the_log()
    {
        EventFilter.Warning("a").ExpectOne(() => Log(LogLevel.Warning, "a"));
        EventFilter.Warning("b").Mute(() => Log(LogLevel.Warning, "b"));
        using (EventFilter.Warning("c").Mute())
        {
            Log(LogLevel.Warning, "c");
            Log(LogLevel.Warning, "d");
        }

        var muted = EventFilter.Warning("c").Mute();
        muted.Unmute();
        Log(LogLevel.Warning, "c");
        _log.Lines.Select(line => line.Text).ShouldBe(["d", "c"]);
    }

    [Fact]
    public void Muted_dead_letters_are_not_logged_either()
    {
        EventFilter.DeadLetter<string>().Mute(() =>
        {
            Sys.DeadLetters.Tell("quiet");
            Sys.DeadLetters.Tell(1);
        });
        Sys.DeadLetters.Tell("loud");
        _log.Lines.Select(line => line.Text).ShouldBe(["Dead letter of type System.Int32 for /deadLetters", "Dead letter of type System.String for /deadLetters"]);
    }

    [Fact]
    public void A_predicate_that_throws_fails_the_test_and_not_the_actor()
    {
        var actor = Actor((me, message) =>
        {
            Log(LogLevel.Warning, "x");
            me.From.Tell(message);
        });
        var failed = Should.Throw<TestKitAssertionException>(() => EventFilter.Custom(_ => throw new Boom("predicate")).ExpectOne(() => actor.Tell(1)));
        failed.Message.ShouldContain("threw predicate");
        ExpectMsg(1);
    }

    [Fact]
    public void The_time_of_a_block_counts_for_filters() =>
        Within(Second, () => Failure(() => EventFilter.Warning().ExpectOne(() => { })).ShouldContain("within 00:00:01, got 0\nNothing else was logged"));

    [Fact]
    public void A_system_with_another_logger_has_no_filters()
    {
        using var other = ActorSystem.Create("other", new ActorSystemSettings { Simulation = Simulation });
        Should.Throw<InvalidOperationException>(() => CreateEventFilter(other).Warning().ExpectOne(() => { })).Message.ShouldContain("TestEventListener");
    }

    private void Log(LogLevel level, string text) => _logger.Log(level, 0, text, null, (state, _) => state);
}
