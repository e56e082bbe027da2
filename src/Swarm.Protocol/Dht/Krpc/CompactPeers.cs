using Swarm.Protocol.Bencoding;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Krpc;

/// <summary>
/// The peers of a reply to walk over (BEP 5, "values"): a list of strings of 6 or 18 bytes, mixed as they come (BEP 32), or, from old nodes, one string in the list or in its place with all IPv4
/// peers in it. Entries of other sizes are skipped.
/// </summary>
public ref struct CompactPeers
{
    private BencodeReader _reader;
    private ReadOnlySpan<byte> _packed;

    internal CompactPeers(ReadOnlySpan<byte> encoded, BencodeLimits limits) => _reader = new BencodeReader(encoded, limits);

    /// <summary>The peer last moved to.</summary>
    public UdpAddress Current { get; private set; }

    /// <summary>Moves to the next peer; false after the last.</summary>
    public bool MoveNext()
    {
        while (_packed.Length < UdpAddress.CompactSizeV4)
        {
            if (!_reader.Read()) return false;
            if (_reader.Kind != BencodeTokenKind.String || _reader.IsKey || _reader.Depth > 1) continue;
            var entry = _reader.String;
            if (entry.Length == UdpAddress.CompactSizeV6 && _reader.Depth == 1)
            {
                UdpAddress.TryReadCompact(entry, out var address);
                Current = address;
                return true;
            }

            _packed = entry.Length % UdpAddress.CompactSizeV4 == 0 ? entry : [];
        }

        UdpAddress.TryReadCompact(_packed[..UdpAddress.CompactSizeV4], out var peer);
        Current = peer;
        _packed = _packed[UdpAddress.CompactSizeV4..];
        return true;
    }

    /// <summary>For foreach.</summary>
    public readonly CompactPeers GetEnumerator() => this;
}
