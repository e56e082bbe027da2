using Microsoft.Extensions.Logging;
using Swarm.Actors.Ports;
using Swarm.Actors.Store;

namespace Swarm.Tests.Actors.Store;

/// <summary>Retries, escalation, stop and drain.</summary>
public sealed class StoreActorFailureTests : StoreActorFixture
{
    [Fact]
    public void Transient_failure_is_retried_with_growing_waits_and_the_same_commands()
    {
        var store = Start(StoreActorSettings.Default with { RetryDelay = TimeSpan.FromSeconds(1), MaxRetryDelay = TimeSpan.FromSeconds(3) });
        Run(store, 1, new StoreCommand.AcquireLease(One));
        var waits = new List<TimeSpan>();
        for (var tries = 1; tries <= 4; tries++)
        {
            var before = World.Sim.Elapsed;
            FailTransiently();
            World.Sim.RunUntil(() => Fake.Submissions.Count > tries, TimeSpan.FromMinutes(1)).ShouldBeTrue();
            waits.Add(World.Sim.Elapsed - before);
        }

        waits.Select(wait => wait.TotalSeconds).ShouldBe([1, 2, 3, 3]);
        Fake.Submissions.ShouldAllBe(submission => submission.Commands.Length == 1);
        Replies.ShouldBeEmpty();
        Commit(new StoreOutcome.Leased(9));
        Tags().ShouldBe([1]);
        Log.Lines.ShouldContain(line => line.Level == LogLevel.Information && line.Text.Contains("works again after 4 failures"));
    }

    [Fact]
    public void Commands_that_come_during_a_retry_wait_for_their_turn()
    {
        var store = Start();
        Run(store, 1, new StoreCommand.AcquireLease(One));
        FailTransiently();
        Run(store, 2, new StoreCommand.AcquireLease(Two));
        World.Sim.AdvanceBy(TimeSpan.FromSeconds(1));
        Fake.Submissions.Count.ShouldBe(2);
        Fake.Last.Commands.ShouldBe([new StoreCommand.AcquireLease(One)]);
        Fake.Last.Commit();
        World.Run();
        Fake.Last.Commands.ShouldBe([new StoreCommand.AcquireLease(Two)]);
    }

    [Fact]
    public void Answer_to_an_earlier_try_is_not_taken_for_the_present_one_s()
    {
        var store = Start();
        Run(store, 1, new StoreCommand.AcquireLease(One));
        var first = Fake.Last;
        FailTransiently();
        World.Sim.AdvanceBy(TimeSpan.FromSeconds(1));
        first.Commit(new StoreOutcome.Leased(1));
        World.Run();
        Replies.ShouldBeEmpty();
        Commit(new StoreOutcome.Leased(2));
        Replies.ShouldBe([new StoreActor.Ran(1, new StoreOutcome.Leased(2))]);
    }

    [Fact]
    public void After_a_bug_everybody_is_answered_and_late_answers_do_not_fit_the_next_incarnations_batches()
    {
        var store = Start(directive: Directive.Restart);
        Run(store, 1, new StoreCommand.AcquireLease(One));
        var first = Fake.Last;
        Commit(outcomes: default);
        Replies.ShouldHaveSingleItem().ShouldBeOfType<StoreActor.RunFailed>().Tag.ShouldBe(1);
        Run(store, 2, new StoreCommand.AcquireLease(Two));
        first.Commit(new StoreOutcome.Leased(1));
        World.Run();
        Replies.Count.ShouldBe(1);
        Commit(new StoreOutcome.Leased(2));
        Replies[^1].ShouldBe(new StoreActor.Ran(2, new StoreOutcome.Leased(2)));
    }

    [Fact]
    public void A_bug_during_the_drain_does_not_keep_it_from_ending()
    {
        var store = Start(directive: Directive.Restart);
        Run(store, 1, new StoreCommand.AcquireLease(One));
        store.Tell(new StoreActor.Drain(), TorrentActor);
        World.Run();
        Commit(outcomes: default);
        Replies.OfType<StoreActor.Drained>().ShouldHaveSingleItem();
    }

    [Fact]
    public void Spent_retries_fail_the_batch_and_later_batches_have_one_try_each_until_one_commits()
    {
        var store = Start(StoreActorSettings.Default with { RetryLimit = 2 });
        Run(store, 1, new StoreCommand.AcquireLease(One));
        Run(store, 2, new StoreCommand.AcquireLease(Two));
        for (var tries = 0; tries < 3; tries++)
        {
            Replies.ShouldBeEmpty();
            FailTransiently();
            World.Sim.AdvanceBy(TimeSpan.FromSeconds(1));
        }

        Replies.ShouldBe([new StoreActor.RunFailed(1, "disk full")]);
        Fake.Last.Commands.ShouldBe([new StoreCommand.AcquireLease(Two)]);
        FailTransiently();
        Replies.Count.ShouldBe(2);
        Replies[1].ShouldBe(new StoreActor.RunFailed(2, "disk full"));

        Run(store, 3, new StoreCommand.AcquireLease(One));
        Commit(new StoreOutcome.Leased(1));
        Run(store, 4, new StoreCommand.AcquireLease(Two));
        FailTransiently();
        World.Sim.AdvanceBy(TimeSpan.FromSeconds(1));
        Tags().ShouldBe([3]);
        Replies.Count.ShouldBe(3);
    }

    [Fact]
    public void Permanent_failure_escalates_and_whoever_waits_is_told()
    {
        var failures = new List<Exception>();
        var store = Start(onFailure: failures.Add);
        Run(store, 1, new StoreCommand.AcquireLease(One));
        Run(store, 2, new StoreCommand.AcquireLease(Two));
        Fake.Last.Fail("the file is damaged", transient: false);
        World.Run();
        failures.ShouldHaveSingleItem().ShouldBeOfType<StoreFailedException>().Message.ShouldBe("the file is damaged");
        Replies.Cast<StoreActor.RunFailed>().Select(failed => failed.Tag).ShouldBe([1, 2]);
        Log.Lines.ShouldContain(line => line.Level == LogLevel.Critical && line.Text.Contains("the file is damaged"));
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
        World.System.Stop(store);
        World.Run();
        Replies.Cast<StoreActor.RunFailed>().Select(failed => failed.Tag).ShouldBe([1, 2]);
    }

    [Fact]
    public void Drain_of_an_idle_store_is_done_at_once()
    {
        var store = Start();
        store.Tell(new StoreActor.Drain(), TorrentActor);
        World.Run();
        Replies.ShouldBe([new StoreActor.Drained(0)]);
        World.Sim.PendingTimers.ShouldBe(0);
    }

    [Fact]
    public void Drain_finishes_what_is_outstanding_and_takes_nothing_more()
    {
        var store = Start();
        Run(store, 1, new StoreCommand.AcquireLease(One));
        Run(store, 2, new StoreCommand.AcquireLease(Two));
        store.Tell(new StoreActor.Drain(), TorrentActor);
        Run(store, 3, new StoreCommand.ListTorrents());
        Replies.ShouldBe([new StoreActor.RunFailed(3, "The node is stopping.")]);
        Fake.Last.Commit();
        World.Run();
        Fake.Last.Commit();
        World.Run();
        Replies.Skip(1).ShouldBe(
            [new StoreActor.Ran(1, new StoreOutcome.Done()), new StoreActor.Ran(2, new StoreOutcome.Done()), new StoreActor.Drained(0)]);
        World.Sim.PendingTimers.ShouldBe(0);
    }

    [Fact]
    public void Drain_gives_up_when_its_time_is_over_and_says_how_many_it_left()
    {
        var store = Start(StoreActorSettings.Default with { DrainTimeout = TimeSpan.FromSeconds(2) });
        Run(store, 1, new StoreCommand.AcquireLease(One));
        Run(store, 2, new StoreCommand.AcquireLease(Two));
        store.Tell(new StoreActor.Drain(), TorrentActor);
        World.Sim.AdvanceBy(TimeSpan.FromSeconds(1.9));
        Replies.ShouldBeEmpty();
        World.Sim.AdvanceBy(TimeSpan.FromSeconds(0.1));
        Replies.OfType<StoreActor.RunFailed>().Select(failed => failed.Tag).ShouldBe([1, 2]);
        Replies[^1].ShouldBe(new StoreActor.Drained(2));
        Fake.Last.Commit();
        World.Run();
        Replies.Count.ShouldBe(3);
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
            for (var i = random.Next(6); i > 0; i--) store.Tell(new StoreActor.Run(Any(random), tag++), TorrentActor);
            if (random.Next(3) > 0) World.Sim.AdvanceBy(TimeSpan.FromMilliseconds(random.Next(400)));
            if (Fake.Submissions.Count == 0) continue;
            // An answer already given is given again now and then: it must count for nothing.
            if (random.Next(4) == 0) FailTransiently();
            else Fake.Last.Commit();
        }

        for (var i = 0; i < 100; i++)
        {
            World.Sim.AdvanceBy(TimeSpan.FromSeconds(10));
            Fake.Last.Commit();
        }

        World.Run();
        AnsweredTags().Order().ShouldBe(Enumerable.Range(0, (int)tag).Select(i => (long)i));
        Inspect(store).Waiting.ShouldBe(0);
    }
}
