using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Magnets;

/// <summary>
/// A magnet link (BEP 9, "magnet URI format"; BEP 46 for mutable torrents; BEP 52 for btmh; BEP 53 for so). Immutable.
/// Made by <see cref="TryParse(string, out MagnetLink?, out string)"/> from what users paste, or by hand to be written out.
/// Always holds when parsed: a v1 or a v2 hash or both; or, for a mutable torrent, none of them and a <see cref="PublicKey"/>.
/// </summary>
public sealed record MagnetLink
{
    /// <summary>The v1 info-hash (urn:btih), or null.</summary>
    public InfoHash? V1 { get; init; }

    /// <summary>The v2 info-hash (urn:btmh, a SHA-256 multihash), or null.</summary>
    public InfoHashV2? V2 { get; init; }

    /// <summary>The key of a mutable torrent (urn:btpk, BEP 46), 64 lower-case hex digits, or null. Its info-hash must first be got from the DHT.</summary>
    public string? PublicKey { get; init; }

    /// <summary>The salt that goes with <see cref="PublicKey"/> in lower-case hex, or null.</summary>
    public string? Salt { get; init; }

    /// <summary>A name to show until the metadata is there, without control characters, or null.</summary>
    public string? DisplayName { get; init; }

    /// <summary>Bytes of the content as the link claims, or null.</summary>
    public long? ExactLength { get; init; }

    /// <summary>Trackers in the link's order, each once; http, https and udp only.</summary>
    public ImmutableArray<string> Trackers { get; init; } = [];

    /// <summary>Web seeds (ws), each once, escaped. Whether they want a final '/' is known only with the metadata.</summary>
    public ImmutableArray<string> WebSeeds { get; init; } = [];

    /// <summary>Where the whole content may be had by HTTP (as), each once, escaped.</summary>
    public ImmutableArray<string> AcceptableSources { get; init; } = [];

    /// <summary>Where the .torrent file may be had by HTTP (xs), each once, escaped.</summary>
    public ImmutableArray<string> ExactSources { get; init; } = [];

    /// <summary>Peers to connect to (x.pe), each once.</summary>
    public ImmutableArray<HostEndPoint> Peers { get; init; } = [];

    /// <summary>DHT nodes to start from (dht), each once.</summary>
    public ImmutableArray<HostEndPoint> DhtNodes { get; init; } = [];

    /// <summary>The files asked for (so).</summary>
    public FileSelection Selection { get; init; } = FileSelection.Everything;

    /// <summary>The hash that goes on the wire: v1 if known, else v2 cut to twenty bytes; null for a mutable torrent.</summary>
    public InfoHash? WireHash => V1 ?? V2?.Truncated;

    /// <summary>Parses a link, or a bare v1 hash in hex or base32, under <see cref="MagnetLimits.Default"/>. The error is one line for people.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out MagnetLink? link, out string error) =>
        TryParse(text, MagnetLimits.Default, out link, out error);

    /// <summary>Parses a link, or a bare v1 hash in hex or base32. The error is one line for people.</summary>
    public static bool TryParse(string text, MagnetLimits limits, [NotNullWhen(true)] out MagnetLink? link, out string error)
    {
        link = new MagnetParser(limits).TryParse(text, out error);
        return link is not null;
    }

    /// <summary>
    /// The link as text. "xt=urn:btih:" comes first and unescaped, as some clients search for just that; then the v2 hash, the rest escaped.
    /// </summary>
    public override string ToString()
    {
        var uri = new StringBuilder("magnet:");
        if (V1 is { } v1) Append(uri, "xt", $"urn:btih:{v1}");
        if (V2 is { } v2) Append(uri, "xt", $"urn:btmh:1220{v2}");
        if (PublicKey is not null) Append(uri, "xs", $"urn:btpk:{PublicKey}");
        if (Salt is not null) Append(uri, "s", Salt);
        if (DisplayName is not null) Append(uri, "dn", Uri.EscapeDataString(DisplayName));
        if (ExactLength is { } length) Append(uri, "xl", length.ToString(CultureInfo.InvariantCulture));
        foreach (var tracker in Trackers) Append(uri, "tr", Uri.EscapeDataString(tracker));
        foreach (var seed in WebSeeds) Append(uri, "ws", Uri.EscapeDataString(seed));
        foreach (var source in AcceptableSources) Append(uri, "as", Uri.EscapeDataString(source));
        foreach (var source in ExactSources) Append(uri, "xs", Uri.EscapeDataString(source));
        foreach (var peer in Peers) Append(uri, "x.pe", peer.ToString());
        foreach (var node in DhtNodes) Append(uri, "dht", node.ToString());
        if (!Selection.IsEverything) Append(uri, "so", Selection.ToString());
        return uri.ToString();
    }

    private static void Append(StringBuilder uri, string key, string value) =>
        uri.Append(uri[^1] == ':' ? '?' : '&').Append(key).Append('=').Append(value);
}
