using System.Globalization;

namespace Swarm.Pbm.Commands;

/// <summary>Reads numbers, times and hashes as people type them; rates are read by <see cref="RateParser"/>. Pure.</summary>
internal static class TypedValues
{
    private const int LeastHashDigits = 6;
    private const int HashDigits = 40;

    private static readonly (string Suffix, long Factor)[] Times = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

    /// <summary>A whole number, perhaps negative.</summary>
    public static bool TryInteger(string text, out long number) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);

    /// <summary>A number, perhaps negative.</summary>
    public static bool TryNumber(string text, out double number) =>
        double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);

    /// <summary>Seconds, or with a suffix minutes, hours or days; perhaps negative.</summary>
    public static bool TrySeconds(string text, out long seconds)
    {
        seconds = 0;
        var number = text.AsSpan().Trim();
        var factor = 1L;
        foreach (var (suffix, unit) in Times)
        {
            if (!number.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)) continue;
            number = number[..^suffix.Length].TrimEnd();
            factor = unit;
            break;
        }

        if (!decimal.TryParse(number, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var count) || Math.Abs(count) > long.MaxValue / factor) return false;
        seconds = (long)(count * factor);
        return true;
    }

    /// <summary>Whether it is a hash or the beginning of one.</summary>
    public static bool IsHash(string text) => text.Length is >= LeastHashDigits and <= HashDigits && text.All(char.IsAsciiHexDigit);
}
