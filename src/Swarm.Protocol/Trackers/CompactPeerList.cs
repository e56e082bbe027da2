using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Trackers;

/// <summary>
/// Gathers the peers of one reply, from whichever form they come in, under one limit. An entry that nobody could connect to
/// (port 0, which some trackers hand out, or the unspecified address) is counted instead of kept.
/// </summary>
internal sealed class CompactPeerList(int maxPeers)
{
    /// <summary>Bytes of an IPv4 entry: address and port, big endian (BEP 23).</summary>
    public const int EntrySizeV4 = 6;

    /// <summary>Bytes of an IPv6 entry (BEP 7).</summary>
    public const int EntrySizeV6 = 18;

    private readonly ImmutableArray<IPEndPoint>.Builder _peers = ImmutableArray.CreateBuilder<IPEndPoint>();
    private readonly ImmutableArray<HostEndPoint>.Builder _hosts = ImmutableArray.CreateBuilder<HostEndPoint>();

    /// <summary>Entries that were not kept.</summary>
    public int Skipped { get; private set; }

    /// <summary>The peers with an address.</summary>
    public ImmutableArray<IPEndPoint> Peers => _peers.ToImmutable();

    /// <summary>The peers with a host name.</summary>
    public ImmutableArray<HostEndPoint> Hosts => _hosts.ToImmutable();

    /// <summary>The entry size of a family.</summary>
    public static int EntrySize(AddressFamily family) => family == AddressFamily.InterNetworkV6 ? EntrySizeV6 : EntrySizeV4;

    /// <summary>Adds all whole entries of a packed list; bytes after the last whole one are ignored.</summary>
    public void AddPacked(ReadOnlySpan<byte> packed, AddressFamily family)
    {
        var size = EntrySize(family);
        for (; packed.Length >= size; packed = packed[size..])
        {
            if (IsFull)
            {
                Skipped += packed.Length / size;
                return;
            }

            Add(new IPAddress(packed[..(size - 2)]), BinaryPrimitives.ReadUInt16BigEndian(packed[(size - 2)..]));
        }
    }

    /// <summary>Adds one peer by address.</summary>
    public void Add(IPAddress address, int port)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (port is < 1 or > ushort.MaxValue || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) || IsFull) Skipped++;
        else _peers.Add(new IPEndPoint(address, port));
    }

    /// <summary>Adds one peer by host name.</summary>
    public void Add(string host, int port)
    {
        if (IsFull || !HostEndPoint.TryCreate(host, port, out var peer)) Skipped++;
        else _hosts.Add(peer);
    }

    /// <summary>Counts an entry that could not be read.</summary>
    public void Skip() => Skipped++;

    private bool IsFull => _peers.Count + _hosts.Count >= maxPeers;
}
