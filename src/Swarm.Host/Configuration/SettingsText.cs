using System.Collections;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging;
using Swarm.Hocon;

namespace Swarm.Host.Configuration;

/// <summary>The forms that values of settings have in a configuration: read from HOCON, and written so that they read back the same. Pure.</summary>
internal static class SettingsText
{
    private static readonly (TimeSpan Unit, string Name)[] Durations =
    [
        (TimeSpan.FromDays(1), "d"), (TimeSpan.FromHours(1), "h"), (TimeSpan.FromMinutes(1), "m"), (TimeSpan.FromSeconds(1), "s"), (TimeSpan.FromMilliseconds(1), "ms"), (TimeSpan.FromMicroseconds(1), "us"),
    ];

    private static readonly (long Unit, string Name)[] Sizes = [(1L << 40, "TiB"), (1L << 30, "GiB"), (1L << 20, "MiB"), (1L << 10, "KiB")];

    /// <summary>Reads a value that is neither null nor a list.</summary>
    /// <param name="value">The value.</param>
    /// <param name="type">What it must become.</param>
    /// <param name="isSize">Whether its number counts bytes.</param>
    /// <param name="expected">If the result is null: what was expected.</param>
    public static object? Read(HoconValue value, Type type, bool isSize, out string expected)
    {
        (var read, expected) = type switch
        {
            _ when type == typeof(bool) => ((object?)HoconRead.Boolean(value), "true or false"),
            _ when type == typeof(int) && !isSize => (HoconRead.Integer(value) is { } number and >= int.MinValue and <= int.MaxValue ? (int)number : null, "a whole number"),
            _ when type == typeof(int) => (HoconRead.Bytes(value) is { } number and <= int.MaxValue ? (int)number : null, "a size below 2 GiB, such as 64 KiB"),
            _ when type == typeof(long) && isSize => (HoconRead.Bytes(value), "a size, such as 64 KiB"),
            _ when type == typeof(long) => (HoconRead.Integer(value), "a whole number"),
            _ when type == typeof(double) => (HoconRead.Number(value), "a number"),
            _ when type == typeof(TimeSpan) => (HoconRead.Duration(value), "a duration, such as 500 ms, 30 s or 2 h"),
            _ when type == typeof(string) => (HoconRead.Text(value), "a text"),
            _ when type == typeof(IPAddress) => (Address(HoconRead.Text(value)), "an IP address, such as 192.0.2.7 or \"2001:db8::7\""),
            _ when type == typeof(IPEndPoint) => (EndPoint(HoconRead.Text(value)), "an IP address and a port, such as \"192.0.2.7:6881\" or \"[2001:db8::7]:6881\""),
            _ when type == typeof(HostEndPoint) => (HostEndPoint.TryParse(HoconRead.Text(value) ?? "", out var host) ? host : null, "a host and a port, such as \"router.example.net:6881\""),
            _ when type.IsEnum => (Enumerated(HoconRead.Text(value), type), $"one of {string.Join(", ", Enum.GetNames(type).Select(SettingsGroup.KeyOf))}"),
            _ => throw new NotSupportedException($"{type} has no form in a configuration"),
        };
        return read;
    }

    /// <summary>Writes a value as HOCON that reads back as it.</summary>
    public static string Write(object? value, bool isSize) => value switch
    {
        null => "null",
        bool yes => yes ? "true" : "false",
        int number => isSize ? Size(number) : number.ToString(CultureInfo.InvariantCulture),
        long number => isSize ? Size(number) : number.ToString(CultureInfo.InvariantCulture),
        double number => number.ToString(CultureInfo.InvariantCulture),
        TimeSpan time => Duration(time),
        Enum one => SettingsGroup.KeyOf(one.ToString()),
        ImmutableSortedDictionary<string, LogLevel> levels => $"{{{string.Join(", ", levels.Select(level => $"{HoconPath.QuoteText(level.Key)} = {Write(level.Value, isSize)}"))}}}",
        string text => HoconPath.QuoteText(text),
        IEnumerable list => $"[{string.Join(", ", list.Cast<object>().Select(element => Write(element, isSize)))}]",
        _ => HoconPath.QuoteText(value.ToString() ?? ""),
    };

    /// <summary>With the largest unit that leaves a whole number.</summary>
    public static string Duration(TimeSpan time)
    {
        var (unit, name) = Array.Find(Durations, entry => time != TimeSpan.Zero && time.Ticks % entry.Unit.Ticks == 0);
        return name is null ? $"{time.Ticks * TimeSpan.NanosecondsPerTick} {(time == TimeSpan.Zero ? "s" : "ns")}" : $"{time.Ticks / unit.Ticks} {name}";
    }

    /// <summary>With the largest unit that leaves a whole number.</summary>
    public static string Size(long bytes)
    {
        var (unit, name) = Array.Find(Sizes, entry => bytes != 0 && bytes % entry.Unit == 0);
        return name is null ? bytes.ToString(CultureInfo.InvariantCulture) : $"{bytes / unit} {name}";
    }

    // The base library takes "1" for 0.0.0.1.
    private static IPAddress? Address(string? text) => text is not null && (text.Contains(':') || text.Count(c => c == '.') == 3) && IPAddress.TryParse(text, out var address) ? address : null;

    private static IPEndPoint? EndPoint(string? text)
    {
        var colon = text?.LastIndexOf(':') ?? -1;
        if (colon < 0 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)) return null;
        var host = text![..colon];
        if (host is ['[', .. var bracketed, ']']) return Address(bracketed) is { } v6 && bracketed.Contains(':') ? new IPEndPoint(v6, port) : null;
        return !host.Contains(':') && Address(host) is { } v4 ? new IPEndPoint(v4, port) : null;
    }

    private static object? Enumerated(string? text, Type type) => Enum.GetValues(type).Cast<object>().FirstOrDefault(value => SettingsGroup.KeyOf(value.ToString()!) == text);
}
