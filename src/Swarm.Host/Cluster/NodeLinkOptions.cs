using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Swarm.Host.Cluster;

/// <summary>The files of mutual TLS, PEM: this node's certificate with those above it, its private key, and the authorities that members' certificates come from.</summary>
internal sealed record LinkTlsFiles(string Certificate, string Key, string Authority);

/// <summary>Where a node is linked to the others, and how they know each other. <paramref name="Key"/>: the cluster's key, empty for none. <paramref name="Tls"/>: null for cleartext.</summary>
internal sealed record NodeLinkOptions(string Cluster, string EndPoint, ImmutableArray<IPEndPoint> Listen, ImmutableArray<byte> Key, LinkTlsFiles? Tls, NodeLinkSettings Settings)
{
    /// <summary>Bytes of a key at least.</summary>
    public const int MinKeyBytes = 32;

    /// <summary>Whether somebody beyond this machine could speak to it.</summary>
    public bool IsBeyondLoopback => Listen.Any(static at => !IPAddress.IsLoopback(at.Address));

    /// <summary>Takes an end point apart: a name or an address (of version 6 in brackets), a colon, and a port.</summary>
    public static bool TrySplit(string endPoint, out string host, out int port)
    {
        (host, port) = ("", 0);
        var colon = endPoint.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(endPoint.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return false;
        host = endPoint[..colon] is ['[', .. var inner, ']'] ? inner : endPoint[..colon];
        port = number;
        if (endPoint[0] == '[') return IPAddress.TryParse(host, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6;
        return Uri.CheckHostName(host) is UriHostNameType.Dns or UriHostNameType.IPv4;
    }

    /// <summary>Where a node listens that says only where others reach it: at that address, or at loopback, or, for any other name, everywhere; at its port.</summary>
    public static ImmutableArray<IPEndPoint> ListenFor(string endPoint)
    {
        if (!TrySplit(endPoint, out var host, out var port)) return [];
        if (IPAddress.TryParse(host, out var address)) return [new IPEndPoint(address, port)];
        return [new IPEndPoint(host == "localhost" ? IPAddress.Loopback : Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, port)];
    }
}
