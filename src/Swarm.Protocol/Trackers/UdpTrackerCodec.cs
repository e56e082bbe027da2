using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net.Sockets;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Trackers;

/// <summary>What a UDP tracker packet is (BEP 15; the second field of a request, the first of a reply).</summary>
public enum UdpTrackerAction
{
    /// <summary>Asks for, or brings, a connection id.</summary>
    Connect = 0,

    /// <summary>An announce.</summary>
    Announce = 1,

    /// <summary>A scrape.</summary>
    Scrape = 2,

    /// <summary>The tracker refuses; a text follows.</summary>
    Error = 3,
}

/// <summary>
/// The client's side of BEP 15 and BEP 41: writes requests, reads replies. Without state; <see cref="UdpTrackerSession"/> has that.
/// Replies may be longer than their fixed part in every action, and what follows is ignored; a shorter one is unreadable.
/// </summary>
public static class UdpTrackerCodec
{
    /// <summary>What stands where a connection id will be, in a connect request.</summary>
    public const ulong ProtocolId = 0x41727101980;

    /// <summary>Bytes of a connect request, and of its reply.</summary>
    public const int ConnectSize = 16;

    /// <summary>Bytes of an announce request before its options.</summary>
    public const int AnnounceRequestSize = 98;

    /// <summary>Bytes of an announce reply before its peers.</summary>
    public const int AnnounceReplySize = 20;

    /// <summary>Bytes of a scrape request before its hashes.</summary>
    public const int ScrapeRequestSize = 16;

    /// <summary>Bytes of a scrape or error reply before its entries or text, and the shortest reply there is.</summary>
    public const int ReplyHeaderSize = 8;

    /// <summary>Torrents in one scrape (BEP 15, "Scrape": about 74, so that the packet stays under any path's limit).</summary>
    public const int MaxScrapeHashes = 74;

    private const int ScrapeEntrySize = 12;

    /// <summary>A connect request.</summary>
    public static byte[] Connect(uint transactionId) => Request(ConnectSize, ProtocolId, UdpTrackerAction.Connect, transactionId);

    /// <summary>An announce request, with the URL's path and query as BEP 41 options if it has any.</summary>
    /// <param name="connectionId">What the connect reply brought.</param>
    /// <param name="transactionId">What the reply will bring back.</param>
    /// <param name="request">What to say.</param>
    /// <param name="urlData">Path and query of the tracker's URL, ASCII (<see cref="TrackerUrl.Target"/>).</param>
    public static byte[] Announce(ulong connectionId, uint transactionId, AnnounceRequest request, string urlData)
    {
        var packet = Request(AnnounceRequestSize + UdpTrackerOptions.SizeOf(urlData), connectionId, UdpTrackerAction.Announce, transactionId);
        var span = packet.AsSpan();
        request.InfoHash.Value.CopyTo(span[16..]);
        request.PeerId.Value.CopyTo(span[36..]);
        BinaryPrimitives.WriteInt64BigEndian(span[56..], request.Downloaded);
        BinaryPrimitives.WriteInt64BigEndian(span[64..], request.LeftOnTheWire);
        BinaryPrimitives.WriteInt64BigEndian(span[72..], request.Uploaded);
        BinaryPrimitives.WriteInt32BigEndian(span[80..], (int)request.Event);
        // The field is 32 bits wide in both families, and means nothing under IPv6 (BEP 15, "IPv6").
        if (request is { Family: not AddressFamily.InterNetworkV6, IPv4: { } address }) _ = address.TryWriteBytes(span[84..88], out _);
        BinaryPrimitives.WriteUInt32BigEndian(span[88..], request.Key);
        BinaryPrimitives.WriteInt32BigEndian(span[92..], request.NumWantOnTheWire ?? -1);
        BinaryPrimitives.WriteUInt16BigEndian(span[96..], request.Port);
        UdpTrackerOptions.Write(urlData, span[AnnounceRequestSize..]);
        return packet;
    }

    /// <summary>A scrape request for 1 to <see cref="MaxScrapeHashes"/> torrents.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are none, or more: the caller splits.</exception>
    public static byte[] Scrape(ulong connectionId, uint transactionId, ImmutableArray<InfoHash> infoHashes)
    {
        ArgumentOutOfRangeException.ThrowIfZero(infoHashes.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(infoHashes.Length, MaxScrapeHashes);
        var packet = Request(ScrapeRequestSize + (infoHashes.Length * Bytes20.Size), connectionId, UdpTrackerAction.Scrape, transactionId);
        for (var i = 0; i < infoHashes.Length; i++) infoHashes[i].Value.CopyTo(packet.AsSpan(ScrapeRequestSize + (i * Bytes20.Size)));
        return packet;
    }

    /// <summary>What every reply begins with. False for a packet that is no tracker's reply.</summary>
    public static bool TryReadHeader(ReadOnlySpan<byte> packet, out UdpTrackerAction action, out uint transactionId)
    {
        action = default;
        transactionId = 0;
        if (packet.Length < ReplyHeaderSize) return false;
        action = (UdpTrackerAction)BinaryPrimitives.ReadInt32BigEndian(packet);
        transactionId = BinaryPrimitives.ReadUInt32BigEndian(packet[4..]);
        return action is >= UdpTrackerAction.Connect and <= UdpTrackerAction.Error;
    }

    /// <summary>The connection id of a connect reply; false if it is too short.</summary>
    public static bool TryReadConnect(ReadOnlySpan<byte> packet, out ulong connectionId)
    {
        connectionId = packet.Length < ConnectSize ? 0 : BinaryPrimitives.ReadUInt64BigEndian(packet[ReplyHeaderSize..]);
        return packet.Length >= ConnectSize;
    }

    /// <summary>An announce reply; null if it is too short. The family is that of the packet: nothing inside tells.</summary>
    public static AnnounceReply? ReadAnnounce(ReadOnlySpan<byte> packet, AddressFamily family, TrackerReplyLimits limits)
    {
        if (packet.Length < AnnounceReplySize) return null;
        var peers = new CompactPeerList(limits.MaxPeers);
        peers.AddPacked(packet[AnnounceReplySize..], family);
        var interval = BinaryPrimitives.ReadInt32BigEndian(packet[8..]);
        return new AnnounceReply
        {
            Interval = interval > 0 ? TimeSpan.FromSeconds(interval) : null,
            Leechers = ReadCount(packet[12..]),
            Seeders = ReadCount(packet[16..]),
            Peers = peers.Peers,
            SkippedPeers = peers.Skipped,
        };
    }

    /// <summary>A scrape reply, whose entries stand in the order of the request; null if it has fewer than asked for.</summary>
    public static ImmutableArray<ScrapeEntry>? ReadScrape(ReadOnlySpan<byte> packet, ImmutableArray<InfoHash> infoHashes)
    {
        if (packet.Length < ReplyHeaderSize + (infoHashes.Length * ScrapeEntrySize)) return null;
        var entries = ImmutableArray.CreateBuilder<ScrapeEntry>(infoHashes.Length);
        foreach (var infoHash in infoHashes)
        {
            var entry = packet.Slice(ReplyHeaderSize + (entries.Count * ScrapeEntrySize), ScrapeEntrySize);
            entries.Add(new ScrapeEntry(infoHash, Seeders: ReadCount(entry), Downloaded: ReadCount(entry[4..]), Leechers: ReadCount(entry[8..])));
        }

        return entries.MoveToImmutable();
    }

    /// <summary>The text of an error reply, cleaned; trackers end it with a NUL or not.</summary>
    public static string ReadError(ReadOnlySpan<byte> packet, TrackerReplyLimits limits) =>
        packet.Length <= ReplyHeaderSize ? "" : TrackerText.Clean(packet[ReplyHeaderSize..], limits.MaxTextLength);

    private static byte[] Request(int size, ulong connectionId, UdpTrackerAction action, uint transactionId)
    {
        var packet = new byte[size];
        BinaryPrimitives.WriteUInt64BigEndian(packet, connectionId);
        BinaryPrimitives.WriteInt32BigEndian(packet.AsSpan(8), (int)action);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(12), transactionId);
        return packet;
    }

    private static int ReadCount(ReadOnlySpan<byte> field) => Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(field));
}
