using Swarm.Api.Contracts;
using static Swarm.Host.Api.Palettes.PaletteParts;

namespace Swarm.Host.Api.Palettes;

/// <summary>
/// The commands a node offers to programs such as <c>pbm</c>: every operation of the API that an operator types. A new operation gets its line here, and every program shows it. A test holds
/// each line against the routes: method, path, and scope.
/// </summary>
internal static class NodePalettes
{
    /// <summary>All of them.</summary>
    public static PaletteBook Book(string version) => new(version, [Node, TorrentPalette.Palette, Peers, Dht, Trackers, ClusterPalette.Palette, Automation, Actors, Log, Config]);

    private static Palette Node { get; } = new("node", "The node as a whole.",
    [
        Get("status", "What the node is and does.", "/api/v1/node", Record(
            Column("state", "State"), Column("version", "Version"), Column("startedAt", "Started", ColumnFormat.Moment), Column("uptimeSeconds", "Up", ColumnFormat.Seconds),
            Column("listen", "Listens", ColumnFormat.List), Column("torrents", "Torrents", ColumnFormat.Number), Column("connectedPeers", "Peers", ColumnFormat.Number),
            Column("downloadRate", "Down", ColumnFormat.Rate), Column("uploadRate", "Up", ColumnFormat.Rate), Column("limits.downloadLimit", "Down limit", ColumnFormat.Rate),
            Column("limits.uploadLimit", "Up limit", ColumnFormat.Rate), Column("defaultFolder", "Folder"), Column("contentRoots", "Content roots", ColumnFormat.List))),
        Get("statistics", "Figures over all torrents.", "/api/v1/statistics", Record(
            Column("torrents", "Torrents", ColumnFormat.Number), Column("byState", "By state", ColumnFormat.Map), Column("downloadRate", "Down", ColumnFormat.Rate),
            Column("uploadRate", "Up", ColumnFormat.Rate), Column("downloadedBytes", "Received", ColumnFormat.Bytes), Column("uploadedBytes", "Sent", ColumnFormat.Bytes),
            Column("connectedPeers", "Peers", ColumnFormat.Number), Column("memoryBytes", "Memory", ColumnFormat.Bytes))),
        Change("limit", "Limits the whole node.", "PATCH", "/api/v1/node/limits", Record(Column("downloadLimit", "Down limit", ColumnFormat.Rate), Column("uploadLimit", "Up limit", ColumnFormat.Rate))) with
        {
            Arguments = [Option("down", "Payload bytes a second, 0 for no limit.", ArgumentType.Rate, "downloadLimit"), Option("up", "Payload bytes a second, 0 for no limit.", ArgumentType.Rate, "uploadLimit")],
            Example = "node limit --down 10M --up 2M",
        },
        Change("drain", "Ends the node in good order: trackers told, everything written down.", "POST", "/api/v1/node/drain", Record(Column("state", "State"))) with { Scope = Scopes.Admin, Confirm = true },
    ]);

    private static Palette Peers { get; } = new("peers", "Connections.",
    [
        Get("list", "The connections of a torrent.", "/api/v1/torrents/{hash}/peers", Table(
            Column("address", "Address"), Column("client", "Client"), Column("progress", "Has", ColumnFormat.Percent), Column("downloadRate", "Down", ColumnFormat.Rate), Column("uploadRate", "Up", ColumnFormat.Rate),
            Column("downloadedBytes", "Received", ColumnFormat.Bytes), Column("uploadedBytes", "Sent", ColumnFormat.Bytes), Column("peerChokes", "Chokes us"), Column("snubbed", "Snubs us"))) with
        {
            Arguments = [OneTorrent],
        },
        Change("add", "Tries peers for a torrent.", "POST", "/api/v1/torrents/{hash}/peers", Report) with
        {
            Arguments = [OneTorrent, Positional(1, "peer", "address:port", ArgumentType.Text, "peers", ArgumentPlace.Body) with { Repeats = true }],
        },
    ]);

    private static Palette Dht { get; } = new("dht", "The node's DHT.",
    [
        Get("status", "The routing table, a line for each address family.", "/api/v1/dht", Table(
            Column("family", "Family"), Column("nodeId", "Id", ColumnFormat.Hash), Column("nodes", "Nodes", ColumnFormat.Number), Column("goodNodes", "Good", ColumnFormat.Number),
            Column("buckets", "Buckets", ColumnFormat.Number), Column("address", "Address"))),
        Get("lookup", "Asks the DHT for peers of a hash.", "/api/v1/dht/peers/{hash}", Table(Column("address", "Address"))) with
        {
            Scope = Scopes.Operator,
            Arguments = [Positional(0, "hash", "The whole info-hash, 40 digits.", ArgumentType.Text, "hash", ArgumentPlace.Path)],
        },
    ]);

    private static Palette Trackers { get; } = new("trackers", "Trackers.",
    [
        Get("list", "The trackers of a torrent.", "/api/v1/torrents/{hash}/trackers", Table(
            Column("tier", "Tier", ColumnFormat.Number), Column("url", "URL"), Column("seeders", "Seeders", ColumnFormat.Number), Column("leechers", "Leechers", ColumnFormat.Number),
            Column("peersTold", "Peers told", ColumnFormat.Number), Column("lastAnnouncedAt", "Last", ColumnFormat.Moment), Column("nextAnnounceAt", "Next", ColumnFormat.Moment), Column("error", "Error"))) with
        {
            Arguments = [OneTorrent],
        },
        Change("announce", "Asks trackers and DHT for peers now, as far as they allow.", "POST", "/api/v1/torrents/reannounce", Report) with { Arguments = [ManyTorrents] },
    ]);

    private static Palette Automation { get; } = new("automation", "What the node does with its torrents by itself.",
    [
        Get("preview", "What would be done now, and why; nothing is done.", "/api/v1/automation/preview", Table(
            Column("hash", "Torrent", ColumnFormat.Hash), Column("name", "Name"), Column("action", "Action"), Column("reason", "Why"))),
    ]);

    private static Palette Actors { get; } = new("actors", "The supervision tree.",
    [
        Get("tree", "The living actors, with what waits for them and what they went through.", "/api/v1/actors", Table(
            Column("name", "Actor", ColumnFormat.Tree), Column("kind", "Kind"), Column("mailboxDepth", "Waiting", ColumnFormat.Number), Column("restarts", "Restarts", ColumnFormat.Number),
            Column("lastFailure", "Last failure"), Column("lastFailureAt", "When", ColumnFormat.Moment))) with
        {
            Arguments = [Query("under", "Only this actor and what is below it.", ArgumentType.Text), Query("limit", "At most so many actors.", ArgumentType.Integer)],
        },
        Get("mailboxes", "The actors with the longest queues.", "/api/v1/actors/mailboxes", Table(
            Column("path", "Actor"), Column("mailboxDepth", "Waiting", ColumnFormat.Number), Column("restarts", "Restarts", ColumnFormat.Number))) with
        {
            Arguments = [Query("limit", "At most so many actors.", ArgumentType.Integer)],
        },
        Change("restart", "Makes an actor fail, so that its supervisor restarts or stops it.", "POST", "/api/v1/actors/restart", Record(Column("path", "Actor"))) with
        {
            Scope = Scopes.Admin,
            Confirm = true,
            Arguments = [Positional(0, "path", "Its path, such as /user/node/trackers.", ArgumentType.Text, "path", ArgumentPlace.Body)],
        },
    ]);

    private static Palette Log { get; } = new("log", "The node's log.",
    [
        Get("show", "The last lines.", "/api/v1/log", Table(LogColumns)) with { Arguments = [Query("limit", "At most so many lines.", ArgumentType.Integer), LogLevelFilter] },
        Get("tail", "Lines as they come.", "/api/v1/log/stream", new PaletteOutput { Kind = OutputKind.Stream, Columns = LogColumns }) with { Arguments = [LogLevelFilter] },
        Get("levels", "From which level on what is logged.", "/api/v1/log/levels", Table(Column("category", "Category"), Column("level", "Level"))),
        Change("level", "Logs a category from this level on.", "PUT", "/api/v1/log/levels", Table(Column("category", "Category"), Column("level", "Level"))) with
        {
            Scope = Scopes.Admin,
            Arguments =
            [
                Positional(0, "level", "From this level on.", ArgumentType.Text, "level", ArgumentPlace.Body) with { Choices = Levels },
                Positional(1, "category", "Which part of the node, such as Swarm.Actors.Trackers; * for all.", ArgumentType.Text, "category", ArgumentPlace.Body) with { Required = false },
            ],
            Example = "log level debug Swarm.Actors.Trackers",
        },
    ]);

    private static Palette Config { get; } = new("config", "The node's configuration.",
    [
        Get("show", "The configuration in force, and where each value is from.", "/api/v1/config", Table(Column("key", "Key"), Column("value", "Value"), Column("origin", "From"))) with
        {
            Scope = Scopes.Admin,
            Arguments = [Query("under", "Only this key and those below it.", ArgumentType.Text)],
        },
    ]);

    private static string[] Levels => ["trace", "debug", "information", "warning", "error", "critical", "none"];

    private static PaletteColumn[] LogColumns => [Column("at", "At", ColumnFormat.Moment), Column("level", "Level"), Column("category", "Category"), Column("message", "Message")];

    private static PaletteArgument LogLevelFilter => Query("level", "Only lines of this level and worse.", ArgumentType.Text) with { Choices = Levels };
}
