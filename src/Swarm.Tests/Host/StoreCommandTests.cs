using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;
using Swarm.Host;
using Swarm.Io.Store;
using Swarm.Io.Store.Postgres;
using Swarm.Tests.Io;
using Swarm.Tests.Postgres;

namespace Swarm.Tests.Host;

/// <summary><c>swarm store migrate</c> against a real PostgreSQL: there and back, broken off, refused.</summary>
public sealed class StoreCommandTests(SharedPostgres postgres) : IAsyncLifetime
{
    private const int Torrents = 150;
    private readonly Scratch _scratch = new();
    private readonly ReplyBox _replies = new();
    private string _database = "";

    private PostgresStoreSettings Storage => new() { Database = new PostgresSettings { Connection = _database }, Storage = "here" };

    public async ValueTask InitializeAsync() => _database = await postgres.CreateDatabaseAsync();

    public ValueTask DisposeAsync()
    {
        _scratch.Dispose();
        _replies.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Everything_comes_over_in_order_and_back_and_the_source_stays()
    {
        var before = Fill(_scratch["state"], Torrents);
        var preview = await RunAsync("postgres", "--dry-run", "--json");
        preview.ExitCode.ShouldBe(ExitCodes.Done, preview.Error);
        Figures(preview).ShouldBe((Torrents, 0, 0, 0, 0, 0));
        Ask("SELECT to_regnamespace('swarm') IS NULL").ShouldBe(true);

        var moved = await RunAsync("postgres", "--json");
        moved.ExitCode.ShouldBe(ExitCodes.Done, moved.Error);
        Figures(moved).ShouldBe((Torrents, 0, Torrents, 0, 0, 2));
        await WithPostgresAsync(store => ContentOf(store).ShouldBe(before));
        WithSqlite(_scratch["state"], store => ContentOf(store).ShouldBe(before));
        Ask("SELECT count(*) FROM swarm.leases").ShouldBe(0L);
        Ask("SELECT count(*) FROM swarm.owners").ShouldBe(0L);

        var back = await RunAsync("sqlite", "--data", _scratch["other"]);
        back.ExitCode.ShouldBe(ExitCodes.Done, back.Error);
        back.Out.ShouldContain($"copied {Torrents} torrents and 2 notes to sqlite");
        WithSqlite(_scratch["other"], store => ContentOf(store).ShouldBe(before));
    }

    [Fact]
    public async Task Storage_that_holds_torrents_is_refused_or_merged_with_and_keeps_what_it_has()
    {
        Fill(_scratch["state"], 3);
        await WithPostgresAsync(store =>
        {
            Put(store, Hash(2), Record(99));
            Put(store, Hash(9), Record(98));
            Run(store, new StoreCommand.PutNote("a", [9]));
        });
        (await RunAsync("postgres")).ShouldFailSaying("There are 2 torrents in the storage here");
        (await RunAsync("postgres", "--dry-run")).ShouldFailSaying("add --merge");
        var preview = await RunAsync("postgres", "--dry-run", "--merge");
        preview.Out.ShouldContain("would copy 3 torrents to postgres, where there are 2, which stay as they are");

        var merged = await RunAsync("postgres", "--merge", "--json");
        merged.ExitCode.ShouldBe(ExitCodes.Done, merged.Error);
        Figures(merged).ShouldBe((3, 2, 2, 0, 1, 1));
        await WithPostgresAsync(store =>
        {
            ContentOf(store).Split('\n')[..4].Select(line => line.Split(' ')[0]).ShouldBe(new[] { 2, 9, 1, 3 }.Select(number => Hash(number).ToString()));
            Load(store, Hash(2)).Record!.AddedTicks.ShouldBe(Record(99).AddedTicks);
            Note(store, "a").ShouldBe([9]);
            Note(store, "b").ShouldBe([2]);
        });
        // A merge that is done has no right to overwrite either.
        (await RunAsync("postgres")).ShouldFailSaying("There are 4 torrents");
    }

    [Fact]
    public async Task What_was_broken_off_goes_on_and_takes_over_what_changed_at_the_source()
    {
        Fill(_scratch["state"], Torrents);
        // The database refuses what comes after the first pages.
        (await RunAsync("postgres", "--dry-run")).ExitCode.ShouldBe(ExitCodes.Done);
        await WithPostgresAsync(static _ => { });
        Ask($"""
            CREATE FUNCTION swarm.stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (SELECT count(*) FROM swarm.torrents) > 100 THEN RAISE 'enough'; END IF; RETURN NEW; END $$;
            CREATE TRIGGER stop BEFORE INSERT ON swarm.torrents FOR EACH ROW EXECUTE FUNCTION swarm.stop()
            """);
        (await RunAsync("postgres")).ShouldFailSaying("enough");
        var arrived = (long)Ask("SELECT count(*) FROM swarm.torrents")!;
        arrived.ShouldBeInRange(1, Torrents - 1);
        Ask("DROP TRIGGER stop ON swarm.torrents");
        WithSqlite(_scratch["state"], store => Put(store, Hash(1), Record(77)));

        var moved = await RunAsync("postgres", "--json");
        moved.ExitCode.ShouldBe(ExitCodes.Done, moved.Error);
        Figures(moved).ShouldBe((Torrents, (int)arrived, Torrents - (int)arrived + 1, (int)arrived - 1, 0, 2));
        var now = "";
        WithSqlite(_scratch["state"], store => now = ContentOf(store));
        await WithPostgresAsync(store => ContentOf(store).ShouldBe(now));
    }

    [Fact]
    public async Task Store_that_somebody_has_open_is_left_alone()
    {
        Fill(_scratch["state"], 1);
        using (var running = OpenSqlite(_scratch["state"]))
        {
            (await RunAsync("postgres")).ShouldFailSaying("has the store open; stop it first");
            (await RunAsync("postgres", "--dry-run")).ShouldFailSaying("has the store open; stop it first");
        }

        var opened = await PostgresStore.OpenAsync(Storage, PostgresOwner.OfEndPoint("node"), TimeProvider.System, NullLogger.Instance, CancellationToken.None);
        using (opened.Store.ShouldNotBeNull()) (await RunAsync("postgres")).ShouldFailSaying("has the store open; stop it first");
        (await RunAsync("postgres")).ExitCode.ShouldBe(ExitCodes.Done);
    }

    [Fact]
    public async Task Data_folder_without_a_store_and_no_connection_are_told()
    {
        (await RunAsync("postgres")).ShouldFailSaying("There is no store in the data folder");
        File.Exists(_scratch["state/swarm.db"]).ShouldBeFalse();
        Fill(_scratch["state"], 1);
        (await Invocation.RunAsync(["store", "migrate", "--to", "postgres", "--data", _scratch["state"]])).ShouldFailSaying("store.postgres.connection");
        (await Invocation.RunAsync(["store", "migrate", "--to", "mysql"])).ShouldFailSaying("mysql", ExitCodes.Usage);
    }

    private static InfoHash Hash(int number)
    {
        Span<byte> bytes = stackalloc byte[20];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes, number * 7919);
        return new InfoHash(bytes);
    }

    private static TorrentRecord Record(int number) => new([.. Enumerable.Range(0, number).Select(i => (byte)i)], number % 2 == 0 ? null : $"magnet:?{number}", $"/content/{number}", number)
    {
        Options = new TorrentOptions { Folder = $"/content/{number}", Paused = number % 3 == 0, Labels = [$"label {number}"] },
        Unfinished = number % 5 == 0 ? new UnfinishedWork.Moving("/elsewhere") : null,
        Summary = number % 7 == 0 ? null : new TorrentSummary { Name = $"torrent {number}", PieceCount = number },
    };

    private static (int, int, int, int, int, int) Figures(Ended ended)
    {
        var found = JsonDocument.Parse(ended.Out).RootElement;
        return (Figure("torrents"), Figure("targetTorrents"), Figure("copied"), Figure("already"), Figure("kept"), Figure("notes"));

        int Figure(string name) => found.GetProperty(name).GetInt32();
    }

    // In an order that is not the keys'; the node's notes beside them.
    private string Fill(string folder, int count)
    {
        var content = "";
        WithSqlite(folder, store =>
        {
            for (var i = 1; i <= count; i++) Put(store, Hash(i), Record(i), i % 4 == 0 ? null : new ProgressRecord([(byte)i], [], i, i, CompletedTold: true));
            Run(store, new StoreCommand.PutNote("a", [1]), new StoreCommand.PutNote("b", [2]));
            content = ContentOf(store);
        });
        return content;
    }

    private string ContentOf(IStore store) => string.Join('\n',
        [.. ((StoreOutcome.Listed)Run(store, new StoreCommand.ListTorrents())[0]).Torrents.Select(torrent => $"{torrent} {Text(Load(store, torrent))}"), .. new[] { "a", "b" }.Select(name => Convert.ToHexString(Note(store, name).AsSpan()))]);

    private static string Text(StoreOutcome.Loaded loaded) => string.Join(' ',
        Convert.ToHexString(loaded.Record!.Metainfo.AsSpan()), loaded.Record.Magnet, loaded.Record.Folder, loaded.Record.AddedTicks, JsonSerializer.Serialize(loaded.Record.Options), loaded.Record.Unfinished,
        JsonSerializer.Serialize(loaded.Record.Summary), JsonSerializer.Serialize(loaded.Progress));

    private StoreOutcome.Loaded Load(IStore store, InfoHash torrent) => (StoreOutcome.Loaded)Run(store, new StoreCommand.LoadTorrent(torrent))[0];

    private ImmutableArray<byte> Note(IStore store, string name) => ((StoreOutcome.Note)Run(store, new StoreCommand.LoadNote(name))[0]).Value;

    private void Put(IStore store, InfoHash torrent, TorrentRecord record, ProgressRecord? progress = null)
    {
        var token = Run(store, new StoreCommand.AcquireLease(torrent))[0].ShouldBeOfType<StoreOutcome.Leased>().Token;
        Run(store, new StoreCommand.PutTorrent(torrent, token, record));
        if (progress is not null) Run(store, new StoreCommand.PutProgress(torrent, token, progress));
    }

    private ImmutableArray<StoreOutcome> Run(IStore store, params ReadOnlySpan<StoreCommand> commands)
    {
        store.Submit(1, [.. commands], _replies);
        var reply = _replies.Take();
        reply.ShouldBeOfType<IStore.Committed>((reply as IStore.Failed)?.Reason);
        return ((IStore.Committed)reply).Outcomes;
    }

    private static SqliteStore OpenSqlite(string folder) => SqliteStore.Open(folder, SqliteStoreSettings.Default, NullLogger.Instance, out var error).ShouldNotBeNull(error);

    private static void WithSqlite(string folder, Action<IStore> act)
    {
        using var store = OpenSqlite(folder);
        act(store);
    }

    private async Task WithPostgresAsync(Action<IStore> act)
    {
        var opened = await PostgresStore.OpenAsync(Storage, PostgresOwner.OfEndPoint("test"), TimeProvider.System, NullLogger.Instance, CancellationToken.None);
        using var store = opened.Store.ShouldNotBeNull(opened.Error);
        act(store);
    }

    private object? Ask(string sql)
    {
        using var connection = new NpgsqlConnection(_database + ";Pooling=false");
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        return command.ExecuteScalar();
    }

    // The tests' own server does not wait for the disk, which is warned of.
    private async Task<Ended> RunAsync(string to, params string[] args)
    {
        var ended = await Invocation.RunAsync(
            ["store", "migrate", "--to", to, "--set", $"store.postgres.connection=\"{_database}\"", "--set", "store.postgres.storage=here", .. args.Contains("--data") ? [] : new[] { "--data", _scratch["state"] }, .. args]);
        return ended with { Error = string.Join('\n', ended.Error.Split('\n').Where(static line => !line.Contains("fsync = off"))) };
    }
}
