using System.Buffers.Binary;

namespace Swarm.Protocol.Primitives;

/// <summary>Which of the protocols that share a node's UDP port a datagram belongs to.</summary>
public enum DatagramKind
{
    /// <summary>None of them: nobody's.</summary>
    Unknown,

    /// <summary>A message of the DHT (BEP 5): a bencoded dictionary.</summary>
    Krpc,

    /// <summary>A tracker's reply (BEP 15): an action from 0 to 3, then a transaction id.</summary>
    TrackerReply,

    /// <summary>A packet of uTP (BEP 29): version 1, types 0 to 4.</summary>
    Utp,
}

/// <summary>Tells the kinds apart by the first bytes, which no two of them share. What follows is for the kind's own parser to judge.</summary>
public static class DatagramClassifier
{
    /// <summary>Bytes of a tracker's shortest reply.</summary>
    private const int TrackerHeaderSize = 8;

    /// <summary>Bytes of a uTP header.</summary>
    private const int UtpHeaderSize = 20;

    /// <summary>The kind of a datagram; any bytes have one.</summary>
    public static DatagramKind Classify(ReadOnlySpan<byte> datagram) => datagram switch
    {
        [(byte)'d', ..] => DatagramKind.Krpc,
        { Length: >= TrackerHeaderSize } when BinaryPrimitives.ReadUInt32BigEndian(datagram) <= 3 => DatagramKind.TrackerReply,
        { Length: >= UtpHeaderSize } when (datagram[0] & 0x0f) == 1 && datagram[0] >> 4 <= 4 => DatagramKind.Utp,
        _ => DatagramKind.Unknown,
    };
}
