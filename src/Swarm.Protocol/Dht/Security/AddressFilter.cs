using System.Buffers.Binary;
using System.Net.Sockets;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Security;

/// <summary>What <see cref="AddressFilter"/> thinks of an address.</summary>
public enum AddressVerdict : byte
{
    /// <summary>It may be contacted.</summary>
    Usable,

    /// <summary>Its port is one where nobody listens.</summary>
    Port,

    /// <summary>It is our own.</summary>
    Own,

    /// <summary>It is none of a host: unspecified, multicast, broadcast, reserved, for documentation.</summary>
    NoHost,

    /// <summary>It is local, and we take none such, or not from who told of it.</summary>
    Local,

    /// <summary>It is of the other family: IPv4 and IPv6 are two DHTs (BEP 32).</summary>
    OtherFamily,
}

/// <summary>
/// Tells which addresses that others told of may be contacted, stored or handed on: of the own family, of a host, not our own, and local ones only where they make sense, so that nobody can turn our queries
/// on our own network or on those who are no nodes. A network on loopback or a LAN works as it is: its hosts are local themselves and may tell of each other.
/// Owned by the DHT of one family.
/// </summary>
public sealed class AddressFilter(DhtSecuritySettings settings, AddressFamily family)
{
    private readonly List<UdpAddress> _own = [];

    /// <summary>The most addresses of our own that are remembered; the oldest gives way.</summary>
    public const int MaxOwn = 64;

    /// <summary>The family of this DHT.</summary>
    public AddressFamily Family { get; } = family;

    /// <summary>Addresses that were refused.</summary>
    public long Refused { get; private set; }

    /// <summary>This address and port are ours.</summary>
    public void AddOwn(UdpAddress address)
    {
        if (_own.Contains(address)) return;
        if (_own.Count == MaxOwn) _own.RemoveAt(0);
        _own.Add(address);
    }

    /// <summary>Whether an address that <paramref name="toldBy"/> told of may be used; refusals are counted.</summary>
    public bool Accepts(UdpAddress address, UdpAddress toldBy)
    {
        if (Judge(address, toldBy) == AddressVerdict.Usable) return true;
        Refused++;
        return false;
    }

    /// <summary>Judges an address by itself and by who told of it; for a datagram's source that is the source.</summary>
    public AddressVerdict Judge(UdpAddress address, UdpAddress toldBy)
    {
        if (address.Family != Family) return AddressVerdict.OtherFamily;
        if (address.Port < settings.LowestPort) return AddressVerdict.Port;
        var scope = AddressScope(address);
        if (scope == Scope.NoHost) return AddressVerdict.NoHost;
        if (_own.Contains(address)) return AddressVerdict.Own;
        return scope == Scope.Public || (settings.AcceptLocal && IsLocal(toldBy)) ? AddressVerdict.Usable : AddressVerdict.Local;
    }

    /// <summary>Whether the address is loopback, private or link-local. Such are exempt from BEP 42 ("Enforcement").</summary>
    public static bool IsLocal(UdpAddress address) => AddressScope(address) == Scope.Local;

    /// <summary>Whether the whole world can reach the address.</summary>
    public static bool IsPublic(UdpAddress address) => AddressScope(address) == Scope.Public;

    private enum Scope : byte
    {
        Public,
        Local,
        NoHost,
    }

    private static Scope AddressScope(UdpAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        var size = address.WriteAddress(bytes);
        return size == 4 ? OfV4(BinaryPrimitives.ReadUInt32BigEndian(bytes)) : OfV6(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));
    }

    private static Scope OfV4(uint address)
    {
        if (In(10, 0, 8) || In(127, 0, 8) || In(172, 16, 12) || In(192, 168, 16) || In(169, 254, 16) || In(100, 64, 10)) return Scope.Local;
        var isDocumentation = (address >> 8) is 0xC0_00_02 or 0xC6_33_64 or 0xCB_00_71;
        return In(0, 0, 8) || address >= 0xE000_0000 || In(198, 18, 15) || isDocumentation || (address >> 8) == 0xC0_00_00 ? Scope.NoHost : Scope.Public;

        bool In(uint first, uint second, int bits) => (address ^ ((first << 24) | (second << 16))) >> (32 - bits) == 0;
    }

    private static Scope OfV6(ulong high, ulong low)
    {
        if ((high == 0 && low == 1) || high >> 54 == 0xFE80 >> 6 || high >> 57 == 0xFC >> 1) return Scope.Local;
        var isDocumentation = high >> 32 == 0x2001_0DB8;
        return high >> 61 == 1 && !isDocumentation ? Scope.Public : Scope.NoHost;
    }
}
