namespace Swarm.Protocol.Wire;

/// <summary>
/// Answers one peer's requests for our info dictionary (BEP 9). Owned by the <c>peer</c> actor, one a connection; the bytes are shared.
/// Every request gets one answer: the piece, or a reject if we have no metadata yet, the piece does not exist, or the peer has had the whole
/// <see cref="WireSettings.MetadataServings"/> times.
/// </summary>
public sealed class MetadataServer
{
    private readonly WireSettings _settings;
    private ReadOnlyMemory<byte> _metadata;
    private long _served;

    /// <summary>A server of the info dictionary's bytes as they were hashed, or of nothing while they are not known or the torrent is private.</summary>
    public MetadataServer(WireSettings settings, ReadOnlyMemory<byte> metadata = default)
    {
        _settings = settings;
        _metadata = metadata;
    }

    /// <summary>How many requests were rejected.</summary>
    public long Rejected { get; private set; }

    /// <summary>The metadata is known and checked now.</summary>
    public void MetadataKnown(ReadOnlyMemory<byte> metadata) => _metadata = metadata;

    /// <summary>Writes the answer to a request. Nothing if the peer takes no ut_metadata (<paramref name="peerId"/> 0). True if it was the piece.</summary>
    public bool Answer(int piece, byte peerId, WireWriter output)
    {
        if (peerId == 0) return false;
        var pieces = _metadata.IsEmpty ? 0 : MetadataMessage.PieceCount(_metadata.Length);
        if ((uint)piece >= (uint)pieces || _served >= (long)pieces * _settings.MetadataServings)
        {
            Rejected++;
            MetadataMessage.WriteReject(output, peerId, piece);
            return false;
        }

        _served++;
        var start = piece * MetadataMessage.PieceSize;
        var length = Math.Min(MetadataMessage.PieceSize, _metadata.Length - start);
        MetadataMessage.WriteData(output, peerId, piece, _metadata.Length, _metadata.Span.Slice(start, length));
        return true;
    }
}
