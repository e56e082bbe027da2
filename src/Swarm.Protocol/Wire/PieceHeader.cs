using System.Buffers.Binary;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Wire;

/// <summary>The thirteen bytes before a block in a piece message (BEP 3): length prefix, id, piece, begin. What goes out ahead of a sendfile.</summary>
public static class PieceHeader
{
    /// <summary>The size in bytes.</summary>
    public const int Size = 13;

    /// <summary>Writes the header of a piece message that carries the whole of <paramref name="block"/>.</summary>
    public static void Write(Span<byte> destination, BlockRequest block)
    {
        BinaryPrimitives.WriteInt32BigEndian(destination, 9 + block.Length);
        destination[4] = (byte)MessageId.Piece;
        BinaryPrimitives.WriteInt32BigEndian(destination[5..], block.Piece.Value);
        BinaryPrimitives.WriteInt32BigEndian(destination[9..], block.Begin);
    }
}
