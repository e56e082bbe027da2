using FsCheck.Fluent;
using Swarm.Protocol.Bencoding;
using Swarm.Tests.Protocol.Primitives;

namespace Swarm.Tests.Protocol.Bencoding;

public sealed class BencodeFuzzTests
{
    [Fact]
    public void Hostile_bytes_are_refused_or_read_and_never_break_anything()
    {
        var valid = Vectors.Load("bencode.json").GetProperty("valid").EnumerateArray().Select(vector => vector.Hex("hex")).ToArray();
        var limits = new BencodeLimits { MaxDepth = 6, MaxTokens = 40, MaxBytes = 120 };
        int read = 0, refused = 0;
        foreach (var input in Fuzz.Inputs(seed: 1, count: 200_000, valid, "ilde0123456789:-abc"u8.ToArray()))
        {
            if (IsRead(input, limits)) read++;
            else refused++;
        }

        read.ShouldBeGreaterThan(1000);
        refused.ShouldBeGreaterThan(1000);
    }

    [Fact]
    public void What_is_written_is_read_back() => PropertyCheck.Holds(
        Gen.Choose(0, int.MaxValue),
        seed =>
        {
            var writer = new BencodeWriter();
            WriteAny(writer, new Random(seed), depth: 0);
            using var document = BencodeDocument.Parse(writer.WrittenSpan, BencodeLimits.Default);
            document.Error.ShouldBeNull();
            document.Root.IsCanonical.ShouldBeTrue();
            BencodeCopy.Of(document.Root).ShouldBe(writer.ToArray());
        });

    private static bool IsRead(byte[] input, BencodeLimits limits)
    {
        using var document = BencodeDocument.Parse(input, limits, stackalloc BencodeToken[8]);
        if (document.Error is { } error)
        {
            error.Offset.ShouldBeInRange(0, input.Length);
            return false;
        }

        document.End.ShouldBeInRange(1, input.Length);
        // The writer refuses disorder and has no other way to write a value: a canonical value must come back byte for byte.
        if (document.Root.IsCanonical) BencodeCopy.Of(document.Root).ShouldBe(input[..document.End]);
        else Should.Throw<InvalidOperationException>(() => CopyAgain(input, limits));
        return true;
    }

    private static void CopyAgain(byte[] input, BencodeLimits limits)
    {
        using var document = BencodeDocument.Parse(input, limits);
        BencodeCopy.Of(document.Root);
    }

    private static void WriteAny(BencodeWriter writer, Random random, int depth)
    {
        switch (random.Next(depth > 5 ? 2 : 4))
        {
            case 0:
                writer.WriteInteger(random.NextInt64(long.MinValue, long.MaxValue));
                break;
            case 1:
                var bytes = new byte[random.Next(30)];
                random.NextBytes(bytes);
                writer.WriteString(bytes);
                break;
            case 2:
                writer.BeginList();
                for (var items = random.Next(4); items > 0; items--) WriteAny(writer, random, depth + 1);
                writer.End();
                break;
            default:
                writer.BeginDictionary();
                for (var key = 0; key < random.Next(4); key++)
                {
                    writer.WriteKey([(byte)key]);
                    WriteAny(writer, random, depth + 1);
                }

                writer.End();
                break;
        }
    }
}
