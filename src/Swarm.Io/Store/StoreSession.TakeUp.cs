using System.Collections.Immutable;
using Microsoft.Data.Sqlite;
using Swarm.Actors.Ports;

namespace Swarm.Io.Store;

// How a process takes up everything at its start: a page of torrents with one statement for all their leases and one for what is known of them, whatever their number.
internal sealed partial class StoreSession
{
    private StoreOutcome.TakenUp TakeUp(StoreCommand.TakeUp command, SqliteTransaction transaction)
    {
        var others = connection.Rows("SELECT id FROM owners WHERE id <> @owner", transaction, static row => row.GetString(0), ("@owner", _owner)).Where(IsLive).ToList();
        var lastToken = connection.Number("UPDATE tokens SET last = last + @limit RETURNING last", transaction, ("@limit", command.Limit));
        connection.Execute(
            "INSERT INTO leases (torrent, owner, token) SELECT torrent, @owner, @before + row_number() OVER (ORDER BY sequence) FROM torrents WHERE sequence > @after ORDER BY sequence LIMIT @limit " +
            "ON CONFLICT (torrent) DO UPDATE SET owner = excluded.owner, token = excluded.token WHERE owner <> excluded.owner AND owner NOT IN (SELECT value FROM json_each(@others))",
            transaction, ("@owner", _owner), ("@before", lastToken - command.Limit), ("@after", command.After), ("@limit", command.Limit), ("@others", JsonList(others)));
        var page = connection.Rows(
            "SELECT t.sequence, t.torrent, t.magnet, t.folder, t.added, t.options, t.summary, l.owner, o.process, o.machine FROM torrents t JOIN leases l ON l.torrent = t.torrent LEFT JOIN owners o ON o.id = l.owner " +
            "WHERE t.sequence > @after ORDER BY t.sequence LIMIT @limit",
            transaction, TakenRow.Of, ("@after", command.After), ("@limit", command.Limit));
        var taken = ImmutableArray.CreateBuilder<TakenTorrent>();
        var last = command.After;
        foreach (var row in page)
        {
            last = row.Sequence;
            taken.Add(Taken(row));
        }

        return new StoreOutcome.TakenUp(taken.DrainToImmutable(), last);
    }

    private TakenTorrent Taken(TakenRow row)
    {
        var torrent = new InfoHash(row.Torrent);
        var (options, unfinished) = StoredTorrent.OptionsOf(torrent, row.Options, row.Folder, logger);
        var heldBy = row.Owner.Id == _owner ? null : Describe(row.Owner);
        return new TakenTorrent(torrent, heldBy, row.Magnet, row.Added, options, unfinished, StoredTorrent.SummaryOf(row.Summary));
    }

    // Ids are digits and letters.
    private static string JsonList(IEnumerable<string> ids) => $"[{string.Join(',', ids.Select(static id => $"\"{id}\""))}]";

    private sealed record TakenRow(long Sequence, byte[] Torrent, string? Magnet, string Folder, long Added, byte[]? Options, byte[]? Summary, HolderRow Owner)
    {
        // Columns in the order of the statement that takes a page up.
        public static TakenRow Of(SqliteDataReader row) => new(
            row.GetInt64(0),
            row.GetFieldValue<byte[]>(1),
            row.TextOrNull(2),
            row.GetString(3),
            row.GetInt64(4),
            row.BytesOrNull(5),
            row.BytesOrNull(6),
            new HolderRow(row.GetString(7), row.NumberOrNull(8), row.TextOrNull(9)));
    }
}
