using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Trackers;

/// <summary>
/// A client's packet as a tracker reads it (BEP 15, BEP 41): for the tracker of a simulated world and for a tracker server.
/// <see cref="Read"/> yields null for whatever is no request; it never throws.
/// </summary>
public abstract record UdpTrackerRequest
{
    private UdpTrackerRequest(ulong connectionId, uint transactionId)
    {
        ConnectionId = connectionId;
        TransactionId = transactionId;
    }

    /// <summary>What our connect reply gave the client; the protocol id in a connect.</summary>
    public ulong ConnectionId { get; }

    /// <summary>To be sent back in the reply.</summary>
    public uint TransactionId { get; }

    /// <summary>Asks for a connection id.</summary>
    public sealed record Connect : UdpTrackerRequest
    {
        internal Connect(uint transactionId) : base(UdpTrackerCodec.ProtocolId, transactionId) { }
    }

    /// <summary>An announce.</summary>
    public sealed record Announce : UdpTrackerRequest
    {
        internal Announce(ulong connectionId, uint transactionId, AnnounceRequest request, string urlData) : base(connectionId, transactionId)
        {
            Request = request;
            UrlData = urlData;
        }

        /// <summary>What the client says.</summary>
        public AnnounceRequest Request { get; }

        /// <summary>Path and query of the URL it uses (BEP 41); empty if it sent none, or options that cannot be read.</summary>
        public string UrlData { get; }
    }

    /// <summary>A scrape.</summary>
    public sealed record Scrape : UdpTrackerRequest
    {
        internal Scrape(ulong connectionId, uint transactionId, ImmutableArray<InfoHash> infoHashes) : base(connectionId, transactionId) => InfoHashes = infoHashes;

        /// <summary>The torrents asked for, 1 to <see cref="UdpTrackerCodec.MaxScrapeHashes"/>.</summary>
        public ImmutableArray<InfoHash> InfoHashes { get; }
    }

    /// <summary>Reads a packet that came by the given family.</summary>
    public static UdpTrackerRequest? Read(ReadOnlySpan<byte> packet, AddressFamily family)
    {
        if (packet.Length < UdpTrackerCodec.ConnectSize) return null;
        var connectionId = BinaryPrimitives.ReadUInt64BigEndian(packet);
        var transactionId = BinaryPrimitives.ReadUInt32BigEndian(packet[12..]);
        return (UdpTrackerAction)BinaryPrimitives.ReadInt32BigEndian(packet[8..]) switch
        {
            UdpTrackerAction.Connect when connectionId == UdpTrackerCodec.ProtocolId => new Connect(transactionId),
            UdpTrackerAction.Announce => ReadAnnounce(packet, connectionId, transactionId, family),
            UdpTrackerAction.Scrape => ReadScrape(packet, connectionId, transactionId),
            _ => null,
        };
    }

    private static Announce? ReadAnnounce(ReadOnlySpan<byte> packet, ulong connectionId, uint transactionId, AddressFamily family)
    {
        if (packet.Length < UdpTrackerCodec.AnnounceRequestSize) return null;
        var @event = BinaryPrimitives.ReadInt32BigEndian(packet[80..]);
        if (@event is < (int)AnnounceEvent.None or > (int)AnnounceEvent.Stopped) return null;
        var address = new IPAddress(packet[84..88]);
        var numWant = BinaryPrimitives.ReadInt32BigEndian(packet[92..]);
        var request = new AnnounceRequest
        {
            InfoHash = new InfoHash(packet[16..36]),
            PeerId = new PeerId(packet[36..56]),
            Downloaded = BinaryPrimitives.ReadInt64BigEndian(packet[56..]),
            Left = BinaryPrimitives.ReadInt64BigEndian(packet[64..]),
            Uploaded = BinaryPrimitives.ReadInt64BigEndian(packet[72..]),
            Event = (AnnounceEvent)@event,
            IPv4 = family == AddressFamily.InterNetworkV6 || address.Equals(IPAddress.Any) ? null : address,
            Key = BinaryPrimitives.ReadUInt32BigEndian(packet[88..]),
            NumWant = numWant < 0 ? null : numWant,
            Port = BinaryPrimitives.ReadUInt16BigEndian(packet[96..]),
            Family = family,
        };
        return new Announce(connectionId, transactionId, request,
            UdpTrackerOptions.TryReadUrlData(packet[UdpTrackerCodec.AnnounceRequestSize..], out var urlData) ? urlData : "");
    }

    private static Scrape? ReadScrape(ReadOnlySpan<byte> packet, ulong connectionId, uint transactionId)
    {
        var count = Math.Min((packet.Length - UdpTrackerCodec.ScrapeRequestSize) / Bytes20.Size, UdpTrackerCodec.MaxScrapeHashes);
        if (count == 0) return null;
        var infoHashes = ImmutableArray.CreateBuilder<InfoHash>(count);
        for (var i = 0; i < count; i++) infoHashes.Add(new InfoHash(packet.Slice(UdpTrackerCodec.ScrapeRequestSize + (i * Bytes20.Size), Bytes20.Size)));
        return new Scrape(connectionId, transactionId, infoHashes.MoveToImmutable());
    }
}
