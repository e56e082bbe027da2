using System.Buffers.Binary;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Npgsql;
using Swarm.Actors.Ports;

namespace Swarm.Io.Store.Postgres;

/// <summary>
/// The writing connection and the owner that speaks through it: turns a batch of commands into one transaction of three round trips, whatever their number. Used by one loop at a time (<see cref="PostgresStore"/>'s); throws what
/// <see cref="PostgresFailure"/> reads, after which nothing of the batch is done, or nobody knows; connects anew for the next.
/// <para><b>Why a write under a stale token never commits after the takeover did.</b> A batch that writes begins with its locks: the rows in <c>leases</c> of every torrent it names, in the order of their keys, <c>FOR UPDATE</c>, those to be
/// taken made first where they are not there. Whoever takes a lease, by command or at a start, must change or make that row, so he waits until this transaction has ended; and where he was first, this one waited for his end and reads his
/// token. So from the reading of a token to the commit of what was written under it nobody can take the lease: the write comes wholly before a takeover, or is <see cref="StoreOutcome.Fenced"/>.
/// It does not matter who is alive by what clock: the token that stands in the row decides, and an owner whose time ran out writes on until somebody takes the row.</para>
/// <para><b>Why tokens only grow.</b> A token is drawn from the sequence after the row is locked, and every token that was given for that row before was drawn before its transaction ended.</para>
/// <para><b>Why a lost connection does no harm.</b> Every writing transaction of a process holds one advisory lock of the process's own first. What a broken connection had sent is done or undone before the next try reads anything; it can not be
/// committed later, over what came after it. A server that waits for our next word lets go by itself (<see cref="PostgresDatabase"/>).</para>
/// <para>Who is alive is looked up by a statement of its own after the rows are locked, so that it sees every owner that could stand in them.</para>
/// </summary>
internal sealed partial class PostgresSession(PostgresDatabase database, Guid owner, string name, PostgresStoreSettings settings, ILogger logger) : IAsyncDisposable
{
    private readonly long _ownLock = BinaryPrimitives.ReadInt64LittleEndian(owner.ToByteArray());
    private NpgsqlConnection? _connection;

    /// <summary>Does the commands in order, in one transaction. One outcome for each.</summary>
    public async Task<ImmutableArray<StoreOutcome>> ExecuteAsync(ImmutableArray<StoreCommand> commands, CancellationToken cancellation)
    {
        if (commands.IsEmpty) return [];
        try
        {
            var connection = await ConnectAsync(cancellation).ConfigureAwait(false);
            var readOnly = commands.All(static command => command is StoreCommand.LoadTorrent or StoreCommand.ListTorrents or StoreCommand.LoadNote);
            return readOnly
                ? await RunAsync(new CommandBatch(owner, name, settings, [], [], logger), connection, commands, cancellation).ConfigureAwait(false)
                : await WriteAsync(connection, commands, cancellation).ConfigureAwait(false);
        }
        catch
        {
            await DisconnectAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Gives back every lease of this process, in good order.</summary>
    public async Task LeaveAsync(CancellationToken cancellation)
    {
        var connection = await ConnectAsync(cancellation).ConfigureAwait(false);
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                Sql.Command("SELECT pg_advisory_xact_lock($1)", Sql.Of(_ownLock)),
                Sql.Command("DELETE FROM leases WHERE storage = $1 AND owner = $2", Sql.Of(settings.Storage), Sql.Of(owner)),
                Sql.Command("DELETE FROM owners WHERE id = $1", Sql.Of(owner)),
            },
        };
        await batch.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await DisconnectAsync().ConfigureAwait(false);

    private async Task<ImmutableArray<StoreOutcome>> WriteAsync(NpgsqlConnection connection, ImmutableArray<StoreCommand> commands, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation).ConfigureAwait(false);
        var (leases, tokens) = await LockAsync(connection, commands, cancellation).ConfigureAwait(false);
        var outcomes = await RunAsync(new CommandBatch(owner, name, settings, leases, tokens, logger), connection, commands, cancellation).ConfigureAwait(false);
        await transaction.CommitAsync(cancellation).ConfigureAwait(false);
        return outcomes;
    }

    private async Task<(Dictionary<InfoHash, Lease> Leases, Queue<long> Tokens)> LockAsync(NpgsqlConnection connection, ImmutableArray<StoreCommand> commands, CancellationToken cancellation)
    {
        var named = commands.Select(CommandBatch.TorrentOf).OfType<InfoHash>();
        var taken = commands.OfType<StoreCommand.AcquireLease>().Select(static command => command.Torrent).ToList();
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(Sql.Command("SELECT 1 FROM pg_advisory_xact_lock($1)", Sql.Of(_ownLock)));
        // A row that is there is locked by this too, and not changed. One that is made has no owner, and gets one in this transaction.
        batch.BatchCommands.Add(Sql.Command(
            "INSERT INTO leases AS l (storage, torrent, owner, token) SELECT $1, torrent, NULL, 0 FROM unnest($2) AS torrent ORDER BY torrent ON CONFLICT (storage, torrent) DO UPDATE SET token = l.token WHERE false",
            Sql.Of(settings.Storage), Keys(taken)));
        // Key by key: for torrent = ANY($2) ORDER BY torrent the planner reads the whole index, because that is in order.
        batch.BatchCommands.Add(Sql.Command(
            "SELECT (SELECT 1 FROM leases l WHERE l.storage = $1 AND l.torrent = named.torrent FOR UPDATE) FROM (SELECT torrent FROM unnest($2) AS torrent ORDER BY torrent OFFSET 0) named",
            Sql.Of(settings.Storage), Keys(named)));
        batch.BatchCommands.Add(Sql.Command(
            "SELECT l.torrent, l.owner, l.token, o.process, o.machine, o.expires > now() AND o.name <> $3 FROM unnest($2) AS named (torrent) " +
            "CROSS JOIN LATERAL (SELECT * FROM leases WHERE storage = $1 AND leases.torrent = named.torrent OFFSET 0) l LEFT JOIN owners o ON o.id = l.owner",
            Sql.Of(settings.Storage), Keys(named), Sql.Of(name)));
        batch.BatchCommands.Add(Sql.Command("SELECT nextval('tokens') FROM generate_series(1, $1)", Sql.Of(taken.Count)));
        await using var reader = await batch.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        await reader.NextResultAsync(cancellation).ConfigureAwait(false);
        await reader.NextResultAsync(cancellation).ConfigureAwait(false);
        var leases = new Dictionary<InfoHash, Lease>();
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            leases[new InfoHash(reader.GetFieldValue<byte[]>(0))] = new Lease(
                reader.IsDBNull(1) ? null : reader.GetGuid(1), reader.GetInt64(2), reader.IsDBNull(3) ? null : reader.GetInt32(3), reader.IsDBNull(4) ? null : reader.GetString(4), !reader.IsDBNull(5) && reader.GetBoolean(5));
        }

        var tokens = new Queue<long>(taken.Count);
        await reader.NextResultAsync(cancellation).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false)) tokens.Enqueue(reader.GetInt64(0));
        return (leases, tokens);
    }

    private static async Task<ImmutableArray<StoreOutcome>> RunAsync(CommandBatch work, NpgsqlConnection connection, ImmutableArray<StoreCommand> commands, CancellationToken cancellation)
    {
        foreach (var command in commands) work.Add(command);
        if (work.Statements.Count == 0) return work.Outcomes;
        await using var batch = new NpgsqlBatch(connection);
        foreach (var statement in work.Statements) batch.BatchCommands.Add(statement);
        await using var reader = await batch.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        await work.ReadAsync(reader, cancellation).ConfigureAwait(false);
        return work.Outcomes;
    }

    private async Task<NpgsqlConnection> ConnectAsync(CancellationToken cancellation)
    {
        if (_connection is not null) return _connection;
        _connection = (await database.OpenAsync(cancellation).ConfigureAwait(false)).Connection;
        // Every statement here looks rows up by a key. Planned while a table was new and small, they and the checks of foreign keys would read it from end to end, and go on doing so while it grows to 100,000 rows.
        await using var command = new NpgsqlCommand("SELECT set_config('enable_seqscan', 'off', false), set_config('jit', 'off', false)", _connection);
        await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        return _connection;
    }

    private async Task DisconnectAsync()
    {
        if (_connection is not { } connection) return;
        _connection = null;
        await connection.DisposeAsync().ConfigureAwait(false);
    }

    private static NpgsqlParameter Keys(IEnumerable<InfoHash> torrents) => Sql.Of(torrents.Distinct().Select(static torrent => torrent.Value.ToArray()).ToArray());
}
