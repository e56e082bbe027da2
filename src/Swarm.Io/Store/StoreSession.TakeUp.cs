using System.Collections.Immutable;
using System.Text.Json;
using Dapper;
using Microsoft.Data.Sqlite;
using Swarm.Actors.Ports;

namespace Swarm.Io.Store;

// How a process takes up everything at its start: a page of torrents with one statement for all their leases and one for what is known of them, whatever their number.
internal sealed partial class StoreSession
{
    private StoreOutcome.TakenUp TakeUp(StoreCommand.TakeUp command, SqliteTransaction transaction)
    {
        var others = connection.Query<string>("SELECT id FROM owners WHERE id <> @owner", new { owner = _owner }, transaction).Where(IsLive).ToList();
        var lastToken = connection.QuerySingle<long>("UPDATE tokens SET last = last + @limit RETURNING last", new { limit = command.Limit }, transaction);
        connection.Execute(
            "INSERT INTO leases (torrent, owner, token) SELECT torrent, @owner, @before + row_number() OVER (ORDER BY sequence) FROM torrents WHERE sequence > @after ORDER BY sequence LIMIT @limit " +
            "ON CONFLICT (torrent) DO UPDATE SET owner = excluded.owner, token = excluded.token WHERE owner <> excluded.owner AND owner NOT IN (SELECT value FROM json_each(@others))",
            new { owner = _owner, before = lastToken - command.Limit, after = command.After, limit = command.Limit, others = JsonSerializer.Serialize(others) }, transaction);
        var page = connection.Query<TakenRow>(
            "SELECT t.sequence AS Sequence, t.torrent AS Torrent, t.magnet AS Magnet, t.folder AS Folder, t.added AS Added, t.options AS Options, t.summary AS Summary, " +
            "l.owner AS Owner, o.process AS Process, o.machine AS Machine FROM torrents t JOIN leases l ON l.torrent = t.torrent LEFT JOIN owners o ON o.id = l.owner " +
            "WHERE t.sequence > @after ORDER BY t.sequence LIMIT @limit",
            new { after = command.After, limit = command.Limit }, transaction, buffered: false);
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
        var heldBy = row.Owner == _owner ? null : Describe(new HolderRow { Id = row.Owner, Process = row.Process, Machine = row.Machine });
        return new TakenTorrent(torrent, heldBy, row.Magnet, row.Added, options, unfinished, StoredTorrent.SummaryOf(row.Summary));
    }

    private sealed record TakenRow
    {
        public long Sequence { get; init; }

        public required byte[] Torrent { get; init; }

        public string? Magnet { get; init; }

        public required string Folder { get; init; }

        public long Added { get; init; }

        public byte[]? Options { get; init; }

        public byte[]? Summary { get; init; }

        public required string Owner { get; init; }

        public long? Process { get; init; }

        public string? Machine { get; init; }
    }
}
