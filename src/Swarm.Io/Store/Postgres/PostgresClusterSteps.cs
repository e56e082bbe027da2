namespace Swarm.Io.Store.Postgres;

/// <summary>
/// The tables of a cluster: what <see cref="Swarm.Protocol.Cluster.ClusterTables"/> holds, row by row. Moments are UTC ticks (100 ns) of the database's clock; numbers of states are those of the enumerations. One cluster a schema.
/// <list type="bullet">
/// <item><c>cluster_state</c>: one row, the numbers that were given last. Its lock is the order of everything but renewals (<see cref="PostgresClusterStore"/>).</item>
/// <item><c>cluster_members</c>: the membership table. The sessions in it are renewed every few seconds, and nothing that is renewed has an index: a renewal rewrites its row within its page.</item>
/// <item><c>cluster_leases</c>: named leases. A name has one row or none.</item>
/// <item><c>cluster_torrents</c>: what is wanted and where it is, the replicas as arrays that run side by side, by storage. Nodes read it by <c>change</c>.</item>
/// <item><c>cluster_bans</c>: addresses that no member deals with, lifted ones for as long as somebody may believe in them. Read by <c>change</c>.</item>
/// <item><c>cluster_sources</c>: the .torrent files and links, and the peers that links named; apart because they are large and rarely read.</item>
/// </list>
/// Names are compared byte by byte ("C"), as the program does, whatever the database's own order is.
/// </summary>
internal static class PostgresClusterSteps
{
    /// <summary>All of them, as they were first.</summary>
    public static PostgresStep Tables { get; } = new("the tables of a cluster",
        """
        CREATE TABLE cluster_state (
            only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
            version bigint NOT NULL DEFAULT 0,
            last_generation bigint NOT NULL DEFAULT 0,
            last_change bigint NOT NULL DEFAULT 0,
            last_token bigint NOT NULL DEFAULT 0);
        INSERT INTO cluster_state DEFAULT VALUES;
        CREATE TABLE cluster_members (
            end_point text COLLATE "C" NOT NULL,
            generation bigint NOT NULL,
            storage text COLLATE "C" NOT NULL,
            zone text COLLATE "C" NOT NULL,
            weight double precision NOT NULL,
            roles int NOT NULL,
            peer_end_points text[] NOT NULL,
            message_version int NOT NULL,
            state smallint NOT NULL,
            since bigint NOT NULL,
            alive_until bigint NOT NULL,
            free_bytes bigint NOT NULL,
            voters text[] NOT NULL,
            voter_generations bigint[] NOT NULL,
            voted bigint[] NOT NULL,
            PRIMARY KEY (end_point, generation)) WITH (fillfactor = 50);
        CREATE TABLE cluster_leases (
            name text COLLATE "C" PRIMARY KEY,
            end_point text COLLATE "C" NOT NULL,
            generation bigint NOT NULL,
            token bigint NOT NULL);
        CREATE TABLE cluster_torrents (
            torrent bytea PRIMARY KEY CHECK (length(torrent) = 20),
            change bigint NOT NULL UNIQUE,
            name text,
            replicas int NOT NULL,
            is_paused boolean NOT NULL,
            is_removed boolean NOT NULL,
            deletes_data boolean NOT NULL,
            is_sequential boolean NOT NULL,
            download_limit bigint NOT NULL,
            upload_limit bigint NOT NULL,
            length bigint NOT NULL,
            storages text[] NOT NULL,
            states smallint[] NOT NULL,
            pinned boolean[] NOT NULL,
            reasons text[] NOT NULL);
        CREATE TABLE cluster_sources (torrent bytea PRIMARY KEY CHECK (length(torrent) = 20), source bytea NOT NULL);
        ALTER TABLE cluster_sources ALTER COLUMN source SET STORAGE EXTERNAL;
        """);

    /// <summary>Which rows of <c>cluster_torrents</c> are marks of forgotten torrents; the index is found by this very condition.</summary>
    public const string IsForgotten = "is_removed AND cardinality(storages) = 0";

    /// <summary>Rows of forgotten torrents are purged: up to which change, and the mark by which it is known that a row is old enough. A process of an older version that still runs goes on writing rows as before.</summary>
    public static PostgresStep Purging { get; } = new("forgotten torrents are purged",
        $"""
        ALTER TABLE cluster_state
            ADD COLUMN purged_to bigint NOT NULL DEFAULT 0,
            ADD COLUMN marked_change bigint NOT NULL DEFAULT 0,
            ADD COLUMN marked_at bigint NOT NULL DEFAULT 0;
        CREATE INDEX cluster_torrents_forgotten ON cluster_torrents (change) WHERE {IsForgotten};
        """);

    /// <summary>Peers that links named stay when a file takes the link's place.</summary>
    public static PostgresStep Hints { get; } = new("peers that links named", "ALTER TABLE cluster_sources ADD COLUMN hints text[] NOT NULL DEFAULT '{}'");

    /// <summary>Which rows of <c>cluster_torrents</c> are of torrents that were removed and are not forgotten; the index is found by this very condition.</summary>
    public const string IsGoing = "is_removed AND cardinality(storages) > 0";

    /// <summary>Removed torrents that wait for storages are found without a look at all others.</summary>
    public static PostgresStep Going { get; } = new("torrents that wait to be forgotten", $"CREATE INDEX cluster_torrents_going ON cluster_torrents (change) WHERE {IsGoing}");

    /// <summary>Bans, with numbers of changes of their own.</summary>
    public static PostgresStep Bans { get; } = new("bans of a cluster",
        """
        ALTER TABLE cluster_state ADD COLUMN last_ban bigint NOT NULL DEFAULT 0;
        CREATE TABLE cluster_bans (
            address bytea PRIMARY KEY CHECK (length(address) IN (4, 16)),
            until bigint NOT NULL,
            kept_until bigint NOT NULL,
            reason text NOT NULL,
            given_by text NOT NULL,
            change bigint NOT NULL UNIQUE);
        CREATE INDEX cluster_bans_kept ON cluster_bans (kept_until, change);
        """);
}
