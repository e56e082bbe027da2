using System.Buffers.Binary;
using System.Net;
using System.Numerics;

namespace Swarm.Protocol.Wire;

/// <summary>
/// Canonical peer priority (BEP 40): a number that both ends of a possible connection compute alike, so that a full swarm converges on who is
/// connected to whom. Higher wins. The hash is CRC-32C over both masked addresses, or ports if the addresses are equal, in network order, the
/// smaller first. IPv6 masks follow the BEP's text (a byte more for each byte shared from /48 on); libtorrent's grow one byte earlier.
/// </summary>
public static class PeerPriority
{
    /// <summary>
    /// The priority between two endpoints, each as the other sees it. IPv4 addresses in IPv6 form count as IPv4.
    /// 0, the lowest, if one is IPv4 and the other IPv6: there is no canonical answer.
    /// </summary>
    public static uint Compute(IPEndPoint ours, IPEndPoint theirs)
    {
        Span<byte> bytes = stackalloc byte[32];
        var first = bytes[..16];
        var second = bytes[16..];
        Normalize(ours.Address).TryWriteBytes(first, out var size);
        Normalize(theirs.Address).TryWriteBytes(second, out var otherSize);
        if (size != otherSize) return 0;
        first = first[..size];
        second = second[..size];
        var shared = first.CommonPrefixLength(second);
        if (shared == size) return OfPorts(ours.Port, theirs.Port);

        // IPv4: FF.FF.55.55, one byte more from a shared /16 on. IPv6: six bytes of FF, one more from a shared /48 on.
        var start = size == 4 ? 2 : 6;
        var whole = shared < start ? start : shared + 1;
        for (var i = whole; i < size; i++)
        {
            first[i] &= 0x55;
            second[i] &= 0x55;
        }

        return first.SequenceCompareTo(second) <= 0 ? Crc(Crc(~0u, first), second) ^ ~0u : Crc(Crc(~0u, second), first) ^ ~0u;
    }

    private static uint OfPorts(int ours, int theirs)
    {
        Span<byte> ports = stackalloc byte[4];
        BinaryPrimitives.WriteUInt16BigEndian(ports, (ushort)Math.Min(ours, theirs));
        BinaryPrimitives.WriteUInt16BigEndian(ports[2..], (ushort)Math.Max(ours, theirs));
        return Crc(~0u, ports) ^ ~0u;
    }

    private static uint Crc(uint crc, ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes) crc = BitOperations.Crc32C(crc, value);
        return crc;
    }

    private static IPAddress Normalize(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
