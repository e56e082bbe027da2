using Swarm.Api.Contracts;
using static Swarm.Host.Api.Palettes.PaletteParts;

namespace Swarm.Host.Api.Palettes;

/// <summary>The commands for torrents, the largest palette.</summary>
internal static class TorrentPalette
{
    /// <summary>All of them.</summary>
    public static Palette Palette { get; } = new("torrents", "Torrents.", [List, Show, Explain, Add, .. Simple, Remove, Move, Limit, Set, Rename, Priority, Files]);

    private static string[] States => ["loading", "fetchingMetadata", "checking", "downloading", "seeding", "queued", "waiting", "failed", "stopping", "paused"];

    private static PaletteOutput ListTable => Table(
        Column("hash", "Hash", ColumnFormat.Hash), Column("name", "Name"), Column("state", "State"), Column("progress", "Done", ColumnFormat.Percent), Column("totalBytes", "Size", ColumnFormat.Bytes),
        Column("downloadRate", "Down", ColumnFormat.Rate), Column("uploadRate", "Up", ColumnFormat.Rate), Column("ratio", "Ratio", ColumnFormat.Number),
        Column("connectedPeers", "Peers", ColumnFormat.Number), Column("secondsLeft", "Left", ColumnFormat.Seconds));

    private static PaletteCommand List => Get("list", "Torrents, filtered and sorted.", "/api/v1/torrents", ListTable with { Next = "next" }) with
    {
        Arguments =
        [
            Query("state", "Only torrents in this state; several with commas.", ArgumentType.Text) with { Choices = States },
            Query("label", "Only torrents with this label.", ArgumentType.Text), Query("category", "Only torrents of this category.", ArgumentType.Text),
            Query("tracker", "Only torrents with a tracker on this host.", ArgumentType.Text), Query("text", "Only torrents with this in their name.", ArgumentType.Text),
            Query("sort", "The column to sort by; with a minus before it from large to small.", ArgumentType.Text), Query("limit", "Torrents a page.", ArgumentType.Integer),
        ],
        Example = "torrents list --state downloading --sort -downloadRate",
    };

    private static PaletteCommand Show => Get("show", "One torrent.", "/api/v1/torrents/{hash}", Record(
        Column("torrent.name", "Name"), Column("torrent.hash", "Hash"), Column("torrent.state", "State"), Column("torrent.reason", "Reason"), Column("torrent.progress", "Done", ColumnFormat.Percent),
        Column("torrent.totalBytes", "Size", ColumnFormat.Bytes), Column("torrent.downloadRate", "Down", ColumnFormat.Rate), Column("torrent.uploadRate", "Up", ColumnFormat.Rate),
        Column("torrent.downloadedBytes", "Received", ColumnFormat.Bytes), Column("torrent.uploadedBytes", "Sent", ColumnFormat.Bytes), Column("torrent.ratio", "Ratio", ColumnFormat.Number),
        Column("torrent.connectedPeers", "Peers", ColumnFormat.Number), Column("knownPeers", "Known peers", ColumnFormat.Number), Column("torrent.folder", "Folder"),
        Column("torrent.category", "Category"), Column("torrent.labels", "Labels", ColumnFormat.List), Column("pieceCount", "Pieces", ColumnFormat.Number),
        Column("verifiedPieces", "Verified", ColumnFormat.Number), Column("pieceBytes", "Piece", ColumnFormat.Bytes), Column("fileCount", "Files", ColumnFormat.Number),
        Column("torrent.addedAt", "Added", ColumnFormat.Moment), Column("torrent.completedAt", "Completed", ColumnFormat.Moment), Column("comment", "Comment"))) with
    {
        Arguments = [OneTorrent],
    };

    private static PaletteCommand Explain => Get("explain", "Why a torrent is slow or stopped, with the evidence.", "/api/v1/torrents/{hash}/explain", Table(
        Column("severity", "Severity"), Column("sentence", "Finding"), Column("remedy", "What to do"), Column("evidence", "Evidence", ColumnFormat.Map))) with
    {
        Arguments = [OneTorrent],
    };

    private static PaletteCommand Add => Change("add", "Adds a torrent.", "POST", "/api/v1/torrents", Record(Column("name", "Name"), Column("hash", "Hash"), Column("wasThere", "Was there"))) with
    {
        Arguments =
        [
            Positional(0, "torrent", "A .torrent file, a magnet link, an http(s) URL of a .torrent file, or an info-hash.", ArgumentType.Torrent, "source", ArgumentPlace.Body),
            Option("folder", "The folder on the node its content lies below.", ArgumentType.Text, "folder"), Option("paused", "Stands still until it is resumed.", ArgumentType.Boolean, "paused"),
            Option("sequential", "Fetch pieces in order.", ArgumentType.Boolean, "sequential"), Option("recheck", "Hash what lies on disk first.", ArgumentType.Boolean, "recheck"),
            Option("category", "The category.", ArgumentType.Text, "category"), Option("label", "A label.", ArgumentType.Text, "labels") with { Repeats = true },
            Option("tracker", "A tracker besides the torrent's own.", ArgumentType.Text, "trackers") with { Repeats = true },
            Option("peer", "A peer to try at once, address:port.", ArgumentType.Text, "peers") with { Repeats = true },
            Option("select", "A pattern over paths; files that none matches are not wanted.", ArgumentType.Text, "select") with { Repeats = true },
            Option("down", "Payload bytes a second.", ArgumentType.Rate, "downloadLimit"), Option("up", "Payload bytes a second.", ArgumentType.Rate, "uploadLimit"),
            Option("replicas", "In a cluster: so many nodes are to have it; 0 for this one alone.", ArgumentType.Integer, "replicas"), Option("local", "In a cluster: for this node alone.", ArgumentType.Boolean, "local"),
            Option("wait", "In a cluster: until so many replicas are complete, as long as --timeout says.", ArgumentType.Integer, "acknowledged") with { Patience = "timeoutSeconds" },
        ],
        Example = "torrents add debian.iso.torrent --label linux",
    };

    private static IEnumerable<PaletteCommand> Simple =>
    [
        Change("pause", "Lets torrents stand still, also after a restart, until they are resumed.", "POST", "/api/v1/torrents/pause", Report) with { Arguments = [ManyTorrents] },
        Change("resume", "Lets torrents go on, also after a failure.", "POST", "/api/v1/torrents/resume", Report) with { Arguments = [ManyTorrents] },
        Change("recheck", "Hashes everything on disk, and fetches what does not match.", "POST", "/api/v1/torrents/recheck", Report) with { Arguments = [ManyTorrents] },
    ];

    private static PaletteCommand Remove => Change("remove", "Forgets torrents; their files stay unless --delete-data is given.", "POST", "/api/v1/torrents/remove", Report) with
    {
        Confirm = true,
        Arguments = [ManyTorrents, Option("delete-data", "Delete their files too.", ArgumentType.Boolean, "deleteData")],
    };

    private static PaletteCommand Move => Change("move", "Moves the content of torrents below another folder.", "POST", "/api/v1/torrents/move", Report) with
    {
        Arguments =
        [
            Positional(0, "folder", "The folder on the node, absolute, inside one of its content roots.", ArgumentType.Text, "folder", ArgumentPlace.Body),
            Positional(1, "hash", "The torrents: their hashes, or beginnings of them.", ArgumentType.Hash, "hashes", ArgumentPlace.Body) with { Repeats = true },
        ],
    };

    private static PaletteCommand Limit => Change("limit", "Limits the rates and connections of torrents.", "PATCH", "/api/v1/torrents", Report) with
    {
        Arguments =
        [
            ManyTorrents,
            Option("down", "Payload bytes a second, 0 for no limit.", ArgumentType.Rate, "change.downloadLimit"),
            Option("up", "Payload bytes a second, 0 for no limit.", ArgumentType.Rate, "change.uploadLimit"),
            Option("connections", "Connections at most, 0 for the node's limit alone.", ArgumentType.Integer, "change.maxConnections"),
        ],
        Example = "torrents limit c12fe1 --down 1M",
    };

    private static PaletteCommand Set => Change("set", "Changes how torrents are run.", "PATCH", "/api/v1/torrents", Report) with
    {
        Arguments =
        [
            ManyTorrents,
            Option("category", "The category; empty for none.", ArgumentType.Text, "change.category"),
            Option("label", "A label; all that are given replace those it has.", ArgumentType.Text, "change.labels") with { Repeats = true },
            Option("sequential", "Fetch pieces in order.", ArgumentType.Boolean, "change.sequential"),
            Option("ratio", "Stop seeding at this ratio; 0: never; negative: as the node says.", ArgumentType.Number, "change.ratioGoal"),
            Option("seed-time", "Stop seeding after this time; 0: never; negative: as the node says.", ArgumentType.Seconds, "change.seedSecondsGoal"),
            Option("queue", "Place in the queue, 0 first.", ArgumentType.Integer, "change.queuePosition"),
        ],
        Example = "torrents set c12fe1 --label linux --ratio 2",
    };

    private static PaletteCommand Rename => Change("rename", "Names a torrent anew.", "PATCH", "/api/v1/torrents/{hash}", Report) with
    {
        Arguments = [OneTorrent, Positional(1, "name", "The name people see; empty for the torrent's own.", ArgumentType.Text, "name", ArgumentPlace.Body)],
    };

    private static PaletteCommand Priority => Change("priority", "Says how much a file is wanted.", "PUT", "/api/v1/torrents/{hash}/files/{index}/priority/{priority}", Report) with
    {
        Arguments =
        [
            OneTorrent,
            Positional(1, "file", "The file's place in the torrent, 0 first.", ArgumentType.Integer, "index", ArgumentPlace.Path),
            Positional(2, "priority", "How much it is wanted.", ArgumentType.Text, "priority", ArgumentPlace.Path) with { Choices = ["skip", "low", "normal", "high"] },
        ],
    };

    private static PaletteCommand Files => Get("files", "The files of a torrent.", "/api/v1/torrents/{hash}/files", Table(
        Column("index", "File", ColumnFormat.Number), Column("path", "Path"), Column("bytes", "Size", ColumnFormat.Bytes), Column("progress", "Done", ColumnFormat.Percent), Column("priority", "Priority"))) with
    {
        Arguments = [OneTorrent],
    };
}
