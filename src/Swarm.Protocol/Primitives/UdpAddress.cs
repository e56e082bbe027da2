using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace Swarm.Protocol.Primitives;

/// <summary>
/// Where a datagram comes from or goes to: an IPv4 or IPv6 address, a port, and for link-local IPv6 addresses the scope. A value of 24 bytes that is read, written, compared
/// and hashed without allocation, where <see cref="IPEndPoint"/> takes two objects.
/// <para>
/// An IPv4 address has one form only: its form as an IPv6 address (::ffff:1.2.3.4) is the same value, so that one host is never two. The default value is [::]:0.
/// Ordered by the IPv6 form as a number, then by scope and port.
/// </para>
/// </summary>
public readonly struct UdpAddress : IEquatable<UdpAddress>, IComparable<UdpAddress>
{
    /// <summary>Bytes of the compact form of an IPv4 address: address and port, big endian (BEP 5, BEP 23).</summary>
    public const int CompactSizeV4 = 6;

    /// <summary>Bytes of the compact form of an IPv6 address (BEP 32, BEP 7).</summary>
    public const int CompactSizeV6 = 18;

    private const int SizeV4 = 4;
    private const int SizeV6 = 16;
    private const ulong MappedPrefix = 0xffffUL << 32;

    // The address as IPv6 has it, big endian.
    private readonly ulong _high;
    private readonly ulong _low;
    private readonly uint _scopeId;
    private readonly ushort _port;

    /// <summary>Takes an address of 4 or 16 bytes as it stands on the wire.</summary>
    /// <param name="address">The address, big endian.</param>
    /// <param name="port">0 to 65,535.</param>
    /// <param name="scopeId">The network interface an IPv6 address holds for; 0: any.</param>
    /// <exception cref="ArgumentException">The length or the port is none: a caller's bug, lengths are checked where bytes are parsed.</exception>
    public UdpAddress(ReadOnlySpan<byte> address, int port, uint scopeId = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual((ushort)port, port);
        _port = (ushort)port;
        switch (address.Length)
        {
            case SizeV4:
                _low = MappedPrefix | BinaryPrimitives.ReadUInt32BigEndian(address);
                break;
            case SizeV6:
                _high = BinaryPrimitives.ReadUInt64BigEndian(address);
                _low = BinaryPrimitives.ReadUInt64BigEndian(address[8..]);
                if (!IsIPv4) _scopeId = scopeId;
                break;
            default:
                throw new ArgumentException($"Expected {SizeV4} or {SizeV6} bytes, got {address.Length}.", nameof(address));
        }
    }

    /// <summary>The same address and port.</summary>
    public UdpAddress(IPEndPoint endPoint)
    {
        Span<byte> bytes = stackalloc byte[SizeV6];
        endPoint.Address.TryWriteBytes(bytes, out var size);
        this = new UdpAddress(bytes[..size], endPoint.Port, size == SizeV6 ? (uint)endPoint.Address.ScopeId : 0);
    }

    private UdpAddress(ulong high, ulong low, uint scopeId, ushort port)
    {
        _high = high;
        _low = low;
        _scopeId = scopeId;
        _port = port;
    }

    /// <summary>The port, 0 to 65,535.</summary>
    public int Port => _port;

    /// <summary>Whether it is an IPv4 address; IPv6 otherwise.</summary>
    public bool IsIPv4 => _high == 0 && _low >> 32 == 0xffff;

    /// <summary>IPv4 or IPv6, by the base library's name.</summary>
    public AddressFamily Family => IsIPv4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;

    /// <summary>The network interface an IPv6 address holds for; 0: any.</summary>
    public uint ScopeId => _scopeId;

    /// <summary>Bytes of the address alone: 4 or 16.</summary>
    public int AddressSize => IsIPv4 ? SizeV4 : SizeV6;

    /// <summary>Bytes of the compact form: 6 or 18.</summary>
    public int CompactSize => IsIPv4 ? CompactSizeV4 : CompactSizeV6;

    /// <summary>Reads the compact form, 6 or 18 bytes. False for any other length. The compact form has no scope.</summary>
    public static bool TryReadCompact(ReadOnlySpan<byte> compact, out UdpAddress address)
    {
        var valid = compact.Length is CompactSizeV4 or CompactSizeV6;
        address = valid ? new UdpAddress(compact[..^2], BinaryPrimitives.ReadUInt16BigEndian(compact[^2..])) : default;
        return valid;
    }

    /// <summary>Writes the compact form to the start of <paramref name="destination"/>; returns its bytes, <see cref="CompactSize"/>.</summary>
    public int WriteCompact(Span<byte> destination)
    {
        var size = WriteAddress(destination);
        BinaryPrimitives.WriteUInt16BigEndian(destination[size..], _port);
        return size + sizeof(ushort);
    }

    /// <summary>Writes the address alone, big endian; returns its bytes, <see cref="AddressSize"/>.</summary>
    public int WriteAddress(Span<byte> destination)
    {
        if (IsIPv4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)_low);
            return SizeV4;
        }

        BinaryPrimitives.WriteUInt64BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _low);
        return SizeV6;
    }

    /// <summary>The same address with another port, 0 to 65,535. With one port for all, it stands for the host.</summary>
    public UdpAddress WithPort(int port)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual((ushort)port, port);
        return new UdpAddress(_high, _low, _scopeId, (ushort)port);
    }

    /// <summary>Whether both are of one host, whatever their ports.</summary>
    public bool IsSameHost(UdpAddress other) => _low == other._low && _high == other._high && _scopeId == other._scopeId;

    /// <summary>The same address and port, in new objects.</summary>
    public IPEndPoint ToEndPoint()
    {
        Span<byte> bytes = stackalloc byte[SizeV6];
        bytes = bytes[..WriteAddress(bytes)];
        return new IPEndPoint(bytes.Length == SizeV4 ? new IPAddress(bytes) : new IPAddress(bytes, _scopeId), _port);
    }

    /// <inheritdoc/>
    public bool Equals(UdpAddress other) => _low == other._low && _high == other._high && _port == other._port && _scopeId == other._scopeId;

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is UdpAddress other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_high, _low, _scopeId, _port);

    /// <inheritdoc/>
    public int CompareTo(UdpAddress other)
    {
        var order = _high.CompareTo(other._high);
        if (order == 0) order = _low.CompareTo(other._low);
        if (order == 0) order = _scopeId.CompareTo(other._scopeId);
        return order == 0 ? _port.CompareTo(other._port) : order;
    }

    /// <summary><c>1.2.3.4:5</c> or <c>[::1]:5</c>.</summary>
    public override string ToString() => ToEndPoint().ToString();

    /// <summary>Equality by value.</summary>
    public static bool operator ==(UdpAddress left, UdpAddress right) => left.Equals(right);

    /// <summary>Inequality by value.</summary>
    public static bool operator !=(UdpAddress left, UdpAddress right) => !left.Equals(right);
}
