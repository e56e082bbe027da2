using System.Text;
using Swarm.Protocol.Bencoding;

namespace Swarm.Tests.Protocol.Bencoding;

public sealed class BencodeWriterTests
{
    [Fact]
    public void Values_of_all_kinds_are_written()
    {
        var writer = new BencodeWriter()
            .BeginDictionary()
            .WriteInteger("a"u8, long.MinValue)
            .BeginDictionary("b"u8).End()
            .BeginList("c"u8).WriteText("ü").BeginList().End().WriteInteger(0).End()
            .WriteRaw("d"u8, "li1ee"u8)
            .WriteString("e"u8, [0, 255])
            .WriteText("f"u8, "")
            .End();
        var expected = Encoding.Latin1.GetBytes("d1:ai-9223372036854775808e1:bde1:cl2:\u00c3\u00bclei0ee1:dli1ee1:e2:\0\u00ff1:f0:e");
        writer.ToArray().ShouldBe(expected);
    }

    [Fact]
    public void A_cleared_writer_starts_anew_and_allocates_nothing()
    {
        var writer = new BencodeWriter(512);
        WritePing(writer);
        var expected = writer.ToArray();
        Allocations.Of(1000, () =>
        {
            writer.Clear();
            WritePing(writer);
        }).ShouldBe(0);
        writer.WrittenSpan.ToArray().ShouldBe(expected);
    }

    [Fact]
    public void Keys_out_of_order_are_a_bug()
    {
        Should.Throw<InvalidOperationException>(() => new BencodeWriter().BeginDictionary().WriteInteger("b"u8, 1).WriteKey("a"u8));
        Should.Throw<InvalidOperationException>(() => new BencodeWriter().BeginDictionary().WriteInteger("a"u8, 1).WriteKey("a"u8));
        Should.Throw<InvalidOperationException>(() => new BencodeWriter().BeginDictionary().WriteInteger(""u8, 1).WriteKey(""u8));
        Should.NotThrow(() => new BencodeWriter().BeginDictionary().WriteInteger("B"u8, 1).WriteInteger("a"u8, 1).WriteKey("aa"u8));
    }

    [Fact]
    public void The_order_of_keys_is_remembered_across_nested_dictionaries()
    {
        var writer = new BencodeWriter().BeginDictionary().BeginDictionary("m"u8).WriteInteger("z"u8, 1).End();
        Should.Throw<InvalidOperationException>(() => writer.WriteKey("a"u8));
    }

    [Fact]
    public void Values_and_keys_in_the_wrong_place_are_bugs()
    {
        Should.Throw<InvalidOperationException>(() => new BencodeWriter().BeginDictionary().WriteInteger(1));
        Should.Throw<InvalidOperationException>(() => new BencodeWriter().BeginDictionary().WriteKey("a"u8).End());
        Should.Throw<InvalidOperationException>(() => new BencodeWriter().BeginDictionary().WriteKey("a"u8).WriteKey("b"u8));
        Should.Throw<InvalidOperationException>(() => new BencodeWriter().BeginList().WriteKey("a"u8));
        Should.Throw<InvalidOperationException>(() => new BencodeWriter().WriteInteger(1).WriteInteger(2));
        Should.Throw<InvalidOperationException>(() => new BencodeWriter().End());
        Should.Throw<InvalidOperationException>(() => new BencodeWriter().BeginList().ToArray());
        Should.Throw<InvalidOperationException>(() => new BencodeWriter().ToArray());
    }

    [Fact]
    public void A_value_is_complete_when_its_last_container_is_closed()
    {
        var writer = new BencodeWriter();
        writer.IsComplete.ShouldBeFalse();
        writer.BeginList();
        writer.IsComplete.ShouldBeFalse();
        writer.End();
        writer.IsComplete.ShouldBeTrue();
    }

    private static void WritePing(BencodeWriter writer) => writer
        .BeginDictionary()
        .BeginDictionary("a"u8).WriteString("id"u8, "abcdefghij0123456789"u8).End()
        .WriteString("q"u8, "ping"u8)
        .WriteString("t"u8, "aa"u8)
        .WriteString("y"u8, "q"u8)
        .End();
}
