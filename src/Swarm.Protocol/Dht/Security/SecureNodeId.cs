using System.Numerics;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Security;

/// <summary>
/// Ids that their owner did not choose freely (BEP 42): the first 21 bits are a CRC-32C over the masked address and three bits of chance, which the last byte names. So who wants to sit next to a target needs
/// the address for it. Most nodes of today do not conform: those that do are preferred, all are served. Local addresses are exempt.
/// </summary>
public static class SecureNodeId
{
    private const uint FixedBits = 0xFFFF_F800;

    private static ReadOnlySpan<byte> MaskV4 => [0x03, 0x0f, 0x3f, 0xff];

    private static ReadOnlySpan<byte> MaskV6 => [0x01, 0x03, 0x07, 0x0f, 0x1f, 0x3f, 0x7f, 0xff];

    /// <summary>An id for a node at this address, the free bits drawn.</summary>
    public static NodeId Create(UdpAddress external, Random random)
    {
        Span<byte> id = stackalloc byte[Bytes20.Size];
        random.NextBytes(id);
        var crc = Crc(external, id[^1]);
        id[0] = (byte)(crc >> 24);
        id[1] = (byte)(crc >> 16);
        id[2] = (byte)(((crc >> 8) & 0xf8) | (id[2] & 0x07u));
        return new NodeId(id);
    }

    /// <summary>Whether a node at this address may have this id.</summary>
    public static bool Matches(NodeId id, UdpAddress address)
    {
        if (AddressFilter.IsLocal(address)) return true;
        Span<byte> bytes = stackalloc byte[Bytes20.Size];
        id.Value.CopyTo(bytes);
        var first = ((uint)bytes[0] << 24) | ((uint)bytes[1] << 16) | ((uint)bytes[2] << 8);
        return ((first ^ Crc(address, bytes[^1])) & FixedBits) == 0;
    }

    private static uint Crc(UdpAddress address, byte chance)
    {
        Span<byte> bytes = stackalloc byte[16];
        var mask = address.WriteAddress(bytes) == 4 ? MaskV4 : MaskV6;
        bytes = bytes[..mask.Length];
        for (var i = 0; i < bytes.Length; i++) bytes[i] &= mask[i];
        bytes[0] |= (byte)((chance & 0x07) << 5);
        var crc = ~0u;
        foreach (var value in bytes) crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }
}
