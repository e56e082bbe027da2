using Swarm.Actors.Ports;
using Swarm.Actors.Store;

namespace Swarm.Tests.Actors.Store;

/// <summary>Batches, coalescing, limits, counters.</summary>
public sealed class StoreActorTests : StoreActorFixture
{
    [Fact]
    public void First_command_goes_out_at_once_and_its_outcome_comes_back_under_its_tag()
    {
        var store = Start();
        Run(store, 7, new StoreCommand.AcquireLease(One));
        Fake.Submissions.Count.ShouldBe(1);
        Commit(new StoreOutcome.Leased(5));
        Replies.ShouldBe([new StoreActor.Ran(7, new StoreOutcome.Leased(5))]);
    }

    [Fact]
    public void What_one_turn_brought_is_one_batch_in_the_order_told()
    {
        var store = Start();
        StoreCommand[] commands = [new StoreCommand.AcquireLease(One), new StoreCommand.AcquireLease(Two), new StoreCommand.ListTorrents()];
        foreach (var command in commands) store.Tell(new StoreActor.Run(command, 0), TorrentActor);
        World.Run();
        Fake.Submissions.ShouldHaveSingleItem().Commands.ShouldBe(commands);
    }

    [Fact]
    public void What_comes_while_a_batch_is_under_way_makes_the_next_one()
    {
        var store = Start();
        Run(store, 1, new StoreCommand.AcquireLease(One));
        Run(store, 2, new StoreCommand.AcquireLease(Two));
        Run(store, 3, new StoreCommand.ListTorrents());
        Fake.Submissions.Count.ShouldBe(1);
        Commit(new StoreOutcome.Leased(1));
        Fake.Submissions.Count.ShouldBe(2);
        Fake.Last.Commands.ShouldBe([new StoreCommand.AcquireLease(Two), new StoreCommand.ListTorrents()]);
        Commit(new StoreOutcome.HeldBy("them"), new StoreOutcome.Listed([One]));
        Tags().ShouldBe([1, 2, 3]);
        Fake.Submissions.Count.ShouldBe(2);
    }

    [Fact]
    public void Outcome_goes_to_the_sender_of_its_command()
    {
        var store = Start();
        var (other, otherReplies) = World.Probe("other");
        store.Tell(new StoreActor.Run(new StoreCommand.AcquireLease(One), 1), TorrentActor);
        store.Tell(new StoreActor.Run(new StoreCommand.AcquireLease(Two), 1), other);
        World.Run();
        Commit(new StoreOutcome.Leased(1), new StoreOutcome.HeldBy("them"));
        Replies.ShouldBe([new StoreActor.Ran(1, new StoreOutcome.Leased(1))]);
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
        Fake.Last.Commit();
        World.Run();
        Fake.Last.Commands.ShouldHaveSingleItem().ShouldBeOfType<StoreCommand.PutProgress>().Progress.Downloaded.ShouldBe(3);
        Commit(new StoreOutcome.Fenced());
        Replies.Skip(1).ShouldBe([.. Enumerable.Range(1, 3).Select(tag => new StoreActor.Ran(tag, new StoreOutcome.Fenced()))]);
        Inspect(store).Coalesced.ShouldBe(2);
    }

    [Fact]
    public void Progress_under_way_is_not_touched_by_newer_progress()
    {
        var store = Start();
        Run(store, 1, Progress(One, 5, downloaded: 1));
        Run(store, 2, Progress(One, 5, downloaded: 2));
        Fake.Last.Commands[0].ShouldBeOfType<StoreCommand.PutProgress>().Progress.Downloaded.ShouldBe(1);
        Fake.Last.Commit();
        World.Run();
        Fake.Last.Commands[0].ShouldBeOfType<StoreCommand.PutProgress>().Progress.Downloaded.ShouldBe(2);
    }

    [Fact]
    public void Progress_does_not_coalesce_across_another_command_of_itsTorrentActor_or_another_token_orTorrentActor()
    {
        var store = Start();
        Run(store, 0, new StoreCommand.ListTorrents());
        StoreCommand[] commands =
        [
            Progress(One, 5, 1), new StoreCommand.LoadTorrent(One), Progress(One, 5, 2), Progress(Two, 6, 3), Progress(One, 7, 4), new StoreCommand.ReleaseLease(One, 7), Progress(One, 7, 5),
        ];
        foreach (var command in commands) Run(store, 1, command);
        Fake.Last.Commit();
        World.Run();
        Fake.Last.Commands.ShouldBe(commands);
    }

    [Fact]
    public void Progress_coalesces_where_only_otherTorrentActors_lie_between()
    {
        var store = Start();
        Run(store, 0, new StoreCommand.ListTorrents());
        Run(store, 1, Progress(One, 5, 1));
        Run(store, 2, new StoreCommand.AcquireLease(Two));
        Run(store, 3, Progress(One, 5, 2));
        Fake.Last.Commit();
        World.Run();
        Fake.Last.Commands.ShouldBe([Progress(One, 5, 2), new StoreCommand.AcquireLease(Two)]);
    }

    [Fact]
    public void Batch_holds_no_more_commands_than_its_limit()
    {
        var store = Start(StoreActorSettings.Default with { BatchLimit = 3 });
        for (var i = 0; i < 7; i++) store.Tell(new StoreActor.Run(new StoreCommand.ListTorrents(), i), TorrentActor);
        World.Run();
        for (var i = 0; i < 3; i++)
        {
            Fake.Last.Commands.Length.ShouldBe(i < 2 ? 3 : 1);
            Fake.Last.Commit();
            World.Run();
        }

        Tags().ShouldBe([0, 1, 2, 3, 4, 5, 6]);
    }

    [Fact]
    public void Batch_holds_no_more_bytes_than_its_limit_and_one_large_command_goes_alone()
    {
        var store = Start(StoreActorSettings.Default with { BatchBytes = 3000 });
        foreach (var bytes in new[] { 1300, 1300, 1300, 9000, 10 }) store.Tell(new StoreActor.Run(Torrent(One, bytes), 0), TorrentActor);
        World.Run();
        var sizes = new List<int>();
        for (var i = 0; i < 4; i++)
        {
            sizes.Add(Fake.Submissions[i].Commands.Length);
            Fake.Last.Commit();
            World.Run();
        }

        sizes.ShouldBe([2, 1, 1, 1]);
    }

    [Fact]
    public void Queue_takes_as_many_as_its_limit_and_refuses_one_more()
    {
        var store = Start(StoreActorSettings.Default with { QueueLimit = 2 });
        Run(store, 0, new StoreCommand.ListTorrents());
        for (var i = 1; i <= 2; i++) Run(store, i, new StoreCommand.ListTorrents());
        Replies.ShouldBeEmpty();
        Run(store, 3, new StoreCommand.ListTorrents());
        Replies.ShouldHaveSingleItem().ShouldBeOfType<StoreActor.RunFailed>().ShouldSatisfyAllConditions(
            failed => failed.Tag.ShouldBe(3), failed => failed.Reason.ShouldContain("2 requests wait"));
        Inspect(store).Refused.ShouldBe(1);
        Fake.Last.Commit();
        World.Run();
        Run(store, 4, new StoreCommand.ListTorrents());
        Replies.OfType<StoreActor.RunFailed>().Count().ShouldBe(1);
    }

    [Fact]
    public void Senders_of_coalesced_progress_count_against_the_queue()
    {
        var store = Start(StoreActorSettings.Default with { QueueLimit = 2 });
        Run(store, 0, new StoreCommand.ListTorrents());
        for (var i = 1; i <= 3; i++) Run(store, i, Progress(One, 5, i));
        Replies.ShouldHaveSingleItem().ShouldBeOfType<StoreActor.RunFailed>().Tag.ShouldBe(3);
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
        Replies.OfType<StoreActor.RunFailed>().Any().ShouldBe(refused);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public void Command_of_as_many_bytes_as_the_limit_is_taken_and_one_more_is_refused(int more, bool refused)
    {
        var store = Start(StoreActorSettings.Default with { CommandBytes = 1000 });
        Run(store, 1, Torrent(One, 1000 - 66 + more));
        Replies.OfType<StoreActor.RunFailed>().Any().ShouldBe(refused);
        Fake.Submissions.Count.ShouldBe(refused ? 0 : 1);
    }

    [Fact]
    public void Counters_tell_what_was_committed()
    {
        var store = Start();
        Run(store, 1, new StoreCommand.AcquireLease(One));
        Run(store, 2, new StoreCommand.ListTorrents());
        Inspect(store).Waiting.ShouldBe(1);
        FailTransiently();
        World.Sim.AdvanceBy(TimeSpan.FromSeconds(1));
        Fake.Last.Commit();
        World.Run();
        Fake.Last.Commit();
        World.Run();
        Inspect(store).ShouldBe(new StoreActor.Counters(Batches: 2, Commands: 2, Failures: 1));
    }
}
