using System.Net;
using System.Text;
using System.Text.Json;
using Swarm.Protocol.Wire;
using Swarm.Tests.Protocol.Bencoding;
using static Swarm.Tests.Protocol.Wire.WireSamples;

namespace Swarm.Tests.Protocol.Wire;

public class ExtensionTests
{
    [Fact]
    public void Handshake_of_qbittorrent_is_read()
    {
        var handshake = Parse(Vector("extension handshake captured from qBittorrent"));

        handshake.Extensions.ShouldBe([new(ExtensionId.PeerExchange, 1), new(ExtensionId.Metadata, 2), new(ExtensionId.UploadOnly, 3), new(ExtensionId.DontHave, 7)]);
        handshake.MetadataSize.ShouldBe(138876);
        handshake.RequestQueue.ShouldBe(500);
        handshake.UploadOnly.ShouldBe(true);
        handshake.Client.ShouldBe("qBittorrent/4.4.0alpha1");
        handshake.YourIp.ShouldBe(IPAddress.Loopback);
        handshake.ListenPort.ShouldBeNull();
    }

    [Fact]
    public void Small_handshake_is_read_and_what_is_absent_is_null()
    {
        var handshake = Parse(Vector("extension handshake, small"));

        handshake.Extensions.ShouldBe([new(ExtensionId.PeerExchange, 2)]);
        handshake.ListenPort.ShouldBe(6881);
        handshake.Client.ShouldBe("µTorrent 1.2");
        (handshake.MetadataSize, handshake.RequestQueue, handshake.UploadOnly, handshake.YourIp).ShouldBe((null, null, null, null));
    }

    [Fact]
    public void Second_handshake_changes_only_what_it_names_and_zero_turns_off()
    {
        var extensions = new PeerExtensions();
        extensions.Apply(Parse(Vector("extension handshake captured from qBittorrent")));
        extensions.Apply(Parse(Vector("extension handshake that turns ut_pex off")));

        extensions.Handshakes.ShouldBe(2);
        extensions.Supports(ExtensionId.PeerExchange).ShouldBeFalse();
        extensions.IdOf(ExtensionId.Metadata).ShouldBe((byte)2);
        extensions.IdOf(ExtensionId.DontHave).ShouldBe((byte)7);
        extensions.Client.ShouldBe("qBittorrent/4.4.0alpha1");
        extensions.UploadOnly.ShouldBeTrue();
        extensions.RequestQueue.ShouldBe(500);
    }

    [Fact]
    public void Handshake_that_is_written_reads_the_same()
    {
        var ours = new ExtensionHandshake
        {
            Extensions = ExtensionHandshake.Offer(ExtensionId.DontHave, ExtensionId.Metadata),
            ListenPort = 6881,
            Client = "Swarm 0.1.0",
            YourIp = IPAddress.Parse("2001:db8::1"),
            IPv4 = IPAddress.Parse("192.0.2.1"),
            IPv6 = IPAddress.Parse("2001:db8::2"),
            RequestQueue = 500,
            MetadataSize = 31235,
            UploadOnly = true,
        };

        var read = Parse(Bytes(ours.Write)[6..]);

        read.Extensions.ShouldBe([new(ExtensionId.Metadata, 2), new(ExtensionId.DontHave, 7)]);
        (read with { Extensions = ours.Extensions }).ShouldBe(ours);
    }

    [Theory]
    [InlineData("d6:yourip5:abcdee")]
    [InlineData("d1:pi0ee")]
    [InlineData("d1:pi65536ee")]
    [InlineData("d4:reqqi0ee")]
    [InlineData("d4:reqqi-5ee")]
    [InlineData("d13:metadata_sizei-1ee")]
    [InlineData("d13:metadata_sizei33554433ee")]
    [InlineData("d1:mi5ee")]
    [InlineData("d1:md6:ut_pexi256eee")]
    [InlineData("d1:md6:ut_pex1:aee")]
    [InlineData("d1:v0:e")]
    [InlineData("d1:vi5ee")]
    [InlineData("d4:ipv416:aaaaaaaaaaaaaaaae")]
    [InlineData("de")]
    public void Entry_of_a_wrong_type_size_or_range_is_as_if_absent(string payload)
    {
        var handshake = ExtensionHandshake.Parse(Encoding.Latin1.GetBytes(payload), WireSettings.Default).ShouldNotBeNull();
        handshake.ShouldBe(new ExtensionHandshake { Extensions = handshake.Extensions });
        handshake.Extensions.ShouldBeEmpty();
    }

    [Fact]
    public void Numbers_are_taken_at_their_limits()
    {
        var handshake = Parse("d13:metadata_sizei33554432e1:pi65535e4:reqqi999999999999ee"u8.ToArray());
        (handshake.MetadataSize, handshake.ListenPort, handshake.RequestQueue).ShouldBe((32 << 20, 65535, 10_000));
    }

    [Fact]
    public void Client_is_cleaned_and_cut()
    {
        var payload = Encoding.Latin1.GetBytes("d1:v100:\x1b\xff" + new string('x', 98) + "e");
        Parse(payload).Client.ShouldBe(new string('x', 64));
    }

    [Theory]
    [InlineData("i1e")]
    [InlineData("")]
    [InlineData("d1:pi1e")]
    [InlineData("le")]
    public void Payload_that_is_no_dictionary_gives_nothing(string payload) =>
        ExtensionHandshake.Parse(Encoding.Latin1.GetBytes(payload), WireSettings.Default).ShouldBeNull();

    [Fact]
    public void Short_messages_of_the_vectors_are_written_as_they_are_there()
    {
        Bytes(o => o.DontHave(7, Piece(9))).ShouldBe(Whole("lt_donthave piece 9 (BEP 54)"));
        Bytes(o => o.UploadOnly(3, true)).ShouldBe(Whole("upload_only 1 (BEP 21)"));
        Bytes(o => MetadataMessage.WriteRequest(o, 3, 0)).ShouldBe(Whole("ut_metadata request of piece 0, remote id 3"));
        Bytes(o => MetadataMessage.WriteReject(o, 3, 0)).ShouldBe(Whole("ut_metadata reject"));
        Bytes(o => MetadataMessage.WriteData(o, 3, 0, 34256, "xxxxxxxx"u8)).ShouldBe(Whole("ut_metadata data: bencoded header, then raw bytes"));
    }

    [Fact]
    public void Every_extended_vector_decodes_to_its_id_and_payload()
    {
        foreach (var vector in Extended())
        {
            var bytes = vector.Hex("hex");
            Transcript(bytes, []).ShouldBe([$"Extended {vector.GetProperty("fields").GetProperty("ext_id").GetInt32()} {Convert.ToHexString(bytes.AsSpan(6))}"]);
        }
    }

    [Fact]
    public void Hostile_handshakes_never_throw_and_stay_in_range()
    {
        byte[][] valid = [.. Extended().Select(vector => vector.Hex("hex")[6..])];
        foreach (var input in Fuzz.Inputs(2, 20_000, valid, "dlie0123456789:mpv"u8.ToArray()))
        {
            if (ExtensionHandshake.Parse(input, WireSettings.Default) is not { } handshake) continue;
            (handshake.RequestQueue ?? 1).ShouldBeInRange(1, 10_000);
            (handshake.MetadataSize ?? 1).ShouldBeInRange(1, WireSettings.Default.MaxMetadataSize);
            (handshake.Client ?? "").Length.ShouldBeLessThanOrEqualTo(64);
            handshake.Extensions.Length.ShouldBeLessThanOrEqualTo(PeerExtensions.Known.Length);
        }
    }

    private static ExtensionHandshake Parse(byte[] payload) => ExtensionHandshake.Parse(payload, WireSettings.Default).ShouldNotBeNull();

    private static byte[] Vector(string name) => Whole(name)[6..];

    private static byte[] Whole(string name) => Extended().Single(vector => vector.Text("name") == name).Hex("hex");

    private static IEnumerable<JsonElement> Extended() => Vectors.Load("peer_wire.json").GetProperty("extended").EnumerateArray();
}
