using System.Text;
using System.Text.Json;
using Swarm.Protocol.Wire;
using Swarm.Tests.Protocol.Bencoding;

namespace Swarm.Tests.Protocol.Wire;

public class HandshakeTests
{
    public static TheoryData<string> Names => [.. Handshakes().Select(vector => vector.Text("name")!)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Handshake_of_the_vectors_is_read_and_written_the_same(string name)
    {
        var vector = Handshakes().Single(entry => entry.Text("name") == name);
        var bytes = vector.Hex("hex");
        var decoder = new HandshakeDecoder();
        var position = 0;

        decoder.Read(bytes, ref position).ShouldBe(HandshakeProgress.Complete);

        position.ShouldBe(Handshake.Size);
        decoder.InfoHash.ToString().ShouldBe(vector.Text("info_hash_hex"));
        decoder.PeerId.ShouldBe(new PeerId(Encoding.ASCII.GetBytes(vector.Text("peer_id")!)));
        decoder.Reserved.HasFlag(ReservedBits.Dht).ShouldBe(vector.GetProperty("dht").GetInt32() == 1);
        decoder.Reserved.HasFlag(ReservedBits.Fast).ShouldBe(vector.GetProperty("fast").GetInt32() == 1);
        decoder.Reserved.HasFlag(ReservedBits.Extension).ShouldBe(vector.GetProperty("ltep").GetInt32() == 1);
        decoder.Reserved.HasFlag(ReservedBits.V2Upgrade).ShouldBe(vector.GetProperty("v2").GetInt32() == 1);
        var written = new byte[Handshake.Size];
        new Handshake(decoder.Reserved, decoder.InfoHash, decoder.PeerId).Write(written);
        written.ShouldBe(bytes);
    }

    [Fact]
    public void Torrent_is_known_after_48_bytes_and_the_peer_after_68_in_whatever_portions_they_come()
    {
        var bytes = Handshakes().Last().Hex("hex");
        var decoder = new HandshakeDecoder();
        for (var i = 0; i < bytes.Length; i++)
        {
            var position = 0;
            var expected = i switch { < 47 => HandshakeProgress.Incomplete, < 67 => HandshakeProgress.Identified, _ => HandshakeProgress.Complete };
            decoder.Read(bytes.AsSpan(i, 1), ref position).ShouldBe(expected);
            position.ShouldBe(1);
        }
    }

    [Fact]
    public void Bytes_behind_the_handshake_are_left_for_the_messages()
    {
        byte[] bytes = [.. Handshakes().First().Hex("hex"), 0, 0, 0, 1];
        var decoder = new HandshakeDecoder();
        var position = 0;

        decoder.Read(bytes, ref position).ShouldBe(HandshakeProgress.Complete);
        decoder.Read(bytes, ref position).ShouldBe(HandshakeProgress.Complete);

        position.ShouldBe(68);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1")]
    [InlineData("\u0013BitTorrent protocoL")]
    [InlineData("\u0012")]
    public void Other_protocol_fails_at_the_first_wrong_byte(string start)
    {
        var decoder = new HandshakeDecoder();
        var position = 0;

        decoder.Read(Encoding.Latin1.GetBytes(start), ref position).ShouldBe(HandshakeProgress.Failed);

        decoder.Error!.Kind.ShouldBe(WireErrorKind.NotBitTorrent);
        Handshake.CanBegin(Encoding.Latin1.GetBytes(start)).ShouldBeFalse();
    }

    [Fact]
    public void Unknown_reserved_bits_are_kept()
    {
        var bytes = Handshakes().First().Hex("hex");
        bytes[20] = 0x80;
        var decoder = new HandshakeDecoder();
        var position = 0;
        decoder.Read(bytes, ref position);

        decoder.Reserved.ShouldBe((ReservedBits)0x8000_0000_0000_0000);
    }

    private static IEnumerable<JsonElement> Handshakes() => Vectors.Load("peer_wire.json").GetProperty("handshakes").EnumerateArray();
}
