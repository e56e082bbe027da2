using System.Globalization;

namespace Swarm.Api.Contracts.Units;

/// <summary>
/// Reads sizes as people write them: <c>1048576</c>, <c>16KiB</c>, <c>1.5G</c>, <c>700 MB</c>. K, M, G, T and KiB, MiB, GiB, TiB are powers of 1024; KB, MB, GB, TB are powers of 1000; case
/// does not matter. Pure.
/// </summary>
public static class SizeParser
{
    private static readonly (string Suffix, long Bytes)[] Units =
    [
        ("kib", 1L << 10), ("mib", 1L << 20), ("gib", 1L << 30), ("tib", 1L << 40),
        ("kb", 1_000), ("mb", 1_000_000), ("gb", 1_000_000_000), ("tb", 1_000_000_000_000),
        ("k", 1L << 10), ("m", 1L << 20), ("g", 1L << 30), ("t", 1L << 40),
        ("b", 1),
    ];

    /// <summary>Bytes, 0 to 2^63 - 1; a fraction of a byte is dropped.</summary>
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        var number = text.AsSpan().Trim();
        var unit = 1L;
        foreach (var (suffix, value) in Units)
        {
            if (!number.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)) continue;
            number = number[..^suffix.Length].TrimEnd();
            unit = value;
            break;
        }

        if (!decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)) return false;
        if (count > long.MaxValue / unit) return false;
        bytes = (long)(count * unit);
        return true;
    }
}
