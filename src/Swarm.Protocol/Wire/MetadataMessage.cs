using System.Runtime.InteropServices;
using Swarm.Protocol.Bencoding;

namespace Swarm.Protocol.Wire;

/// <summary>"msg_type" of ut_metadata (BEP 9).</summary>
public enum MetadataMessageType
{
    /// <summary>Asks for a piece.</summary>
    Request = 0,

    /// <summary>Brings one.</summary>
    Data = 1,

    /// <summary>Refuses one.</summary>
    Reject = 2,
}

/// <summary>
/// A message of ut_metadata as a view of its payload (BEP 9). <see cref="Data"/> is what follows the dictionary: only Data messages have it.
/// </summary>
[StructLayout(LayoutKind.Auto)]
public readonly ref struct MetadataMessage
{
    /// <summary>Bytes of a piece of metadata, except the last.</summary>
    public const int PieceSize = 16 * 1024;

    private static readonly BencodeLimits Limits = new() { MaxDepth = 4, MaxTokens = 64 };

    private MetadataMessage(MetadataMessageType type, int piece, int totalSize, ReadOnlySpan<byte> data)
    {
        Type = type;
        Piece = piece;
        TotalSize = totalSize;
        Data = data;
    }

    /// <summary>What it is.</summary>
    public MetadataMessageType Type { get; }

    /// <summary>Which piece of the metadata, ≥ 0.</summary>
    public int Piece { get; }

    /// <summary>Of Data: the size of the whole metadata as the sender says, or 0 if it does not.</summary>
    public int TotalSize { get; }

    /// <summary>Of Data: the bytes of the piece.</summary>
    public ReadOnlySpan<byte> Data { get; }

    /// <summary>How many pieces metadata of this size (≥ 1) has.</summary>
    public static int PieceCount(int size) => ((size - 1) / PieceSize) + 1;

    /// <summary>Reads the payload of an extended message. False for anything malformed and for types not known, which BEP 9 wants ignored.</summary>
    public static bool TryParse(ReadOnlySpan<byte> payload, out MetadataMessage message)
    {
        message = default;
        using var document = BencodeDocument.Parse(payload, Limits, stackalloc BencodeToken[32]);
        if (document.Error is not null) return false;
        var root = document.Root;
        if (!root["msg_type"u8].TryGetInteger(0, 2, out var type) || !root["piece"u8].TryGetInteger(0, int.MaxValue, out var piece)) return false;
        root["total_size"u8].TryGetInteger(0, int.MaxValue, out var totalSize);
        var isData = type == (int)MetadataMessageType.Data;
        message = new MetadataMessage((MetadataMessageType)type, piece, isData ? totalSize : 0, isData ? payload[document.End..] : default);
        return true;
    }

    /// <summary>Asks for a piece. <paramref name="id"/> is the peer's number of ut_metadata, not 0.</summary>
    public static void WriteRequest(WireWriter output, byte id, int piece) => Write(output, id, MetadataMessageType.Request, piece);

    /// <summary>Refuses a piece.</summary>
    public static void WriteReject(WireWriter output, byte id, int piece) => Write(output, id, MetadataMessageType.Reject, piece);

    /// <summary>Sends a piece.</summary>
    public static void WriteData(WireWriter output, byte id, int piece, int totalSize, ReadOnlySpan<byte> data)
    {
        var header = new BencodeWriter(64);
        header.BeginDictionary()
            .WriteInteger("msg_type"u8, (int)MetadataMessageType.Data)
            .WriteInteger("piece"u8, piece)
            .WriteInteger("total_size"u8, totalSize)
            .End();
        output.Extended(id, header.WrittenSpan, data);
    }

    private static void Write(WireWriter output, byte id, MetadataMessageType type, int piece)
    {
        var writer = new BencodeWriter(64);
        writer.BeginDictionary().WriteInteger("msg_type"u8, (int)type).WriteInteger("piece"u8, piece).End();
        output.Extended(id, writer.WrittenSpan);
    }
}
