using System.Buffers.Binary;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Wire;

/// <summary>
/// The 68 bytes a connection begins with: 19, "BitTorrent protocol", 8 reserved bytes, info-hash, peer id (BEP 3).
/// A v2 torrent is named by the first twenty bytes of its hash (BEP 52).
/// </summary>
public readonly record struct Handshake(ReservedBits Reserved, InfoHash InfoHash, PeerId PeerId)
{
    /// <summary>The size in bytes.</summary>
    public const int Size = 68;

    /// <summary>After so many bytes the torrent is known and the answer can be sent; the peer id may be held back until then.</summary>
    public const int IdentifiedSize = 48;

    /// <summary>The first twenty bytes.</summary>
    public static ReadOnlySpan<byte> Protocol => "\u0013BitTorrent protocol"u8;

    /// <summary>Writes <see cref="Size"/> bytes to the start of <paramref name="destination"/>.</summary>
    public void Write(Span<byte> destination)
    {
        Protocol.CopyTo(destination);
        BinaryPrimitives.WriteUInt64BigEndian(destination[20..], (ulong)Reserved);
        InfoHash.Value.CopyTo(destination[28..]);
        PeerId.Value.CopyTo(destination[48..]);
    }

    /// <summary>
    /// Whether a stream that begins so can still be an unencrypted BitTorrent stream. False means: something else, or an encrypted one.
    /// </summary>
    public static bool CanBegin(ReadOnlySpan<byte> first)
    {
        var known = Math.Min(first.Length, Protocol.Length);
        return first[..known].SequenceEqual(Protocol[..known]);
    }
}
