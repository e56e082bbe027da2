namespace Swarm.Tests.Protocol.Bencoding;

/// <summary>Hostile bytes from a fixed seed: noise, and valid inputs with bytes changed, cut out, doubled and swapped between inputs.</summary>
internal static class Fuzz
{
    public static IEnumerable<byte[]> Inputs(int seed, int count, IReadOnlyList<byte[]> valid, ReadOnlyMemory<byte> alphabet)
    {
        var random = new Random(seed);
        for (var i = 0; i < count; i++)
        {
            if (valid.Count == 0 || i % 4 == 0)
            {
                var noise = new byte[random.Next(40)];
                random.GetItems(alphabet.Span, noise);
                yield return noise;
                continue;
            }

            var input = valid[random.Next(valid.Count)].ToList();
            for (var edits = random.Next(1, 5); edits > 0 && input.Count > 0; edits--) Edit(input, random, valid, alphabet.Span);
            yield return [.. input];
        }
    }

    private static void Edit(List<byte> input, Random random, IReadOnlyList<byte[]> valid, ReadOnlySpan<byte> alphabet)
    {
        var at = random.Next(input.Count);
        var length = random.Next(1, Math.Min(20, input.Count - at) + 1);
        switch (random.Next(6))
        {
            case 0: input[at] = (byte)random.Next(256); break;
            case 1: input[at] = alphabet[random.Next(alphabet.Length)]; break;
            case 2: input.RemoveRange(at, length); break;
            case 3: input.InsertRange(at, input.GetRange(at, length)); break;
            case 4: input.RemoveRange(at, input.Count - at); break;
            default:
                var other = valid[random.Next(valid.Count)];
                var from = random.Next(other.Length);
                input.InsertRange(at, other.Skip(from).Take(length));
                break;
        }
    }
}
