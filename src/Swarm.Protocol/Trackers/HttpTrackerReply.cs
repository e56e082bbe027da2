using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Swarm.Protocol.Bencoding;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Trackers;

/// <summary>
/// Reads what HTTP trackers answer (BEP 3, 7, 23, 24, 48): decompressed bytes of any origin in, a bounded reply or one failure out, never an exception.
/// Lenient where trackers are known to stray (keys unsorted, peers in either form whichever was asked for, host names, single bad entries, reasons under any HTTP status),
/// strict where leniency would invent peers: a packed list whose length is no multiple of its entries is refused.
/// </summary>
public static class HttpTrackerReply
{
    private const int FirstSuccess = 200;
    private const int LastSuccess = 299;
    private const int LongestHostName = 255;
    private const int ScratchTokens = 64;

    /// <summary>Reads the reply to an announce.</summary>
    /// <param name="status">The HTTP status.</param>
    /// <param name="body">The body, decompressed.</param>
    /// <param name="limits">How much of it is believed.</param>
    /// <param name="reply">What the tracker said.</param>
    /// <param name="failure">Why there is no reply.</param>
    public static bool TryReadAnnounce(
        int status, ReadOnlySpan<byte> body, TrackerReplyLimits limits,
        [NotNullWhen(true)] out AnnounceReply? reply, [NotNullWhen(false)] out TrackerFailure? failure)
    {
        reply = null;
        using var document = BencodeDocument.Parse(body, limits.Bencode, stackalloc BencodeToken[ScratchTokens]);
        failure = Check(document.Root, document.Error, status, body.Length, limits);
        if (failure is not null) return false;

        var root = document.Root;
        var peers = new CompactPeerList(limits.MaxPeers);
        if (!TryAddPeers(peers, root["peers"u8], AddressFamily.InterNetwork) || !TryAddPeers(peers, root["peers6"u8], AddressFamily.InterNetworkV6))
        {
            failure = new TrackerFailure(TrackerFailureKind.Malformed, "The length of the tracker's packed peer list is no multiple of an entry's.");
            return false;
        }

        reply = new AnnounceReply
        {
            Interval = ReadSeconds(root["interval"u8]),
            MinInterval = ReadSeconds(root["min interval"u8]),
            Peers = peers.Peers,
            HostPeers = peers.Hosts,
            SkippedPeers = peers.Skipped,
            Seeders = ReadCount(root["complete"u8]),
            Leechers = ReadCount(root["incomplete"u8]),
            Downloaded = ReadCount(root["downloaded"u8]),
            Warning = ReadText(root["warning message"u8], limits),
            TrackerId = root["tracker id"u8].TryGetString(out var id) && id.Length > 0 && id.Length <= limits.MaxTrackerIdBytes ? Encoding.Latin1.GetString(id) : null,
            ExternalAddress = root["external ip"u8].TryGetString(out var address) && address.Length is 4 or 16 ? new IPAddress(address) : null,
        };
        return true;
    }

    /// <summary>Reads the reply to a scrape, in the order the tracker sent; entries it was not asked for may be among them.</summary>
    /// <param name="status">The HTTP status.</param>
    /// <param name="body">The body, decompressed.</param>
    /// <param name="limits">How much of it is believed.</param>
    /// <param name="entries">What the tracker said; empty on failure.</param>
    /// <param name="failure">Why there is nothing.</param>
    public static bool TryReadScrape(
        int status, ReadOnlySpan<byte> body, TrackerReplyLimits limits,
        out ImmutableArray<ScrapeEntry> entries, [NotNullWhen(false)] out TrackerFailure? failure)
    {
        entries = [];
        using var document = BencodeDocument.Parse(body, limits.Bencode, stackalloc BencodeToken[ScratchTokens]);
        failure = Check(document.Root, document.Error, status, body.Length, limits);
        if (failure is not null) return false;

        var read = ImmutableArray.CreateBuilder<ScrapeEntry>();
        foreach (var entry in document.Root["files"u8].Entries)
        {
            if (read.Count >= limits.MaxScrapeEntries) break;
            if (entry.Key.Length != Bytes20.Size) continue;
            var torrent = entry.Value;
            read.Add(new ScrapeEntry(
                new InfoHash(entry.Key), ReadCount(torrent["complete"u8]), ReadCount(torrent["incomplete"u8]), ReadCount(torrent["downloaded"u8])));
        }

        entries = read.ToImmutable();
        return true;
    }

    private static TrackerFailure? Check(BencodeValue root, BencodeError? error, int status, int length, TrackerReplyLimits limits)
    {
        if (length > limits.MaxReplyBytes) return new TrackerFailure(TrackerFailureKind.TooLarge, $"The tracker's reply is longer than {limits.MaxReplyBytes} bytes.");
        // A reason may come under any status, and beside other keys: it is the most useful thing to say.
        var reason = ReadText(root["failure reason"u8], limits);
        if (reason is not null) return new TrackerFailure(TrackerFailureKind.Refused, reason.Length == 0 ? "The tracker refused without a reason." : reason);
        if (status is < FirstSuccess or > LastSuccess) return new TrackerFailure(TrackerFailureKind.HttpStatus, $"The tracker answered with HTTP status {status}.");
        if (error is { } what) return new TrackerFailure(TrackerFailureKind.Malformed, $"The tracker's reply is not bencoded: {what}.");
        return root.Kind == BencodeTokenKind.Dictionary ? null : new TrackerFailure(TrackerFailureKind.Malformed, "The tracker's reply is not a dictionary.");
    }

    private static bool TryAddPeers(CompactPeerList peers, BencodeValue value, AddressFamily family)
    {
        if (value.TryGetString(out var packed))
        {
            if (packed.Length % CompactPeerList.EntrySize(family) != 0) return false;
            peers.AddPacked(packed, family);
        }

        foreach (var item in value.Items) AddPeer(peers, item);
        return true;
    }

    private static void AddPeer(CompactPeerList peers, BencodeValue item)
    {
        // Peer ids ("peer id", "peer_id") are passed over: packed lists have none, and handshakes need not match them.
        if (!item["ip"u8].TryGetString(out var host) || host.Length is 0 or > LongestHostName || !item["port"u8].TryGetInteger(1, ushort.MaxValue, out var port))
        {
            peers.Skip();
            return;
        }

        var text = Encoding.Latin1.GetString(host);
        // The framework also reads "1" and "0x7f.1" as addresses; those are no addresses on this wire.
        var looksNumeric = text.Contains(':', StringComparison.Ordinal) || text.AsSpan().Count('.') == 3;
        if (looksNumeric && IPAddress.TryParse(text, out var address)) peers.Add(address, port);
        else peers.Add(text, port);
    }

    private static TimeSpan? ReadSeconds(BencodeValue value) =>
        value.TryGetInteger(out var seconds) && seconds > 0 ? TimeSpan.FromSeconds(Math.Min(seconds, int.MaxValue)) : null;

    private static int? ReadCount(BencodeValue value) =>
        value.TryGetInteger(out var count) && count >= 0 ? (int)Math.Min(count, int.MaxValue) : null;

    private static string? ReadText(BencodeValue value, TrackerReplyLimits limits) =>
        value.TryGetString(out var bytes) ? TrackerText.Clean(bytes, limits.MaxTextLength) : null;
}
