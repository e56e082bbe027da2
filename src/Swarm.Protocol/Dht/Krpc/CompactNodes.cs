using System.Runtime.InteropServices;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Krpc;

/// <summary>A node as others tell of it: where it says it is, and what it says it is called. Nothing of it is proven.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct NodeContact(NodeId Id, UdpAddress Address)
{
    /// <summary>Bytes of an IPv4 node: id, address, port (BEP 5).</summary>
    public const int CompactSizeV4 = Bytes20.Size + UdpAddress.CompactSizeV4;

    /// <summary>Bytes of an IPv6 node (BEP 32).</summary>
    public const int CompactSizeV6 = Bytes20.Size + UdpAddress.CompactSizeV6;

    /// <summary>Writes the compact form to the start of <paramref name="destination"/>; returns its bytes.</summary>
    public int WriteCompact(Span<byte> destination)
    {
        Id.Value.CopyTo(destination);
        return Bytes20.Size + Address.WriteCompact(destination[Bytes20.Size..]);
    }
}

/// <summary>A packed list of nodes to walk over (BEP 5, "nodes"; BEP 32, "nodes6"). Bytes after the last whole entry are ignored; an IPv4 address in IPv6 form is skipped, it belongs in the other list.</summary>
public ref struct CompactNodes
{
    private readonly int _entrySize;
    private ReadOnlySpan<byte> _rest;

    internal CompactNodes(ReadOnlySpan<byte> packed, int entrySize)
    {
        _rest = packed;
        _entrySize = entrySize;
    }

    /// <summary>Whole entries left.</summary>
    public readonly int Count => _entrySize == 0 ? 0 : _rest.Length / _entrySize;

    /// <summary>The node last moved to.</summary>
    public NodeContact Current { get; private set; }

    /// <summary>Moves to the next node; false after the last.</summary>
    public bool MoveNext()
    {
        while (Count > 0)
        {
            var entry = _rest[.._entrySize];
            _rest = _rest[_entrySize..];
            if (!UdpAddress.TryReadCompact(entry[Bytes20.Size..], out var address) || address.CompactSize + Bytes20.Size != _entrySize) continue;
            Current = new NodeContact(new NodeId(entry[..Bytes20.Size]), address);
            return true;
        }

        return false;
    }

    /// <summary>For foreach.</summary>
    public readonly CompactNodes GetEnumerator() => this;
}
