using System.Collections.Immutable;
using System.Globalization;

namespace Swarm.Actors.Automation;

/// <summary>Which of some windows of the week holds at a moment: days, a beginning and an end by the clock on the wall of a time zone. Pure.
/// <para>A window that ends at or before its beginning goes over midnight and belongs to the day on which it began. The wall's clock decides: in spring, what begins in the hour that is left out begins after it; in
/// autumn, what lies in the hour that comes twice holds both times.</para></summary>
public sealed class LimitSchedule(ImmutableArray<LimitWindowSettings> windows, TimeZoneInfo zone)
{
    /// <summary>The first window that holds, or null.</summary>
    public LimitWindowSettings? At(DateTimeOffset moment)
    {
        var wall = TimeZoneInfo.ConvertTime(moment, zone).DateTime;
        var today = wall.DayOfWeek;
        var yesterday = wall.AddDays(-1).DayOfWeek;
        var time = TimeOnly.FromDateTime(wall);
        return windows.FirstOrDefault(window => window.BeginsAt < window.EndsAt
            ? window.IsOn(today) && time >= window.BeginsAt && time < window.EndsAt
            : (window.IsOn(today) && time >= window.BeginsAt) || (window.IsOn(yesterday) && time < window.EndsAt));
    }
}

/// <summary>A window of the week, and the limits of the whole node in it.</summary>
public sealed record LimitWindowSettings
{
    /// <summary>The days on which it begins; empty: every day.</summary>
    public ImmutableArray<DayOfWeek> Days { get; init; } = [];

    /// <summary>When it begins, such as 08:00.</summary>
    public string From { get; init => field = Text(value); } = "00:00";

    /// <summary>When it ends, such as 18:30; at or before its beginning: the next day.</summary>
    public string To { get; init => field = Text(value); } = "00:00";

    /// <summary>Payload and protocol bytes a second, 0 for no limit.</summary>
    public long DownloadLimit { get; init => field = Setting.InRange(value, 0L, 1L << 50); }

    /// <summary>Payload and protocol bytes a second, 0 for no limit.</summary>
    public long UploadLimit { get; init => field = Setting.InRange(value, 0L, 1L << 50); }

    internal TimeOnly BeginsAt => Clock(From);

    internal TimeOnly EndsAt => Clock(To);

    internal bool IsOn(DayOfWeek day) => Days.IsEmpty || Days.Contains(day);

    private static TimeOnly Clock(string text) => TimeOnly.ParseExact(text, "HH:mm", CultureInfo.InvariantCulture);

    private static string Text(string text) => TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
        ? text
        : throw new ArgumentException($"'{text}' is no time of day, such as 08:00 or 23:30", nameof(text));
}
