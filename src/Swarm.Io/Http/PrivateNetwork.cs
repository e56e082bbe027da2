using System.Net;

namespace Swarm.Io.Http;

/// <summary>The addresses that mean this machine or its own network: loopback, unspecified, link-local, private (RFC 1918, RFC 4193) and carrier-grade NAT (RFC 6598).</summary>
internal static class PrivateNetwork
{
    private static readonly IPNetwork[] Networks =
    [
        IPNetwork.Parse("0.0.0.0/8"), IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("100.64.0.0/10"), IPNetwork.Parse("127.0.0.0/8"),
        IPNetwork.Parse("169.254.0.0/16"), IPNetwork.Parse("172.16.0.0/12"), IPNetwork.Parse("192.168.0.0/16"),
        IPNetwork.Parse("::/127"), IPNetwork.Parse("fc00::/7"), IPNetwork.Parse("fe80::/10"), IPNetwork.Parse("fec0::/10"),
    ];

    /// <summary>Whether the address is one of them; an IPv4 address in IPv6 clothes is the IPv4 address.</summary>
    public static bool Contains(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return Array.Exists(Networks, network => network.Contains(plain));
    }
}
