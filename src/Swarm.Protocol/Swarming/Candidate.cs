using System.Net;

namespace Swarm.Protocol.Swarming;

/// <summary>Where an address came from; of equals the higher is dialled first and kept longer.</summary>
public enum PeerSource
{
    /// <summary>Kept from an earlier run.</summary>
    Resume,

    /// <summary>It connected to us and said where it listens.</summary>
    Incoming,

    /// <summary>Peer exchange (BEP 11).</summary>
    Pex,

    /// <summary>The DHT (BEP 5).</summary>
    Dht,

    /// <summary>A tracker.</summary>
    Tracker,

    /// <summary>The local network (BEP 14).</summary>
    Local,

    /// <summary>The user, on the command line or in a magnet link: never forgotten for failing.</summary>
    User,
}

/// <summary>What became of an address that was offered.</summary>
public enum CandidateOutcome
{
    /// <summary>New, and kept.</summary>
    Added,

    /// <summary>Known already; what is new about it was noted.</summary>
    Known,

    /// <summary>Our own address, port 0, no unicast address, or banned.</summary>
    Refused,

    /// <summary>There is no room, and nothing less promising to give way.</summary>
    Full,
}

/// <summary>Whether there is a connection to an address.</summary>
internal enum CandidateState : byte
{
    Idle,
    Dialing,
    Connected,
}

/// <summary>One known address and how it did.</summary>
internal sealed class Candidate(IPEndPoint address, int order)
{
    public IPEndPoint Address { get; } = address;

    /// <summary>Where it stands in the list.</summary>
    public int Order { get; set; } = order;

    public PeerSource Source { get; set; }

    public uint Priority { get; set; }

    public bool IsSeed { get; set; }

    public CandidateState State { get; set; }

    /// <summary>Connections that it opened to us.</summary>
    public int Calls { get; set; }

    public int Failures { get; set; }

    public bool WasTried { get; set; }

    /// <summary>Not dialled before; TimeSpan ticks.</summary>
    public long NotBefore { get; set; } = long.MinValue;

    public long LastUse { get; set; } = long.MinValue;

    /// <summary>Negative if the first is to be dialled before the second.</summary>
    public static int Compare(Candidate first, Candidate second)
    {
        var result = first.Failures.CompareTo(second.Failures);
        if (result == 0) result = first.WasTried.CompareTo(second.WasTried);
        if (result == 0) result = second.Source.CompareTo(first.Source);
        if (result == 0) result = second.Priority.CompareTo(first.Priority);
        return result == 0 ? first.LastUse.CompareTo(second.LastUse) : result;
    }
}
