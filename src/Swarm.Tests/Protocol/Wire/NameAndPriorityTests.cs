using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Swarm.Protocol.Wire;
using Swarm.Tests.Protocol.Bencoding;

namespace Swarm.Tests.Protocol.Wire;

public class NameAndPriorityTests
{
    [Fact]
    public void Peer_priority_equals_the_vectors_from_both_sides()
    {
        foreach (var vector in Vectors.Load("bep40_peer_priority.json").GetProperty("vectors").EnumerateArray())
        {
            var (a, b) = (EndPoint(vector.GetProperty("a")), EndPoint(vector.GetProperty("b")));
            PeerPriority.Compute(a, b).ShouldBe(vector.GetProperty("priority").GetUInt32(), vector.Text("source"));
            PeerPriority.Compute(b, a).ShouldBe(PeerPriority.Compute(a, b));
        }
    }

    [Fact]
    public void Peer_priority_follows_the_text_where_libtorrent_differs()
    {
        foreach (var vector in Vectors.Load("bep40_peer_priority.json").GetProperty("ambiguous_ipv6").EnumerateArray())
        {
            var expected = uint.Parse(vector.Text("spec_text_priority_hex")!, NumberStyles.HexNumber);
            PeerPriority.Compute(EndPoint(vector.GetProperty("a")), EndPoint(vector.GetProperty("b"))).ShouldBe(expected);
        }
    }

    [Fact]
    public void Peer_priority_knows_an_ipv4_address_in_ipv6_form_and_has_no_answer_across_families()
    {
        var ours = new IPEndPoint(IPAddress.Parse("123.213.32.10"), 1);
        var mapped = new IPEndPoint(IPAddress.Parse("::ffff:98.76.54.32"), 2);
        PeerPriority.Compute(ours, mapped).ShouldBe(0xec2d7224u);
        PeerPriority.Compute(ours, new IPEndPoint(IPAddress.Parse("2001:db8::1"), 2)).ShouldBe(0u);
    }

    [Fact]
    public void Allowed_fast_set_equals_the_vectors()
    {
        foreach (var vector in Vectors.Load("bep6_allowed_fast.json").GetProperty("vectors").EnumerateArray())
        {
            var set = AllowedFastSet.Generate(
                IPAddress.Parse(vector.Text("ip")!), new InfoHash(vector.Hex("info_hash_hex")), vector.GetProperty("num_pieces").GetInt32(), vector.GetProperty("k").GetInt32());
            set.Select(piece => piece.Value).ShouldBe(vector.GetProperty("set").EnumerateArray().Select(piece => piece.GetInt32()), vector.Text("note"));
        }
    }

    [Fact]
    public void Allowed_fast_set_is_empty_for_ipv6_and_the_same_for_ipv4_in_ipv6_form()
    {
        var hash = new InfoHash(Enumerable.Repeat((byte)0xAA, 20).ToArray());
        AllowedFastSet.Generate(IPAddress.Parse("2001:db8::1"), hash, 100, 10).ShouldBeEmpty();
        AllowedFastSet.Generate(IPAddress.Parse("::ffff:80.4.4.200"), hash, 1313, 7)[0].Value.ShouldBe(1059);
        AllowedFastSet.Generate(IPAddress.Parse("80.4.4.200"), hash, 100, 0).ShouldBeEmpty();
        AllowedFastSet.Generate(IPAddress.Parse("80.4.4.200"), hash, 100, 100).Select(piece => piece.Value).Order().ShouldBe(Enumerable.Range(0, 100));
    }

    [Fact]
    public void Client_name_equals_the_vectors()
    {
        foreach (var vector in Vectors.Load("peer_id.json").GetProperty("vectors").EnumerateArray())
        {
            var name = Decode(vector.Hex("peer_id_prefix_hex"));
            (name.Client, name.Version).ShouldBe((vector.Text("client")!, vector.Text("version")!), vector.Text("prefix"));
        }
    }

    [Theory]
    [InlineData("-SW0100-", "Swarm 0.1.0")]
    [InlineData("-ML2.7.2-kgjjfkd", "MLDonkey 2.7.2")]
    [InlineData("-BOWA0C-", "Bits on Wheels 1.0.6")]
    [InlineData("-qB4630-", "qBittorrent 4.6.3")]
    [InlineData("-DE13F0-", "Deluge 1.3.15")]
    [InlineData("-FG0180", "FlashGet 0.1.8")]
    [InlineData("XBT054d-", "XBT Client 0.5.4 (Debug)")]
    [InlineData("OP7685", "Opera 7685")]
    [InlineData("AZ2500BT", "BitTyrant")]
    [InlineData("M4-20-8-", "Mainline 4.20.8")]
    [InlineData("-TR1060-", "Transmission 1.06")]
    [InlineData("-TR111Z-", "Transmission 1.11+")]
    [InlineData("T03I-----", "BitTornado 0.3.18")]
    [InlineData("hello world", "hello")]
    [InlineData("\u0001\u0002\u0003", "Unknown")]
    public void Client_name_knows_the_other_conventions(string prefix, string expected) => Decode(Encoding.Latin1.GetBytes(prefix)).ToString().ShouldBe(expected);

    [Fact]
    public void Any_peer_id_gives_a_name_of_printable_characters()
    {
        var random = new Random(8);
        byte[][] starts = [.. Vectors.Load("peer_id.json").GetProperty("vectors").EnumerateArray().Select(vector => vector.Hex("peer_id_prefix_hex")), []];
        for (var i = 0; i < 20_000; i++)
        {
            var id = new byte[20];
            random.NextBytes(id);
            var start = starts[random.Next(starts.Length)];
            start.AsSpan(0, random.Next(start.Length + 1)).CopyTo(id);
            var name = Decode(id);
            name.Client.ShouldNotBeEmpty();
            name.ToString().Any(char.IsControl).ShouldBeFalse();
        }
    }

    [Theory]
    [InlineData("µTorrent", "µTorrent")]
    [InlineData("  a\u0000b\u001b[31mc\u202e\r\n ", "ab[31mc")]
    [InlineData("\u0007\u200b", null)]
    [InlineData("0123456789", "0123456789")]
    [InlineData("0123456789a", "0123456789")]
    [InlineData("012345678😀", "012345678")]
    public void Foreign_text_is_cleaned_and_cut_to_ten_characters(string text, string? expected) => ClientName.Clean(text, 10).ShouldBe(expected);

    private static ClientName Decode(ReadOnlySpan<byte> prefix)
    {
        Span<byte> id = new byte[20];
        id.Fill((byte)'k');
        prefix.CopyTo(id);
        return ClientName.Decode(new PeerId(id));
    }

    private static IPEndPoint EndPoint(JsonElement element) => new(IPAddress.Parse(element.Text("ip")!), element.GetProperty("port").GetInt32());
}
