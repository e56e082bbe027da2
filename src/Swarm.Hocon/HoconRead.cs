using System.Collections.Immutable;
using System.Globalization;
using Swarm.Hocon.Syntax;

namespace Swarm.Hocon;

/// <summary>
/// Reads values with a type, converting as the specification has it ("Automatic type conversions", "Units format"): a number may be written as a string, a boolean as yes or off, a list as an object with
/// numbers for keys. Null is never converted. Each answers null if the value is not of that type; what to say then is the caller's.
/// </summary>
public static class HoconRead
{
    private static readonly (string[] Names, long Nanoseconds)[] DurationUnits =
    [
        (["ns", "nano", "nanos", "nanosecond", "nanoseconds"], 1),
        (["us", "micro", "micros", "microsecond", "microseconds"], 1_000),
        (["ms", "milli", "millis", "millisecond", "milliseconds", ""], 1_000_000),
        (["s", "second", "seconds"], 1_000_000_000),
        (["m", "minute", "minutes"], 60_000_000_000),
        (["h", "hour", "hours"], 3_600_000_000_000),
        (["d", "day", "days"], 86_400_000_000_000),
    ];

    // Of each: the short names of powers of two, of ten, and the beginning of the long ones.
    private static readonly (char Letter, string Ten, string Two)[] SizeUnits =
    [
        ('k', "kilo", "kibi"), ('m', "mega", "mebi"), ('g', "giga", "gibi"), ('t', "tera", "tebi"), ('p', "peta", "pebi"), ('e', "exa", "exbi"), ('z', "zetta", "zebi"), ('y', "yotta", "yobi"),
    ];

    /// <summary>Text: a string, a number as it was written, true or false.</summary>
    public static string? Text(HoconValue value) => value is HoconScalar { Kind: not HoconScalarKind.Null } scalar ? scalar.Text : null;

    /// <summary>A whole number of 64 bits. One with a fraction that is zero, or with an exponent, is whole too.</summary>
    public static long? Integer(HoconValue value) =>
        Text(value) is { } text && ScalarText.IsNumber(text) && decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
        && number == decimal.Truncate(number) && number is >= long.MinValue and <= long.MaxValue
            ? (long)number
            : null;

    /// <summary>A number; never an infinity.</summary>
    public static double? Number(HoconValue value) =>
        Text(value) is { } text && ScalarText.IsNumber(text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

    /// <summary>true, yes, on; false, no, off.</summary>
    public static bool? Boolean(HoconValue value) => Text(value) switch
    {
        "true" or "yes" or "on" => true,
        "false" or "no" or "off" => false,
        _ => null,
    };

    /// <summary>A duration: a number and a unit from ns to d; a number alone is in milliseconds. In steps of 100 ns.</summary>
    public static TimeSpan? Duration(HoconValue value)
    {
        if (Text(value) is not { } text || !TrySplit(text, out var number, out var unit)) return null;
        foreach (var (names, nanoseconds) in DurationUnits)
        {
            if (!names.Contains(unit, StringComparer.Ordinal)) continue;
            // Ticks have 100 ns. The product is beyond a decimal only if it is beyond a TimeSpan too.
            if (Math.Abs(number) > long.MaxValue / (decimal)nanoseconds * TimeSpan.NanosecondsPerTick) return null;
            return TimeSpan.FromTicks((long)decimal.Round(number * nanoseconds / TimeSpan.NanosecondsPerTick));
        }

        return null;
    }

    /// <summary>A size in bytes: a number and a unit (K, KiB and kibibytes are 1024; kB and kilobytes 1000); a number alone is in bytes. Below 2^63; a fraction of a byte is dropped.</summary>
    public static long? Bytes(HoconValue value)
    {
        if (Text(value) is not { } text || !TrySplit(text, out var number, out var unit) || UnitBytes(unit) is not { } bytes) return null;
        return Math.Abs(number) > long.MaxValue / bytes ? null : (long)(number * bytes);
    }

    /// <summary>The elements of a list, or of an object some of whose keys are whole numbers from 0, in their order.</summary>
    public static ImmutableArray<HoconValue>? List(HoconValue value)
    {
        if (value is HoconArray array) return array.Elements;
        if (value is not HoconObject numbered) return null;
        var elements = new SortedDictionary<int, HoconValue>();
        foreach (var field in numbered.Fields)
        {
            if (TryIndex(field.Name, out var index)) elements[index] = field.Value;
        }

        return elements.Count == 0 ? null : [.. elements.Values];
    }

    /// <summary>Whether a key is an index: a whole number from 0.</summary>
    internal static bool TryIndex(string key, out int index) => int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out index);

    private static bool TrySplit(string text, out decimal number, out string unit)
    {
        var trimmed = text.AsSpan().Trim();
        var end = trimmed.Length;
        while (end > 0 && char.IsLetter(trimmed[end - 1])) end--;
        unit = trimmed[end..].ToString();
        var digits = trimmed[..end].TrimEnd();
        number = 0;
        return ScalarText.IsNumber(digits) && decimal.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out number);
    }

    // As a decimal: the largest units are beyond 64 bits, though not every number of them is.
    private static decimal? UnitBytes(string unit)
    {
        if (unit is "" or "B" or "b" or "byte" or "bytes") return 1;
        decimal ten = 1;
        decimal two = 1;
        foreach (var (letter, tenName, twoName) in SizeUnits)
        {
            ten *= 1000;
            two *= 1024;
            var upper = char.ToUpperInvariant(letter);
            if (unit == (letter == 'k' ? "kB" : $"{upper}B") || unit == tenName + "byte" || unit == tenName + "bytes") return ten;
            if (unit == $"{letter}" || unit == $"{upper}" || unit == $"{upper}i" || unit == $"{upper}iB" || unit == twoName + "byte" || unit == twoName + "bytes") return two;
        }

        return null;
    }
}
