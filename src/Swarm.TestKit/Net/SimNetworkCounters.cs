namespace Swarm.TestKit.Net;

/// <summary>What a network did so far. Bytes are payload: those of streams count when they reach the receiving host.</summary>
public sealed class SimNetworkCounters
{
    /// <summary>Bytes of streams.</summary>
    public long StreamBytes { get; internal set; }

    /// <summary>Segments of streams; each cost a few events.</summary>
    public long Segments { get; internal set; }

    /// <summary>Segments that came late because a packet of theirs was lost.</summary>
    public long Retransmissions { get; internal set; }

    /// <summary>Dials that were begun.</summary>
    public long Dials { get; internal set; }

    /// <summary>Connections that stood.</summary>
    public long Connections { get; internal set; }

    /// <summary>Dials that failed, for any reason.</summary>
    public long DialsFailed { get; internal set; }

    /// <summary>Connections in and out that were not made because a host had as many as the settings allow.</summary>
    public long LinksRefused { get; internal set; }

    /// <summary>Ends reset: by a fault, by <see cref="SimNetwork.ResetConnections"/>, by an end, or because the other end had vanished.</summary>
    public long Resets { get; internal set; }

    /// <summary>Ends that gave up on a dead path.</summary>
    public long TimeOuts { get; internal set; }

    /// <summary>Datagrams sent.</summary>
    public long Datagrams { get; internal set; }

    /// <summary>Datagrams that reached a socket, copies included.</summary>
    public long DatagramsDelivered { get; internal set; }

    /// <summary>Datagrams dropped: lost, too long, swallowed by a partition or a translator, over a queue's limit, or with nobody there.</summary>
    public long DatagramsDropped { get; internal set; }

    /// <summary>Copies made of datagrams.</summary>
    public long DatagramsDuplicated { get; internal set; }

    /// <summary>Datagrams with a flipped bit.</summary>
    public long DatagramsCorrupted { get; internal set; }
}
