using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Swarm.Tests.Protocol.Primitives;

public sealed class HashesAndIdsTests
{
    private static readonly Gen<byte[]> TwentyBytes = Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf(20);

    [Fact]
    public void Twenty_bytes_come_back_as_bytes_and_as_hex() => PropertyCheck.Holds(TwentyBytes, bytes =>
    {
        var value = new Bytes20(bytes);
        value.ToArray().ShouldBe(bytes);
        value.ToString().ShouldBe(Convert.ToHexStringLower(bytes));
        Bytes20.TryParseHex(value.ToString().ToUpperInvariant(), out var parsed).ShouldBeTrue();
        parsed.ShouldBe(value);
    });

    [Fact]
    public void Twenty_bytes_are_ordered_as_a_big_endian_number() => PropertyCheck.Holds(
        from left in TwentyBytes
        from right in TwentyBytes
        from shared in Gen.Choose(0, 20)
        select (left, right: left[..shared].Concat(right[shared..]).ToArray()),
        pair =>
        {
            var (left, right) = (new Bytes20(pair.left), new Bytes20(pair.right));
            Math.Sign(left.CompareTo(right)).ShouldBe(Math.Sign(pair.left.AsSpan().SequenceCompareTo(pair.right)));
            (left == right).ShouldBe(pair.left.SequenceEqual(pair.right));
            (left != right).ShouldBe(!(left == right));
        });

    [Theory]
    [InlineData("")]
    [InlineData("00112233445566778899aabbccddeeff0011223")]
    [InlineData("00112233445566778899aabbccddeeff001122334")]
    [InlineData("00112233445566778899aabbccddeeff0011223g")]
    [InlineData(" 0112233445566778899aabbccddeeff00112233")]
    public void Other_text_than_forty_hex_digits_is_refused(string text) => Bytes20.TryParseHex(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData(19)]
    [InlineData(21)]
    public void Other_lengths_than_twenty_bytes_are_a_bug(int length) => Should.Throw<ArgumentException>(() => new Bytes20(new byte[length]));

    [Fact]
    public void A_v2_hash_is_cut_to_twenty_bytes_for_the_wire()
    {
        byte[] bytes = [.. Enumerable.Range(0, 32).Select(value => (byte)value)];
        var hash = new InfoHashV2(bytes);
        hash.Hex.ShouldBe(Convert.ToHexStringLower(bytes));
        hash.Truncated.ShouldBe(new InfoHash(bytes.AsSpan(0, 20)));
        hash.ShouldBe(new InfoHashV2(bytes));
        Should.Throw<ArgumentException>(() => new InfoHashV2(new byte[31]));
    }

    [Fact]
    public void Our_peer_ids_begin_with_the_prefix_and_differ()
    {
        var random = new Random(1);
        var ids = Enumerable.Range(0, 100).Select(_ => PeerId.Create(random)).ToArray();
        ids.ShouldBeUnique();
        foreach (var id in ids)
        {
            var text = Encoding.ASCII.GetString(id.Value.ToArray());
            text.ShouldStartWith("-SW0100-");
            text[8..].ShouldAllBe(character => char.IsAsciiLetterOrDigit(character));
        }
    }
}
