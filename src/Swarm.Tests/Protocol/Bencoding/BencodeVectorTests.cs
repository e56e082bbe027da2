using System.Text;
using System.Text.Json;
using Swarm.Protocol.Bencoding;

namespace Swarm.Tests.Protocol.Bencoding;

/// <summary>Every case of <c>Vectors/bencode.json</c>.</summary>
public sealed class BencodeVectorTests
{
    private static readonly JsonElement File = Vectors.Load("bencode.json");

    [Fact]
    public void Valid_values_encode_again_to_the_same_bytes()
    {
        foreach (var vector in File.GetProperty("valid").EnumerateArray())
        {
            var bytes = vector.Hex("hex");
            using var document = BencodeDocument.Parse(bytes, BencodeLimits.Default);
            document.Error.ShouldBeNull();
            document.End.ShouldBe(bytes.Length);
            document.Root.IsCanonical.ShouldBeTrue();
            document.Root.Raw.ToArray().ShouldBe(bytes);
            BencodeCopy.Of(document.Root).ShouldBe(bytes);
        }
    }

    [Fact]
    public void Invalid_values_are_refused()
    {
        foreach (var vector in File.GetProperty("invalid").EnumerateArray())
        {
            using var document = BencodeDocument.Parse(vector.Hex("hex"), BencodeLimits.Default);
            document.Error.ShouldNotBeNull(vector.Text("why"));
            document.Root.Exists.ShouldBeFalse();
        }
    }

    [Fact]
    public void Where_decoders_differ_numbers_are_strict_and_order_is_not()
    {
        foreach (var vector in File.GetProperty("soft").EnumerateArray())
        {
            var bytes = vector.Hex("hex");
            using var document = BencodeDocument.Parse(bytes, BencodeLimits.Default);
            var issue = vector.Text("issue")!;
            if (issue.StartsWith("keys not sorted", StringComparison.Ordinal) || issue == "duplicate key")
            {
                document.Error.ShouldBeNull(issue);
                // The tracker's reply is in the list because its keys look unsorted; as raw bytes they are in order.
                document.Root.IsCanonical.ShouldBe(issue.Contains("tracker reply", StringComparison.Ordinal), issue);
                document.HasTrailingBytes.ShouldBeFalse(issue);
            }
            else if (issue.Contains("after", StringComparison.Ordinal) || issue == "two values in a row")
            {
                document.Error.ShouldBeNull(issue);
                document.HasTrailingBytes.ShouldBeTrue(issue);
                document.Root.Raw.ToArray().ShouldBe(bytes[..document.End]);
            }
            else
            {
                document.Error.ShouldNotBeNull(issue);
            }
        }
    }

    [Theory]
    [InlineData("i42ee", 4)]
    [InlineData("leee", 2)]
    [InlineData("3:boat", 5)]
    [InlineData("d4:infodee\n", 10)]
    public void A_value_ends_where_its_bytes_end(string text, int end)
    {
        using var document = BencodeDocument.Parse(Encoding.ASCII.GetBytes(text), BencodeLimits.Default);
        document.End.ShouldBe(end);
        document.Root.End.ShouldBe(end);
    }

    [Fact]
    public void Limits_hold_without_overflow_or_allocation()
    {
        ReasonOf(Repeat("l", 1024) + Repeat("e", 1024)).ShouldBe(BencodeErrorReason.TooDeep);
        ReasonOf(Repeat("d1:a", 100_000)).ShouldBe(BencodeErrorReason.TooDeep);
        ReasonOf("l" + Repeat("0:", 5119) + "e", new BencodeLimits { MaxTokens = 1000 }).ShouldBe(BencodeErrorReason.TooManyTokens);
        ReasonOf("1000000:" + Repeat("x", 1_000_000)).ShouldBeNull();
        ReasonOf("99999999:").ShouldBe(BencodeErrorReason.StringPastEnd);
        File.GetProperty("limits").GetArrayLength().ShouldBe(5);
    }

    private static BencodeErrorReason? ReasonOf(string text, BencodeLimits? limits = null)
    {
        using var document = BencodeDocument.Parse(Encoding.ASCII.GetBytes(text), limits ?? BencodeLimits.Default);
        return document.Error?.Reason;
    }

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));
}
