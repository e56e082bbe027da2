using System.Net;
using System.Net.Sockets;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Trackers;

/// <summary>Everything one announce says to a tracker, whichever protocol carries it (BEP 3, "Trackers"; BEP 7; BEP 15).</summary>
public sealed record AnnounceRequest
{
    /// <summary>
    /// What is sent as "left" when the size is not known yet (a magnet link before its metadata): one block. Zero would say "seed".
    /// </summary>
    public const long UnknownLeft = PieceGeometry.BlockSize;

    /// <summary>The swarm.</summary>
    public required InfoHash InfoHash { get; init; }

    /// <summary>Our own id in this swarm.</summary>
    public required PeerId PeerId { get; init; }

    /// <summary>The TCP port we listen on.</summary>
    public required ushort Port { get; init; }

    /// <summary>Payload bytes sent since "started".</summary>
    public long Uploaded { get; init; }

    /// <summary>Payload bytes received since "started", without what failed its hash or was not asked for: some trackers refuse more than the torrent's size.</summary>
    public long Downloaded { get; init; }

    /// <summary>Bytes still wanted; null while the size is unknown, which is sent as <see cref="UnknownLeft"/>.</summary>
    public long? Left { get; init; }

    /// <summary>Why this announce is sent.</summary>
    public AnnounceEvent Event { get; init; }

    /// <summary>How many peers are wanted; null leaves it to the tracker.</summary>
    public int? NumWant { get; init; }

    /// <summary>The same random number in every announce of a torrent's session, over both families (BEP 7, "Announcing").</summary>
    public uint Key { get; init; }

    /// <summary>An IPv4 address to be published instead of the packet's; discouraged by BEP 7 and ignored by most trackers.</summary>
    public IPAddress? IPv4 { get; init; }

    /// <summary>An IPv6 address to be published beside the connection's; HTTP only, discouraged by BEP 7.</summary>
    public IPAddress? IPv6 { get; init; }

    /// <summary>The "tracker id" of this tracker's earlier reply, one character a byte (Latin-1); HTTP only.</summary>
    public string? TrackerId { get; init; }

    /// <summary>The family that the announce goes out by (BEP 7): it decides how a UDP reply is read. Unspecified reads as IPv4.</summary>
    public AddressFamily Family { get; init; } = AddressFamily.InterNetwork;

    /// <summary>The number that goes onto the wire as "left".</summary>
    public long LeftOnTheWire => Left ?? UnknownLeft;

    /// <summary>The number that goes onto the wire as "numwant": a peer that leaves wants none. Null: the tracker's default.</summary>
    public int? NumWantOnTheWire => Event == AnnounceEvent.Stopped ? 0 : NumWant;
}
