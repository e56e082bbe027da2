using Swarm.Actors.Ports;
using Swarm.TestKit.Chance;
using Swarm.TestKit.Store;
using Swarm.Tests.Io.Store;

namespace Swarm.Tests.TestKit.Store;

/// <summary>The conformance suite on the simulated store.</summary>
public sealed class SimStoreTests : StoreConformance
{
    private readonly Simulation _simulation = new(seed: 1);
    private readonly SimStore _store;
    private readonly Dictionary<IStore, string> _names = [];

    public SimStoreTests() => _store = new SimStore(_simulation, _simulation.Random, SimStoreSettings.Default with { QueueLimit = 64 });

    protected override IStore Open()
    {
        var name = $"process {_names.Count}";
        var store = _store.Open(name);
        _names.Add(store, name);
        return store;
    }

    protected override void Close(IStore store) => _store.Close(_names[store]);

    protected override void Kill(IStore store) => _store.Kill(_names[store]);

    protected override void Settle() => _simulation.AdvanceBy(TimeSpan.FromSeconds(5));

    [Fact]
    public void Holder_is_named()
    {
        var (first, second) = (Open(), Open());
        Acquire(first, Torrent(1));
        Run(second, new StoreCommand.AcquireLease(Torrent(1))).ShouldBe([new StoreOutcome.HeldBy("process 0")]);
    }

    [Fact]
    public void Answers_take_the_latency_and_never_come_inline()
    {
        var store = Open();
        _store.Settings = _store.Settings with { Latency = Latency.Milliseconds(10, 10) };
        Submit(store, new StoreCommand.ListTorrents());
        _simulation.AdvanceBy(TimeSpan.FromMilliseconds(9));
        _store.BatchesPending.ShouldBe(1);
        _simulation.AdvanceBy(TimeSpan.FromMilliseconds(1));
        _store.BatchesPending.ShouldBe(0);
        TakeReply().ShouldBeOfType<IStore.Committed>();
    }

    [Fact]
    public void Batch_at_the_queues_limit_waits_and_one_past_it_fails_as_transient()
    {
        _store.Settings = _store.Settings with { QueueLimit = 2 };
        var store = Open();
        for (var i = 0; i < 3; i++) Submit(store, new StoreCommand.ListTorrents());
        _store.BatchesPending.ShouldBe(3, "one is under way and two wait");
        Submit(store, new StoreCommand.ListTorrents());
        TakeReply().ShouldBeOfType<IStore.Failed>().Transient.ShouldBeTrue();
        for (var i = 0; i < 3; i++) TakeReply().ShouldBeOfType<IStore.Committed>();
    }

    [Fact]
    public void Transient_failure_does_nothing()
    {
        var store = Open();
        var token = Acquire(store, Torrent(1));
        _store.Settings = _store.Settings with { TransientFailure = 1 };
        Submit(store, new StoreCommand.PutTorrent(Torrent(1), token, Record(1)));
        TakeReply().ShouldBeOfType<IStore.Failed>().Transient.ShouldBeTrue();
        _store.Settings = _store.Settings with { TransientFailure = 0 };
        List(store).ShouldBeEmpty();
    }

    [Fact]
    public void Broken_store_fails_for_good_until_it_is_mended()
    {
        var store = Open();
        _store.Settings = _store.Settings with { Broken = "the database is gone" };
        Submit(store, new StoreCommand.AcquireLease(Torrent(1)));
        var failed = TakeReply().ShouldBeOfType<IStore.Failed>();
        failed.Transient.ShouldBeFalse();
        failed.Reason.ShouldBe("the database is gone");
        _store.Settings = _store.Settings with { Broken = null };
        Acquire(store, Torrent(1));
    }

    [Fact]
    public void Batch_with_a_refused_kind_of_command_does_nothing()
    {
        var store = Open();
        _store.Settings = _store.Settings with { Refused = [nameof(StoreCommand.PutTorrent)] };
        Submit(store, new StoreCommand.AcquireLease(Torrent(1)), new StoreCommand.PutTorrent(Torrent(1), 1, Record(1)));
        TakeReply().ShouldBeOfType<IStore.Failed>().Transient.ShouldBeTrue();
        _store.LeaseOf(Torrent(1)).ShouldBeNull();
    }

    [Fact]
    public void Batch_of_unknown_outcome_fails_as_transient_after_the_time_out_and_was_done_whole_or_not_at_all()
    {
        var store = Open();
        var token = Acquire(store, Torrent(1));
        _store.Settings = _store.Settings with { UnknownOutcome = 1, Timeout = TimeSpan.FromSeconds(3) };
        var done = 0;
        for (var i = 1; i <= 40; i++)
        {
            Submit(store, new StoreCommand.PutTorrent(Torrent(1), token, Record(i)), new StoreCommand.PutProgress(Torrent(1), token, Progress(i)));
            var before = _simulation.Elapsed;
            TakeReply().ShouldBeOfType<IStore.Failed>().Transient.ShouldBeTrue();
            (_simulation.Elapsed - before).ShouldBeGreaterThan(TimeSpan.FromSeconds(3));
            var isDone = _store.RecordOf(Torrent(1))?.Folder == Record(i).Folder;
            (_store.ProgressOf(Torrent(1))?.Uploaded == i).ShouldBe(isDone, "never half");
            done += isDone ? 1 : 0;
        }

        done.ShouldBeInRange(5, 35);
    }

    [Fact]
    public void Batch_under_way_at_a_kill_was_done_whole_or_not_at_all_and_what_waited_was_not_done()
    {
        var done = 0;
        for (var i = 1; i <= 40; i++)
        {
            var store = Open();
            var token = Acquire(store, Torrent(i));
            Submit(store, new StoreCommand.PutTorrent(Torrent(i), token, Record(i)), new StoreCommand.PutProgress(Torrent(i), token, Progress(i)));
            Submit(store, new StoreCommand.RemoveTorrent(Torrent(i), token));
            Kill(store);
            _store.BatchesPending.ShouldBe(0);
            var isDone = _store.RecordOf(Torrent(i)) is not null;
            (_store.ProgressOf(Torrent(i)) is not null).ShouldBe(isDone, "never half");
            done += isDone ? 1 : 0;
        }

        _simulation.AdvanceBy(TimeSpan.FromMinutes(1));
        _simulation.PendingTimers.ShouldBe(0);
        done.ShouldBeInRange(5, 35);
    }

    [Fact]
    public void Batch_of_unknown_outcome_is_not_done_twice_when_its_process_ends()
    {
        var commits = 0;
        _store.Committed = (_, _, _) => commits++;
        _store.Settings = _store.Settings with { UnknownOutcome = 1 };
        for (var i = 0; i < 20; i++)
        {
            var before = commits;
            var store = Open();
            Submit(store, new StoreCommand.AcquireLease(Torrent(i)));
            _simulation.AdvanceBy(TimeSpan.FromSeconds(1));
            if (i % 2 == 0) Kill(store);
            else Close(store);
            (commits - before).ShouldBeLessThanOrEqualTo(1);
        }
    }

    [Fact]
    public void Killed_and_closed_processes_are_no_owners_and_nobody_may_open_a_name_twice()
    {
        var (first, second) = (Open(), Open());
        Should.Throw<ArgumentException>(() => _store.Open("process 0"));
        Kill(first);
        Close(second);
        _store.Owners.ShouldBeEmpty();
        Should.Throw<ArgumentException>(() => _store.Kill("process 0"));
        _store.Open("process 0");
        _store.Owners.ShouldBe(["process 0"]);
    }

    [Fact]
    public void Process_whose_leases_lapsed_writes_until_another_takes_over()
    {
        var (first, second) = (Open(), Open());
        var token = Acquire(first, Torrent(1));
        _store.Lapse("process 0");
        Run(first, new StoreCommand.PutTorrent(Torrent(1), token, Record(1))).ShouldBe([new StoreOutcome.Done()]);
        Acquire(second, Torrent(1)).ShouldBeGreaterThan(token);
        Run(first, new StoreCommand.PutTorrent(Torrent(1), token, Record(2))).ShouldBe([new StoreOutcome.Fenced()]);
        _store.LeaseOf(Torrent(1))!.Value.Owner.ShouldBe("process 1");
    }

    [Fact]
    public void What_the_world_laid_down_is_loaded_and_listed()
    {
        _store.Put(Torrent(2), Record(2), Progress(2));
        _store.Put(Torrent(1), Record(1));
        var store = Open();
        ShouldBeStored(store, Torrent(2), Record(2), Progress(2));
        ShouldBeStored(store, Torrent(1), Record(1), progress: null);
        List(store).ShouldBe([Torrent(2), Torrent(1)]);
    }

    [Fact]
    public void The_seed_decides_everything()
    {
        Trace(7).ShouldBe(Trace(7));
        Trace(7).ShouldNotBe(Trace(8));
    }

    private static string Trace(int seed)
    {
        var simulation = new Simulation(seed);
        var store = new SimStore(simulation, simulation.Random, SimStoreSettings.Default with { TransientFailure = 0.3, UnknownOutcome = 0.2 });
        var trace = new List<string>();
        store.Committed = (owner, commands, outcomes) => trace.Add($"{simulation.Elapsed} {owner} {commands.Length} {string.Join(',', outcomes)}");
        using var replies = new Tests.Io.ReplyBox();
        var ports = Enumerable.Range(0, 3).Select(i => store.Open($"{i}")).ToArray();
        for (var i = 0; i < 60; i++)
        {
            ports[simulation.Random.Next(3)].Submit(i, [new StoreCommand.AcquireLease(Torrent(simulation.Random.Next(4)))], replies);
            simulation.AdvanceBy(TimeSpan.FromMilliseconds(300));
        }

        return string.Join('\n', trace);
    }
}
