using System.Collections.Immutable;
using Microsoft.Data.Sqlite;

namespace Swarm.Io.Store;

/// <summary>
/// The tables, as numbered steps. <c>PRAGMA application_id</c> says that a file is Swarm's, <c>PRAGMA user_version</c> how many steps it has seen; both change in the
/// transaction of the step itself. A step that has been released is never edited: a change is a new step.
/// <list type="bullet">
/// <item><c>tokens</c>: one row, the last fencing token given. One counter for all torrents, so that a token stays strictly greater even for a torrent that was removed and added again.</item>
/// <item><c>owners</c>: the processes that have the folder open, named for people; alive while their lock file is locked (<see cref="OwnerLocks"/>).</item>
/// <item><c>leases</c>: who runs a torrent, under which token. No row: nobody.</item>
/// <item><c>notes</c>: what the node itself keeps, by name: its DHT tables.</item>
/// <item><c>torrents</c>: the small part of what they are, which a start reads whole: <c>sequence</c> is the order of addition, <c>options</c> what their users want (<see cref="OptionsCodec"/>), <c>summary</c>
/// what lists show (<see cref="SummaryCodec"/>). <c>metainfos</c>, <c>progress</c>: the .torrent files, and how far they are; apart because they are large.</item>
/// </list>
/// </summary>
internal static class StoreSchema
{
    /// <summary>"SWRM".</summary>
    public const int ApplicationId = 0x5357524D;

    /// <summary>The steps; the schema's version is the number of those done.</summary>
    public static ImmutableArray<string> Steps { get; } =
    [
        """
        CREATE TABLE tokens (only INTEGER PRIMARY KEY CHECK (only = 1), last INTEGER NOT NULL) STRICT;
        INSERT INTO tokens (only, last) VALUES (1, 0);
        CREATE TABLE owners (id TEXT PRIMARY KEY, process INTEGER NOT NULL, machine TEXT NOT NULL) STRICT;
        CREATE TABLE leases (torrent BLOB PRIMARY KEY CHECK (length(torrent) = 20), owner TEXT NOT NULL, token INTEGER NOT NULL) STRICT;
        CREATE INDEX leases_by_owner ON leases (owner);
        CREATE TABLE torrents (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            torrent BLOB NOT NULL UNIQUE CHECK (length(torrent) = 20),
            magnet TEXT,
            folder TEXT NOT NULL,
            added INTEGER NOT NULL,
            metainfo BLOB NOT NULL) STRICT;
        CREATE TABLE progress (sequence INTEGER PRIMARY KEY REFERENCES torrents (sequence) ON DELETE CASCADE, record BLOB NOT NULL) STRICT;
        """,
        "CREATE TABLE notes (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;",
        """
        CREATE TABLE metainfos (sequence INTEGER PRIMARY KEY REFERENCES torrents (sequence) ON DELETE CASCADE, metainfo BLOB NOT NULL) STRICT;
        INSERT INTO metainfos (sequence, metainfo) SELECT sequence, metainfo FROM torrents;
        ALTER TABLE torrents DROP COLUMN metainfo;
        ALTER TABLE torrents ADD COLUMN options BLOB;
        ALTER TABLE torrents ADD COLUMN summary BLOB;
        """,
    ];

    /// <summary>Looks at a file without changing it. Null if it is ours or new; otherwise why it is refused.</summary>
    public static string? Refusal(SqliteConnection connection, int knownSteps)
    {
        var application = connection.Number("PRAGMA application_id");
        var done = connection.Number("PRAGMA user_version");
        if (application == ApplicationId && done > knownSteps)
        {
            return $"it was written by a newer version of Swarm (schema {done}, this one knows up to {knownSteps}); use that version, or another data folder";
        }

        if (application == ApplicationId && done > 0) return null;
        var tables = connection.Number("SELECT count(*) FROM sqlite_schema");
        return application == 0 && done == 0 && tables == 0 ? null : "it is a database of another program; use another data folder";
    }

    /// <summary>Does the steps that are missing. Inside a write transaction, after <see cref="Refusal"/> was null there.</summary>
    public static void Migrate(SqliteConnection connection, SqliteTransaction transaction, ImmutableArray<string> steps)
    {
        var done = (int)connection.Number("PRAGMA user_version", transaction);
        for (; done < steps.Length; done++)
        {
            connection.Execute(steps[done], transaction);
            connection.Execute($"PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {done + 1}", transaction);
        }
    }
}
