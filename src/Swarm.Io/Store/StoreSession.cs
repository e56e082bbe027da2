using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Ports;

namespace Swarm.Io.Store;

/// <summary>
/// One connection and the owner that speaks through it: turns a batch of commands into one transaction. Synchronous, used by one thread at a time (<see cref="SqliteStore"/>'s
/// writer); blocks on the disk and throws <see cref="SqliteException"/>, after which nothing of the batch is done.
/// <para>Always holds: a write transaction begins as IMMEDIATE, so that what it reads of leases cannot change before it commits; writes of a torrent happen only under the token
/// that stands in <c>leases</c>; a lease changes hands only when its owner is not alive.</para>
/// </summary>
internal sealed partial class StoreSession(SqliteConnection connection, OwnerLocks owners, SqliteStoreSettings settings, ILogger logger) : IDisposable
{
    private readonly string _owner = owners.Id.ToString("N");

    /// <summary>Does the commands in order, in one transaction. One outcome for each.</summary>
    /// <exception cref="SqliteException">Nothing was done.</exception>
    public ImmutableArray<StoreOutcome> Execute(ImmutableArray<StoreCommand> commands)
    {
        if (commands.IsEmpty) return [];
        var readOnly = commands.All(command => command is StoreCommand.LoadTorrent or StoreCommand.ListTorrents or StoreCommand.LoadNote);
        using var transaction = connection.BeginTransaction(deferred: readOnly);
        var outcomes = ImmutableArray.CreateBuilder<StoreOutcome>(commands.Length);
        foreach (var command in commands) outcomes.Add(Execute(command, transaction));
        transaction.Commit();
        return outcomes.MoveToImmutable();
    }

    /// <summary>Enters this process among the owners and clears away dead ones. Inside the transaction that made the lock file.</summary>
    public void Enter(SqliteTransaction transaction)
    {
        var entered = connection.Rows("SELECT id FROM owners", transaction, static row => row.GetString(0)).ToList();
        foreach (var owner in entered.Where(owner => !IsLive(owner)))
        {
            connection.Execute("DELETE FROM leases WHERE owner = @owner; DELETE FROM owners WHERE id = @owner", transaction, ("@owner", owner));
        }

        owners.DeleteStale();
        connection.Execute("INSERT INTO owners (id, process, machine) VALUES (@id, @process, @machine)", transaction, ("@id", _owner), ("@process", Environment.ProcessId), ("@machine", Environment.MachineName));
    }

    /// <summary>Gives back every lease of this process, in good order.</summary>
    /// <exception cref="SqliteException">The leases stay until the process is gone.</exception>
    public void Leave()
    {
        using var transaction = connection.BeginTransaction();
        connection.Execute("DELETE FROM leases WHERE owner = @owner; DELETE FROM owners WHERE id = @owner", transaction, ("@owner", _owner));
        transaction.Commit();
        owners.Dispose();
    }

    /// <summary>The names under which a node keeps something, in order.</summary>
    public ImmutableArray<string> NoteNames() => [.. connection.Rows("SELECT name FROM notes WHERE length(value) > 0 ORDER BY name", transaction: null, static row => row.GetString(0))];

    /// <summary>Another process that has the folder open and lives, for people; null: there is none.</summary>
    public string? OtherProcess()
    {
        // Inside a write transaction, as every look at the owners' locks.
        using var transaction = connection.BeginTransaction();
        return connection.Rows("SELECT id, process, machine FROM owners WHERE id <> @owner ORDER BY id", transaction, HolderRow.Of, ("@owner", _owner))
            .Where(holder => IsLive(holder.Id)).Select(static holder => $"{holder.Process} on {holder.Machine}").FirstOrDefault();
    }

    /// <summary>What the connection has a setting of SQLite's at. For tests.</summary>
    public string? Pragma(string name) => connection.Text($"PRAGMA {name}");

    /// <summary>Dies without giving anything back. For tests.</summary>
    public void Abandon() => owners.Abandon();

    /// <inheritdoc/>
    public void Dispose()
    {
        connection.Dispose();
        owners.Dispose();
    }

    private StoreOutcome Execute(StoreCommand command, SqliteTransaction transaction) => command switch
    {
        StoreCommand.AcquireLease acquire => Acquire(acquire, transaction),
        StoreCommand.ReleaseLease release => Release(release, transaction),
        StoreCommand.LoadTorrent load => Load(load, transaction),
        StoreCommand.ListTorrents => List(transaction),
        StoreCommand.PutTorrent put => Put(put, transaction),
        StoreCommand.PutOptions put => Put(put, transaction),
        StoreCommand.PutProgress put => Put(put, transaction),
        StoreCommand.TakeUp take => TakeUp(take, transaction),
        StoreCommand.RemoveTorrent remove => Remove(remove, transaction),
        StoreCommand.LoadNote load => Load(load, transaction),
        StoreCommand.PutNote put => Put(put, transaction),
        _ => throw new ArgumentOutOfRangeException(nameof(command), command.GetType().Name, "A store command that the SQLite store does not know."),
    };

    private StoreOutcome Acquire(StoreCommand.AcquireLease command, SqliteTransaction transaction)
    {
        var torrent = Key(command.Torrent);
        var holder = connection.Rows(
            "SELECT l.owner, o.process, o.machine FROM leases l LEFT JOIN owners o ON o.id = l.owner WHERE l.torrent = @torrent", transaction, HolderRow.Of, ("@torrent", torrent)).SingleOrDefault();
        if (holder is not null && holder.Id != _owner)
        {
            if (IsLive(holder.Id)) return new StoreOutcome.HeldBy(Describe(holder));
            StoredTorrent.LogTakenOver(logger, command.Torrent, holder.Process, holder.Machine);
        }

        var token = connection.Number("UPDATE tokens SET last = last + 1 RETURNING last", transaction);
        connection.Execute(
            "INSERT INTO leases (torrent, owner, token) VALUES (@torrent, @owner, @token) ON CONFLICT (torrent) DO UPDATE SET owner = excluded.owner, token = excluded.token",
            transaction, ("@torrent", torrent), ("@owner", _owner), ("@token", token));
        return new StoreOutcome.Leased(token);
    }

    private StoreOutcome.Done Release(StoreCommand.ReleaseLease command, SqliteTransaction transaction)
    {
        connection.Execute("DELETE FROM leases WHERE torrent = @torrent AND token = @token", transaction, ("@torrent", Key(command.Torrent)), ("@token", command.Token));
        return new StoreOutcome.Done();
    }

    private StoreOutcome.Loaded Load(StoreCommand.LoadTorrent command, SqliteTransaction transaction)
    {
        var row = connection.Rows(
            "SELECT m.metainfo, t.magnet, t.folder, t.added, t.options, t.summary, p.record FROM torrents t LEFT JOIN metainfos m ON m.sequence = t.sequence LEFT JOIN progress p ON p.sequence = t.sequence WHERE t.torrent = @torrent",
            transaction, StoredOf, ("@torrent", Key(command.Torrent))).SingleOrDefault();
        return row?.Loaded(command.Torrent, logger) ?? new StoreOutcome.Loaded(Record: null, Progress: null);
    }

    private StoreOutcome.Listed List(SqliteTransaction transaction)
    {
        var keys = connection.Rows("SELECT torrent FROM torrents ORDER BY sequence LIMIT @limit", transaction, static row => new InfoHash(row.GetFieldValue<byte[]>(0)), ("@limit", settings.MaxTorrents));
        return new StoreOutcome.Listed([.. keys]);
    }

    private StoreOutcome Put(StoreCommand.PutTorrent command, SqliteTransaction transaction)
    {
        if (!Holds(command.Torrent, command.Token, transaction)) return new StoreOutcome.Fenced();
        var (torrent, record) = (Key(command.Torrent), command.Record);
        var sequence = connection.Number(
            "INSERT INTO torrents (torrent, magnet, folder, added, options, summary) VALUES (@torrent, @magnet, @folder, @added, @options, @summary) ON CONFLICT (torrent) DO UPDATE SET " +
            "magnet = excluded.magnet, folder = excluded.folder, added = excluded.added, options = excluded.options, summary = excluded.summary RETURNING sequence",
            transaction,
            ("@torrent", torrent),
            ("@magnet", record.Magnet),
            ("@folder", record.Folder),
            ("@added", record.AddedTicks),
            ("@options", OptionsCodec.Encode(record.Options, record.Unfinished)),
            ("@summary", record.Summary is null ? null : SummaryCodec.Encode(record.Summary)));
        connection.Execute(
            "INSERT INTO metainfos (sequence, metainfo) VALUES (@sequence, @metainfo) ON CONFLICT (sequence) DO UPDATE SET metainfo = excluded.metainfo",
            transaction, ("@sequence", sequence), ("@metainfo", ImmutableCollectionsMarshal.AsArray(record.Metainfo) ?? []));
        return new StoreOutcome.Done();
    }

    private StoreOutcome Put(StoreCommand.PutOptions command, SqliteTransaction transaction)
    {
        if (!Holds(command.Torrent, command.Token, transaction)) return new StoreOutcome.Fenced();
        connection.Execute("UPDATE torrents SET folder = @folder, options = @options WHERE torrent = @torrent",
            transaction, ("@torrent", Key(command.Torrent)), ("@folder", command.Options.Folder), ("@options", OptionsCodec.Encode(command.Options, command.Unfinished)));
        return new StoreOutcome.Done();
    }

    private StoreOutcome Put(StoreCommand.PutProgress command, SqliteTransaction transaction)
    {
        if (!Holds(command.Torrent, command.Token, transaction)) return new StoreOutcome.Fenced();
        // Where the torrent has been removed there is nothing to be far with: the statement then writes nothing, and no progress can outlive its torrent.
        connection.Execute(
            "INSERT INTO progress (sequence, record) SELECT sequence, @record FROM torrents WHERE torrent = @torrent ON CONFLICT (sequence) DO UPDATE SET record = excluded.record",
            transaction, ("@torrent", Key(command.Torrent)), ("@record", ProgressCodec.Encode(command.Progress)));
        if (command.Summary is { } summary) connection.Execute("UPDATE torrents SET summary = @summary WHERE torrent = @torrent", transaction, ("@torrent", Key(command.Torrent)), ("@summary", SummaryCodec.Encode(summary)));
        return new StoreOutcome.Done();
    }

    private StoreOutcome Remove(StoreCommand.RemoveTorrent command, SqliteTransaction transaction)
    {
        if (!Holds(command.Torrent, command.Token, transaction)) return new StoreOutcome.Fenced();
        connection.Execute("DELETE FROM torrents WHERE torrent = @torrent", transaction, ("@torrent", Key(command.Torrent)));
        return new StoreOutcome.Done();
    }

    private StoreOutcome.Note Load(StoreCommand.LoadNote command, SqliteTransaction transaction) =>
        new(ImmutableCollectionsMarshal.AsImmutableArray(connection.Rows("SELECT value FROM notes WHERE name = @name", transaction, static row => row.GetFieldValue<byte[]>(0), ("@name", command.Name)).SingleOrDefault() ?? []));

    private StoreOutcome.Done Put(StoreCommand.PutNote command, SqliteTransaction transaction)
    {
        connection.Execute(
            "INSERT INTO notes (name, value) VALUES (@name, @value) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            transaction, ("@name", command.Name), ("@value", ImmutableCollectionsMarshal.AsArray(command.Value) ?? []));
        return new StoreOutcome.Done();
    }

    private bool Holds(InfoHash torrent, long token, SqliteTransaction transaction) =>
        connection.Number("SELECT count(*) FROM leases WHERE torrent = @torrent AND token = @token", transaction, ("@torrent", Key(torrent)), ("@token", token)) == 1;

    private bool IsLive(string owner) => Guid.TryParseExact(owner, "N", out var id) && owners.IsLive(id);

    private static byte[] Key(InfoHash torrent) => torrent.Value.ToArray();

    private static string Describe(HolderRow holder) =>
        $"the swarm process {holder.Process} on {holder.Machine}; stop that process first, or use another data folder";

    // Columns in the order of the statement that loads a torrent.
    private static StoredTorrent StoredOf(SqliteDataReader row) => new()
    {
        Metainfo = row.BytesOrNull(0),
        Magnet = row.TextOrNull(1),
        Folder = row.GetString(2),
        Added = row.GetInt64(3),
        Options = row.BytesOrNull(4),
        Summary = row.BytesOrNull(5),
        Progress = row.BytesOrNull(6),
    };

    private sealed record HolderRow(string Id, long? Process, string? Machine)
    {
        // Of a statement with the three in this order.
        public static HolderRow Of(SqliteDataReader row) => new(row.GetString(0), row.NumberOrNull(1), row.TextOrNull(2));
    }
}
