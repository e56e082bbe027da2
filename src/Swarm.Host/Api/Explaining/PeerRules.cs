using Swarm.Actors.Torrents;
using Swarm.Api.Contracts;

namespace Swarm.Host.Api.Explaining;

/// <summary>What the others do, and how they are found.</summary>
internal static class PeerRules
{
    // With fewer connections that all went out, it may be chance.
    private const int EnoughConnections = 10;

    /// <summary>A private torrent has no other way to peers than its trackers (BEP 27).</summary>
    public static Finding? PrivateWithoutTracker(Situation now) => now.Torrent.Row.IsPrivate && now.Torrent.Trackers.IsEmpty && !Findings.StandsStill(now.Torrent)
        ? Findings.Of("private-without-tracker", FindingSeverity.Stops, "It is private and has no tracker, so there is no way to find peers.", "Add its tracker.")
        : null;

    /// <summary>It wants pieces and has no connection.</summary>
    public static Finding? NoPeers(Situation now)
    {
        if (!Findings.Wants(now.Torrent) || now.Torrent.Row.ConnectedPeers > 0) return null;
        var known = now.Torrent.Status.KnownPeers;
        var sentence = known == 0
            ? "No peer of it is known."
            : $"None of the {HumanText.Count(known, "known peer")} is connected: they do not answer, are full, or are being tried.";
        return Findings.Of(
            "no-peers", FindingSeverity.Stops, sentence, known == 0 ? "Add a tracker or a peer, or see that the DHT is reachable." : "Wait, or look whether a firewall is in the way of connections out.",
            ("knownPeers", known), ("trackers", now.Torrent.Trackers.Length));
    }

    /// <summary>Nobody who is connected has what it wants.</summary>
    public static Finding? NothingToGet(Situation now) =>
        now.Torrent.Row.State == TorrentState.Downloading && !now.Torrent.Peers.IsEmpty && !now.Torrent.Peers.Any(peer => peer.WeAreInterested)
            ? Findings.Of(
                "nothing-to-get", FindingSeverity.Stops, $"None of the {HumanText.Count(now.Torrent.Peers.Length, "connected peer")} has a piece that is wanted.",
                "Wait for a peer that has more, or add one.", ("connectedPeers", now.Torrent.Peers.Length), ("bestProgress", now.Torrent.Peers.Max(peer => peer.Progress)))
            : null;

    /// <summary>Everybody who has what it wants chokes it.</summary>
    public static Finding? AllChoke(Situation now)
    {
        if (!Findings.Wants(now.Torrent)) return null;
        var wanted = now.Torrent.Peers.Count(peer => peer.WeAreInterested);
        if (wanted == 0 || now.Torrent.Peers.Any(peer => peer is { WeAreInterested: true, PeerChokes: false })) return null;
        return Findings.Of(
            "all-choke", FindingSeverity.Stops, $"All {HumanText.Count(wanted, "peer")} that have what is wanted choke this node: they serve others first.",
            "Wait for a turn; a higher upload limit earns turns sooner.", ("interestedIn", wanted), ("choking", wanted), ("uploadLimit", now.Torrent.Options.UploadLimit));
    }

    /// <summary>Everybody who would serve it does not send.</summary>
    public static Finding? AllSnub(Situation now)
    {
        var open = now.Torrent.Peers.Where(peer => peer is { WeAreInterested: true, PeerChokes: false }).ToList();
        return now.Torrent.Row.State == TorrentState.Downloading && open.Count > 0 && open.TrueForAll(peer => peer.Snubbed)
            ? Findings.Of(
                "all-snub", FindingSeverity.Stops, $"{HumanText.Count(open.Count, "peer")} let this node ask, and none has sent a block for a minute.",
                "Wait for other peers; they may be overloaded.", ("unchokedBy", open.Count), ("snubbing", open.Count))
            : null;
    }

    /// <summary>Nobody is known who has everything.</summary>
    public static Finding? NoSeeds(Situation now)
    {
        if (now.Torrent.Row is not { State: TorrentState.Downloading, ConnectedSeeds: 0, ConnectedPeers: > 0 }) return null;
        var told = now.Torrent.Trackers.IsEmpty ? -1 : now.Torrent.Trackers.Max(tracker => tracker.Seeders);
        if (told > 0) return null;
        return Findings.Of(
            "no-seeds", FindingSeverity.Slows, told == 0 ? "No connected peer has everything, and its trackers know no seed." : "No connected peer has everything.",
            "It may stay incomplete until a seed comes.", ("connectedSeeds", 0), ("seedersByTrackers", told), ("bestProgress", now.Torrent.Peers.IsEmpty ? 0 : now.Torrent.Peers.Max(peer => peer.Progress)));
    }

    /// <summary>The link's dictionary is not here yet.</summary>
    public static Finding? Metadata(Situation now) => now.Torrent.Row is { State: TorrentState.FetchingMetadata, ConnectedPeers: > 0 and var connected }
        ? Findings.Of("metadata", FindingSeverity.Stops, $"It was added by a link, and its description is being fetched from {HumanText.Count(connected, "peer")}.", null, ("connectedPeers", connected))
        : null;

    /// <summary>Trackers that fail.</summary>
    public static Finding? Trackers(Situation now)
    {
        var failing = now.Torrent.Trackers.Where(tracker => tracker.Error is not null).ToList();
        if (failing.Count == 0 || Findings.StandsStill(now.Torrent)) return null;
        var all = failing.Count == now.Torrent.Trackers.Length;
        return Findings.Of(
            "tracker-error", all ? FindingSeverity.Slows : FindingSeverity.Note,
            all ? $"Its {(failing.Count == 1 ? "tracker fails" : "trackers all fail")}: {failing[0].Error}." : $"{failing.Count} of its {now.Torrent.Trackers.Length} trackers {(failing.Count == 1 ? "fails" : "fail")}, such as {failing[0].Url}: {failing[0].Error}.",
            "See whether the tracker is still there and still knows this torrent; replace it if not.", ("failing", failing.Count), ("trackers", now.Torrent.Trackers.Length), ("url", failing[0].Url), ("error", failing[0].Error!));
    }

    /// <summary>The DHT knows nobody.</summary>
    public static Finding? NoDht(Situation now) => now.Node.DhtNodes == 0 && !now.Torrent.Row.IsPrivate && Findings.Wants(now.Torrent)
        ? Findings.Of("dht-empty", FindingSeverity.Slows, "The DHT has found no other node, so it finds no peers.", "See that UDP gets through a firewall, and that the bootstrap nodes' names resolve.", ("dhtNodes", 0))
        : null;

    /// <summary>Nobody has connected from outside.</summary>
    public static Finding? Unconnectable(Situation now) => now.Torrent.Peers.Length >= EnoughConnections && !now.Torrent.Peers.Any(peer => peer.Incoming)
        ? Findings.Of(
            "unconnectable", FindingSeverity.Slows, $"None of its {now.Torrent.Peers.Length} connections came from outside; peers behind routers cannot be reached and this node perhaps neither.",
            "Let the node's port through the router and firewall.", ("connections", now.Torrent.Peers.Length), ("incoming", 0))
        : null;

    /// <summary>It seeds and nobody asks.</summary>
    public static Finding? NobodyAsks(Situation now) => now.Torrent.Row is { State: TorrentState.Seeding, UploadRate: 0 } && !now.Torrent.Peers.Any(peer => peer.PeerIsInterested)
        ? Findings.Of("nobody-asks", FindingSeverity.Note, "It is complete and offered, and no connected peer wants anything of it.", null, ("connectedPeers", now.Torrent.Peers.Length))
        : null;
}
