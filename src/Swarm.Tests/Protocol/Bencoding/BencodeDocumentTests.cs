using System.Text;
using Swarm.Protocol.Bencoding;

namespace Swarm.Tests.Protocol.Bencoding;

public sealed class BencodeDocumentTests
{
    [Fact]
    public void Keys_lead_to_values_and_missing_ones_to_nothing()
    {
        using var document = Parse("d1:ad2:idi7ee4:listl1:xi2elee1:q4:pinge");
        var root = document.Root;
        root["q"u8].ToText().ShouldBe("ping");
        root["a"u8]["id"u8].TryGetInteger(out var id).ShouldBeTrue();
        id.ShouldBe(7);
        root["a"u8]["none"u8]["deeper"u8].Exists.ShouldBeFalse();
        root["q"u8]["not a dictionary"u8].Kind.ShouldBe(BencodeTokenKind.None);
        var kinds = new List<BencodeTokenKind>();
        foreach (var item in root["list"u8].Items) kinds.Add(item.Kind);
        kinds.ShouldBe([BencodeTokenKind.String, BencodeTokenKind.Integer, BencodeTokenKind.List]);
    }

    [Fact]
    public void A_missing_value_answers_every_question_with_no()
    {
        var missing = default(BencodeValue);
        missing.Exists.ShouldBeFalse();
        missing.TryGetInteger(out _).ShouldBeFalse();
        missing.TryGetString(out _).ShouldBeFalse();
        missing.ToText().ShouldBeNull();
        missing.IsCanonical.ShouldBeFalse();
        missing.Raw.Length.ShouldBe(0);
        foreach (var unused in missing.Items) unused.Exists.ShouldBeFalse("a missing value has no items");
        foreach (var unused in missing.Entries) unused.Value.Exists.ShouldBeFalse("a missing value has no entries");
    }

    [Fact]
    public void The_first_of_two_equal_keys_counts()
    {
        using var document = Parse("d1:ai1e1:ai2ee");
        document.Root["a"u8].TryGetInteger(out var value).ShouldBeTrue();
        value.ShouldBe(1);
        document.Root.IsCanonical.ShouldBeFalse();
    }

    [Fact]
    public void A_value_is_canonical_though_its_surroundings_are_not()
    {
        using var document = Parse("d1:bd1:xi1e1:yi2ee1:ad1:yi1e1:xi2eee");
        document.Root.IsCanonical.ShouldBeFalse();
        document.Root["b"u8].IsCanonical.ShouldBeTrue();
        document.Root["a"u8].IsCanonical.ShouldBeFalse();
    }

    [Theory]
    [InlineData("ld1:bi1e1:ai1eee")]
    [InlineData("d1:ald1:bi1e1:ai1eeee")]
    [InlineData("d0:i1e0:i1ee")]
    [InlineData("d1:ai1e0:i1ee")]
    public void Disorder_anywhere_inside_makes_a_value_not_canonical(string text)
    {
        using var document = Parse(text);
        document.Error.ShouldBeNull();
        document.Root.IsCanonical.ShouldBeFalse();
    }

    [Fact]
    public void Raw_bytes_are_those_of_the_file()
    {
        using var document = Parse("d4:infod1:zi1e1:ai2ee5:otheri3ee");
        Encoding.ASCII.GetString(document.Root["info"u8].Raw).ShouldBe("d1:zi1e1:ai2ee");
        document.Root["info"u8].Start.ShouldBe(7);
    }

    [Fact]
    public void Integers_reach_both_ends_of_64_bits()
    {
        using var document = Parse($"li{long.MaxValue}ei{long.MinValue}ei0ee");
        var numbers = new List<long>();
        foreach (var item in document.Root.Items)
        {
            item.TryGetInteger(out var number).ShouldBeTrue();
            numbers.Add(number);
        }

        numbers.ShouldBe([long.MaxValue, long.MinValue, 0]);
    }

    [Theory]
    [InlineData("i9223372036854775808e")]
    [InlineData("i-9223372036854775809e")]
    [InlineData("i99999999999999999999999999999999e")]
    public void Integers_beyond_64_bits_are_refused(string text)
    {
        using var document = Parse(text);
        document.Error!.Value.Reason.ShouldBe(BencodeErrorReason.IntegerOverflow);
    }

    [Theory]
    [InlineData("i1e", 1, 10, true)]
    [InlineData("i10e", 1, 10, true)]
    [InlineData("i0e", 1, 10, false)]
    [InlineData("i11e", 1, 10, false)]
    [InlineData("i4294967297e", 1, 10, false)]
    [InlineData("1:5", 1, 10, false)]
    public void Integers_can_be_asked_for_in_a_range(string text, int low, int high, bool found)
    {
        using var document = Parse(text);
        document.Root.TryGetInteger(low, high, out _).ShouldBe(found);
    }

    [Fact]
    public void Strings_can_be_asked_for_by_length()
    {
        using var document = Parse("3:abc");
        document.Root.TryGetString(3, out var bytes).ShouldBeTrue();
        bytes.ToArray().ShouldBe("abc"u8.ToArray());
        document.Root.TryGetString(4, out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData("d1:ai1e1:b", 10, BencodeErrorReason.UnexpectedEnd)]
    [InlineData("d1:ae", 4, BencodeErrorReason.KeyWithoutValue)]
    [InlineData("di1ei2ee", 1, BencodeErrorReason.KeyNotString)]
    [InlineData("li01ee", 4, BencodeErrorReason.MalformedInteger)]
    [InlineData("l5:abcde", 8, BencodeErrorReason.UnexpectedEnd)]
    [InlineData("l9:abcdee", 1, BencodeErrorReason.StringPastEnd)]
    [InlineData("l01:ae", 1, BencodeErrorReason.MalformedLength)]
    [InlineData("x", 0, BencodeErrorReason.UnknownToken)]
    public void An_error_says_what_and_where(string text, int offset, BencodeErrorReason reason)
    {
        using var document = Parse(text);
        document.Error.ShouldBe(new BencodeError(reason, offset));
        document.Error!.Value.ToString().ShouldStartWith($"byte {offset}: ");
    }

    [Fact]
    public void Nesting_is_accepted_at_its_limit_and_refused_past_it()
    {
        foreach (var depth in new[] { 1, 2, 63, 64, 65, 127, 128 })
        {
            var limits = new BencodeLimits { MaxDepth = depth };
            var atLimit = new string('l', depth) + new string('e', depth);
            using var fits = BencodeDocument.Parse(Encoding.ASCII.GetBytes(atLimit), limits);
            fits.Error.ShouldBeNull();
            using var over = BencodeDocument.Parse(Encoding.ASCII.GetBytes("l" + atLimit + "e"), limits);
            over.Error.ShouldBe(new BencodeError(BencodeErrorReason.TooDeep, depth));
        }
    }

    [Fact]
    public void Lists_and_dictionaries_are_told_apart_at_every_depth()
    {
        var open = string.Concat(Enumerable.Range(0, 128).Select(depth => depth % 2 == 0 ? "d1:k" : "l"));
        using var document = BencodeDocument.Parse(Encoding.ASCII.GetBytes(open + "i1e" + new string('e', 128)), new BencodeLimits { MaxDepth = 128 });
        document.Error.ShouldBeNull();
    }

    [Fact]
    public void Values_are_accepted_up_to_their_limit()
    {
        var limits = new BencodeLimits { MaxTokens = 4 };
        using var fits = BencodeDocument.Parse("li1ei2ei3ee"u8, limits);
        fits.Error.ShouldBeNull();
        using var over = BencodeDocument.Parse("li1ei2ei3ei4ee"u8, limits);
        over.Error.ShouldBe(new BencodeError(BencodeErrorReason.TooManyTokens, 10));
    }

    [Fact]
    public void Bytes_are_accepted_up_to_their_limit()
    {
        var limits = new BencodeLimits { MaxBytes = 5 };
        using var fits = BencodeDocument.Parse("3:abc"u8, limits);
        fits.Error.ShouldBeNull();
        using var over = BencodeDocument.Parse("4:abcd"u8, limits);
        over.Error!.Value.Reason.ShouldBe(BencodeErrorReason.TooManyBytes);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(129)]
    public void Limits_outside_their_range_are_refused(int depth) =>
        Should.Throw<ArgumentOutOfRangeException>(() => new BencodeLimits { MaxDepth = depth });

    [Fact]
    public void A_lent_buffer_that_suffices_spares_every_allocation()
    {
        var packet = "d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe"u8.ToArray();
        ReadId(packet).ShouldBe(20);
        Allocations.Of(1000, () => ReadId(packet)).ShouldBe(0);
    }

    [Fact]
    public void A_lent_buffer_that_is_too_small_is_outgrown()
    {
        var text = "l" + string.Concat(Enumerable.Range(0, 3000).Select(number => $"i{number}e")) + "e";
        using var document = BencodeDocument.Parse(Encoding.ASCII.GetBytes(text), BencodeLimits.Default, stackalloc BencodeToken[3]);
        var expected = 0;
        foreach (var item in document.Root.Items)
        {
            item.TryGetInteger(out var number).ShouldBeTrue();
            number.ShouldBe(expected++);
        }

        expected.ShouldBe(3000);
    }

    private static int ReadId(byte[] packet)
    {
        using var document = BencodeDocument.Parse(packet, BencodeLimits.Default, stackalloc BencodeToken[16]);
        return document.Root["a"u8]["id"u8].TryGetString(out var id) ? id.Length : -1;
    }

    private static BencodeDocument Parse(string text) => BencodeDocument.Parse(Encoding.ASCII.GetBytes(text), BencodeLimits.Default);
}
