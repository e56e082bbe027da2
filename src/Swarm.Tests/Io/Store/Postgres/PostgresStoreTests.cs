using Npgsql;
using Swarm.Actors.Ports;
using Swarm.Io.Store.Postgres;
using Swarm.Tests.Interop.Clients;
using Swarm.Tests.Postgres;

namespace Swarm.Tests.Io.Store.Postgres;

/// <summary>The conformance suite on PostgreSQL, and what is PostgreSQL's own: owners in database time, storages, names, locks.</summary>
public sealed class PostgresStoreTests(SharedPostgres postgres) : PostgresStoreConformance
{
    private readonly string _folder = Directory.CreateTempSubdirectory("swarm-postgres-store-").FullName;

    protected override Task<string> CreateDatabaseAsync() => postgres.CreateDatabaseAsync();

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Holder_is_named_by_its_process_and_what_to_do() => HolderShouldBeNamed();

    [Fact]
    public void Storages_of_one_database_know_nothing_of_each_other_but_the_last_token()
    {
        var (here, there) = (Open(), Open(Calm(Database) with { Storage = "there" }));
        var first = Acquire(here, Torrent(1));
        var second = Acquire(there, Torrent(1));
        second.ShouldBeGreaterThan(first);
        Run(here, new StoreCommand.PutTorrent(Torrent(1), first, Record(1)), new StoreCommand.PutProgress(Torrent(1), first, Progress(1)), new StoreCommand.PutNote("n", [1]));
        List(there).ShouldBeEmpty();
        NoteIn(there, "n").ShouldBeEmpty();
        Run(there, new StoreCommand.PutTorrent(Torrent(1), first, Record(2))).ShouldBe([new StoreOutcome.Fenced()]);
        Run(there, new StoreCommand.PutTorrent(Torrent(1), second, Record(2)), new StoreCommand.PutNote("n", [2]), new StoreCommand.RemoveTorrent(Torrent(1), second));
        ShouldBeStored(here, Torrent(1), Record(1), Progress(1));
        NoteIn(here, "n").ShouldBe([1]);
        Close(there);
        Run(here, new StoreCommand.PutTorrent(Torrent(1), first, Record(3))).ShouldBe([new StoreOutcome.Done()]);
    }

    [Fact]
    public void Start_takes_up_nothing_of_another_storage()
    {
        var (here, there) = (Open(), Open(Calm(Database) with { Storage = "there" }));
        Put(here, Torrent(1));
        var tokens = new[] { Acquire(there, Torrent(1)), Acquire(there, Torrent(2)) };
        for (var i = 0; i < 2; i++) Run(there, new StoreCommand.PutTorrent(Torrent(i + 1), tokens[i], Record(1)));
        Expire(here);
        Expire(there);
        Run(Open(), new StoreCommand.TakeUp(0, 10))[0].ShouldBeOfType<StoreOutcome.TakenUp>().Torrents.ShouldHaveSingleItem().Torrent.ShouldBe(Torrent(1));
        for (var i = 0; i < 2; i++) Run(there, new StoreCommand.PutProgress(Torrent(i + 1), tokens[i], Progress(1))).ShouldBe([new StoreOutcome.Done()]);
    }

    [Fact]
    public void Schemas_of_one_database_know_nothing_of_each_other()
    {
        var settings = Calm(Database);
        var (one, other) = (Open(), Open(settings with { Database = settings.Database with { Schema = "other" } }));
        Put(one, Torrent(1));
        List(other).ShouldBeEmpty();
        Put(other, Torrent(1));
        List(other).ShouldBe([Torrent(1)]);
    }

    [Fact]
    public void Lease_of_a_process_that_died_is_kept_from_others_until_it_has_run_out()
    {
        var (first, second) = (Open(), Open());
        var token = Acquire(first, Torrent(1));
        ((PostgresStore)first).Abandon();
        Run(second, new StoreCommand.AcquireLease(Torrent(1)))[0].ShouldBeOfType<StoreOutcome.HeldBy>();
        Expire(first);
        Acquire(second, Torrent(1)).ShouldBeGreaterThan(token);
    }

    [Fact]
    public void Successor_of_the_same_name_takes_over_at_once_and_the_old_token_is_fenced()
    {
        var first = Open(Calm(Database), "node:1");
        var token = Acquire(first, Torrent(1));
        Put(first, Torrent(2));
        // It is not even gone: its name was taken from it, and with it all that it wrote under.
        var second = Open(Calm(Database), "node:1");
        Acquire(second, Torrent(1)).ShouldBeGreaterThan(token);
        Run(first, new StoreCommand.PutTorrent(Torrent(1), token, Record(1))).ShouldBe([new StoreOutcome.Fenced()]);
        Run(second, new StoreCommand.TakeUp(0, 10))[0].ShouldBeOfType<StoreOutcome.TakenUp>().Torrents.ShouldHaveSingleItem().HeldBy.ShouldBeNull();
        Run(Open(), new StoreCommand.AcquireLease(Torrent(2)))[0].ShouldBeOfType<StoreOutcome.HeldBy>();
    }

    [Fact]
    public void Owner_that_wakes_after_its_time_goes_on_with_what_nobody_took_and_is_fenced_where_somebody_did()
    {
        var (frozen, other) = (Open(), Open());
        var (kept, lost) = (Acquire(frozen, Torrent(1)), Acquire(frozen, Torrent(2)));
        Run(frozen, new StoreCommand.PutTorrent(Torrent(1), kept, Record(1)), new StoreCommand.PutTorrent(Torrent(2), lost, Record(2)));
        Expire(frozen);
        var taken = Acquire(other, Torrent(2));
        Run(frozen, new StoreCommand.PutProgress(Torrent(1), kept, Progress(1)), new StoreCommand.PutProgress(Torrent(2), lost, Progress(1)), new StoreCommand.RemoveTorrent(Torrent(2), lost))
            .ShouldBe([new StoreOutcome.Done(), new StoreOutcome.Fenced(), new StoreOutcome.Fenced()]);
        ShouldBeStored(other, Torrent(2), Record(2), progress: null);
        ShouldBeStored(other, Torrent(1), Record(1), Progress(1));
        // What the sleeper gives back is not what is another's by now.
        Run(frozen, new StoreCommand.ReleaseLease(Torrent(2), lost)).ShouldBe([new StoreOutcome.Done()]);
        Close(frozen);
        Run(other, new StoreCommand.PutProgress(Torrent(2), taken, Progress(2))).ShouldBe([new StoreOutcome.Done()]);
    }

    [Fact]
    public void Start_that_takes_up_what_ran_out_fences_the_owner_that_wakes()
    {
        var (frozen, other) = (Open(), Open());
        var token = Acquire(frozen, Torrent(1));
        Run(frozen, new StoreCommand.PutTorrent(Torrent(1), token, Record(1)));
        Expire(frozen);
        Run(other, new StoreCommand.TakeUp(0, 10))[0].ShouldBeOfType<StoreOutcome.TakenUp>().Torrents.ShouldHaveSingleItem().HeldBy.ShouldBeNull();
        Run(frozen, new StoreCommand.PutProgress(Torrent(1), token, Progress(1))).ShouldBe([new StoreOutcome.Fenced()]);
        // Nor does the token by which it was taken up, none, open anything.
        Run(frozen, new StoreCommand.PutProgress(Torrent(1), 0, Progress(1))).ShouldBe([new StoreOutcome.Fenced()]);
        Run(other, new StoreCommand.PutProgress(Torrent(1), 0, Progress(1))).ShouldBe([new StoreOutcome.Fenced()]);
        Run(frozen, new StoreCommand.AcquireLease(Torrent(1)))[0].ShouldBeOfType<StoreOutcome.HeldBy>();
    }

    [Fact]
    public async Task Process_that_lives_renews_by_itself_also_after_its_row_ran_out_or_went()
    {
        var store = Open(Calm(Database) with { RenewInterval = TimeSpan.FromMilliseconds(100) });
        var id = Ask("SELECT id FROM swarm.owners");
        Ask("UPDATE swarm.owners SET expires = now() - interval '1 h'");
        await Until(() => Ask("SELECT expires > now() FROM swarm.owners") is true);
        Ask("DELETE FROM swarm.owners");
        await Until(() => id!.Equals(Ask("SELECT id FROM swarm.owners WHERE expires > now() + interval '19 h'")));
        Close(store);
        Ask("SELECT count(*) FROM swarm.owners").ShouldBe(0L);
    }

    [Fact]
    public void Two_that_share_a_storage_divide_its_torrents()
    {
        const int torrents = 40;
        var (first, second) = (Open(), Open());
        var both = new[] { first, second };
        foreach (var store in both) Submit(store, [.. Enumerable.Range(0, torrents).Select(i => new StoreCommand.AcquireLease(Torrent(i)))]);
        var outcomes = both.Select(_ => TakeReply().ShouldBeOfType<IStore.Committed>().Outcomes).ToArray();
        for (var i = 0; i < torrents; i++) outcomes.Count(one => one[i] is StoreOutcome.Leased).ShouldBe(1, $"torrent {i}");
    }

    [Fact]
    public void Write_that_holds_its_token_is_waited_for_by_who_takes_the_lease()
    {
        var (first, second) = (Open(), Open(Calm(Database) with { Database = Calm(Database).Database with { LockTimeout = TimeSpan.FromMilliseconds(50) } }));
        var token = Acquire(first, Torrent(1));
        Run(first, new StoreCommand.PutTorrent(Torrent(1), token, Record(1)));
        Expire(first);
        using (var writing = new NpgsqlConnection(Database + ";Pooling=false"))
        {
            writing.Open();
            // As the first store in the middle of a batch: the token is read and locked, the write is not committed.
            using var locked = new NpgsqlCommand("BEGIN; SELECT 1 FROM swarm.leases FOR UPDATE", writing);
            locked.ExecuteScalar();
            foreach (StoreCommand taking in new StoreCommand[] { new StoreCommand.AcquireLease(Torrent(1)), new StoreCommand.TakeUp(0, 10) })
            {
                Submit(second, taking);
                var failed = TakeReply().ShouldBeOfType<IStore.Failed>();
                failed.Transient.ShouldBeTrue();
                failed.Reason.ShouldContain("is busy");
            }

            // Reading waits for nobody.
            List(second).ShouldBe([Torrent(1)]);
        }

        Acquire(second, Torrent(1)).ShouldBeGreaterThan(token);
        Run(first, new StoreCommand.PutProgress(Torrent(1), token, Progress(1))).ShouldBe([new StoreOutcome.Fenced()]);
    }

    [Fact]
    public async Task Batch_that_has_read_its_token_holds_up_who_takes_the_lease_until_it_is_committed()
    {
        var first = Open();
        var second = Open(Calm(Database) with { Database = Calm(Database).Database with { LockTimeout = TimeSpan.FromMilliseconds(50) } });
        var token = Acquire(first, Torrent(1));
        Run(first, new StoreCommand.PutTorrent(Torrent(1), token, Record(1)), new StoreCommand.PutProgress(Torrent(1), token, Progress(1)));
        Expire(first);
        await using var writing = new NpgsqlConnection(Database + ";Pooling=false");
        await writing.OpenAsync();
        // What the first store is about to write is held, so that it stands between its reading of the token and its commit.
        await using (var held = new NpgsqlCommand("BEGIN; SELECT 1 FROM swarm.progress FOR UPDATE", writing)) await held.ExecuteScalarAsync();
        using var replies = new ReplyBox();
        first.Submit(1, [new StoreCommand.PutProgress(Torrent(1), token, Progress(2))], replies);
        await Until(OneWaits);
        foreach (StoreCommand taking in new StoreCommand[] { new StoreCommand.AcquireLease(Torrent(1)), new StoreCommand.TakeUp(0, 10) })
        {
            Submit(second, taking);
            TakeReply().ShouldBeOfType<IStore.Failed>().Reason.ShouldContain("is busy");
        }

        replies.Waiting.ShouldBe(0);
        await using (var over = new NpgsqlCommand("COMMIT", writing)) await over.ExecuteNonQueryAsync();
        replies.Take<IStore.Committed>().Outcomes.ShouldBe([new StoreOutcome.Done()]);
        Acquire(second, Torrent(1)).ShouldBeGreaterThan(token);
        ShouldBeStored(second, Torrent(1), Record(1), Progress(2));
    }

    [Fact]
    public async Task Write_that_waited_for_who_took_the_lease_reads_his_token_and_is_fenced()
    {
        var store = Open();
        var token = Acquire(store, Torrent(1));
        Run(store, new StoreCommand.PutTorrent(Torrent(1), token, Record(1)));
        await using var taking = new NpgsqlConnection(Database + ";Pooling=false");
        await taking.OpenAsync();
        // As another store in the middle of a takeover.
        await using (var taken = new NpgsqlCommand("BEGIN; UPDATE swarm.leases SET owner = gen_random_uuid(), token = nextval('swarm.tokens')", taking)) await taken.ExecuteNonQueryAsync();
        using var replies = new ReplyBox();
        store.Submit(1, [new StoreCommand.PutProgress(Torrent(1), token, Progress(1))], replies);
        await Until(() => replies.Waiting > 0 || OneWaits());
        await using (var over = new NpgsqlCommand("COMMIT", taking)) await over.ExecuteNonQueryAsync();
        replies.Take<IStore.Committed>().Outcomes.ShouldBe([new StoreOutcome.Fenced()]);
        ShouldBeStored(store, Torrent(1), Record(1), progress: null);
    }

    [Fact]
    public async Task Nothing_is_written_while_what_a_broken_connection_of_the_process_had_begun_is_not_at_its_end()
    {
        var store = Open(Calm(Database) with { Database = Calm(Database).Database with { LockTimeout = TimeSpan.FromMilliseconds(50) } });
        var id = ((Guid)Ask("SELECT id FROM swarm.owners")!).ToByteArray();
        await using var broken = new NpgsqlConnection(Database + ";Pooling=false");
        await broken.OpenAsync();
        await using (var begun = new NpgsqlCommand($"BEGIN; SELECT pg_advisory_xact_lock({BitConverter.ToInt64(id)})", broken)) await begun.ExecuteScalarAsync();
        foreach (StoreCommand writing in new StoreCommand[] { new StoreCommand.PutNote("n", [1]), new StoreCommand.AcquireLease(Torrent(1)), new StoreCommand.TakeUp(0, 10) })
        {
            Submit(store, writing);
            TakeReply().ShouldBeOfType<IStore.Failed>().Transient.ShouldBeTrue();
        }

        await using (var over = new NpgsqlCommand("ROLLBACK", broken)) await over.ExecuteNonQueryAsync();
        NoteIn(store, "n").ShouldBeEmpty();
        Run(store, new StoreCommand.PutNote("n", [1])).ShouldBe([new StoreOutcome.Done()]);
    }

    [Fact]
    public async Task Process_that_falls_silent_in_a_transaction_does_not_keep_its_locks()
    {
        var settings = Calm(Database) with { Database = Calm(Database).Database with { CommandTimeout = TimeSpan.FromSeconds(1), LockTimeout = TimeSpan.FromMinutes(1) } };
        using var database = PostgresDatabase.Create(settings.Database, out _).ShouldNotBeNull();
        var store = Open(Calm(Database));
        Put(store, Torrent(1));
        await using var silent = (await database.OpenAsync(CancellationToken.None)).Connection;
        await using var locked = new NpgsqlCommand("BEGIN; SELECT 1 FROM leases FOR UPDATE", silent);
        await locked.ExecuteScalarAsync();
        // The server undoes the silent one's transaction, and this one has its turn.
        Acquire(store, Torrent(1));
    }

    [Fact]
    public void Batch_beyond_the_queue_fails_as_transient_and_none_is_done_after_the_end()
    {
        var settings = Calm(Database) with { QueueLimit = 1 };
        var store = Open(settings with { Database = settings.Database with { LockTimeout = TimeSpan.FromMinutes(1), CommandTimeout = TimeSpan.FromMinutes(2) } });
        Put(store, Torrent(1));
        using (var other = new NpgsqlConnection(Database + ";Pooling=false"))
        {
            other.Open();
            using var locked = new NpgsqlCommand("BEGIN; SELECT 1 FROM swarm.leases FOR UPDATE", other);
            locked.ExecuteScalar();
            // One is under way, one waits: of five three are refused at least, whenever the first is begun.
            for (var i = 0; i < 5; i++) Submit(store, new StoreCommand.AcquireLease(Torrent(1)));
            for (var i = 0; i < 3; i++) TakeReply().ShouldBeOfType<IStore.Failed>().Reason.ShouldContain("waiting already");
        }

        new[] { TakeReply(), TakeReply() }.ShouldContain(static reply => reply is IStore.Committed);
        Close(store);
        Submit(store, new StoreCommand.ListTorrents());
        var failed = TakeReply().ShouldBeOfType<IStore.Failed>();
        failed.Transient.ShouldBeFalse();
        failed.Reason.ShouldContain("is closed");
    }

    [Fact]
    public void Progress_that_cannot_be_read_is_told_as_none()
    {
        var store = Open();
        var token = Acquire(store, Torrent(1));
        Run(store, new StoreCommand.PutTorrent(Torrent(1), token, Record(1)), new StoreCommand.PutProgress(Torrent(1), token, Progress(1)));
        Ask("UPDATE swarm.progress SET record = '\\x01FF00'");
        ShouldBeStored(store, Torrent(1), Record(1), progress: null);
    }

    [Fact]
    public void Texts_that_a_text_of_the_database_could_not_hold_come_back()
    {
        var store = Open();
        var record = Record(1) with { Magnet = "magnet:?a\0b", Folder = "/a\0b" };
        Run(store, new StoreCommand.PutTorrent(Torrent(1), Acquire(store, Torrent(1)), record));
        ShouldBeStored(store, Torrent(1), record, progress: null);
    }

    [Fact]
    public void Processes_of_one_data_folder_have_a_name_each_and_the_next_one_that_of_the_one_that_is_gone()
    {
        using var first = OwnerOfFolder();
        var second = OwnerOfFolder();
        second.Name.ShouldNotBe(first.Name);
        var gone = second.Name;
        second.Dispose();
        using var third = OwnerOfFolder();
        third.Name.ShouldBe(gone);
        first.Name.ShouldContain(Environment.MachineName);
    }

    [Fact]
    public void Folder_whose_name_was_cut_short_gets_another()
    {
        var first = OwnerOfFolder();
        first.Dispose();
        File.WriteAllText(Path.Combine(_folder, "data", "owners", "postgres-0"), "12");
        using var second = OwnerOfFolder();
        second.Name.ShouldNotBe(first.Name);
        second.Dispose();
        using var third = OwnerOfFolder();
        third.Name.ShouldBe(second.Name);
    }

    [Fact]
    public void Folder_that_is_a_file_is_refused()
    {
        File.WriteAllText(Path.Combine(_folder, "file"), "");
        PostgresOwner.OfFolder(Path.Combine(_folder, "file"), out var error).ShouldBeNull();
        error.ShouldNotBeNull().ShouldContain(_folder);
        error.ShouldNotContain('\n');
    }

    private bool OneWaits() => Ask("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") is > 0L;

    private static Task Until(Func<bool> condition) => Poll.UntilAsync(() => Task.FromResult(condition()), "the condition holds", TimeSpan.FromSeconds(90));

    private PostgresOwner OwnerOfFolder() => PostgresOwner.OfFolder(Path.Combine(_folder, "data"), out var error).ShouldNotBeNull(error);
}
