using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Ports;
using Swarm.Actors.Store;
using Swarm.Tests.Kernel;

namespace Swarm.Tests.Actors.Store;

public sealed class StoreActorTests
{
    private static readonly InfoHash One = new(Enumerable.Repeat((byte)1, 20).ToArray());
    private static readonly InfoHash Two = new(Enumerable.Repeat((byte)2, 20).ToArray());
    private readonly SimHarness _sim = new();
    private readonly FakeStore _store = new();
    private readonly ListLoggerFactory _log = new();
    private readonly IActorRef _torrent;
    private readonly List<object> _replies;

    public StoreActorTests() => (_torrent, _replies) = _sim.Probe("torrent");

    [Fact]
    public void First_command_goes_out_at_once_and_its_outcome_comes_back_under_its_tag()
    {
        var store = Start();
        Run(store, 7, new StoreCommand.AcquireLease(One));
        _store.Submissions.Count.ShouldBe(1);
        Commit(new StoreOutcome.Leased(5));
        _replies.ShouldBe([new StoreActor.Ran(7, new StoreOutcome.Leased(5))]);
    }

    [Fact]
    public void What_one_turn_brought_is_one_batch_in_the_order_told()
    {
        var store = Start();
        StoreCommand[] commands = [new StoreCommand.AcquireLease(One), new StoreCommand.AcquireLease(Two), new StoreCommand.ListTorrents()];
        foreach (var command in commands) store.Tell(new StoreActor.Run(command, 0), _torrent);
        _sim.Run();
        _store.Submissions.ShouldHaveSingleItem().Commands.ShouldBe(commands);
    }

    [Fact]
    public void What_comes_while_a_batch_is_under_way_makes_the_next_one()
    {
        var store = Start();
        Run(store, 1, new StoreCommand.AcquireLease(One));
        Run(store, 2, new StoreCommand.AcquireLease(Two));
        Run(store, 3, new StoreCommand.ListTorrents());
        _store.Submissions.Count.ShouldBe(1);
        Commit(new StoreOutcome.Leased(1));
        _store.Submissions.Count.ShouldBe(2);
        _store.Last.Commands.ShouldBe([new StoreCommand.AcquireLease(Two), new StoreCommand.ListTorrents()]);
        Commit(new StoreOutcome.HeldBy("them"), new StoreOutcome.Listed([One]));
        Tags().ShouldBe([1, 2, 3]);
        _store.Submissions.Count.ShouldBe(2);
    }

    [Fact]
    public void Outcome_goes_to_the_sender_of_its_command()
    {
        var store = Start();
        var (other, otherReplies) = _sim.Probe("other");
        store.Tell(new StoreActor.Run(new StoreCommand.AcquireLease(One), 1), _torrent);
        store.Tell(new StoreActor.Run(new StoreCommand.AcquireLease(Two), 1), other);
        _sim.Run();
        Commit(new StoreOutcome.Leased(1), new StoreOutcome.HeldBy("them"));
        _replies.ShouldBe([new StoreActor.Ran(1, new StoreOutcome.Leased(1))]);
        otherReplies.ShouldBe([new StoreActor.Ran(1, new StoreOutcome.HeldBy("them"))]);
    }

    [Fact]
    public void Progress_that_waits_is_replaced_by_newer_progress_and_both_senders_are_answered()
    {
        var store = Start();
        Run(store, 0, new StoreCommand.ListTorrents());
        Run(store, 1, Progress(One, 5, downloaded: 1));
        Run(store, 2, Progress(One, 5, downloaded: 2));
        Run(store, 3, Progress(One, 5, downloaded: 3));
        _store.Last.Commit();
        _sim.Run();
        _store.Last.Commands.ShouldHaveSingleItem().ShouldBeOfType<StoreCommand.PutProgress>().Progress.Downloaded.ShouldBe(3);
        Commit(new StoreOutcome.Fenced());
        _replies.Skip(1).ShouldBe([.. Enumerable.Range(1, 3).Select(tag => new StoreActor.Ran(tag, new StoreOutcome.Fenced()))]);
        Inspect(store).Coalesced.ShouldBe(2);
    }

    [Fact]
    public void Progress_under_way_is_not_touched_by_newer_progress()
    {
        var store = Start();
        Run(store, 1, Progress(One, 5, downloaded: 1));
        Run(store, 2, Progress(One, 5, downloaded: 2));
        _store.Last.Commands[0].ShouldBeOfType<StoreCommand.PutProgress>().Progress.Downloaded.ShouldBe(1);
        _store.Last.Commit();
        _sim.Run();
        _store.Last.Commands[0].ShouldBeOfType<StoreCommand.PutProgress>().Progress.Downloaded.ShouldBe(2);
    }

    [Fact]
    public void Progress_does_not_coalesce_across_another_command_of_its_torrent_or_another_token_or_torrent()
    {
        var store = Start();
        Run(store, 0, new StoreCommand.ListTorrents());
        StoreCommand[] commands =
        [
            Progress(One, 5, 1), new StoreCommand.LoadTorrent(One), Progress(One, 5, 2), Progress(Two, 6, 3), Progress(One, 7, 4), new StoreCommand.ReleaseLease(One, 7), Progress(One, 7, 5),
        ];
        foreach (var command in commands) Run(store, 1, command);
        _store.Last.Commit();
        _sim.Run();
        _store.Last.Commands.ShouldBe(commands);
    }

    [Fact]
    public void Progress_coalesces_where_only_other_torrents_lie_between()
    {
        var store = Start();
        Run(store, 0, new StoreCommand.ListTorrents());
        Run(store, 1, Progress(One, 5, 1));
        Run(store, 2, new StoreCommand.AcquireLease(Two));
        Run(store, 3, Progress(One, 5, 2));
        _store.Last.Commit();
        _sim.Run();
        _store.Last.Commands.ShouldBe([Progress(One, 5, 2), new StoreCommand.AcquireLease(Two)]);
    }

    [Fact]
    public void Batch_holds_no_more_commands_than_its_limit()
    {
        var store = Start(StoreActorSettings.Default with { BatchLimit = 3 });
        for (var i = 0; i < 7; i++) store.Tell(new StoreActor.Run(new StoreCommand.ListTorrents(), i), _torrent);
        _sim.Run();
        for (var i = 0; i < 3; i++)
        {
            _store.Last.Commands.Length.ShouldBe(i < 2 ? 3 : 1);
            _store.Last.Commit();
            _sim.Run();
        }

        Tags().ShouldBe([0, 1, 2, 3, 4, 5, 6]);
    }

    [Fact]
    public void Batch_holds_no_more_bytes_than_its_limit_and_one_large_command_goes_alone()
    {
        var store = Start(StoreActorSettings.Default with { BatchBytes = 3000 });
        foreach (var bytes in new[] { 1300, 1300, 1300, 9000, 10 }) store.Tell(new StoreActor.Run(Torrent(One, bytes), 0), _torrent);
        _sim.Run();
        var sizes = new List<int>();
        for (var i = 0; i < 4; i++)
        {
            sizes.Add(_store.Submissions[i].Commands.Length);
            _store.Last.Commit();
            _sim.Run();
        }

        sizes.ShouldBe([2, 1, 1, 1]);
    }

    [Fact]
    public void Queue_takes_as_many_as_its_limit_and_refuses_one_more()
    {
        var store = Start(StoreActorSettings.Default with { QueueLimit = 2 });
        Run(store, 0, new StoreCommand.ListTorrents());
        for (var i = 1; i <= 2; i++) Run(store, i, new StoreCommand.ListTorrents());
        _replies.ShouldBeEmpty();
        Run(store, 3, new StoreCommand.ListTorrents());
        _replies.ShouldHaveSingleItem().ShouldBeOfType<StoreActor.RunFailed>().ShouldSatisfyAllConditions(
            failed => failed.Tag.ShouldBe(3), failed => failed.Reason.ShouldContain("2 requests wait"));
        Inspect(store).Refused.ShouldBe(1);
        _store.Last.Commit();
        _sim.Run();
        Run(store, 4, new StoreCommand.ListTorrents());
        _replies.OfType<StoreActor.RunFailed>().Count().ShouldBe(1);
    }

    [Fact]
    public void Senders_of_coalesced_progress_count_against_the_queue()
    {
        var store = Start(StoreActorSettings.Default with { QueueLimit = 2 });
        Run(store, 0, new StoreCommand.ListTorrents());
        for (var i = 1; i <= 3; i++) Run(store, i, Progress(One, 5, i));
        _replies.ShouldHaveSingleItem().ShouldBeOfType<StoreActor.RunFailed>().Tag.ShouldBe(3);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public void Queue_takes_as_many_bytes_as_its_limit_and_refuses_one_more(int more, bool refused)
    {
        // A torrent costs its metainfo, 2 bytes for its folder "/" and 64 besides.
        var store = Start(StoreActorSettings.Default with { QueueBytes = 2000 });
        Run(store, 0, new StoreCommand.ListTorrents());
        Run(store, 1, Torrent(One, 1000 - 66));
        Run(store, 2, Torrent(Two, 1000 - 66 + more));
        _replies.OfType<StoreActor.RunFailed>().Any().ShouldBe(refused);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public void Command_of_as_many_bytes_as_the_limit_is_taken_and_one_more_is_refused(int more, bool refused)
    {
        var store = Start(StoreActorSettings.Default with { CommandBytes = 1000 });
        Run(store, 1, Torrent(One, 1000 - 66 + more));
        _replies.OfType<StoreActor.RunFailed>().Any().ShouldBe(refused);
        _store.Submissions.Count.ShouldBe(refused ? 0 : 1);
    }

    [Fact]
    public void Transient_failure_is_retried_with_growing_waits_and_the_same_commands()
    {
        var store = Start(StoreActorSettings.Default with { RetryDelay = TimeSpan.FromSeconds(1), MaxRetryDelay = TimeSpan.FromSeconds(3) });
        Run(store, 1, new StoreCommand.AcquireLease(One));
        var waits = new List<TimeSpan>();
        for (var tries = 1; tries <= 4; tries++)
        {
            var before = _sim.Sim.Elapsed;
            FailTransiently();
            _sim.Sim.RunUntil(() => _store.Submissions.Count > tries, TimeSpan.FromMinutes(1)).ShouldBeTrue();
            waits.Add(_sim.Sim.Elapsed - before);
        }

        waits.Select(wait => wait.TotalSeconds).ShouldBe([1, 2, 3, 3]);
        _store.Submissions.ShouldAllBe(submission => submission.Commands.Length == 1);
        _replies.ShouldBeEmpty();
        Commit(new StoreOutcome.Leased(9));
        Tags().ShouldBe([1]);
        _log.Lines.ShouldContain(line => line.Level == LogLevel.Information && line.Text.Contains("works again after 4 failures"));
    }

    [Fact]
    public void Commands_that_come_during_a_retry_wait_for_their_turn()
    {
        var store = Start();
        Run(store, 1, new StoreCommand.AcquireLease(One));
        FailTransiently();
        Run(store, 2, new StoreCommand.AcquireLease(Two));
        _sim.Sim.AdvanceBy(TimeSpan.FromSeconds(1));
        _store.Submissions.Count.ShouldBe(2);
        _store.Last.Commands.ShouldBe([new StoreCommand.AcquireLease(One)]);
        _store.Last.Commit();
        _sim.Run();
        _store.Last.Commands.ShouldBe([new StoreCommand.AcquireLease(Two)]);
    }

    [Fact]
    public void Answer_to_an_earlier_try_is_not_taken_for_the_present_one_s()
    {
        var store = Start();
        Run(store, 1, new StoreCommand.AcquireLease(One));
        var first = _store.Last;
        FailTransiently();
        _sim.Sim.AdvanceBy(TimeSpan.FromSeconds(1));
        first.Commit(new StoreOutcome.Leased(1));
        _sim.Run();
        _replies.ShouldBeEmpty();
        Commit(new StoreOutcome.Leased(2));
        _replies.ShouldBe([new StoreActor.Ran(1, new StoreOutcome.Leased(2))]);
    }

    [Fact]
    public void Spent_retries_fail_the_batch_and_later_batches_have_one_try_each_until_one_commits()
    {
        var store = Start(StoreActorSettings.Default with { RetryLimit = 2 });
        Run(store, 1, new StoreCommand.AcquireLease(One));
        Run(store, 2, new StoreCommand.AcquireLease(Two));
        for (var tries = 0; tries < 3; tries++)
        {
            _replies.ShouldBeEmpty();
            FailTransiently();
            _sim.Sim.AdvanceBy(TimeSpan.FromSeconds(1));
        }

        _replies.ShouldBe([new StoreActor.RunFailed(1, "disk full")]);
        _store.Last.Commands.ShouldBe([new StoreCommand.AcquireLease(Two)]);
        FailTransiently();
        _replies.Count.ShouldBe(2);
        _replies[1].ShouldBe(new StoreActor.RunFailed(2, "disk full"));

        Run(store, 3, new StoreCommand.AcquireLease(One));
        Commit(new StoreOutcome.Leased(1));
        Run(store, 4, new StoreCommand.AcquireLease(Two));
        FailTransiently();
        _sim.Sim.AdvanceBy(TimeSpan.FromSeconds(1));
        Tags().ShouldBe([3]);
        _replies.Count.ShouldBe(3);
    }

    [Fact]
    public void Permanent_failure_escalates_and_whoever_waits_is_told()
    {
        var failures = new List<Exception>();
        var store = Start(onFailure: failures.Add);
        Run(store, 1, new StoreCommand.AcquireLease(One));
        Run(store, 2, new StoreCommand.AcquireLease(Two));
        _store.Last.Fail("the file is damaged", transient: false);
        _sim.Run();
        failures.ShouldHaveSingleItem().ShouldBeOfType<StoreFailedException>().Message.ShouldBe("the file is damaged");
        _replies.Cast<StoreActor.RunFailed>().Select(failed => failed.Tag).ShouldBe([1, 2]);
        _log.Lines.ShouldContain(line => line.Level == LogLevel.Critical && line.Text.Contains("the file is damaged"));
    }

    [Fact]
    public void Store_that_answers_with_too_few_outcomes_is_a_failure_for_good()
    {
        var failures = new List<Exception>();
        var store = Start(onFailure: failures.Add);
        Run(store, 1, new StoreCommand.AcquireLease(One));
        Commit([]);
        failures.ShouldHaveSingleItem().ShouldBeOfType<StoreFailedException>();
    }

    [Fact]
    public void Stop_tells_whoever_waits()
    {
        var store = Start();
        Run(store, 1, new StoreCommand.AcquireLease(One));
        Run(store, 2, new StoreCommand.AcquireLease(Two));
        _sim.System.Stop(store);
        _sim.Run();
        _replies.Cast<StoreActor.RunFailed>().Select(failed => failed.Tag).ShouldBe([1, 2]);
    }

    [Fact]
    public void Drain_of_an_idle_store_is_done_at_once()
    {
        var store = Start();
        store.Tell(new StoreActor.Drain(), _torrent);
        _sim.Run();
        _replies.ShouldBe([new StoreActor.Drained(0)]);
        _sim.Sim.PendingTimers.ShouldBe(0);
    }

    [Fact]
    public void Drain_finishes_what_is_outstanding_and_takes_nothing_more()
    {
        var store = Start();
        Run(store, 1, new StoreCommand.AcquireLease(One));
        Run(store, 2, new StoreCommand.AcquireLease(Two));
        store.Tell(new StoreActor.Drain(), _torrent);
        Run(store, 3, new StoreCommand.ListTorrents());
        _replies.ShouldBe([new StoreActor.RunFailed(3, "The node is stopping.")]);
        _store.Last.Commit();
        _sim.Run();
        _store.Last.Commit();
        _sim.Run();
        _replies.Skip(1).ShouldBe(
            [new StoreActor.Ran(1, new StoreOutcome.Done()), new StoreActor.Ran(2, new StoreOutcome.Done()), new StoreActor.Drained(0)]);
        _sim.Sim.PendingTimers.ShouldBe(0);
    }

    [Fact]
    public void Drain_gives_up_when_its_time_is_over_and_says_how_many_it_left()
    {
        var store = Start(StoreActorSettings.Default with { DrainTimeout = TimeSpan.FromSeconds(2) });
        Run(store, 1, new StoreCommand.AcquireLease(One));
        Run(store, 2, new StoreCommand.AcquireLease(Two));
        store.Tell(new StoreActor.Drain(), _torrent);
        _sim.Sim.AdvanceBy(TimeSpan.FromSeconds(1.9));
        _replies.ShouldBeEmpty();
        _sim.Sim.AdvanceBy(TimeSpan.FromSeconds(0.1));
        _replies.OfType<StoreActor.RunFailed>().Select(failed => failed.Tag).ShouldBe([1, 2]);
        _replies[^1].ShouldBe(new StoreActor.Drained(2));
        _store.Last.Commit();
        _sim.Run();
        _replies.Count.ShouldBe(3);
    }

    [Fact]
    public void Counters_tell_what_was_committed()
    {
        var store = Start();
        Run(store, 1, new StoreCommand.AcquireLease(One));
        Run(store, 2, new StoreCommand.ListTorrents());
        Inspect(store).Waiting.ShouldBe(1);
        FailTransiently();
        _sim.Sim.AdvanceBy(TimeSpan.FromSeconds(1));
        _store.Last.Commit();
        _sim.Run();
        _store.Last.Commit();
        _sim.Run();
        Inspect(store).ShouldBe(new StoreActor.Counters(Batches: 2, Commands: 2, Failures: 1));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Under_random_traffic_and_failures_every_command_is_answered_once_and_in_order(int seed)
    {
        var random = new Random(seed);
        var store = Start(StoreActorSettings.Default with { BatchLimit = 5, QueueLimit = 40, RetryLimit = 2 });
        long tag = 0;
        for (var round = 0; round < 500; round++)
        {
            for (var i = random.Next(6); i > 0; i--) store.Tell(new StoreActor.Run(Any(random), tag++), _torrent);
            if (random.Next(3) > 0) _sim.Sim.AdvanceBy(TimeSpan.FromMilliseconds(random.Next(400)));
            if (_store.Submissions.Count == 0) continue;
            // An answer already given is given again now and then: it must count for nothing.
            if (random.Next(4) == 0) FailTransiently();
            else _store.Last.Commit();
        }

        for (var i = 0; i < 100; i++)
        {
            _sim.Sim.AdvanceBy(TimeSpan.FromSeconds(10));
            _store.Last.Commit();
        }

        _sim.Run();
        AnsweredTags().Order().ShouldBe(Enumerable.Range(0, (int)tag).Select(i => (long)i));
        Inspect(store).Waiting.ShouldBe(0);
    }

    private static StoreCommand Any(Random random) => random.Next(4) switch
    {
        0 => new StoreCommand.ListTorrents(),
        1 => new StoreCommand.LoadTorrent(random.Next(2) == 0 ? One : Two),
        _ => Progress(random.Next(2) == 0 ? One : Two, token: random.Next(1, 3), random.Next()),
    };

    private static StoreCommand.PutProgress Progress(InfoHash torrent, long token, long downloaded) =>
        new(torrent, token, new ProgressRecord([], [], downloaded, 0, CompletedTold: false));

    private static StoreCommand.PutTorrent Torrent(InfoHash torrent, int bytes) =>
        new(torrent, 1, new TorrentRecord(ImmutableArray.Create(new byte[bytes]), Magnet: null, "/", 0));

    private IActorRef Start(StoreActorSettings? settings = null, Action<Exception>? onFailure = null)
    {
        IActorRef? store = null;
        _sim.Actor(
            new Script
            {
                OnPreStart = node => store = node.Ctx.ActorOf(StoreActor.Props(_store, settings ?? StoreActorSettings.Default, _log), "store"),
                Strategy = new OneForOneStrategy(failure =>
                {
                    onFailure?.Invoke(failure);
                    return Directive.Stop;
                }),
            },
            "node");
        _sim.Run();
        return store!;
    }

    private void Run(IActorRef store, long tag, StoreCommand command)
    {
        store.Tell(new StoreActor.Run(command, tag), _torrent);
        _sim.Run();
    }

    private void Commit(params ImmutableArray<StoreOutcome> outcomes)
    {
        _store.Last.Commit(outcomes);
        _sim.Run();
    }

    private void FailTransiently()
    {
        _store.Last.Fail("disk full", transient: true);
        _sim.Run();
    }

    private StoreActor.Counters Inspect(IActorRef store)
    {
        var (probe, received) = _sim.Probe();
        store.Tell(new StoreActor.Inspect(), probe);
        _sim.Run();
        return received.ShouldHaveSingleItem().ShouldBeOfType<StoreActor.Counters>();
    }

    private IEnumerable<long> Tags() => _replies.OfType<StoreActor.Ran>().Select(ran => ran.Tag);

    private IEnumerable<long> AnsweredTags() =>
        _replies.Select(reply => reply is StoreActor.Ran ran ? ran.Tag : reply.ShouldBeOfType<StoreActor.RunFailed>().Tag);
}
