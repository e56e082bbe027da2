using System.Text.Json;
using Swarm.Protocol.Wire;
using Swarm.Tests.Protocol.Bencoding;
using static Swarm.Tests.Protocol.Wire.WireSamples;

namespace Swarm.Tests.Protocol.Wire;

/// <summary>The messages of peer_wire.json. Hash messages (BEP 52) are not negotiated on v1 connections: they are unknown ids here.</summary>
public class WireVectorTests
{
    private static readonly PieceGeometry EightPieces = new(8 * 32768, 32768);

    public static TheoryData<string> MessageNames => [.. In("messages").Select(vector => vector.Text("name")!)];

    public static TheoryData<string, string> Hostile => new()
    {
        { "choke with a payload", "close" },
        { "request of 6 bytes", "close" },
        { "length 0xffffffff", "close" },
        { "length over the largest allowed message", "close" },
        // Tolerated: a libtorrent peer that came by magnet link tells its pieces when it has the metadata, after other messages.
        { "bitfield after another message", "ok" },
        { "bitfield of the wrong length", "close" },
        { "bitfield with spare bits set", "close" },
        { "have out of range", "close" },
        { "request of 0 bytes", "reject" },
        { "request of 1 MiB", "reject" },
        { "piece that was never asked for", "close" },
        { "have-all without the fast bit", "close" },
        { "unknown id 0x63", "ok" },
        { "extended message cut to the id", "close" },
        { "ut_metadata request with a negative piece", "ok" },
        { "extension handshake that is not a dictionary", "ok" },
    };

    [Theory]
    [MemberData(nameof(MessageNames))]
    public void Message_of_the_vectors_decodes_to_its_fields(string name)
    {
        var vector = In("messages").Single(entry => entry.Text("name") == name);
        Transcript(vector.Hex("hex"), []).ShouldBe([Expected(vector.GetProperty("fields"))]);
    }

    [Theory]
    [MemberData(nameof(MessageNames))]
    public void Message_of_the_vectors_is_written_as_it_is_there(string name)
    {
        var vector = In("messages").Single(entry => entry.Text("name") == name);
        var fields = vector.GetProperty("fields");
        if (Write(fields) is not { } write) return;
        Bytes(write).ShouldBe(vector.Hex("hex"));
    }

    [Fact]
    public void All_hostile_vectors_are_in_the_table() =>
        Hostile.Select(row => row.Data.Item1).ShouldBe(In("hostile").Select(vector => vector.Text("name")!));

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Hostile_message_of_the_vectors_is_handled(string name, string expected)
    {
        var bytes = In("hostile").Single(entry => entry.Text("name") == name).Hex("hex");
        var geometry = name.Contains("spare bits", StringComparison.Ordinal) ? new PieceGeometry(5 * 32768, 32768) : EightPieces;
        var fast = name.Contains("without the fast bit", StringComparison.Ordinal) ? ReservedBits.None : ReservedBits.Fast;
        var connection = new Connection(ReservedBits.Extension | fast, geometry);
        connection.State.AnnouncePieces(Full(geometry.PieceCount), connection.Writer);
        connection.State.UnchokePeer(connection.Writer);
        connection.TakeSent();

        var outcomes = connection.Receive(bytes);

        var closed = outcomes.Exists(outcome => outcome.Kind == WireOutcomeKind.Close);
        var rejected = connection.TakeSent().Exists(line => line.StartsWith("Reject", StringComparison.Ordinal));
        (closed ? "close" : rejected ? "reject" : "ok").ShouldBe(expected);
    }

    private static Bitfield Full(int pieces)
    {
        var all = new Bitfield(pieces);
        all.Fill();
        return all;
    }

    private static string Expected(JsonElement fields)
    {
        if (!fields.TryGetProperty("id", out var id)) return "KeepAlive";
        var index = Int(fields, "index");
        return id.GetInt32() switch
        {
            4 => $"Have {index}",
            5 => $"Bitfield {Convert.ToHexString(Pieces(fields).ToWire())}",
            6 => $"Request {index} {Int(fields, "begin")} {Int(fields, "length")}",
            7 => $"block {index} {Int(fields, "begin")} {fields.Text("block_hex")!.ToUpperInvariant()}",
            8 => $"Cancel {index} {Int(fields, "begin")} {Int(fields, "length")}",
            9 => $"Port {Int(fields, "port")}",
            13 => $"SuggestPiece {index}",
            16 => $"RejectRequest {index} {Int(fields, "begin")} {Int(fields, "length")}",
            17 => $"AllowedFast {index}",
            >= 21 and var unknown => $"Unknown {unknown}",
            var plain => ((MessageId)plain).ToString(),
        };
    }

    private static Action<WireWriter>? Write(JsonElement fields)
    {
        if (!fields.TryGetProperty("id", out var id)) return output => output.KeepAlive();
        var index = new PieceIndex(Int(fields, "index"));
        var block = new BlockRequest(index, Int(fields, "begin"), Int(fields, "length"));
        return (MessageId)id.GetInt32() switch
        {
            MessageId.Choke => output => output.Choke(),
            MessageId.Unchoke => output => output.Unchoke(),
            MessageId.Interested => output => output.Interested(),
            MessageId.NotInterested => output => output.NotInterested(),
            MessageId.Have => output => output.Have(index),
            MessageId.Bitfield => output => output.Bitfield(Pieces(fields)),
            MessageId.Request => output => output.Requests([block]),
            MessageId.Piece => output => output.Piece(index, block.Begin, fields.Hex("block_hex")),
            MessageId.Cancel => output => output.Cancel(block),
            MessageId.Port => output => output.Port(Int(fields, "port")),
            MessageId.SuggestPiece => output => output.SuggestPiece(index),
            MessageId.HaveAll => output => output.HaveAll(),
            MessageId.HaveNone => output => output.HaveNone(),
            MessageId.RejectRequest => output => output.RejectRequest(block),
            MessageId.AllowedFast => output => output.AllowedFast(index),
            _ => null,
        };
    }

    private static Bitfield Pieces(JsonElement fields)
    {
        var pieces = new Bitfield(Int(fields, "num_pieces"));
        foreach (var piece in fields.GetProperty("pieces").EnumerateArray()) pieces.Add(new PieceIndex(piece.GetInt32()));
        return pieces;
    }

    private static int Int(JsonElement fields, string name) => fields.TryGetProperty(name, out var value) ? value.GetInt32() : 0;

    private static IEnumerable<JsonElement> In(string list) => Vectors.Load("peer_wire.json").GetProperty(list).EnumerateArray();
}
