using System.Collections.Immutable;
using System.Net;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Trackers;

/// <summary>
/// What a tracker answered to an announce, bounded and cleaned: texts hold no control characters, peers have a port and an address.
/// What the tracker left out, or what made no sense, is null.
/// </summary>
public sealed record AnnounceReply
{
    /// <summary>How long to wait until the next regular announce, as sent; the caller clamps it.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary>How long to wait at least until any announce without an event, as sent.</summary>
    public TimeSpan? MinInterval { get; init; }

    /// <summary>The peers, IPv4 and IPv6, in the tracker's order.</summary>
    public ImmutableArray<IPEndPoint> Peers { get; init; } = [];

    /// <summary>Peers given by host name (BEP 3 allows it), to be resolved by the caller if it cares.</summary>
    public ImmutableArray<HostEndPoint> HostPeers { get; init; } = [];

    /// <summary>How many entries were left out: malformed, port 0, or over the limit.</summary>
    public int SkippedPeers { get; init; }

    /// <summary>Peers that have everything ("complete").</summary>
    public int? Seeders { get; init; }

    /// <summary>Peers that do not ("incomplete").</summary>
    public int? Leechers { get; init; }

    /// <summary>How many times the torrent was completed ("downloaded").</summary>
    public int? Downloaded { get; init; }

    /// <summary>A text for the user ("warning message"); the announce succeeded nevertheless.</summary>
    public string? Warning { get; init; }

    /// <summary>To be sent back in later announces to this tracker, one character a byte (Latin-1).</summary>
    public string? TrackerId { get; init; }

    /// <summary>The address the tracker sees us under (BEP 24).</summary>
    public IPAddress? ExternalAddress { get; init; }
}
