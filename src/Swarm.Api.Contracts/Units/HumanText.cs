using System.Globalization;

namespace Swarm.Api.Contracts.Units;

/// <summary>Sizes, rates and times as people read them. Pure.</summary>
public static class HumanText
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>Bytes with three or four digits and a unit: "17.2 MiB".</summary>
    public static string Size(long bytes)
    {
        double value = bytes;
        var unit = 0;
        while (value >= 1000 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        var digits = value < 10 ? "0.00" : value < 100 ? "0.0" : "0";
        return unit == 0 ? $"{bytes} B" : $"{value.ToString(digits, CultureInfo.InvariantCulture)} {Units[unit]}";
    }

    /// <summary>Bytes a second.</summary>
    public static string Rate(long bytesPerSecond) => Size(bytesPerSecond) + "/s";

    /// <summary>A part of a whole in percent with one digit; 100.0 only if nothing is left.</summary>
    public static string Percent(long part, long whole)
    {
        if (part >= whole) return "100.0%";
        return string.Create(CultureInfo.InvariantCulture, $"{Math.Min(999, part * 1000.0 / whole) / 10:0.0}%").Replace("100.0%", "99.9%", StringComparison.Ordinal);
    }

    /// <summary>A time in its two greatest units: "1 h 05 min", "42 s".</summary>
    public static string Time(TimeSpan time) => time switch
    {
        { TotalDays: >= 100 } => "over 100 days",
        { TotalDays: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalDays} d {time.Hours} h"),
        { TotalHours: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.Hours} h {time.Minutes:00} min"),
        { TotalMinutes: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.Minutes} min {time.Seconds:00} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(time.TotalSeconds):0} s"),
    };

    /// <summary>A number and its noun: "1 peer", "3 peers".</summary>
    public static string Count(long count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";
}
