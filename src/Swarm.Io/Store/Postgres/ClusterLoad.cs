using System.Collections.Immutable;
using System.Net;
using System.Runtime.InteropServices;
using Npgsql;
using Swarm.Protocol.Cluster;

namespace Swarm.Io.Store.Postgres;

/// <summary>
/// The first round trip of a transaction: begins it, takes the locks, and loads what <see cref="ClusterNeeds"/> names, all in one batch of statements whose results are read in the order in which they were asked for.
/// <paramref name="isExclusive"/>: under the lock of <c>cluster_state</c>, each statement seeing all that was committed before it; otherwise all of them see one snapshot and nothing is locked.
/// </summary>
internal sealed class ClusterLoad(ClusterNeeds needs, bool isExclusive)
{
    private const string MemberColumns = "end_point, generation, storage, zone, weight, roles, peer_end_points, message_version, state, since, alive_until, free_bytes, voters, voter_generations, voted";
    private const string BanColumns = "address, until, kept_until, reason, given_by, change";
    private const string TorrentColumns = "torrent, change, replicas, is_paused, is_removed, deletes_data, is_sequential, download_limit, upload_limit, length, storages, states, pinned, reasons, name";

    private readonly Dictionary<string, (MemberId Owner, long Token)> _leases = new(StringComparer.Ordinal);
    private readonly Dictionary<InfoHash, PlacedTorrent> _torrents = [];
    private readonly Dictionary<InfoHash, ImmutableArray<byte>> _sources = [];
    private readonly Dictionary<InfoHash, ImmutableArray<string>> _hints = [];
    private readonly Dictionary<string, SharedBan> _bans = new(StringComparer.Ordinal);
    private readonly List<Member> _members = [];
    private readonly List<Func<NpgsqlDataReader, CancellationToken, Task>> _results = [];
    private long _version, _lastGeneration, _nowTicks;
    private int _banRows;
    private ClusterNumbers _numbers = ClusterNumbers.None;

    /// <summary>Does it. The tables, as far as the commands need them, and the moment of the database's clock at which the commands are done. Where nothing but reading is to be done the transaction has ended.</summary>
    public async Task<(ClusterTables Tables, long NowTicks)> RunAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var batch = new NpgsqlBatch(connection);
        await using var disposed = batch.ConfigureAwait(false);
        AddBegin(batch);
        AddMembers(batch);
        AddTorrents(batch);
        AddBans(batch);
        if (needs.OnlyReads && !isExclusive) Add(batch, "COMMIT");
        var reader = await batch.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            // Statements without results are passed over by the reader.
            for (var i = 0; i < _results.Count; i++)
            {
                if (i > 0) await reader.NextResultAsync(cancellation).ConfigureAwait(false);
                await _results[i](reader, cancellation).ConfigureAwait(false);
            }
        }

        return (ClusterTables.Of(MembershipTable.Of(_version, _lastGeneration, _members), _leases, _torrents.Values, _sources, _hints, _bans.Values, _banRows, _numbers), _nowTicks);
    }

    private static void Add(NpgsqlBatch batch, string sql, params IEnumerable<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters) command.Parameters.Add(parameter);
        batch.BatchCommands.Add(command);
    }

    private static NpgsqlParameter<T> Value<T>(T value) => new() { TypedValue = value };

    private void AddBegin(NpgsqlBatch batch)
    {
        Add(batch, isExclusive ? "BEGIN ISOLATION LEVEL READ COMMITTED" : "BEGIN ISOLATION LEVEL REPEATABLE READ");
        // Large ones travel before anybody waits for us.
        if (needs.EarlySources is { Length: > 0 } early) batch.BatchCommands.Add(ClusterWrite.Sources(early));
        Ask(batch, "SELECT version, last_generation, last_change, last_token, purged_to, marked_change, marked_at, last_ban FROM cluster_state" + (isExclusive ? " FOR UPDATE" : ""), AddNumbers);
        if (isExclusive && needs.LockedEndPoints.Length > 0)
        {
            const string sql = "SELECT 1 FROM cluster_members WHERE end_point = ANY ($1) OR end_point IN (SELECT end_point FROM cluster_leases WHERE name = ANY ($2)) ORDER BY end_point, generation FOR NO KEY UPDATE";
            Ask(batch, sql, static _ => { }, Value(needs.LockedEndPoints), Value(needs.TakenLeases));
        }

        // After the locks: a moment of a transaction that waited would lie before those of the ones it waited for.
        Ask(batch, "SELECT clock_timestamp()", row => _nowTicks = row.GetDateTime(0).Ticks);
    }

    private void AddNumbers(NpgsqlDataReader row)
    {
        (_version, _lastGeneration) = (row.GetInt64(0), row.GetInt64(1));
        _numbers = new ClusterNumbers { LastChange = row.GetInt64(2), LastToken = row.GetInt64(3), PurgedTo = row.GetInt64(4), MarkedChange = row.GetInt64(5), MarkedTicks = row.GetInt64(6), LastBan = row.GetInt64(7) };
    }

    private void AddMembers(NpgsqlBatch batch)
    {
        if (needs.AllMembers) Ask(batch, $"SELECT {MemberColumns} FROM cluster_members", row => _members.Add(ReadMember(row)));
        else if (needs.EndPoints.Length > 0) Ask(batch, $"SELECT {MemberColumns} FROM cluster_members WHERE end_point = ANY ($1)", row => _members.Add(ReadMember(row)), Value(needs.EndPoints));
        const string leases = "SELECT name, end_point, generation, token FROM cluster_leases";
        // A view shows all of them; there are as many as there are roles, and those are one.
        if (needs.Reads.Count > 0) Ask(batch, leases, AddLease);
        else if (needs.Leases.Length > 0) Ask(batch, leases + " WHERE name = ANY ($1)", AddLease, Value(needs.Leases));
    }

    private void AddTorrents(NpgsqlBatch batch)
    {
        if (needs.Torrents.Length > 0) Ask(batch, $"SELECT {TorrentColumns} FROM cluster_torrents WHERE torrent = ANY ($1)", AddTorrent, Value(needs.Torrents));
        foreach (var read in needs.Reads)
        {
            // Each that may be changed or purged before the page is read may take one out of the page.
            Ask(batch, $"SELECT {TorrentColumns} FROM cluster_torrents WHERE change > $1 ORDER BY change LIMIT $2", AddTorrent, Value(read.AfterChange), Value(read.Limit + needs.Torrents.Length + (2 * needs.PurgeLimit)));
        }

        if (needs.PurgeLimit > 0)
        {
            // Those that other commands of the batch want again are not purged.
            Ask(batch, $"SELECT {TorrentColumns} FROM cluster_torrents WHERE {PostgresClusterSteps.IsForgotten} ORDER BY change LIMIT $1", AddTorrent, Value((long)needs.PurgeLimit + needs.Torrents.Length));
            Ask(batch, $"SELECT {TorrentColumns} FROM cluster_torrents WHERE {PostgresClusterSteps.IsGoing} ORDER BY change LIMIT $1", AddTorrent, Value(needs.PurgeLimit + needs.Torrents.Length));
        }

        if (needs.KnownSources.Length > 0) Ask(batch, $"SELECT torrent, substring(source FROM 1 FOR {ClusterTables.SourceHeadBytes}), hints FROM cluster_sources WHERE torrent = ANY ($1)", AddSource, Value(needs.KnownSources));
        if (needs.LoadedSources.Length > 0) Ask(batch, "SELECT torrent, source, hints FROM cluster_sources WHERE torrent = ANY ($1)", AddSource, Value(needs.LoadedSources));
    }

    private void AddBans(NpgsqlBatch batch)
    {
        if (needs.Bans.Length > 0) Ask(batch, $"SELECT {BanColumns} FROM cluster_bans WHERE address = ANY ($1)", AddBan, Value(needs.Bans));
        if (needs.BansTakenOut > 0)
        {
            Ask(batch, "SELECT count(*)::int FROM cluster_bans", row => _banRows = row.GetInt32(0));
            // Those that the batch changes may be kept longer then.
            Ask(batch, $"SELECT {BanColumns} FROM cluster_bans ORDER BY kept_until, change LIMIT $1", AddBan, Value(needs.BansTakenOut + needs.Bans.Length));
        }

        foreach (var read in needs.Reads)
        {
            Ask(batch, $"SELECT {BanColumns} FROM cluster_bans WHERE change > $1 ORDER BY change LIMIT $2", AddBan, Value(read.AfterBan), Value(read.Limit + needs.Bans.Length + needs.BansTakenOut));
        }
    }

    private void Ask(NpgsqlBatch batch, string sql, Action<NpgsqlDataReader> read, params IEnumerable<NpgsqlParameter> parameters)
    {
        Add(batch, sql, parameters);
        _results.Add(async (reader, cancellation) =>
        {
            while (await reader.ReadAsync(cancellation).ConfigureAwait(false)) read(reader);
        });
    }

    private void AddLease(NpgsqlDataReader row) => _leases[row.GetString(0)] = (new MemberId(row.GetString(1), row.GetInt64(2)), row.GetInt64(3));

    private void AddTorrent(NpgsqlDataReader row)
    {
        var torrent = ReadTorrent(row);
        _torrents[torrent.Wanted.Torrent] = torrent;
    }

    private void AddSource(NpgsqlDataReader row)
    {
        var torrent = Torrent(row);
        _sources[torrent] = Bytes(row, 1);
        if (row.GetFieldValue<string[]>(2) is { Length: > 0 } hints) _hints[torrent] = [.. hints];
    }

    private void AddBan(NpgsqlDataReader row)
    {
        var ban = new SharedBan(new IPAddress(row.GetFieldValue<byte[]>(0)), row.GetInt64(1), row.GetInt64(2), row.GetString(3), row.GetString(4), row.GetInt64(5));
        _bans[ban.Key] = ban;
    }

    private static Member ReadMember(NpgsqlDataReader row)
    {
        var traits = new MemberTraits
        {
            Storage = row.GetString(2),
            Zone = row.GetString(3),
            Weight = row.GetDouble(4),
            Roles = (MemberRoles)row.GetInt32(5),
            PeerEndPoints = [.. row.GetFieldValue<string[]>(6)],
            MessageVersion = row.GetInt32(7),
        };
        var (voters, generations, voted) = (row.GetFieldValue<string[]>(12), row.GetFieldValue<long[]>(13), row.GetFieldValue<long[]>(14));
        var suspicions = voters.Select((voter, i) => new Suspicion(new MemberId(voter, generations[i]), voted[i]));
        return new Member(new MemberId(row.GetString(0), row.GetInt64(1)), traits, (MemberState)row.GetInt16(8), row.GetInt64(9), row.GetInt64(10), row.GetInt64(11), [.. suspicions]);
    }

    private static PlacedTorrent ReadTorrent(NpgsqlDataReader row)
    {
        var wanted = new WantedTorrent
        {
            Torrent = Torrent(row),
            Replicas = row.GetInt32(2),
            IsPaused = row.GetBoolean(3),
            IsRemoved = row.GetBoolean(4),
            DeletesData = row.GetBoolean(5),
            IsSequential = row.GetBoolean(6),
            DownloadLimit = row.GetInt64(7),
            UploadLimit = row.GetInt64(8),
            Length = row.GetInt64(9),
            Name = row.IsDBNull(14) ? null : row.GetString(14),
        };
        var (storages, states, pinned, reasons) = (row.GetFieldValue<string[]>(10), row.GetFieldValue<short[]>(11), row.GetFieldValue<bool[]>(12), row.GetFieldValue<string?[]>(13));
        return new PlacedTorrent(wanted, [.. storages.Select((storage, i) => new Replica(storage, (ReplicaState)states[i], pinned[i], reasons[i]))], row.GetInt64(1));
    }

    private static InfoHash Torrent(NpgsqlDataReader row) => new(row.GetFieldValue<byte[]>(0));

    private static ImmutableArray<byte> Bytes(NpgsqlDataReader row, int column) => ImmutableCollectionsMarshal.AsImmutableArray(row.GetFieldValue<byte[]>(column));
}
