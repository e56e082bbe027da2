using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Swarm.Protocol.Trackers;

namespace Swarm.Tests.Protocol.Trackers;

/// <summary>Values that several tracker tests share, and the vector files.</summary>
internal static class TrackerSamples
{
    public static readonly InfoHash Hash = new(Enumerable.Range(0, 20).Select(i => (byte)i).ToArray());

    public static readonly PeerId Peer = new("-XX0001-abcdefghijkl"u8);

    public static TrackerUrl Url(string text) => TrackerUrl.TryParse(text, out var url) ? url : throw new ArgumentException($"No tracker URL: {text}", nameof(text));

    public static AnnounceRequest Request(AnnounceEvent @event = AnnounceEvent.None) => new()
    {
        InfoHash = Hash,
        PeerId = Peer,
        Port = 6881,
        Downloaded = 1,
        Left = 8589934592,
        Uploaded = 3,
        Event = @event,
        Key = 0xdeadbeef,
    };

    public static InfoHash HashOf(char letter) => new(Enumerable.Repeat((byte)letter, 20).ToArray());

    public static byte[] UdpPacket(int action, uint transactionId, params byte[][] rest)
    {
        var header = new byte[8];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(header, action);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), transactionId);
        return [.. header, .. rest.SelectMany(part => part)];
    }

    public static byte[] UInt32s(params uint[] values) =>
        [.. values.SelectMany(value => new[] { (byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value })];

    public static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    public static IEnumerable<JsonElement> Vectors(string file, string section)
    {
        var path = Path.Combine(AppContext.BaseDirectory, "Vectors", file);
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        return [.. document.RootElement.GetProperty(section).EnumerateArray().Select(element => element.Clone())];
    }

    public static byte[] Hex(this JsonElement element, string name) => Convert.FromHexString(element.GetProperty(name).GetString()!);

    public static string[] Texts(this JsonElement element, string name) => [.. element.GetProperty(name).EnumerateArray().Select(item => item.GetString()!)];

    public static string[] Show(ImmutableArray<IPEndPoint> peers) => [.. peers.Select(peer => peer.ToString())];

    public static AddressFamily FamilyOf(bool v6) => v6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
}
