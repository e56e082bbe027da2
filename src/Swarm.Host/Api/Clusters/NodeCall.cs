namespace Swarm.Host.Api.Clusters;

/// <summary>
/// What one node asks of another for people, by its number on the wire, which is never used again. The body is a <see cref="Swarm.Api.Contracts.NodeQuestion"/>, the answer the contract that the API gives for the same, both as JSON: who is older passes over members
/// it does not know, and a call it does not know it answers so.
/// </summary>
internal enum NodeCall
{
    /// <summary>One torrent: <see cref="Swarm.Api.Contracts.TorrentView"/>.</summary>
    Torrent = 1,

    /// <summary>Its files.</summary>
    Files = 2,

    /// <summary>Its connections.</summary>
    Peers = 3,

    /// <summary>Its trackers.</summary>
    Trackers = 4,

    /// <summary>Which pieces are verified.</summary>
    Pieces = 5,

    /// <summary>Why it is slow or stopped.</summary>
    Explain = 6,

    /// <summary>Hash everything on disk; the answer is a report.</summary>
    Recheck = 7,

    /// <summary>Ask trackers and DHT for peers now; the answer is a report.</summary>
    Reannounce = 8,
}
