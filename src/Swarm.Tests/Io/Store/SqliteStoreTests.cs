using System.Collections.Immutable;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Actors.Ports;
using Swarm.Io.Store;

namespace Swarm.Tests.Io.Store;

/// <summary>The conformance suite on SQLite, and what is SQLite's own: the file, the folder, the locks.</summary>
public sealed class SqliteStoreTests : StoreConformance
{
    private readonly string _root = Directory.CreateTempSubdirectory("swarm-store-").FullName;
    private readonly List<SqliteStore> _stores = [];

    private string Folder => Path.Combine(_root, "data");

    private string Database => Path.Combine(Folder, "swarm.db");

    private string Owners => Path.Combine(Folder, "owners");

    protected override IStore Open() => Open(SqliteStoreSettings.Default);

    protected override void Close(IStore store) => ((SqliteStore)store).Dispose();

    protected override void Kill(IStore store) => ((SqliteStore)store).Abandon();

    protected override void Dispose(bool disposing)
    {
        foreach (var store in _stores) store.Dispose();
        base.Dispose(disposing);
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public void Holder_is_named_by_its_process_and_what_to_do() => HolderShouldBeNamed();

    [Fact]
    public void Every_instance_has_one_lock_file_and_takes_it_along_when_it_closes()
    {
        var (first, second) = (Open(), Open());
        Directory.GetFiles(Owners, "*.lock").Length.ShouldBe(2);
        Close(first);
        Directory.GetFiles(Owners, "*.lock").Length.ShouldBe(1);
        Close(second);
        Directory.GetFiles(Owners, "*.lock").ShouldBeEmpty();
    }

    [Fact]
    public void Next_start_clears_away_lock_files_of_the_dead_and_no_other_file()
    {
        Kill(Open());
        var foreign = Path.Combine(Owners, "notes.lock");
        File.WriteAllText(foreign, "mine");
        File.WriteAllText(Path.Combine(Owners, Guid.NewGuid().ToString("N") + ".lock"), "");
        Directory.GetFiles(Owners).Length.ShouldBe(3);
        Open();
        Directory.GetFiles(Owners).Length.ShouldBe(2);
        File.Exists(foreign).ShouldBeTrue();
    }

    [Fact]
    public void Lock_file_that_somebody_deleted_costs_its_owner_the_torrents_and_nothing_else()
    {
        var (first, second) = (Open(), Open());
        var token = Acquire(first, Torrent(1));
        foreach (var file in Directory.GetFiles(Owners)) File.Delete(file);
        Acquire(second, Torrent(1)).ShouldBeGreaterThan(token);
        Run(first, new StoreCommand.PutTorrent(Torrent(1), token, Record(1))).ShouldBe([new StoreOutcome.Fenced()]);
    }

    [Fact]
    public void Commit_is_in_the_files_before_it_is_told()
    {
        var store = Open();
        var token = Acquire(store, Torrent(1));
        Run(store, new StoreCommand.PutTorrent(Torrent(1), token, Record(1)), new StoreCommand.PutProgress(Torrent(1), token, Progress(1)));
        CopyOfTheFiles(out var copy);
        ShouldBeStored(copy, Torrent(1), Record(1), Progress(1));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(4000)]
    public void Torn_end_of_the_log_loses_the_last_batch_whole_and_nothing_before_it(int lost)
    {
        var store = Open();
        var token = Acquire(store, Torrent(1));
        Run(store, new StoreCommand.PutTorrent(Torrent(1), token, Record(1)), new StoreCommand.PutProgress(Torrent(1), token, Progress(1)));
        Run(store, new StoreCommand.PutProgress(Torrent(1), token, Progress(2)), new StoreCommand.PutTorrent(Torrent(1), token, Record(2)));
        CopyOfTheFiles(out var copy, log => log.SetLength(log.Length - lost));
        ShouldBeStored(copy, Torrent(1), Record(1), Progress(1));
    }

    [Fact]
    public void Commits_are_forced_to_the_disk()
    {
        using var session = StoreOpening.Open(Folder, SqliteStoreSettings.Default, NullLogger.Instance, out _).ShouldNotBeNull();
        session.Pragma("synchronous").ShouldBe("2");
        session.Pragma("journal_mode").ShouldBe("wal");
    }

    [Fact]
    public void Full_store_fails_the_whole_batch_as_transient_and_goes_on_when_there_is_room()
    {
        var store = Open(SqliteStoreSettings.Default with { MaxDatabaseBytes = 128 * 1024 });
        var token = Acquire(store, Torrent(1));
        var large = Record(1) with { Metainfo = [.. new byte[256 * 1024]] };
        Submit(store, new StoreCommand.PutTorrent(Torrent(1), token, Record(1)), new StoreCommand.PutTorrent(Torrent(1), token, large));
        var failed = TakeReply().ShouldBeOfType<IStore.Failed>();
        failed.Transient.ShouldBeTrue();
        failed.Reason.ShouldContain("No space is left");
        List(store).ShouldBeEmpty();
        Run(store, new StoreCommand.PutTorrent(Torrent(1), token, Record(1))).ShouldBe([new StoreOutcome.Done()]);
        ShouldBeStored(store, Torrent(1), Record(1), progress: null);
    }

    [Fact]
    public void Transaction_of_another_process_that_lasts_too_long_fails_the_batch_as_transient()
    {
        var store = Open(SqliteStoreSettings.Default with { BusyTimeout = TimeSpan.Zero });
        using (var other = Connect())
        {
            using var transaction = other.BeginTransaction();
            Submit(store, new StoreCommand.AcquireLease(Torrent(1)));
            TakeReply().ShouldBeOfType<IStore.Failed>().Transient.ShouldBeTrue();
            // Reading needs no turn at writing.
            List(store).ShouldBeEmpty();
        }

        Acquire(store, Torrent(1));
    }

    [Fact]
    public void Progress_that_cannot_be_read_is_told_as_none()
    {
        var store = Open();
        var token = Acquire(store, Torrent(1));
        Run(store, new StoreCommand.PutTorrent(Torrent(1), token, Record(1)), new StoreCommand.PutProgress(Torrent(1), token, Progress(1)));
        Alter("UPDATE progress SET record = x'01FF00'");
        ShouldBeStored(store, Torrent(1), Record(1), progress: null);
    }

    [Fact]
    public void List_stops_at_its_limit()
    {
        var store = Open(SqliteStoreSettings.Default with { MaxTorrents = 2 });
        Put(store, Torrent(1));
        Put(store, Torrent(2));
        List(store).Length.ShouldBe(2);
        Put(store, Torrent(3));
        List(store).ShouldBe([Torrent(1), Torrent(2)]);
    }

    [Fact]
    public void Full_queue_fails_a_batch_as_transient()
    {
        var store = Open(SqliteStoreSettings.Default with { QueueLimit = 2, BusyTimeout = TimeSpan.FromSeconds(20) });
        Acquire(store, Torrent(9));
        using (var other = Connect())
        {
            using var transaction = other.BeginTransaction();
            // One is with the writer, which waits for the transaction, two queue; the writer may not have taken the first yet, so the fourth or fifth is refused.
            for (var i = 0; i < 5; i++) Submit(store, new StoreCommand.AcquireLease(Torrent(i)));
            var refused = TakeReply().ShouldBeOfType<IStore.Failed>();
            refused.Transient.ShouldBeTrue();
            refused.Reason.ShouldContain("2 batches waiting");
        }

        var replies = Enumerable.Range(0, 4).Select(_ => TakeReply()).ToList();
        replies.OfType<IStore.Committed>().Count().ShouldBeInRange(2, 3);
    }

    [Fact]
    public void Batch_after_the_close_fails_for_good()
    {
        var store = Open();
        Close(store);
        Submit(store, new StoreCommand.ListTorrents());
        TakeReply().ShouldBeOfType<IStore.Failed>().Transient.ShouldBeFalse();
    }

    [Fact]
    public void What_is_queued_at_the_close_is_still_done()
    {
        var store = Open();
        for (var i = 0; i < 10; i++) Submit(store, new StoreCommand.AcquireLease(Torrent(i)));
        Close(store);
        for (var i = 0; i < 10; i++) TakeReply().ShouldBeOfType<IStore.Committed>();
    }

    [Fact]
    public void Folder_that_is_a_file_is_refused()
    {
        File.WriteAllText(Folder, "");
        Refusal().ShouldBe($"The data folder {Folder} is a file, not a folder.");
    }

    [Fact]
    public void Folder_that_cannot_be_made_is_refused()
    {
        File.WriteAllText(Folder, "");
        SqliteStore.Open(Path.Combine(Folder, "below"), SqliteStoreSettings.Default, NullLogger.Instance, out var error).ShouldBeNull();
        error.ShouldNotBeNull().ShouldStartWith($"The data folder {Folder}");
        error.ShouldNotContain('\n');
    }

    [Fact]
    public void Folder_in_the_database_s_place_is_refused()
    {
        Directory.CreateDirectory(Database);
        Refusal().ShouldContain("cannot be opened");
    }

    [Fact]
    public void File_in_the_owners_place_is_refused()
    {
        Directory.CreateDirectory(Folder);
        File.WriteAllText(Owners, "");
        Refusal().ShouldStartWith($"The data folder {Folder} cannot be used");
    }

    [Fact]
    public void File_that_is_no_database_is_refused_and_left_alone()
    {
        Directory.CreateDirectory(Folder);
        var text = string.Concat(Enumerable.Repeat("no database ", 1000));
        File.WriteAllText(Database, text);
        Refusal().ShouldContain("is not a Swarm store");
        File.ReadAllText(Database).ShouldBe(text);
    }

    [Fact]
    public void Database_of_another_program_is_refused_and_left_alone()
    {
        Directory.CreateDirectory(Folder);
        Alter("CREATE TABLE theirs (value)");
        var before = File.ReadAllBytes(Database);
        Refusal().ShouldContain("a database of another program");
        File.ReadAllBytes(Database).ShouldBe(before);
    }

    [Fact]
    public void Newer_schema_is_refused()
    {
        Close(Open());
        Alter($"PRAGMA user_version = {StoreSchema.Steps.Length + 1}");
        Refusal().ShouldContain("written by a newer version of Swarm");
    }

    [Fact]
    public void Damaged_database_is_refused()
    {
        var store = Open();
        for (var i = 0; i < 50; i++) Put(store, Torrent(i));
        Close(store);
        using (var file = File.OpenWrite(Database))
        {
            file.Position = 8192;
            for (var i = 0; i < 8; i++) file.Write([.. Enumerable.Repeat((byte)0xA5, 4096)]);
        }

        Refusal().ShouldContain("is damaged");
    }

    [Fact]
    public void New_folder_is_the_user_s_alone()
    {
        Open();
        if (OperatingSystem.IsWindows()) return;
        File.GetUnixFileMode(Folder).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Fact]
    public void Steps_are_done_once_each_and_only_the_missing_ones()
    {
        Directory.CreateDirectory(Folder);
        ImmutableArray<string> steps = ["CREATE TABLE a (x)", "CREATE TABLE b (x); INSERT INTO b VALUES (1)"];
        using var connection = Connect();
        Migrate(connection, steps[..1]);
        Migrate(connection, steps);
        Migrate(connection, steps);
        StoreSchema.Refusal(connection, steps.Length).ShouldBeNull();
        StoreSchema.Refusal(connection, steps.Length - 1).ShouldNotBeNull();
        using var count = connection.CreateCommand();
        count.CommandText = "SELECT count(*) FROM b";
        count.ExecuteScalar().ShouldBe(1L);
    }

    [Fact]
    public async Task Many_instances_that_open_a_new_folder_at_once_all_succeed()
    {
        var opened = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() =>
        {
            var store = SqliteStore.Open(Folder, SqliteStoreSettings.Default, NullLogger.Instance, out var error);
            return (store, error);
        })));
        foreach (var (store, error) in opened)
        {
            error.ShouldBeNull();
            _stores.Add(store.ShouldNotBeNull());
        }

        opened.Select(one => Acquire(one.store!, Torrent(1 + Array.IndexOf(opened, one)))).Distinct().Count().ShouldBe(6);
    }

    private static void Migrate(SqliteConnection connection, ImmutableArray<string> steps)
    {
        using var transaction = connection.BeginTransaction();
        StoreSchema.Migrate(connection, transaction, steps);
        transaction.Commit();
    }

    private SqliteStore Open(SqliteStoreSettings settings)
    {
        var store = SqliteStore.Open(Folder, settings, NullLogger.Instance, out var error);
        error.ShouldBeNull();
        _stores.Add(store.ShouldNotBeNull());
        return store;
    }

    private string Refusal()
    {
        SqliteStore.Open(Folder, SqliteStoreSettings.Default, NullLogger.Instance, out var error).ShouldBeNull();
        error.ShouldNotBeNull().ShouldNotContain('\n');
        return error;
    }

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection($"Data Source={Database};Pooling=False");
        connection.Open();
        return connection;
    }

    private void Alter(string sql)
    {
        using var connection = Connect();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    // What would be left if the power went now: the two files as they are, in another folder.
    private void CopyOfTheFiles(out IStore copy, Action<FileStream>? damage = null)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_root, "copy")).FullName;
        File.Copy(Database, Path.Combine(folder, "swarm.db"));
        File.Copy(Database + "-wal", Path.Combine(folder, "swarm.db-wal"));
        using (var log = File.Open(Path.Combine(folder, "swarm.db-wal"), FileMode.Open)) damage?.Invoke(log);
        var store = SqliteStore.Open(folder, SqliteStoreSettings.Default, NullLogger.Instance, out var error);
        error.ShouldBeNull();
        _stores.Add(store.ShouldNotBeNull());
        copy = store;
    }
}
