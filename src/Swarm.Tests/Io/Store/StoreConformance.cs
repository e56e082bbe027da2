using System.Collections.Immutable;
using Swarm.Actors.Ports;

namespace Swarm.Tests.Io.Store;

/// <summary>
/// What every <see cref="IStore"/> must do, whatever it is made of. A subclass says how an instance is opened, closed and killed; all instances of a test share one set of data,
/// as processes of one node's folder or nodes of one database do.
/// </summary>
public abstract partial class StoreConformance : IDisposable
{
    private readonly ReplyBox _replies = new();
    private long _batch;

    /// <summary>Opens one more instance on the test's data.</summary>
    protected abstract IStore Open();

    /// <summary>Ends an instance in good order.</summary>
    protected abstract void Close(IStore store);

    /// <summary>Ends an instance as <c>kill -9</c> does.</summary>
    protected abstract void Kill(IStore store);

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing) => _replies.Dispose();

    /// <summary>Lets time pass until what was submitted is answered, where time does not pass by itself.</summary>
    protected virtual void Settle() { }

    /// <summary>Of a store whose owners are processes: who has a lease is told so that people find it.</summary>
    protected void HolderShouldBeNamed()
    {
        var (first, second) = (Open(), Open());
        Acquire(first, Torrent(1));
        var owner = Run(second, new StoreCommand.AcquireLease(Torrent(1)))[0].ShouldBeOfType<StoreOutcome.HeldBy>().Owner;
        owner.ShouldContain($"process {Environment.ProcessId} on {Environment.MachineName}");
        owner.ShouldContain("stop that process first");
    }

    [Fact]
    public void Empty_batch_is_committed_with_no_outcomes() => Run(Open()).ShouldBeEmpty();

    [Fact]
    public void Torrent_that_was_never_put_loads_as_nothing() =>
        Run(Open(), new StoreCommand.LoadTorrent(Torrent(1))).ShouldBe([new StoreOutcome.Loaded(Record: null, Progress: null)]);

    [Fact]
    public void Torrent_and_progress_come_back_as_they_were_put()
    {
        var store = Open();
        var token = Acquire(store, Torrent(1));
        Run(store, new StoreCommand.PutTorrent(Torrent(1), token, Record(1)), new StoreCommand.PutProgress(Torrent(1), token, Progress(3)))
            .ShouldBe([new StoreOutcome.Done(), new StoreOutcome.Done()]);
        ShouldBeStored(store, Torrent(1), Record(1), Progress(3));
    }

    [Fact]
    public void Empty_metainfo_no_magnet_and_no_progress_come_back_as_such()
    {
        var store = Open();
        var record = new TorrentRecord([], Magnet: null, "/", AddedTicks: 0);
        Run(store, new StoreCommand.PutTorrent(Torrent(1), Acquire(store, Torrent(1)), record));
        ShouldBeStored(store, Torrent(1), record, progress: null);
    }

    [Fact]
    public void Text_outside_ascii_comes_back_as_it_was_put()
    {
        var store = Open();
        var record = Record(1) with { Folder = "/home/müller/下载/🐝 'q\"--;", Magnet = "magnet:?dn=\u0001\u202E" };
        Run(store, new StoreCommand.PutTorrent(Torrent(1), Acquire(store, Torrent(1)), record));
        ShouldBeStored(store, Torrent(1), record, progress: null);
    }

    [Fact]
    public void Later_writes_replace_earlier_ones()
    {
        var store = Open();
        var token = Acquire(store, Torrent(1));
        Run(store,
            new StoreCommand.PutTorrent(Torrent(1), token, Record(1)),
            new StoreCommand.PutProgress(Torrent(1), token, Progress(1)),
            new StoreCommand.PutTorrent(Torrent(1), token, Record(2)),
            new StoreCommand.PutProgress(Torrent(1), token, Progress(2)));
        ShouldBeStored(store, Torrent(1), Record(2), Progress(2));
    }

    [Fact]
    public void Putting_a_torrent_again_keeps_its_progress()
    {
        var store = Open();
        var token = Acquire(store, Torrent(1));
        Run(store, new StoreCommand.PutTorrent(Torrent(1), token, Record(1)), new StoreCommand.PutProgress(Torrent(1), token, Progress(1)));
        Run(store, new StoreCommand.PutTorrent(Torrent(1), token, Record(2)));
        ShouldBeStored(store, Torrent(1), Record(2), Progress(1));
    }

    [Fact]
    public void Outcomes_are_in_the_order_of_the_commands_and_see_what_came_before_them()
    {
        var store = Open();
        var token = Acquire(store, Torrent(1));
        var outcomes = Run(store,
            new StoreCommand.ListTorrents(),
            new StoreCommand.PutTorrent(Torrent(1), token, Record(1)),
            new StoreCommand.ListTorrents(),
            new StoreCommand.RemoveTorrent(Torrent(1), token),
            new StoreCommand.ListTorrents());
        outcomes[0].ShouldBeOfType<StoreOutcome.Listed>().Torrents.ShouldBeEmpty();
        outcomes[1].ShouldBeOfType<StoreOutcome.Done>();
        outcomes[2].ShouldBeOfType<StoreOutcome.Listed>().Torrents.ShouldBe([Torrent(1)]);
        outcomes[3].ShouldBeOfType<StoreOutcome.Done>();
        outcomes[4].ShouldBeOfType<StoreOutcome.Listed>().Torrents.ShouldBeEmpty();
    }

    [Fact]
    public void Torrents_are_listed_in_the_order_of_their_addition()
    {
        var store = Open();
        foreach (var torrent in new[] { 5, 1, 9, 3 }) Put(store, Torrent(torrent));
        // Neither a second write nor a removal and a new addition of another one moves a torrent.
        Put(store, Torrent(1));
        Run(store, new StoreCommand.RemoveTorrent(Torrent(9), Acquire(store, Torrent(9))));
        Put(store, Torrent(9));
        List(store).ShouldBe([Torrent(5), Torrent(1), Torrent(3), Torrent(9)]);
    }

    [Fact]
    public void Removed_torrent_takes_its_progress_with_it()
    {
        var store = Open();
        var token = Acquire(store, Torrent(1));
        Run(store, new StoreCommand.PutTorrent(Torrent(1), token, Record(1)), new StoreCommand.PutProgress(Torrent(1), token, Progress(1)));
        Run(store, new StoreCommand.RemoveTorrent(Torrent(1), token)).ShouldBe([new StoreOutcome.Done()]);
        Run(store, new StoreCommand.PutTorrent(Torrent(1), token, Record(1)));
        ShouldBeStored(store, Torrent(1), Record(1), progress: null);
    }

    [Fact]
    public void Progress_of_a_torrent_that_is_not_there_is_dropped()
    {
        var store = Open();
        var token = Acquire(store, Torrent(1));
        Run(store, new StoreCommand.PutProgress(Torrent(1), token, Progress(1))).ShouldBe([new StoreOutcome.Done()]);
        Run(store, new StoreCommand.PutTorrent(Torrent(1), token, Record(1)));
        ShouldBeStored(store, Torrent(1), Record(1), progress: null);
    }

    [Fact]
    public void Removing_a_torrent_that_is_not_there_is_done() =>
        WithLease((store, token) => Run(store, new StoreCommand.RemoveTorrent(Torrent(1), token)).ShouldBe([new StoreOutcome.Done()]));

    [Fact]
    public void Tokens_of_a_torrent_strictly_increase_over_releases_removals_and_instances()
    {
        var last = 0L;
        for (var instance = 0; instance < 3; instance++)
        {
            var store = Open();
            for (var i = 0; i < 3; i++)
            {
                var token = Acquire(store, Torrent(1));
                token.ShouldBeGreaterThan(last);
                last = token;
                Run(store, new StoreCommand.PutTorrent(Torrent(1), token, Record(1)));
                if (i == 1) Run(store, new StoreCommand.RemoveTorrent(Torrent(1), token), new StoreCommand.ReleaseLease(Torrent(1), token));
            }

            Close(store);
        }
    }

    [Fact]
    public void Stale_token_fails_its_own_command_and_no_other()
    {
        var store = Open();
        var stale = Acquire(store, Torrent(1));
        var fresh = Acquire(store, Torrent(1));
        Run(store,
            new StoreCommand.PutTorrent(Torrent(1), fresh, Record(1)),
            new StoreCommand.PutTorrent(Torrent(1), stale, Record(2)),
            new StoreCommand.PutProgress(Torrent(1), stale, Progress(2)),
            new StoreCommand.RemoveTorrent(Torrent(1), stale),
            new StoreCommand.PutProgress(Torrent(1), fresh, Progress(1))).ShouldBe(
        [
            new StoreOutcome.Done(), new StoreOutcome.Fenced(), new StoreOutcome.Fenced(), new StoreOutcome.Fenced(), new StoreOutcome.Done(),
        ]);
        ShouldBeStored(store, Torrent(1), Record(1), Progress(1));
    }

    [Fact]
    public void Write_without_a_lease_is_fenced() =>
        Run(Open(), new StoreCommand.PutTorrent(Torrent(1), 1, Record(1))).ShouldBe([new StoreOutcome.Fenced()]);

    [Fact]
    public void Token_of_one_torrent_is_no_good_for_another() => WithLease((store, token) =>
        Run(store, new StoreCommand.PutTorrent(Torrent(2), token, Record(2))).ShouldBe([new StoreOutcome.Fenced()]));

    [Fact]
    public void Write_after_the_release_is_fenced() => WithLease((store, token) =>
    {
        Run(store, new StoreCommand.ReleaseLease(Torrent(1), token)).ShouldBe([new StoreOutcome.Done()]);
        Run(store, new StoreCommand.PutTorrent(Torrent(1), token, Record(1))).ShouldBe([new StoreOutcome.Fenced()]);
    });

    [Fact]
    public void Release_with_a_stale_token_leaves_the_lease_alone()
    {
        var store = Open();
        var stale = Acquire(store, Torrent(1));
        var fresh = Acquire(store, Torrent(1));
        Run(store, new StoreCommand.ReleaseLease(Torrent(1), stale)).ShouldBe([new StoreOutcome.Done()]);
        Run(store, new StoreCommand.PutTorrent(Torrent(1), fresh, Record(1))).ShouldBe([new StoreOutcome.Done()]);
    }

    [Fact]
    public void Lease_taken_within_a_batch_is_held_by_the_commands_after_it()
    {
        var store = Open();
        var outcomes = Run(store, new StoreCommand.AcquireLease(Torrent(1)), new StoreCommand.AcquireLease(Torrent(2)));
        var tokens = outcomes.Select(outcome => outcome.ShouldBeOfType<StoreOutcome.Leased>().Token).ToArray();
        Run(store, new StoreCommand.PutTorrent(Torrent(1), tokens[0], Record(1)), new StoreCommand.PutTorrent(Torrent(2), tokens[1], Record(2)))
            .ShouldAllBe(outcome => outcome is StoreOutcome.Done);
    }

    [Fact]
    public void Lease_of_a_live_instance_is_refused_to_another_and_its_holder_named()
    {
        var (first, second) = (Open(), Open());
        var token = Acquire(first, Torrent(1));
        var held = Run(second, new StoreCommand.AcquireLease(Torrent(1)), new StoreCommand.AcquireLease(Torrent(2)));
        held[0].ShouldBeOfType<StoreOutcome.HeldBy>().Owner.ShouldNotBeNullOrWhiteSpace();
        held[1].ShouldBeOfType<StoreOutcome.Leased>();
        Run(first, new StoreCommand.PutTorrent(Torrent(1), token, Record(1))).ShouldBe([new StoreOutcome.Done()]);
    }

    [Fact]
    public void What_one_instance_committed_another_reads()
    {
        var (first, second) = (Open(), Open());
        Put(first, Torrent(1));
        ShouldBeStored(second, Torrent(1), Record(1), progress: null);
        List(second).ShouldBe([Torrent(1)]);
    }

    [Fact]
    public void Released_lease_goes_to_the_next_instance_under_a_greater_token()
    {
        var (first, second) = (Open(), Open());
        var token = Acquire(first, Torrent(1));
        Run(first, new StoreCommand.ReleaseLease(Torrent(1), token));
        Acquire(second, Torrent(1)).ShouldBeGreaterThan(token);
        Run(first, new StoreCommand.PutTorrent(Torrent(1), token, Record(1))).ShouldBe([new StoreOutcome.Fenced()]);
    }

    [Fact]
    public void Closed_instance_gives_its_leases_back()
    {
        var (first, second) = (Open(), Open());
        var token = Acquire(first, Torrent(1));
        Close(first);
        Acquire(second, Torrent(1)).ShouldBeGreaterThan(token);
    }

    [Fact]
    public void Lease_of_a_killed_instance_is_taken_over_at_once_by_one_that_ran_already()
    {
        var (first, second) = (Open(), Open());
        var token = Acquire(first, Torrent(1));
        Kill(first);
        Acquire(second, Torrent(1)).ShouldBeGreaterThan(token);
    }

    [Fact]
    public void Lease_of_a_killed_instance_is_taken_over_at_once_by_a_new_one()
    {
        var first = Open();
        var token = Acquire(first, Torrent(1));
        Kill(first);
        Acquire(Open(), Torrent(1)).ShouldBeGreaterThan(token);
    }

    [Fact]
    public void Death_of_one_instance_leaves_the_leases_of_others_alone()
    {
        var (first, second, third) = (Open(), Open(), Open());
        Acquire(first, Torrent(1));
        Acquire(second, Torrent(2));
        Kill(first);
        Run(third, new StoreCommand.AcquireLease(Torrent(2)))[0].ShouldBeOfType<StoreOutcome.HeldBy>();
    }

    [Fact]
    public void What_was_committed_outlives_a_kill()
    {
        var first = Open();
        var token = Acquire(first, Torrent(1));
        Run(first, new StoreCommand.PutTorrent(Torrent(1), token, Record(1)), new StoreCommand.PutProgress(Torrent(1), token, Progress(1)));
        Kill(first);
        ShouldBeStored(Open(), Torrent(1), Record(1), Progress(1));
    }

    [Fact]
    public void Batches_of_two_instances_at_once_all_commit()
    {
        const int batches = 12;
        var (first, second) = (Open(), Open());
        var tokens = (Acquire(first, Torrent(1)), Acquire(second, Torrent(2)));
        Run(first, new StoreCommand.PutTorrent(Torrent(1), tokens.Item1, Record(1)));
        Run(second, new StoreCommand.PutTorrent(Torrent(2), tokens.Item2, Record(2)));
        for (var i = 0; i < batches; i++)
        {
            Submit(first, new StoreCommand.PutProgress(Torrent(1), tokens.Item1, Progress(i)));
            Submit(second, new StoreCommand.PutProgress(Torrent(2), tokens.Item2, Progress(i)));
        }

        for (var i = 0; i < batches * 2; i++) TakeReply().ShouldBeOfType<IStore.Committed>().Outcomes.ShouldBe([new StoreOutcome.Done()]);
        ShouldBeStored(first, Torrent(2), Record(2), Progress(batches - 1));
        ShouldBeStored(second, Torrent(1), Record(1), Progress(batches - 1));
    }

    protected static InfoHash Torrent(int number)
    {
        Span<byte> bytes = stackalloc byte[20];
        bytes.Fill((byte)(200 - number));
        return new InfoHash(bytes);
    }

    protected static TorrentRecord Record(int number) =>
        new([.. Enumerable.Range(0, 1000 + number).Select(i => (byte)(i * number))], $"magnet:?xt={number}", $"/downloads/{number}", 638_000_000_000_000_000 + number);

    protected static ProgressRecord Progress(int number) => new(
        [0xFF, (byte)number, 0x80],
        [new FileFingerprint(Exists: true, number * 16_384L, 638_000_000_000_000_000 + number), FileFingerprint.Absent, new FileFingerprint(Exists: true, 0, 1)],
        Downloaded: number * 1_000_000_000_000L, Uploaded: number, CompletedTold: number % 2 == 1);

    protected static void ShouldBeEqual(ProgressRecord? actual, ProgressRecord? expected)
    {
        if (expected is null)
        {
            actual.ShouldBeNull();
            return;
        }

        actual.ShouldNotBeNull();
        actual.Verified.ShouldBe(expected.Verified);
        actual.Files.ShouldBe(expected.Files);
        actual.ShouldBe(expected with { Verified = actual.Verified, Files = actual.Files });
    }

    protected void Submit(IStore store, params ReadOnlySpan<StoreCommand> commands) => store.Submit(++_batch, [.. commands], _replies);

    protected object TakeReply()
    {
        Settle();
        return _replies.Take();
    }

    protected ImmutableArray<StoreOutcome> Run(IStore store, params ReadOnlySpan<StoreCommand> commands)
    {
        Submit(store, commands);
        var reply = TakeReply();
        reply.ShouldBeOfType<IStore.Committed>((reply as IStore.Failed)?.Reason);
        var committed = (IStore.Committed)reply;
        committed.Batch.ShouldBe(_batch);
        committed.Outcomes.Length.ShouldBe(commands.Length);
        return committed.Outcomes;
    }

    protected long Acquire(IStore store, InfoHash torrent) =>
        Run(store, new StoreCommand.AcquireLease(torrent))[0].ShouldBeOfType<StoreOutcome.Leased>().Token;

    protected void Put(IStore store, InfoHash torrent) =>
        Run(store, new StoreCommand.PutTorrent(torrent, Acquire(store, torrent), Record(1))).ShouldBe([new StoreOutcome.Done()]);

    protected ImmutableArray<InfoHash> List(IStore store) => Run(store, new StoreCommand.ListTorrents())[0].ShouldBeOfType<StoreOutcome.Listed>().Torrents;

    protected void ShouldBeStored(IStore store, InfoHash torrent, TorrentRecord record, ProgressRecord? progress)
    {
        var loaded = Run(store, new StoreCommand.LoadTorrent(torrent))[0].ShouldBeOfType<StoreOutcome.Loaded>();
        loaded.Record.ShouldNotBeNull();
        loaded.Record.Metainfo.ShouldBe(record.Metainfo);
        loaded.Record.Options.Folder.ShouldBe(record.Folder);
        Described(loaded.Record).ShouldBe(Described(record with { Options = record.Options with { Folder = record.Folder } }));
        loaded.Record.ShouldBe(record with { Metainfo = loaded.Record.Metainfo, Options = loaded.Record.Options, Unfinished = loaded.Record.Unfinished, Summary = loaded.Record.Summary });
        ShouldBeEqual(loaded.Progress, progress);
    }

    private void WithLease(Action<IStore, long> act)
    {
        var store = Open();
        act(store, Acquire(store, Torrent(1)));
    }
}
