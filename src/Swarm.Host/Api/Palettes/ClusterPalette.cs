using Swarm.Api.Contracts;
using static Swarm.Host.Api.Palettes.PaletteParts;

namespace Swarm.Host.Api.Palettes;

/// <summary>The commands for the cluster, which any of its nodes carries out.</summary>
internal static class ClusterPalette
{
    /// <summary>All of them.</summary>
    public static Palette Palette { get; } = new("cluster", "The cluster, through any of its nodes.", [Status, .. Members, Leases, Torrents, Explain, Ranking, Replicas, Placement, Plan, Rebalance, Bans, Ban, Unban]);

    private static PaletteArgument OneMember => Positional(0, "end-point", "The member, as 'cluster members' names it: host:port.", ArgumentType.Text, "endPoint", ArgumentPlace.Path);

    private static PaletteOutput Accepted => Record(Column("subject", "Done for"));

    private static PaletteCommand Status => Get("status", "This node in the cluster, and figures over all of it.", "/api/v1/cluster", Record(
        Column("name", "Cluster"), Column("self", "This node"), Column("session", "Session"), Column("planner", "Planner"), Column("caughtUp", "Caught up"), Column("totals.members", "Members", ColumnFormat.Map),
        Column("totals.torrents", "Torrents", ColumnFormat.Number), Column("totals.bytes", "Size", ColumnFormat.Bytes), Column("totals.belowReplicas", "Below replicas", ColumnFormat.Number),
        Column("totals.withoutCopy", "Without a copy", ColumnFormat.Number), Column("totals.failed", "With a failed replica", ColumnFormat.Number), Column("totals.paused", "Paused", ColumnFormat.Number),
        Column("totals.removing", "Being removed", ColumnFormat.Number), Column("totals.connectedPeers", "Peers", ColumnFormat.Number), Column("totals.downloadRate", "Down", ColumnFormat.Rate),
        Column("totals.uploadRate", "Up", ColumnFormat.Rate)));

    private static IEnumerable<PaletteCommand> Members =>
    [
        Get("members", "The members, with what they run.", "/api/v1/cluster/members", Table(
            Column("endPoint", "Member"), Column("state", "State"), Column("since", "Since", ColumnFormat.Moment), Column("zone", "Zone"), Column("storage", "Storage"), Column("weight", "Weight", ColumnFormat.Number),
            Column("freeBytes", "Free", ColumnFormat.Bytes), Column("torrents", "Runs", ColumnFormat.Number), Column("replicas", "Replicas", ColumnFormat.Map), Column("connectedPeers", "Peers", ColumnFormat.Number),
            Column("downloadRate", "Down", ColumnFormat.Rate), Column("uploadRate", "Up", ColumnFormat.Rate), Column("generation", "Generation", ColumnFormat.Number))),
        Change("drain", "Gives a member nothing more, and copies what it has elsewhere.", "POST", "/api/v1/cluster/members/{endPoint}/drain", Accepted) with { Scope = Scopes.Admin, Confirm = true, Arguments = [OneMember] },
        Change("up", "Lets a draining member have work again.", "POST", "/api/v1/cluster/members/{endPoint}/up", Accepted) with { Scope = Scopes.Admin, Arguments = [OneMember] },
        Change("down", "Declares a member dead, where people know it before the votes do.", "POST", "/api/v1/cluster/members/{endPoint}/down", Accepted) with { Scope = Scopes.Admin, Confirm = true, Arguments = [OneMember] },
    ];

    private static PaletteCommand Leases => Get("leases", "Named leases: who has which.", "/api/v1/cluster/leases", Table(
        Column("name", "Lease"), Column("holder", "Holder"), Column("generation", "Generation", ColumnFormat.Number), Column("token", "Token", ColumnFormat.Number), Column("held", "Held")));

    private static PaletteOutput TorrentTable => Table(
        Column("hash", "Hash", ColumnFormat.Hash), Column("name", "Name"), Column("state", "State"), Column("totalBytes", "Size", ColumnFormat.Bytes), Column("complete", "Complete", ColumnFormat.Number),
        Column("wanted", "Wanted", ColumnFormat.Number), Column("nodes", "Runs at", ColumnFormat.List));

    private static PaletteCommand Torrents => Get("torrents", "The cluster's torrents and where they are.", "/api/v1/cluster/torrents", TorrentTable with { Next = "next" }) with
    {
        Arguments =
        [
            Query("below", "Only torrents with fewer complete replicas than wanted.", ArgumentType.Boolean),
            Query("replica", "Only torrents with a replica in this state.", ArgumentType.Text) with { Choices = ["assigned", "complete", "failed", "dropping"] },
            Query("storage", "Only torrents with a replica at this storage.", ArgumentType.Text), Query("node", "Only torrents that this member runs.", ArgumentType.Text),
            Query("text", "Only torrents with this in their name.", ArgumentType.Text),
            Query("sort", "The column to sort by; with a minus before it from large to small.", ArgumentType.Text), Query("limit", "Torrents a page.", ArgumentType.Integer),
        ],
        Example = "cluster torrents --below",
    };

    private static PaletteCommand Explain => Get("explain", "Where a torrent is, and what happens next and why.", "/api/v1/cluster/torrents/{hash}", Record(
        Column("torrent.name", "Name"), Column("torrent.hash", "Hash"), Column("torrent.state", "State"), Column("torrent.totalBytes", "Size", ColumnFormat.Bytes), Column("torrent.complete", "Complete", ColumnFormat.Number),
        Column("torrent.wanted", "Wanted", ColumnFormat.Number), Column("torrent.nodes", "Runs at", ColumnFormat.List), Column("next", "Next"))) with
    {
        Arguments = [OneTorrent],
    };

    private static PaletteCommand Ranking => Get("ranking", "The storages in the order in which placement prefers them for a torrent.", "/api/v1/cluster/torrents/{hash}", Table(
        Column("rank", "Rank", ColumnFormat.Number), Column("storage", "Storage"), Column("zone", "Zone"), Column("desired", "Should be there"), Column("replica", "Replica"), Column("hasRoom", "Has room"), Column("node", "Run by"))) with
    {
        Arguments = [OneTorrent],
    };

    private static PaletteCommand Replicas => Change("replicas", "Says how many complete copies of a torrent are wanted.", "PUT", "/api/v1/cluster/torrents/{hash}/replicas", Record(Column("subject", "Torrent"), Column("complete", "Complete", ColumnFormat.Number))) with
    {
        Arguments = [OneTorrent, Positional(1, "replicas", "1 to 32.", ArgumentType.Integer, "replicas", ArgumentPlace.Body)],
        Example = "cluster replicas c12fe1 3",
    };

    private static PaletteCommand Placement => Get("placement", "What each storage should have and has.", "/api/v1/cluster/placement", Table(
        Column("storage", "Storage"), Column("state", "State"), Column("zone", "Zone"), Column("weight", "Weight", ColumnFormat.Number), Column("wanted", "Should have", ColumnFormat.Number), Column("complete", "Has", ColumnFormat.Number),
        Column("assigned", "Being made", ColumnFormat.Number), Column("failed", "Failed", ColumnFormat.Number), Column("dropping", "Going", ColumnFormat.Number), Column("completeBytes", "Has", ColumnFormat.Bytes),
        Column("assignedBytes", "Being made", ColumnFormat.Bytes), Column("freeBytes", "Free", ColumnFormat.Bytes)));

    private static PaletteOutput Steps => Table(Column("reason", "Why"), Column("storage", "Storage"), Column("hash", "Torrent", ColumnFormat.Hash), Column("name", "Name"), Column("bytes", "Size", ColumnFormat.Bytes));

    private static PaletteCommand Plan => Get("plan", "What the planner would do next; nothing is done.", "/api/v1/cluster/rebalance", Steps) with { Arguments = [Query("limit", "At most so many steps.", ArgumentType.Integer)] };

    private static PaletteCommand Rebalance => Change("rebalance", "Makes the planner look at every torrent now, and shows what it would do next.", "POST", "/api/v1/cluster/rebalance", Steps) with
    {
        Scope = Scopes.Admin,
        Arguments = [Query("limit", "At most so many steps.", ArgumentType.Integer)],
    };

    private static PaletteCommand Bans => Get("bans", "Addresses that no node deals with.", "/api/v1/cluster/bans", BanTable);

    private static PaletteCommand Ban => Change("ban", "Bans an address for all nodes.", "POST", "/api/v1/cluster/bans", BanTable) with
    {
        Arguments =
        [
            Positional(0, "address", "The IP address.", ArgumentType.Text, "address", ArgumentPlace.Body),
            Option("time", "For so long, 7 days at most; an hour unless it is given.", ArgumentType.Seconds, "seconds"), Option("reason", "Why, one line.", ArgumentType.Text, "reason"),
        ],
        Example = "cluster ban 192.0.2.7 --time 1d",
    };

    private static PaletteCommand Unban => Change("unban", "Lifts the ban of an address for all nodes.", "DELETE", "/api/v1/cluster/bans/{address}", Accepted) with
    {
        Arguments = [Positional(0, "address", "The IP address.", ArgumentType.Text, "address", ArgumentPlace.Path)],
        Example = "cluster unban 192.0.2.7",
    };

    private static PaletteOutput BanTable => Table(Column("address", "Address"), Column("secondsLeft", "Left", ColumnFormat.Seconds), Column("until", "Until", ColumnFormat.Moment), Column("by", "By"), Column("reason", "Why"));
}
