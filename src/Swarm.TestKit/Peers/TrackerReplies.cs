using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Swarm.Protocol.Bencoding;
using Swarm.Protocol.Trackers;

namespace Swarm.TestKit.Peers;

/// <summary>What a tracker says to an announce.</summary>
internal sealed record TrackerAnswer(TimeSpan Interval, int Seeders, int Leechers, int Completed, ImmutableArray<IPEndPoint> Peers);

/// <summary>Writes what trackers say over HTTP (BEP 3, 7, 23, 48) and over UDP (BEP 15).</summary>
internal static class TrackerReplies
{
    public static byte[] Http(TrackerAnswer answer) => new BencodeWriter().BeginDictionary()
        .WriteInteger("complete"u8, answer.Seeders)
        .WriteInteger("downloaded"u8, answer.Completed)
        .WriteInteger("incomplete"u8, answer.Leechers)
        .WriteInteger("interval"u8, (long)answer.Interval.TotalSeconds)
        .WriteString("peers"u8, Compact(answer.Peers, AddressFamily.InterNetwork))
        .WriteString("peers6"u8, Compact(answer.Peers, AddressFamily.InterNetworkV6))
        .End().ToArray();

    public static byte[] HttpFailure(string reason) => new BencodeWriter().BeginDictionary().WriteText("failure reason"u8, reason).End().ToArray();

    public static byte[] HttpScrape(IEnumerable<(InfoHash Torrent, TrackerAnswer Answer)> torrents)
    {
        var writer = new BencodeWriter().BeginDictionary().BeginDictionary("files"u8);
        var key = new byte[Bytes20.Size];
        foreach (var (torrent, answer) in torrents)
        {
            torrent.Value.CopyTo(key);
            writer.BeginDictionary(key).WriteInteger("complete"u8, answer.Seeders).WriteInteger("downloaded"u8, answer.Completed).WriteInteger("incomplete"u8, answer.Leechers).End();
        }

        return writer.End().End().ToArray();
    }

    public static byte[] UdpConnect(uint transaction, ulong connection)
    {
        var packet = Udp(UdpTrackerAction.Connect, transaction, UdpTrackerCodec.ConnectSize);
        BinaryPrimitives.WriteUInt64BigEndian(packet.AsSpan(8), connection);
        return packet;
    }

    public static byte[] UdpAnnounce(uint transaction, TrackerAnswer answer, AddressFamily family)
    {
        var peers = Compact(answer.Peers, family);
        var packet = Udp(UdpTrackerAction.Announce, transaction, UdpTrackerCodec.AnnounceReplySize + peers.Length);
        BinaryPrimitives.WriteInt32BigEndian(packet.AsSpan(8), (int)answer.Interval.TotalSeconds);
        BinaryPrimitives.WriteInt32BigEndian(packet.AsSpan(12), answer.Leechers);
        BinaryPrimitives.WriteInt32BigEndian(packet.AsSpan(16), answer.Seeders);
        peers.CopyTo(packet, UdpTrackerCodec.AnnounceReplySize);
        return packet;
    }

    public static byte[] UdpScrape(uint transaction, IReadOnlyList<TrackerAnswer> answers)
    {
        var packet = Udp(UdpTrackerAction.Scrape, transaction, 8 + (answers.Count * 12));
        for (var i = 0; i < answers.Count; i++)
        {
            var entry = packet.AsSpan(8 + (i * 12));
            BinaryPrimitives.WriteInt32BigEndian(entry, answers[i].Seeders);
            BinaryPrimitives.WriteInt32BigEndian(entry[4..], answers[i].Completed);
            BinaryPrimitives.WriteInt32BigEndian(entry[8..], answers[i].Leechers);
        }

        return packet;
    }

    public static byte[] UdpError(uint transaction, string reason) => [.. Udp(UdpTrackerAction.Error, transaction, 8), .. Encoding.UTF8.GetBytes(reason)];

    private static byte[] Udp(UdpTrackerAction action, uint transaction, int size)
    {
        var packet = new byte[size];
        BinaryPrimitives.WriteInt32BigEndian(packet, (int)action);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), transaction);
        return packet;
    }

    private static byte[] Compact(ImmutableArray<IPEndPoint> peers, AddressFamily family)
    {
        var bytes = new List<byte>();
        foreach (var peer in peers.Where(peer => peer.AddressFamily == family))
        {
            bytes.AddRange(peer.Address.GetAddressBytes());
            bytes.Add((byte)(peer.Port >> 8));
            bytes.Add((byte)peer.Port);
        }

        return [.. bytes];
    }
}
