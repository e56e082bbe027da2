using System.Buffers.Binary;

namespace Swarm.Io.Net;

/// <summary>Linux's form of a socket address: struct sockaddr_in (16 bytes) or sockaddr_in6 (28 bytes). The family and the scope are in the machine's byte order, the rest in the network's.</summary>
internal static unsafe class LinuxAddress
{
    /// <summary>Bytes of the longest form.</summary>
    public const int MaxSize = 28;

    private const int SizeV4 = 16;
    private const ushort FamilyV4 = 2;
    private const ushort FamilyV6 = 10;
    private const int PortAt = 2;
    private const int AddressV4At = 4;
    private const int AddressV6At = 8;
    private const int ScopeAt = 24;

    /// <summary>Writes up to <see cref="MaxSize"/> bytes; returns how many are the address.</summary>
    public static int Write(UdpAddress address, byte* destination)
    {
        var span = new Span<byte>(destination, MaxSize);
        span.Clear();
        BinaryPrimitives.WriteUInt16BigEndian(span[PortAt..], (ushort)address.Port);
        if (address.IsIPv4)
        {
            *(ushort*)destination = FamilyV4;
            address.WriteAddress(span[AddressV4At..]);
            return SizeV4;
        }

        *(ushort*)destination = FamilyV6;
        address.WriteAddress(span[AddressV6At..]);
        *(uint*)(destination + ScopeAt) = address.ScopeId;
        return MaxSize;
    }

    /// <summary>Reads what the kernel wrote.</summary>
    public static UdpAddress Read(byte* source)
    {
        var span = new ReadOnlySpan<byte>(source, MaxSize);
        var port = BinaryPrimitives.ReadUInt16BigEndian(span[PortAt..]);
        return *(ushort*)source == FamilyV4
            ? new UdpAddress(span.Slice(AddressV4At, 4), port)
            : new UdpAddress(span.Slice(AddressV6At, 16), port, *(uint*)(source + ScopeAt));
    }
}
