using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Npgsql;
using Swarm.Actors.Ports;

namespace Swarm.Io.Store.Postgres;

/// <summary>
/// A batch of commands on its way to be statements, and their answers on the way to be outcomes. Does no I/O but to read what is given to it; made for one transaction.
/// <para>What it is given of <paramref name="leases"/> is locked in the transaction, and what the commands do to them is followed here, so each command is judged as it stands after those before it. Outcomes that follow from
/// the leases alone are known at once; the others are read from the results of the statements, in order.</para>
/// </summary>
internal sealed partial class CommandBatch(Guid owner, string name, PostgresStoreSettings settings, Dictionary<InfoHash, Lease> leases, Queue<long> tokens, ILogger logger)
{
    private readonly List<StoreOutcome?> _outcomes = [];
    private readonly Queue<(int Place, Func<NpgsqlDataReader, CancellationToken, Task<StoreOutcome>> Read)> _readers = [];

    /// <summary>What the database is to do, in order.</summary>
    public List<NpgsqlBatchCommand> Statements { get; } = [];

    /// <summary>One outcome for each command. Whole after <see cref="ReadAsync"/>, or at once where there are no <see cref="Statements"/>.</summary>
    public ImmutableArray<StoreOutcome> Outcomes => [.. _outcomes.Select(static outcome => outcome!)];

    /// <summary>The torrent whose lease a command needs or changes; null: none.</summary>
    public static InfoHash? TorrentOf(StoreCommand command) => command switch
    {
        StoreCommand.AcquireLease it => it.Torrent,
        StoreCommand.ReleaseLease it => it.Torrent,
        StoreCommand.PutTorrent it => it.Torrent,
        StoreCommand.PutOptions it => it.Torrent,
        StoreCommand.PutProgress it => it.Torrent,
        StoreCommand.RemoveTorrent it => it.Torrent,
        _ => null,
    };

    /// <summary>Takes a command in.</summary>
    public void Add(StoreCommand command) => _outcomes.Add(command switch
    {
        StoreCommand.AcquireLease acquire => Acquire(acquire),
        StoreCommand.ReleaseLease release => Release(release),
        StoreCommand.LoadTorrent load => Load(load),
        StoreCommand.ListTorrents => List(),
        StoreCommand.PutTorrent put => Put(put),
        StoreCommand.PutOptions put => Put(put),
        StoreCommand.PutProgress put => Put(put),
        StoreCommand.TakeUp take => TakeUp(take),
        StoreCommand.RemoveTorrent remove => Remove(remove),
        StoreCommand.LoadNote load => Load(load),
        StoreCommand.PutNote put => Put(put),
        _ => throw new ArgumentOutOfRangeException(nameof(command), command.GetType().Name, "A store command that the PostgreSQL store does not know."),
    });

    /// <summary>Reads the results of <see cref="Statements"/>, those that have rows, one after the other.</summary>
    public async Task ReadAsync(NpgsqlDataReader reader, CancellationToken cancellation)
    {
        while (_readers.TryDequeue(out var next))
        {
            _outcomes[next.Place] = await next.Read(reader, cancellation).ConfigureAwait(false);
            await reader.NextResultAsync(cancellation).ConfigureAwait(false);
        }
    }

    private StoreOutcome Acquire(StoreCommand.AcquireLease command)
    {
        var held = leases[command.Torrent];
        if (held.Owner is { } other && other != owner)
        {
            if (held.IsLive) return new StoreOutcome.HeldBy(Describe(held.Process, held.Machine));
            StoredTorrent.LogTakenOver(logger, command.Torrent, held.Process, held.Machine);
        }

        var token = tokens.Dequeue();
        leases[command.Torrent] = new Lease(owner, token, Environment.ProcessId, Environment.MachineName, IsLive: true);
        Statements.Add(Sql.Command(
            "INSERT INTO leases (storage, torrent, owner, token) VALUES ($1, $2, $3, $4) ON CONFLICT (storage, torrent) DO UPDATE SET owner = excluded.owner, token = excluded.token",
            Sql.Of(settings.Storage), Sql.Of(command.Torrent), Sql.Of(owner), Sql.Of(token)));
        return new StoreOutcome.Leased(token);
    }

    private StoreOutcome.Done Release(StoreCommand.ReleaseLease command)
    {
        if (!Holds(command.Torrent, command.Token)) return new StoreOutcome.Done();
        leases[command.Torrent] = default;
        Statements.Add(Sql.Command("DELETE FROM leases WHERE storage = $1 AND torrent = $2", Sql.Of(settings.Storage), Sql.Of(command.Torrent)));
        return new StoreOutcome.Done();
    }

    private StoreOutcome Put(StoreCommand.PutTorrent command)
    {
        if (!Holds(command.Torrent, command.Token)) return new StoreOutcome.Fenced();
        var record = command.Record;
        // The row keeps its sequence, the order of addition. A .torrent file that is the same as before, and may be large, is not written again.
        Statements.Add(Sql.Command(
            "WITH put AS (INSERT INTO torrents (storage, torrent, magnet, folder, added, options, summary) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (storage, torrent) DO UPDATE SET " +
            "magnet = excluded.magnet, folder = excluded.folder, added = excluded.added, options = excluded.options, summary = excluded.summary RETURNING sequence) " +
            "INSERT INTO metainfos AS m (sequence, metainfo) SELECT sequence, $8 FROM put ON CONFLICT (sequence) DO UPDATE SET metainfo = excluded.metainfo WHERE m.metainfo <> excluded.metainfo",
            Sql.Of(settings.Storage), Sql.Of(command.Torrent), Sql.Utf8(record.Magnet), Sql.Utf8(record.Folder), Sql.Of(record.AddedTicks), Sql.Of(OptionsCodec.Encode(record.Options, record.Unfinished)),
            Sql.Of(record.Summary is null ? null : SummaryCodec.Encode(record.Summary)), Sql.Of(record.Metainfo)));
        return new StoreOutcome.Done();
    }

    private StoreOutcome Put(StoreCommand.PutOptions command)
    {
        if (!Holds(command.Torrent, command.Token)) return new StoreOutcome.Fenced();
        Statements.Add(Sql.Command("UPDATE torrents SET folder = $3, options = $4 WHERE storage = $1 AND torrent = $2",
            Sql.Of(settings.Storage), Sql.Of(command.Torrent), Sql.Utf8(command.Options.Folder), Sql.Of(OptionsCodec.Encode(command.Options, command.Unfinished))));
        return new StoreOutcome.Done();
    }

    private StoreOutcome Put(StoreCommand.PutProgress command)
    {
        if (!Holds(command.Torrent, command.Token)) return new StoreOutcome.Fenced();
        // Where the torrent has been removed there is nothing to be far with: the statement then writes nothing, and no progress can outlive its torrent.
        const string put = " INSERT INTO progress (sequence, record) SELECT sequence, $3 FROM put ON CONFLICT (sequence) DO UPDATE SET record = excluded.record";
        var (storage, torrent, record) = (Sql.Of(settings.Storage), Sql.Of(command.Torrent), Sql.Of(ProgressCodec.Encode(command.Progress)));
        Statements.Add(command.Summary is { } summary
            ? Sql.Command("WITH put AS (UPDATE torrents SET summary = $4 WHERE storage = $1 AND torrent = $2 RETURNING sequence)" + put, storage, torrent, record, Sql.Of(SummaryCodec.Encode(summary)))
            : Sql.Command("WITH put AS (SELECT sequence FROM torrents WHERE storage = $1 AND torrent = $2)" + put, storage, torrent, record));
        return new StoreOutcome.Done();
    }

    private StoreOutcome Remove(StoreCommand.RemoveTorrent command)
    {
        if (!Holds(command.Torrent, command.Token)) return new StoreOutcome.Fenced();
        Statements.Add(Sql.Command("DELETE FROM torrents WHERE storage = $1 AND torrent = $2", Sql.Of(settings.Storage), Sql.Of(command.Torrent)));
        return new StoreOutcome.Done();
    }

    private StoreOutcome.Done Put(StoreCommand.PutNote command)
    {
        Statements.Add(Sql.Command("INSERT INTO notes (storage, name, value) VALUES ($1, $2, $3) ON CONFLICT (storage, name) DO UPDATE SET value = excluded.value",
            Sql.Of(settings.Storage), Sql.Of(command.Name), Sql.Of(command.Value)));
        return new StoreOutcome.Done();
    }

    // Token 0 stands for a lease that was taken up and has no token yet.
    private bool Holds(InfoHash torrent, long token) => token > 0 && leases.TryGetValue(torrent, out var lease) && lease.Token == token;

    private StoreOutcome? Later(Func<NpgsqlDataReader, CancellationToken, Task<StoreOutcome>> read)
    {
        _readers.Enqueue((_outcomes.Count, read));
        return null;
    }

    private static string Describe(int? process, string? machine) => $"the swarm process {process} on {machine}; stop that process first, or give this one another storage";
}
