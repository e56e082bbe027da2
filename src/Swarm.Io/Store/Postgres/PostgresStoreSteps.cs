namespace Swarm.Io.Store.Postgres;

/// <summary>
/// The tables of the store. A <i>storage</i> is a name for the place where content lies: a node without a cluster has one, a cluster many in one database. Everything but <c>tokens</c> is of one storage.
/// <list type="bullet">
/// <item><c>tokens</c>: the fencing tokens, for all storages. A sequence, not a row: who takes a lease does not wait for whoever else does.</item>
/// <item><c>owners</c>: the processes that have a storage open, named for people; one is alive while <c>expires</c> lies ahead in the database's time.</item>
/// <item><c>leases</c>: who runs a torrent, under which token; 0: it was taken up, and no token given yet. No row, or no owner: nobody.</item>
/// <item><c>notes</c>: what a node itself keeps, by name: its DHT tables.</item>
/// <item><c>torrents</c>: the small part of what they are, which a start reads whole: <c>sequence</c> is the order of addition, <c>options</c> what their users want (<see cref="OptionsCodec"/>), <c>summary</c>
/// what lists show (<see cref="SummaryCodec"/>). <c>magnet</c> and <c>folder</c> are UTF-8 in bytes, because a text of PostgreSQL cannot hold every text (no NUL).</item>
/// <item><c>metainfos</c>, <c>progress</c>: the .torrent files, and how far they are; apart because they are large.</item>
/// </list>
/// </summary>
internal static class PostgresStoreSteps
{
    /// <summary>All of them, as they were first.</summary>
    public static PostgresStep Tables { get; } = new("the tables of torrents",
        """
        CREATE SEQUENCE tokens AS bigint;
        CREATE TABLE owners (
            id uuid PRIMARY KEY,
            storage text NOT NULL,
            name text NOT NULL,
            process int NOT NULL,
            machine text NOT NULL,
            expires timestamptz NOT NULL) WITH (fillfactor = 50);
        CREATE INDEX owners_by_storage ON owners (storage);
        CREATE TABLE leases (
            storage text NOT NULL,
            torrent bytea NOT NULL CHECK (length(torrent) = 20),
            owner uuid,
            token bigint NOT NULL,
            PRIMARY KEY (storage, torrent)) WITH (fillfactor = 70);
        CREATE TABLE torrents (
            sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            storage text NOT NULL,
            torrent bytea NOT NULL CHECK (length(torrent) = 20),
            magnet bytea,
            folder bytea NOT NULL,
            added bigint NOT NULL,
            options bytea,
            summary bytea,
            UNIQUE (storage, torrent)) WITH (fillfactor = 70);
        CREATE INDEX torrents_in_order ON torrents (storage, sequence);
        CREATE TABLE metainfos (sequence bigint PRIMARY KEY REFERENCES torrents (sequence) ON DELETE CASCADE, metainfo bytea NOT NULL);
        ALTER TABLE metainfos ALTER COLUMN metainfo SET STORAGE EXTERNAL;
        CREATE TABLE progress (sequence bigint PRIMARY KEY REFERENCES torrents (sequence) ON DELETE CASCADE, record bytea NOT NULL) WITH (fillfactor = 50);
        CREATE TABLE notes (storage text NOT NULL, name text NOT NULL, value bytea NOT NULL, PRIMARY KEY (storage, name));
        """);
}
