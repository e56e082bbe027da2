using System.Buffers.Binary;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Wire;

/// <summary>How far a handshake has come.</summary>
public enum HandshakeProgress
{
    /// <summary>Less than 48 bytes are there.</summary>
    Incomplete,

    /// <summary>Reserved bits and info-hash are known: a side that was called answers now.</summary>
    Identified,

    /// <summary>The peer id is known too; the bytes after it are for <see cref="WireDecoder"/>.</summary>
    Complete,

    /// <summary>This is not BitTorrent: <see cref="HandshakeDecoder.Error"/>.</summary>
    Failed,
}

/// <summary>
/// Reads the handshake of one connection, in whatever portions it comes. Owned by the connection until it reports
/// <see cref="HandshakeProgress.Complete"/>; it takes no byte beyond the 68th, so the rest of that feed goes to <see cref="WireDecoder"/>.
/// Always holds: a wrong byte in the protocol's name fails at once, without waiting for the rest.
/// </summary>
public sealed class HandshakeDecoder
{
    private readonly byte[] _bytes = new byte[Handshake.Size];
    private int _count;

    /// <summary>What is known.</summary>
    public HandshakeProgress Progress { get; private set; }

    /// <summary>The peer's reserved bits, from <see cref="HandshakeProgress.Identified"/> on.</summary>
    public ReservedBits Reserved => (ReservedBits)BinaryPrimitives.ReadUInt64BigEndian(_bytes.AsSpan(20));

    /// <summary>The torrent the peer names, from <see cref="HandshakeProgress.Identified"/> on.</summary>
    public InfoHash InfoHash => new(_bytes.AsSpan(28, Bytes20.Size));

    /// <summary>The peer's name for itself, from <see cref="HandshakeProgress.Complete"/> on.</summary>
    public PeerId PeerId => new(_bytes.AsSpan(48, Bytes20.Size));

    /// <summary>Why it failed, or null.</summary>
    public WireError? Error { get; private set; }

    /// <summary>Takes bytes of <paramref name="feed"/> from <paramref name="position"/> on, at most to the end of the handshake.</summary>
    public HandshakeProgress Read(ReadOnlySpan<byte> feed, ref int position)
    {
        if (Progress is HandshakeProgress.Failed or HandshakeProgress.Complete) return Progress;
        var taken = Math.Min(Handshake.Size - _count, feed.Length - position);
        feed.Slice(position, taken).CopyTo(_bytes.AsSpan(_count));
        position += taken;
        _count += taken;
        if (!Handshake.CanBegin(_bytes.AsSpan(0, _count)))
        {
            Error = new WireError(WireErrorKind.NotBitTorrent, "the stream does not begin with the BitTorrent protocol's name");
            return Progress = HandshakeProgress.Failed;
        }

        return Progress = _count switch
        {
            Handshake.Size => HandshakeProgress.Complete,
            >= Handshake.IdentifiedSize => HandshakeProgress.Identified,
            _ => HandshakeProgress.Incomplete,
        };
    }
}
