using System.Globalization;

namespace Swarm.Pbm.Commands;

/// <summary>Reads numbers, rates, times and hashes as people type them. Pure.</summary>
internal static class TypedValues
{
    private const int LeastHashDigits = 6;
    private const int HashDigits = 40;

    private static readonly (string Suffix, long Factor)[] Sizes =
    [
        ("kib", 1L << 10), ("mib", 1L << 20), ("gib", 1L << 30), ("tib", 1L << 40),
        ("kb", 1_000), ("mb", 1_000_000), ("gb", 1_000_000_000), ("tb", 1_000_000_000_000),
        ("k", 1L << 10), ("m", 1L << 20), ("g", 1L << 30), ("t", 1L << 40), ("b", 1),
    ];

    private static readonly (string Suffix, long Factor)[] Times = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

    /// <summary>A whole number, perhaps negative.</summary>
    public static bool TryInteger(string text, out long number) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);

    /// <summary>A number, perhaps negative.</summary>
    public static bool TryNumber(string text, out double number) =>
        double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);

    /// <summary>Bytes a second: K, M, G, T and KiB, ... are powers of 1024, KB, ... of 1000; "/s" may follow.</summary>
    public static bool TryRate(string text, out long bytesPerSecond) =>
        TryScaled(text.EndsWith("/s", StringComparison.OrdinalIgnoreCase) ? text[..^2] : text, Sizes, NumberStyles.AllowDecimalPoint, out bytesPerSecond);

    /// <summary>Seconds, or with a suffix minutes, hours or days; perhaps negative.</summary>
    public static bool TrySeconds(string text, out long seconds) => TryScaled(text, Times, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, out seconds);

    /// <summary>Whether it is a hash or the beginning of one.</summary>
    public static bool IsHash(string text) => text.Length is >= LeastHashDigits and <= HashDigits && text.All(char.IsAsciiHexDigit);

    private static bool TryScaled(string text, (string Suffix, long Factor)[] units, NumberStyles style, out long value)
    {
        value = 0;
        var number = text.AsSpan().Trim();
        var factor = 1L;
        foreach (var (suffix, unit) in units)
        {
            if (!number.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)) continue;
            number = number[..^suffix.Length].TrimEnd();
            factor = unit;
            break;
        }

        if (!decimal.TryParse(number, style, CultureInfo.InvariantCulture, out var count) || Math.Abs(count) > long.MaxValue / factor) return false;
        value = (long)(count * factor);
        return true;
    }
}
