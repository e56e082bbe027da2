using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Npgsql;
using Swarm.Actors.Ports;

namespace Swarm.Io.Store.Postgres;

// What is read: single torrents, the list of all, notes; and how a process takes up everything at its start, a page of torrents with two statements for all their leases and one for what is known of them.
internal sealed partial class CommandBatch
{
    private StoreOutcome? Load(StoreCommand.LoadTorrent command)
    {
        Statements.Add(Sql.Command(
            "SELECT m.metainfo, t.magnet, t.folder, t.added, t.options, t.summary, p.record " +
            "FROM torrents t LEFT JOIN metainfos m ON m.sequence = t.sequence LEFT JOIN progress p ON p.sequence = t.sequence WHERE t.storage = $1 AND t.torrent = $2",
            Sql.Of(settings.Storage), Sql.Of(command.Torrent)));
        return Later(async (reader, cancellation) =>
            await reader.ReadAsync(cancellation).ConfigureAwait(false) ? Loaded(command.Torrent, reader) : new StoreOutcome.Loaded(Record: null, Progress: null));
    }

    private StoreOutcome.Loaded Loaded(InfoHash torrent, NpgsqlDataReader reader) => new StoredTorrent
    {
        Metainfo = Sql.Bytes(reader, 0),
        Magnet = Sql.Utf8(reader, 1),
        Folder = Sql.Utf8(reader, 2)!,
        Added = reader.GetInt64(3),
        Options = Sql.Bytes(reader, 4),
        Summary = Sql.Bytes(reader, 5),
        Progress = Sql.Bytes(reader, 6),
    }.Loaded(torrent, logger);

    private StoreOutcome? List()
    {
        Statements.Add(Sql.Command("SELECT torrent FROM torrents WHERE storage = $1 ORDER BY sequence LIMIT $2", Sql.Of(settings.Storage), Sql.Of(settings.MaxTorrents)));
        return Later(static async (reader, cancellation) =>
        {
            var torrents = ImmutableArray.CreateBuilder<InfoHash>();
            while (await reader.ReadAsync(cancellation).ConfigureAwait(false)) torrents.Add(new InfoHash(reader.GetFieldValue<byte[]>(0)));
            return new StoreOutcome.Listed(torrents.DrainToImmutable());
        });
    }

    private StoreOutcome? Load(StoreCommand.LoadNote command)
    {
        Statements.Add(Sql.Command("SELECT value FROM notes WHERE storage = $1 AND name = $2", Sql.Of(settings.Storage), Sql.Of(command.Name)));
        return Later(static async (reader, cancellation) =>
            new StoreOutcome.Note(ImmutableCollectionsMarshal.AsImmutableArray(await reader.ReadAsync(cancellation).ConfigureAwait(false) ? reader.GetFieldValue<byte[]>(0) : [])));
    }

    // First the rows of the whole page are locked, made where they are not there; then, by a statement that sees who entered meanwhile, those of the dead change hands. Token 0 is nobody's: what the dead would still write is fenced.
    private StoreOutcome? TakeUp(StoreCommand.TakeUp command)
    {
        // Each lease is looked up by its key, whatever the planner would make of tables it has no statistics of: a page must not cost what the whole table does.
        const string page = "SELECT torrent FROM torrents WHERE storage = $1 AND sequence > $2 ORDER BY sequence LIMIT $3";
        var (storage, after, limit) = (settings.Storage, command.After, command.Limit);
        Statements.Add(Sql.Command(
            $"INSERT INTO leases AS l (storage, torrent, owner, token) SELECT $1, torrent, $4, 0 FROM ({page}) page ORDER BY torrent ON CONFLICT (storage, torrent) DO UPDATE SET token = l.token WHERE false",
            Sql.Of(storage), Sql.Of(after), Sql.Of(limit), Sql.Of(owner)));
        Statements.Add(Sql.Command(
            $"UPDATE leases l SET owner = $4, token = 0 WHERE l.storage = $1 AND l.torrent = ANY(ARRAY({page})) AND l.owner IS DISTINCT FROM $4 " +
            "AND NOT EXISTS (SELECT FROM owners o WHERE o.id = l.owner AND o.expires > now() AND o.name <> $5)",
            Sql.Of(storage), Sql.Of(after), Sql.Of(limit), Sql.Of(owner), Sql.Of(name)));
        Statements.Add(Sql.Command(
            "SELECT t.sequence, t.torrent, t.magnet, t.folder, t.added, t.options, t.summary, t.owner, o.process, o.machine FROM (SELECT *, " +
            "(SELECT l.owner FROM leases l WHERE l.storage = $1 AND l.torrent = torrents.torrent) AS owner FROM torrents WHERE storage = $1 AND sequence > $2 ORDER BY sequence LIMIT $3) t " +
            "LEFT JOIN owners o ON o.id = t.owner ORDER BY t.sequence",
            Sql.Of(storage), Sql.Of(after), Sql.Of(limit)));
        return Later(async (reader, cancellation) =>
        {
            var taken = ImmutableArray.CreateBuilder<TakenTorrent>();
            var last = command.After;
            while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
            {
                last = reader.GetInt64(0);
                taken.Add(Taken(reader));
            }

            return new StoreOutcome.TakenUp(taken.DrainToImmutable(), last);
        });
    }

    private TakenTorrent Taken(NpgsqlDataReader reader)
    {
        var torrent = new InfoHash(reader.GetFieldValue<byte[]>(1));
        var (options, unfinished) = StoredTorrent.OptionsOf(torrent, Sql.Bytes(reader, 5), Sql.Utf8(reader, 3)!, logger);
        var isOthers = !reader.IsDBNull(7) && reader.GetGuid(7) != owner;
        var heldBy = isOthers ? Describe(reader.IsDBNull(8) ? null : reader.GetInt32(8), reader.IsDBNull(9) ? null : reader.GetString(9)) : null;
        return new TakenTorrent(torrent, heldBy, Sql.Utf8(reader, 2), reader.GetInt64(4), options, unfinished, StoredTorrent.SummaryOf(Sql.Bytes(reader, 6)));
    }
}
