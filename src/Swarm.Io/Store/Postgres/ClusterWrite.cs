using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using Npgsql;
using NpgsqlTypes;
using Swarm.Protocol.Cluster;

namespace Swarm.Io.Store.Postgres;

/// <summary>
/// The second round trip of a transaction: what is different in the tables after the commands, as statements, and the commit. What the commands did not touch is the same object before and after, so differences are found by reference.
/// <para>However many torrents are different, they are one statement: all nodes wait for each other here, and a row of its own costs each of them several times what it costs as part of many.</para>
/// </summary>
internal static class ClusterWrite
{
    /// <summary>The channel of the notifications; what they carry is the schema.</summary>
    public const string Channel = "swarm_cluster";

    /// <summary>Whether anything but sessions is different: then it may be written under the lock of <c>cluster_state</c> only.</summary>
    public static bool NeedsLock(ClusterTables before, ClusterTables after) =>
        after.Membership.Version != before.Membership.Version || after.Numbers != before.Numbers || after.Leases != before.Leases || after.Bans != before.Bans;

    /// <summary>Writes and commits.</summary>
    public static async Task RunAsync(NpgsqlConnection connection, ClusterNeeds needs, string schema, ClusterTables before, ClusterTables after, CancellationToken cancellation)
    {
        var batch = new NpgsqlBatch(connection);
        await using var disposed = batch.ConfigureAwait(false);
        if (after.Membership != before.Membership) AddMembers(batch, before.Membership, after.Membership);
        if (after.Leases != before.Leases) AddLeases(batch, before, after);
        if (after.Numbers.PurgedTo != before.Numbers.PurgedTo)
        {
            Add(batch, "DELETE FROM cluster_torrents WHERE torrent = ANY ($1)", [Value(before.Torrents.Keys.Where(torrent => !after.Torrents.ContainsKey(torrent)).Select(static torrent => torrent.Value.ToArray()).ToArray())]);
        }

        PlacedTorrent[] placed = [.. after.Torrents.Where(each => !ReferenceEquals(before.Torrents.GetValueOrDefault(each.Key), each.Value)).Select(static each => each.Value)];
        if (placed.Length > 0) Add(batch, PutTorrents, TorrentValues(placed));
        byte[][] forgotten = [.. placed.Where(static torrent => torrent.IsForgotten).Select(static torrent => torrent.Wanted.Torrent.Value.ToArray())];
        if (forgotten.Length > 0) Add(batch, "DELETE FROM cluster_sources WHERE torrent = ANY ($1)", [Value(forgotten)]);
        KeyValuePair<InfoHash, ImmutableArray<byte>>[] sources = [.. after.Sources.Where(each => !needs.IsEarly(each.Key) && before.Sources.GetValueOrDefault(each.Key) != each.Value)];
        if (sources.Length > 0) batch.BatchCommands.Add(Sources(sources));

        foreach (var (torrent, hints) in after.Hints)
        {
            if (before.Hints.GetValueOrDefault(torrent) != hints) Add(batch, "UPDATE cluster_sources SET hints = $2 WHERE torrent = $1", [Value(torrent.Value.ToArray()), Value(hints.ToArray())]);
        }

        if (after.Bans != before.Bans) AddBans(batch, before, after);
        if (NeedsLock(before, after))
        {
            var numbers = after.Numbers;
            Add(batch, "UPDATE cluster_state SET version = $1, last_generation = $2, last_change = $3, last_token = $4, purged_to = $5, marked_change = $6, marked_at = $7, last_ban = $8",
                [Value(after.Membership.Version), Value(after.Membership.LastGeneration), Value(numbers.LastChange), Value(numbers.LastToken), Value(numbers.PurgedTo), Value(numbers.MarkedChange), Value(numbers.MarkedTicks), Value(numbers.LastBan)]);
            // Heard when the transaction is committed, and not if it is not. Leases are in no view.
            if (after.Membership.Version != before.Membership.Version || after.LastChange != before.LastChange || after.Numbers.LastBan != before.Numbers.LastBan) Add(batch, "SELECT pg_notify($1, $2)", [Value(Channel), Value(schema)]);
        }

        Add(batch, "COMMIT", []);
        await batch.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Writes the sources of torrents, each once and in the order of torrents, so that nobody who writes some of them waits for us as we for him. One that is there already costs a comparison.</summary>
    public static NpgsqlBatchCommand Sources(IReadOnlyCollection<KeyValuePair<InfoHash, ImmutableArray<byte>>> sources) => Command(
        "INSERT INTO cluster_sources AS known (torrent, source) SELECT * FROM unnest($1, $2) ON CONFLICT (torrent) DO UPDATE SET source = excluded.source WHERE known.source IS DISTINCT FROM excluded.source",
        [Value(sources.Select(static source => source.Key.Value.ToArray()).ToArray()), Value(sources.Select(static source => ImmutableCollectionsMarshal.AsArray(source.Value)!).ToArray())]);

    // An array of arrays is one array in PostgreSQL, so what is an array in a row travels as the text of one.
    private const string PutTorrents =
        """
        INSERT INTO cluster_torrents (torrent, change, replicas, is_paused, is_removed, deletes_data, is_sequential, download_limit, upload_limit, length, storages, states, pinned, reasons, name)
        SELECT torrent, change, replicas, is_paused, is_removed, deletes_data, is_sequential, download_limit, upload_limit, length, storages::text[], states::smallint[], pinned::boolean[], reasons::text[], name
        FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
            AS given (torrent, change, replicas, is_paused, is_removed, deletes_data, is_sequential, download_limit, upload_limit, length, storages, states, pinned, reasons, name)
        ON CONFLICT (torrent) DO UPDATE SET change = excluded.change, replicas = excluded.replicas, is_paused = excluded.is_paused, is_removed = excluded.is_removed, deletes_data = excluded.deletes_data,
            is_sequential = excluded.is_sequential, download_limit = excluded.download_limit, upload_limit = excluded.upload_limit, length = excluded.length,
            storages = excluded.storages, states = excluded.states, pinned = excluded.pinned, reasons = excluded.reasons, name = excluded.name
        """;

    private static void AddMembers(NpgsqlBatch batch, MembershipTable before, MembershipTable after)
    {
        foreach (var id in before.Members.Keys)
        {
            if (!after.Members.ContainsKey(id)) Add(batch, "DELETE FROM cluster_members WHERE end_point = $1 AND generation = $2", [Value(id.EndPoint), Value(id.Generation)]);
        }

        foreach (var (id, member) in after.Members)
        {
            if (before.Members.GetValueOrDefault(id) is not { } known) AddMember(batch, member);
            else if (!ReferenceEquals(known, member)) AddChange(batch, member);
        }
    }

    private static void AddMember(NpgsqlBatch batch, Member member) => Add(batch,
        """
        INSERT INTO cluster_members (end_point, generation, storage, zone, weight, roles, peer_end_points, message_version, state, since, alive_until, free_bytes, voters, voter_generations, voted)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '{}', '{}', '{}')
        """,
        [
            Value(member.Id.EndPoint), Value(member.Id.Generation), Value(member.Traits.Storage), Value(member.Traits.Zone), Value(member.Traits.Weight), Value((int)member.Traits.Roles),
            Value(member.Traits.PeerEndPoints.ToArray()), Value(member.Traits.MessageVersion), Value((short)member.State), Value(member.SinceTicks), Value(member.AliveUntilTicks), Value(member.FreeBytes),
        ]);

    // What a member says of itself is never changed.
    private static void AddChange(NpgsqlBatch batch, Member member) => Add(batch,
        "UPDATE cluster_members SET state = $3, since = $4, alive_until = $5, free_bytes = $6, voters = $7, voter_generations = $8, voted = $9 WHERE end_point = $1 AND generation = $2",
        [
            Value(member.Id.EndPoint), Value(member.Id.Generation), Value((short)member.State), Value(member.SinceTicks), Value(member.AliveUntilTicks), Value(member.FreeBytes),
            Value(member.Suspicions.Select(static suspicion => suspicion.Voter.EndPoint).ToArray()), Value(member.Suspicions.Select(static suspicion => suspicion.Voter.Generation).ToArray()),
            Value(member.Suspicions.Select(static suspicion => suspicion.AtTicks).ToArray()),
        ]);

    private static void AddLeases(NpgsqlBatch batch, ClusterTables before, ClusterTables after)
    {
        foreach (var name in before.Leases.Keys.Where(name => !after.Leases.ContainsKey(name))) Add(batch, "DELETE FROM cluster_leases WHERE name = $1", [Value(name)]);
        foreach (var (name, lease) in after.Leases)
        {
            if (before.Leases.TryGetValue(name, out var known) && known == lease) continue;
            Add(batch, "INSERT INTO cluster_leases (name, end_point, generation, token) VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO UPDATE SET end_point = excluded.end_point, generation = excluded.generation, token = excluded.token",
                [Value(name), Value(lease.Owner.EndPoint), Value(lease.Owner.Generation), Value(lease.Token)]);
        }
    }

    private static void AddBans(NpgsqlBatch batch, ClusterTables before, ClusterTables after)
    {
        byte[][] gone = [.. before.Bans.Values.Where(ban => !after.Bans.ContainsKey(ban.Key)).Select(static ban => ban.Address.GetAddressBytes())];
        if (gone.Length > 0) Add(batch, "DELETE FROM cluster_bans WHERE address = ANY ($1)", [Value(gone)]);
        foreach (var (key, ban) in after.Bans)
        {
            if (ReferenceEquals(before.Bans.GetValueOrDefault(key), ban)) continue;
            Add(batch,
                """
                INSERT INTO cluster_bans (address, until, kept_until, reason, given_by, change) VALUES ($1, $2, $3, $4, $5, $6)
                ON CONFLICT (address) DO UPDATE SET until = excluded.until, kept_until = excluded.kept_until, reason = excluded.reason, given_by = excluded.given_by, change = excluded.change
                """,
                [Value(ban.Address.GetAddressBytes()), Value(ban.UntilTicks), Value(ban.KeptUntilTicks), Value(ban.Reason), Value(ban.By), Value(ban.Change)]);
        }
    }

    private static NpgsqlParameter[] TorrentValues(PlacedTorrent[] placed) =>
    [
        Column(placed, static torrent => torrent.Wanted.Torrent.Value.ToArray()), Column(placed, static torrent => torrent.Change), Column(placed, static torrent => torrent.Wanted.Replicas),
        Column(placed, static torrent => torrent.Wanted.IsPaused), Column(placed, static torrent => torrent.Wanted.IsRemoved), Column(placed, static torrent => torrent.Wanted.DeletesData), Column(placed, static torrent => torrent.Wanted.IsSequential),
        Column(placed, static torrent => torrent.Wanted.DownloadLimit), Column(placed, static torrent => torrent.Wanted.UploadLimit), Column(placed, static torrent => torrent.Wanted.Length),
        Column(placed, static torrent => ArrayText(torrent, static replica => replica.Storage)), Column(placed, static torrent => ArrayText(torrent, static replica => ((short)replica.State).ToString(CultureInfo.InvariantCulture))),
        Column(placed, static torrent => ArrayText(torrent, static replica => replica.IsPinned ? "t" : "f")), Column(placed, static torrent => ArrayText(torrent, static replica => replica.Reason)),
        new NpgsqlParameter<string?[]> { TypedValue = [.. placed.Select(static torrent => torrent.Wanted.Name)], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
    ];

    private static NpgsqlParameter<T[]> Column<T>(PlacedTorrent[] placed, Func<PlacedTorrent, T> value) => Value(Array.ConvertAll(placed, torrent => value(torrent)));

    private static string ArrayText(PlacedTorrent torrent, Func<Replica, string?> value) =>
        $"{{{string.Join(',', torrent.Replicas.Select(replica => value(replica) is { } text ? $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"" : "NULL"))}}}";

    private static void Add(NpgsqlBatch batch, string sql, NpgsqlParameter[] parameters) => batch.BatchCommands.Add(Command(sql, parameters));

    private static NpgsqlBatchCommand Command(string sql, NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        command.Parameters.AddRange(parameters);
        return command;
    }

    private static NpgsqlParameter<T> Value<T>(T value) => new() { TypedValue = value };
}
