using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Swarm.Protocol.Primitives;

/// <summary>
/// A host by name or address, and a port from 1 to 65535: a peer or DHT node as magnet links and metainfo files name it (BEP 9, x.pe; BEP 5, nodes).
/// <paramref name="Host"/> is a host name (letters, digits, '-', '_', '.') or an IP address without brackets and without a zone, which says nothing to anybody else. Made only from what was checked.
/// </summary>
public sealed record HostEndPoint(string Host, int Port)
{
    /// <summary>The longest host name there is (RFC 1035).</summary>
    private const int MaxHostLength = 253;

    /// <summary>The address, if the host is one and not a name.</summary>
    public IPAddress? Address => IPAddress.TryParse(Host, out var address) ? address : null;

    /// <summary>Checks a host and a port.</summary>
    public static bool TryCreate(string host, long port, [NotNullWhen(true)] out HostEndPoint? endPoint)
    {
        var valid = port is > 0 and <= ushort.MaxValue && IsHost(host);
        endPoint = valid ? new HostEndPoint(host, (int)port) : null;
        return valid;
    }

    /// <summary>Parses <c>host:port</c>, <c>1.2.3.4:port</c> or <c>[v6]:port</c>.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out HostEndPoint? endPoint)
    {
        endPoint = null;
        var colon = text.LastIndexOf(':');
        if (colon < 0 || !int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port)) return false;
        var host = text[..colon];
        var bracketed = host.Length > 2 && host[0] == '[' && host[^1] == ']';
        if (bracketed) host = host[1..^1];
        return bracketed == host.Contains(':') && TryCreate(host.ToString(), port, out endPoint);
    }

    /// <summary><c>host:port</c>, an IPv6 address in brackets.</summary>
    public override string ToString() => Host.Contains(':') ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    private static bool IsHost(string host)
    {
        if (host.Length is 0 or > MaxHostLength) return false;
        if (host.Contains(':')) return host.All(static character => char.IsAsciiHexDigit(character) || character is ':' or '.') && IPAddress.TryParse(host, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6;
        foreach (var character in host)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('-' or '_' or '.')) return false;
        }

        return host[0] is not ('.' or '-');
    }
}
