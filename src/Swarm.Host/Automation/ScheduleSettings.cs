using System.Collections.Immutable;
using Swarm.Actors.Automation;
using Swarm.Host.Configuration;

namespace Swarm.Host.Automation;

/// <summary>Limits of the whole node by the week.</summary>
internal sealed record ScheduleSettings : IChecked
{
    private const string Local = "local";

    /// <summary>What is used unless somebody says otherwise: none.</summary>
    public static ScheduleSettings Default { get; } = new();

    /// <summary>The windows; of several that hold, the first.</summary>
    public ImmutableArray<LimitWindowSettings> Windows { get; init; } = [];

    /// <summary>The time zone of their times, such as Europe/Berlin, or local.</summary>
    public string TimeZone { get; init; } = Local;

    /// <summary>The zone, or null: there is none of that name.</summary>
    public TimeZoneInfo? Zone => TimeZone == Local ? TimeZoneInfo.Local : TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone, out var zone) ? zone : null;

    /// <inheritdoc/>
    public IEnumerable<(string Member, string Problem)> Problems()
    {
        if (Zone is null) yield return (nameof(TimeZone), $"'{TimeZone}' is no time zone that this machine knows; one is written like Europe/Berlin");
    }
}
