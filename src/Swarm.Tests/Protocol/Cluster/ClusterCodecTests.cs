using System.Collections.Immutable;
using System.Net;
using Swarm.Protocol.Cluster;

namespace Swarm.Tests.Protocol.Cluster;

public sealed class ClusterCodecTests
{
    private static readonly ulong Cluster = ClusterCodec.ClusterNumber("swarm");
    private static readonly MemberId Sender = new("node-1.example:9120", 42);

    private static readonly ImmutableArray<ClusterMessage> Messages =
    [
        new ClusterMessage.Ping(7, 8, 9, 10),
        new ClusterMessage.Pong(1, long.MaxValue, 3),
        new ClusterMessage.Changed(5, 6),
        new ClusterMessage.NodeReport(100_000, 12, 1, 2, 3, 4),
        new ClusterMessage.Bans([new Ban(IPAddress.Parse("20.0.0.1"), TimeSpan.FromSeconds(5), "it lied"), new Ban(IPAddress.Parse("2a00::1"), TimeSpan.FromDays(7), "")]),
        new ClusterMessage.Quota(-1, 1_000, TimeSpan.FromSeconds(15)),
        new ClusterMessage.Subscribe(TimeSpan.FromSeconds(30)),
        new ClusterMessage.Events([new ClusterEvent(Some.Torrent(1), 3, "the disk is full: /données")]),
        new ClusterMessage.Replan(),
    ];

    public static TheoryData<int> All => [.. Enumerable.Range(0, Messages.Length)];

    [Theory]
    [MemberData(nameof(All))]
    public void What_is_written_is_read(int which)
    {
        Decode(Encode(Messages[which]), out var header, out var message).ShouldBe(ClusterRefusal.None);
        header.ShouldBe(new ClusterHeader(ClusterCodec.Version, Cluster, Sender));
        Text(message!).ShouldBe(Text(Messages[which]));
    }

    [Fact]
    public void Every_kind_has_a_message_here() => Messages.Select(message => message.GetType().Name).Order().ShouldBe(Enum.GetNames<ClusterMessageKind>().Order());

    [Fact]
    public void Two_versions_that_are_neighbours_understand_each_other()
    {
        // An older one reads a newer one's, without what was appended; a newer one reads an older one's, with a default.
        ClusterCodec.TryDecode(Encode(Messages[0]).AsSpan(), 1, Cluster, out _, out var message).ShouldBe(ClusterRefusal.None);
        message.ShouldBe(new ClusterMessage.Ping(7, 8, 9, 0) with { Change = 10 });
        var old = ClusterCodec.Encode(new ClusterHeader(1, Cluster, Sender), Messages[0]);
        ClusterCodec.TryDecode(old.AsSpan(), 2, Cluster, out _, out message).ShouldBe(ClusterRefusal.None);
        message.ShouldBe(new ClusterMessage.Ping(7, 8, 9, 0));
        // What a version after this one will append.
        var next = ClusterCodec.Encode(new ClusterHeader(3, Cluster, Sender), Messages[0]).AddRange(1, 2, 3);
        ClusterCodec.TryDecode(next.AsSpan(), 2, Cluster, out _, out message).ShouldBe(ClusterRefusal.None);
        message.ShouldBe(Messages[0]);
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(3, 1)]
    [InlineData(2, 4)]
    public void Versions_that_are_not_neighbours_do_not(int sender, int receiver) =>
        ClusterCodec.TryDecode(ClusterCodec.Encode(new ClusterHeader(sender, Cluster, Sender), Messages[0]).AsSpan(), receiver, Cluster, out _, out _).ShouldBe(ClusterRefusal.Version);

    [Fact]
    public void Other_clusters_unknown_kinds_and_leftovers_are_refused()
    {
        var bytes = Encode(Messages[0]);
        ClusterCodec.TryDecode(bytes.AsSpan(), 2, Cluster + 1, out _, out _).ShouldBe(ClusterRefusal.Cluster);
        Decode(bytes.SetItem(5, 200), out _, out _).ShouldBe(ClusterRefusal.Unknown);
        Decode(bytes.Add(0), out _, out _).ShouldBe(ClusterRefusal.Malformed);
        Decode(bytes.SetItem(0, 0), out _, out _).ShouldBe(ClusterRefusal.Malformed);
        Decode([], out _, out _).ShouldBe(ClusterRefusal.Malformed);
    }

    [Fact]
    public void A_message_at_the_limit_is_read_and_one_byte_beyond_is_oversized()
    {
        var next = ClusterCodec.Encode(new ClusterHeader(3, Cluster, Sender), Messages[0]);
        Decode([.. next, .. new byte[ClusterLimits.MaxMessageBytes - next.Length]], out _, out _).ShouldBe(ClusterRefusal.None);
        Decode([.. next, .. new byte[ClusterLimits.MaxMessageBytes - next.Length + 1]], out _, out _).ShouldBe(ClusterRefusal.Oversized);
    }

    [Fact]
    public void A_list_at_its_limit_is_read_and_one_entry_more_is_malformed()
    {
        ClusterMessage Of(int entries) => new ClusterMessage.Events([.. Enumerable.Range(0, entries).Select(i => new ClusterEvent(Some.Torrent(i), 1, ""))]);
        Decode(Encode(Of(ClusterLimits.MaxMessageEntries)), out _, out _).ShouldBe(ClusterRefusal.None);
        Decode(Encode(Of(ClusterLimits.MaxMessageEntries + 1)), out _, out _).ShouldBe(ClusterRefusal.Malformed);
    }

    [Fact]
    public void Reasons_that_are_too_long_are_cut_and_control_characters_do_not_reach_a_terminal()
    {
        Decode(Encode(new ClusterMessage.Events([new ClusterEvent(Some.Torrent(1), 1, new string('x', 10_000))])), out _, out var message);
        ((ClusterMessage.Events)message!).Entries[0].Reason.Length.ShouldBe(ClusterLimits.MaxReasonLength);
        Decode(Encode(new ClusterMessage.Events([new ClusterEvent(Some.Torrent(1), 1, "a\u001b[31mb")])), out _, out message);
        ((ClusterMessage.Events)message!).Entries[0].Reason.ShouldBe("a\uFFFD[31mb");
    }

    // Fuzz: whatever comes, it is read or refused; and what is read is written and read the same.
    [Fact]
    public void Fuzzed_messages_never_throw()
    {
        var random = new Random(1);
        for (var i = 0; i < 200_000; i++)
        {
            var bytes = Encode(Messages[random.Next(Messages.Length)]).ToArray();
            for (var change = random.Next(4); change > 0; change--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            if (random.Next(4) == 0) bytes = bytes[..random.Next(bytes.Length)];
            if (random.Next(50) == 0) random.NextBytes(bytes);
            if (Decode([.. bytes], out var header, out var message) != ClusterRefusal.None) continue;
            Decode(ClusterCodec.Encode(header, message!), out _, out var again).ShouldBe(ClusterRefusal.None);
            Text(again!).ShouldBe(Text(message!));
        }
    }

    private static ImmutableArray<byte> Encode(ClusterMessage message) => ClusterCodec.Encode(new ClusterHeader(ClusterCodec.Version, Cluster, Sender), message);

    private static ClusterRefusal Decode(ImmutableArray<byte> bytes, out ClusterHeader header, out ClusterMessage? message) => ClusterCodec.TryDecode(bytes.AsSpan(), ClusterCodec.Version, Cluster, out header, out message);

    private static string Text(ClusterMessage message) => message switch
    {
        ClusterMessage.Bans bans => string.Join('|', bans.Entries),
        ClusterMessage.Events events => string.Join('|', events.Entries),
        _ => message.ToString(),
    };
}
