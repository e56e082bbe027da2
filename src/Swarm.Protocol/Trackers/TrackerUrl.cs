using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Swarm.Protocol.Trackers;

/// <summary>The protocol of a tracker.</summary>
public enum TrackerScheme
{
    /// <summary>BEP 3 over plain HTTP.</summary>
    Http,

    /// <summary>BEP 3 over TLS.</summary>
    Https,

    /// <summary>BEP 15.</summary>
    Udp,
}

/// <summary>Why a text is no tracker URL that can be used.</summary>
public enum TrackerUrlError
{
    /// <summary>It can be used.</summary>
    None,

    /// <summary>Nothing but white space.</summary>
    Empty,

    /// <summary>Longer than <see cref="TrackerUrl.MaxLength"/>.</summary>
    TooLong,

    /// <summary>A leading '*', by which µTorrent marks a tracker that its user turned off.</summary>
    Disabled,

    /// <summary>A scheme other than http, https and udp.</summary>
    UnsupportedScheme,

    /// <summary>User name or password inside the URL, which would be shown wherever the URL is.</summary>
    Credentials,

    /// <summary>Not a URL with a host, or a port out of range.</summary>
    Malformed,
}

/// <summary>
/// A tracker's announce URL, parsed once. Path and query are kept as they were written (passkeys live there and some trackers compare bytes),
/// only white space, control characters and what is not ASCII is percent-encoded; a fragment is dropped. Two URLs are equal when their texts are.
/// </summary>
public sealed record TrackerUrl
{
    /// <summary>Characters of the longest URL that is accepted.</summary>
    public const int MaxLength = 2048;

    private const int DefaultUdpPort = 80;

    private TrackerUrl(TrackerScheme scheme, string host, int port, string target)
    {
        Scheme = scheme;
        Host = host;
        Port = port;
        Target = target;
    }

    /// <summary>The protocol.</summary>
    public TrackerScheme Scheme { get; }

    /// <summary>The host name in ASCII and lower case (IDNA), or an address; IPv6 without brackets.</summary>
    public string Host { get; }

    /// <summary>The port, 1 to 65535; 80 or 443 if the URL names none.</summary>
    public int Port { get; }

    /// <summary>Path and query as on the wire: empty, or beginning with '/'. BEP 41's URLData for UDP.</summary>
    public string Target { get; }

    /// <summary>Scheme, host and port: what pacing goes by, and what logs may show (passkeys are in <see cref="Target"/>).</summary>
    public string Origin => $"{SchemeText}://{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}";

    /// <summary>The whole URL.</summary>
    public string Text => Origin + Target;

    private string SchemeText => Scheme switch
    {
        TrackerScheme.Http => "http",
        TrackerScheme.Https => "https",
        _ => "udp",
    };

    /// <summary>Reads a URL as it stands in a torrent, a magnet link or a command; white space around it is ignored.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out TrackerUrl? url) => TryParse(text, out url, out _);

    /// <summary>Reads a URL as it stands in a torrent, a magnet link or a command, and says why not.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out TrackerUrl? url, out TrackerUrlError error)
    {
        url = null;
        error = Check(text, out var trimmed, out var uri, out var scheme);
        if (error != TrackerUrlError.None) return false;

        var port = uri!.Port;
        if (port == -1) port = DefaultUdpPort;
        if (uri.UserInfo.Length > 0) error = TrackerUrlError.Credentials;
        else if (uri.IdnHost.Length == 0 || port is < 1 or > ushort.MaxValue) error = TrackerUrlError.Malformed;
        if (error != TrackerUrlError.None) return false;

        url = new TrackerUrl(scheme, uri.IdnHost.ToLowerInvariant(), port, TargetOf(trimmed));
        return true;
    }

    /// <summary>Reads the tiers of a torrent (BEP 12) and leaves out what is no usable URL; empty tiers stay, they do no harm.</summary>
    public static ImmutableArray<ImmutableArray<TrackerUrl>> ParseTiers(ImmutableArray<ImmutableArray<string>> tiers)
    {
        var parsed = ImmutableArray.CreateBuilder<ImmutableArray<TrackerUrl>>(tiers.Length);
        foreach (var tier in tiers)
        {
            var urls = ImmutableArray.CreateBuilder<TrackerUrl>(tier.Length);
            foreach (var text in tier)
            {
                if (TryParse(text, out var url)) urls.Add(url);
            }

            parsed.Add(urls.ToImmutable());
        }

        return parsed.MoveToImmutable();
    }

    /// <inheritdoc/>
    public override string ToString() => Text;

    private static TrackerUrlError Check(string? text, out string trimmed, out Uri? uri, out TrackerScheme scheme)
    {
        uri = null;
        scheme = default;
        trimmed = text is null || text.Length > MaxLength * 2 ? "" : text.Trim();
        if (trimmed.Length == 0) return string.IsNullOrWhiteSpace(text) ? TrackerUrlError.Empty : TrackerUrlError.TooLong;
        if (trimmed.Length > MaxLength) return TrackerUrlError.TooLong;
        if (trimmed[0] == '*') return TrackerUrlError.Disabled;
        if (!Uri.TryCreate(trimmed, UriKind.Absolute, out uri)) return TrackerUrlError.Malformed;
        switch (uri.Scheme)
        {
            case "http": scheme = TrackerScheme.Http; break;
            case "https": scheme = TrackerScheme.Https; break;
            case "udp": scheme = TrackerScheme.Udp; break;
            default: return TrackerUrlError.UnsupportedScheme;
        }

        return trimmed.Contains("://", StringComparison.Ordinal) ? TrackerUrlError.None : TrackerUrlError.Malformed;
    }

    private static string TargetOf(string text)
    {
        var authority = text.IndexOf("://", StringComparison.Ordinal) + 3;
        var rest = text.AsSpan(authority);
        var start = rest.IndexOfAny('/', '?', '#');
        if (start < 0) return "";
        var target = rest[start..];
        var fragment = target.IndexOf('#');
        if (fragment >= 0) target = target[..fragment];
        if (target.IsEmpty) return "";
        var escaped = Escape(target);
        return escaped[0] == '/' ? escaped : "/" + escaped;
    }

    private static string Escape(ReadOnlySpan<char> target)
    {
        if (!target.ContainsAnyExceptInRange('!', '~')) return target.ToString();
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(target.Length)];
        var count = Encoding.UTF8.GetBytes(target, bytes);
        var escaped = new StringBuilder(count * 2);
        foreach (var b in bytes.AsSpan(0, count))
        {
            if (b is >= (byte)'!' and <= (byte)'~') escaped.Append((char)b);
            else escaped.Append('%').Append(b.ToString("X2"));
        }

        return escaped.ToString();
    }
}
