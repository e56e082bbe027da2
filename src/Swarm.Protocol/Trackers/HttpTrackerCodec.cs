using System.Collections.Immutable;
using System.Net;
using System.Text;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Trackers;

/// <summary>
/// The requests of HTTP trackers (BEP 3, "Trackers"; BEP 7, 23, 48) as URLs. Without state. The URL's own query stays first, as it was written,
/// because passkeys live there; every byte that RFC 3986 does not call unreserved is percent-encoded, '+' and quotes too.
/// Replies are read by <see cref="HttpTrackerReply"/>.
/// </summary>
public static class HttpTrackerCodec
{
    /// <summary>Torrents in one scrape: the URL stays under the 8 KiB that common servers accept.</summary>
    public const int MaxScrapeHashes = 64;

    private const string AnnounceWord = "announce";
    private const string Unreserved = "-._~";

    /// <summary>The URL of an announce. Compact replies are asked for (BEP 23), and no peer ids.</summary>
    public static string AnnounceUrl(TrackerUrl tracker, AnnounceRequest request)
    {
        var url = Begin(tracker.Target.Length == 0 ? tracker.Origin + "/" : tracker.Text);
        AppendHash(url, "info_hash", request.InfoHash.Value);
        url.Append('&');
        AppendHash(url, "peer_id", request.PeerId.Value);
        url.Append("&port=").Append(request.Port)
            .Append("&uploaded=").Append(request.Uploaded)
            .Append("&downloaded=").Append(request.Downloaded)
            .Append("&left=").Append(request.LeftOnTheWire)
            .Append("&compact=1&no_peer_id=1&key=").Append(request.Key.ToString("X8"));
        if (EventName(request.Event) is { } name) url.Append("&event=").Append(name);
        if (request.NumWantOnTheWire is { } numWant) url.Append("&numwant=").Append(numWant);
        AppendAddress(url, "&ipv4=", request.IPv4);
        AppendAddress(url, "&ipv6=", request.IPv6);
        if (request.TrackerId is { } trackerId)
        {
            url.Append("&trackerid=");
            foreach (var c in trackerId) AppendByte(url, (byte)c);
        }

        return url.ToString();
    }

    /// <summary>
    /// The URL of a scrape for 1 to <see cref="MaxScrapeHashes"/> torrents; null if this tracker has none: the last part of its path must begin with
    /// "announce", which becomes "scrape" (BEP 48).
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">There are no hashes, or too many: the caller splits.</exception>
    public static string? ScrapeUrl(TrackerUrl tracker, ImmutableArray<InfoHash> infoHashes)
    {
        ArgumentOutOfRangeException.ThrowIfZero(infoHashes.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(infoHashes.Length, MaxScrapeHashes);
        if (ScrapeBase(tracker) is not { } scrape) return null;
        var url = Begin(scrape);
        for (var i = 0; i < infoHashes.Length; i++)
        {
            if (i > 0) url.Append('&');
            AppendHash(url, "info_hash", infoHashes[i].Value);
        }

        return url.ToString();
    }

    /// <summary>The scrape URL without hashes, or null if the tracker has none.</summary>
    public static string? ScrapeBase(TrackerUrl tracker)
    {
        if (tracker.Scheme == TrackerScheme.Udp) return null;
        var query = tracker.Target.IndexOf('?');
        var path = query < 0 ? tracker.Target : tracker.Target[..query];
        var word = path.LastIndexOf('/') + 1;
        if (!path.AsSpan(word).StartsWith(AnnounceWord)) return null;
        return $"{tracker.Origin}{path[..word]}scrape{tracker.Target[(word + AnnounceWord.Length)..]}";
    }

    private static string? EventName(AnnounceEvent @event) => @event switch
    {
        AnnounceEvent.Started => "started",
        AnnounceEvent.Completed => "completed",
        AnnounceEvent.Stopped => "stopped",
        _ => null,
    };

    private static StringBuilder Begin(string url)
    {
        var builder = new StringBuilder(url, url.Length + 256);
        if (!url.Contains('?', StringComparison.Ordinal)) builder.Append('?');
        else if (url[^1] is not ('?' or '&')) builder.Append('&');
        return builder;
    }

    private static void AppendAddress(StringBuilder url, string parameter, IPAddress? address)
    {
        if (address is null) return;
        url.Append(parameter);
        foreach (var c in address.ToString()) AppendByte(url, (byte)c);
    }

    private static void AppendHash(StringBuilder url, string parameter, Bytes20 value)
    {
        Span<byte> bytes = stackalloc byte[Bytes20.Size];
        value.CopyTo(bytes);
        url.Append(parameter).Append('=');
        foreach (var b in bytes) AppendByte(url, b);
    }

    private static void AppendByte(StringBuilder url, byte b)
    {
        if (char.IsAsciiLetterOrDigit((char)b) || Unreserved.Contains((char)b, StringComparison.Ordinal)) url.Append((char)b);
        else url.Append('%').Append(b.ToString("X2"));
    }
}
