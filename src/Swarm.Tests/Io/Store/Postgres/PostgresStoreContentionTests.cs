using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Swarm.Actors.Ports;
using Swarm.Io.Store;
using Swarm.Io.Store.Postgres;
using Swarm.Tests.Postgres;

namespace Swarm.Tests.Io.Store.Postgres;

/// <summary>
/// Stores that take each other's torrents all the time, because all their leases run out all the time: the database itself writes down, in the order in which it happens, under which token each write was made. Whatever the
/// interleaving, no write under an older token follows one under a newer.
/// </summary>
public sealed class PostgresStoreContentionTests(SharedPostgres postgres)
{
    private const int Stores = 4;
    private const int Torrents = 3;
    private const int Writes = 60;
    private const int Refusals = 10;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private int _written;
    private int _fenced;

    [Fact]
    public async Task No_write_under_an_older_token_follows_one_under_a_newer()
    {
        var database = await postgres.CreateDatabaseAsync();
        // Everybody's lease is over before he could use it.
        var settings = PostgresStoreConformance.Calm(database);
        var stores = await Task.WhenAll(Enumerable.Range(0, Stores).Select(i => PostgresStore.OpenAsync(settings, PostgresOwner.OfEndPoint($"{i}"), TimeProvider.System, NullLogger.Instance, CancellationToken.None)));
        try
        {
            await ExecuteAsync(database, "UPDATE swarm.owners SET expires = now() - interval '1 h'");
            await ExecuteAsync(database,
                """
                CREATE TABLE log (id bigint GENERATED ALWAYS AS IDENTITY, sequence bigint, record bytea);
                CREATE FUNCTION write_down() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.log (sequence, record) VALUES (NEW.sequence, NEW.record); RETURN NEW; END $$;
                CREATE TRIGGER write_down AFTER INSERT OR UPDATE ON swarm.progress FOR EACH ROW EXECUTE FUNCTION write_down()
                """);
            using var patience = new CancellationTokenSource(Patience);
            await Task.WhenAll(stores.Select((one, i) => Task.Run(() => Contend(one.Store.ShouldNotBeNull(one.Error), new Random(i), patience.Token), TestContext.Current.CancellationToken)));
            // Otherwise too little was contended for, and the order below says nothing.
            _fenced.ShouldBeGreaterThanOrEqualTo(Refusals);
            var written = await WrittenAsync(database);
            written.Count.ShouldBeGreaterThanOrEqualTo(Writes);
            foreach (var torrent in written.GroupBy(static write => write.Sequence))
            {
                var tokens = torrent.Select(static write => write.Token).ToList();
                tokens.ShouldBe(tokens.Order(), ignoreOrder: false, $"torrent {torrent.Key}");
            }
        }
        finally
        {
            foreach (var one in stores) one.Store?.Dispose();
        }
    }

    // Takes, or keeps what it took, and writes under what it believes to hold, until all together have written and been fenced often enough.
    private void Contend(IStore store, Random random, CancellationToken patience)
    {
        using var replies = new ReplyBox();
        var tokens = new long[Torrents];
        while ((Volatile.Read(ref _written) < Writes || Volatile.Read(ref _fenced) < Refusals) && !patience.IsCancellationRequested)
        {
            var torrent = random.Next(Torrents);
            if (tokens[torrent] == 0 || random.Next(4) == 0)
            {
                StoreCommand taking = random.Next(8) == 0 ? new StoreCommand.TakeUp(0, Torrents) : new StoreCommand.AcquireLease(Torrent(torrent));
                if (Run(store, replies, taking) is [StoreOutcome.Leased { Token: var token }]) tokens[torrent] = token;
                continue;
            }

            var outcomes = Run(store, replies,
                new StoreCommand.PutTorrent(Torrent(torrent), tokens[torrent], new TorrentRecord([], null, "/", 0)),
                new StoreCommand.PutProgress(Torrent(torrent), tokens[torrent], new ProgressRecord([], [], 0, tokens[torrent], CompletedTold: false)));
            if (outcomes is [StoreOutcome.Fenced, ..])
            {
                Interlocked.Increment(ref _fenced);
                tokens[torrent] = 0;
            }
            else if (outcomes is [StoreOutcome.Done, ..])
            {
                Interlocked.Increment(ref _written);
                if (random.Next(6) != 0) continue;
                Run(store, replies, new StoreCommand.ReleaseLease(Torrent(torrent), tokens[torrent]));
                tokens[torrent] = 0;
            }
        }
    }

    // None where the database undid the batch for another's sake.
    private static ImmutableArray<StoreOutcome> Run(IStore store, ReplyBox replies, params ReadOnlySpan<StoreCommand> commands)
    {
        store.Submit(0, [.. commands], replies);
        var reply = replies.Take();
        if (reply is IStore.Committed committed) return committed.Outcomes;
        ((IStore.Failed)reply).Transient.ShouldBeTrue(((IStore.Failed)reply).Reason);
        return [];
    }

    private static InfoHash Torrent(int number) => new([.. Enumerable.Repeat((byte)number, 20)]);

    private static async Task<List<(long Sequence, long Token)>> WrittenAsync(string database)
    {
        await using var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT sequence, record FROM log ORDER BY id", connection);
        await using var reader = await command.ExecuteReaderAsync();
        var written = new List<(long, long)>();
        while (await reader.ReadAsync()) written.Add((reader.GetInt64(0), ProgressCodec.Decode(reader.GetFieldValue<byte[]>(1)).ShouldNotBeNull().Uploaded));
        return written;
    }

    private static async Task ExecuteAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
