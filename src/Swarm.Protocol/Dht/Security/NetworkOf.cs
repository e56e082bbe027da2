using System.Buffers.Binary;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Security;

/// <summary>
/// The networks an address belongs to, as addresses with zeros at the end and port 0. Addresses are cheap for who owns a network, networks are not: what must not be taken over by one owner is shared out by these.
/// </summary>
public static class NetworkOf
{
    /// <summary>The host itself: the address without its port.</summary>
    public static UdpAddress Host(UdpAddress address) => address.Port == 0 ? address : address.WithPort(0);

    /// <summary>What one customer commonly has: /24 of IPv4, /64 of IPv6.</summary>
    public static UdpAddress Narrow(UdpAddress address) => Masked(address, keepV4: 3, keepV6: 8);

    /// <summary>What one organisation commonly has: /16 of IPv4, /48 of IPv6.</summary>
    public static UdpAddress Wide(UdpAddress address) => Masked(address, keepV4: 2, keepV6: 6);

    /// <summary>A hash that is the same in every process for the same seeds, and not to be foreseen without them.</summary>
    internal static ulong Hash(UdpAddress address, ulong seed, ulong otherSeed)
    {
        Span<byte> bytes = stackalloc byte[24];
        bytes.Clear();
        address.WriteAddress(bytes);
        var first = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        var second = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
        var high = Math.BigMul(first ^ seed, second ^ otherSeed ^ ((ulong)address.Port << 48), out var low);
        high = Math.BigMul(high ^ otherSeed, low ^ 0x9e37_79b9_7f4a_7c15, out low);
        return high ^ low;
    }

    private static UdpAddress Masked(UdpAddress address, int keepV4, int keepV6)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes = bytes[..address.WriteAddress(bytes)];
        bytes[(bytes.Length == 4 ? keepV4 : keepV6)..].Clear();
        return new UdpAddress(bytes, 0);
    }
}
