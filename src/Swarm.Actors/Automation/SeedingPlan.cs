using System.Collections.Immutable;
using System.Globalization;
using Swarm.Actors.Torrents;

namespace Swarm.Actors.Automation;

/// <summary>Whether torrents have seeded enough, by the rules, and how far they are. Pure.</summary>
public static class SeedingPlan
{
    /// <summary>The rule that holds for a torrent, or null: the first that is for its category or for all.</summary>
    public static SeedingRuleSettings? RuleFor(TorrentRow row, ImmutableArray<SeedingRuleSettings> rules) =>
        rules.FirstOrDefault(rule => rule.Category is null || string.Equals(rule.Category, row.Category, StringComparison.Ordinal));

    /// <summary>Whether a torrent that seeds is governed by rules at all.</summary>
    public static bool IsGoverned(TorrentRow row) => row.State == TorrentState.Seeding && row.IsComplete;

    /// <summary>Whether it is worth to ask how many others seed: nothing else is missing.</summary>
    public static bool DependsOnSeeders(TorrentRow row, SeedingRuleSettings rule, long now) => rule.MinSeeders > 0 && IsEnough(row, rule, now);

    /// <summary>What is done with a torrent that seeds. <paramref name="seeders"/>: how many others seed; null: nobody knows. Moments in UTC ticks.</summary>
    public static AutomationStep Decide(TorrentRow row, SeedingRuleSettings rule, int? seeders, long now)
    {
        var progress = Progress(row, rule, seeders, now);
        var hasOthers = rule.MinSeeders == 0 || seeders >= rule.MinSeeders;
        if (!IsEnough(row, rule, now) || !hasOthers) return new AutomationStep(row, AutomationAction.Keep, $"seeds on: {progress}");
        return new AutomationStep(row, ActionOf(rule.Action), $"has seeded enough: {progress}");
    }

    private static bool IsEnough(TorrentRow row, SeedingRuleSettings rule, long now)
    {
        if (rule is { Ratio: 0, SeedTime.Ticks: 0 }) return rule.MinSeeders > 0;
        return (rule.Ratio > 0 && row.SelectedLength > 0 && row.Ratio >= rule.Ratio) || (rule.SeedTime > TimeSpan.Zero && row.CompletedTicks > 0 && now - row.CompletedTicks >= rule.SeedTime.Ticks);
    }

    private static AutomationAction ActionOf(SeedingAction action) => action switch
    {
        SeedingAction.Pause => AutomationAction.Pause,
        SeedingAction.Remove => AutomationAction.Remove,
        _ => AutomationAction.RemoveWithData,
    };

    private static string Progress(TorrentRow row, SeedingRuleSettings rule, int? seeders, long now)
    {
        var parts = new List<string>();
        if (rule.Ratio > 0) parts.Add(string.Create(CultureInfo.InvariantCulture, $"ratio {row.Ratio:0.00} of {rule.Ratio:0.00}"));
        if (rule.SeedTime > TimeSpan.Zero)
        {
            parts.Add(row.CompletedTicks > 0
                ? string.Create(CultureInfo.InvariantCulture, $"{new TimeSpan(Math.Max(0, now - row.CompletedTicks)).TotalHours:0.0} h of {rule.SeedTime.TotalHours:0.0} h")
                : "when it was completed is not known");
        }

        if (rule.MinSeeders > 0) parts.Add(string.Create(CultureInfo.InvariantCulture, $"{(seeders is { } count ? count.ToString(CultureInfo.InvariantCulture) : "an unknown number")} of {rule.MinSeeders} other seeders"));
        return parts.Count == 0 ? "the rule has no goal" : string.Join(", ", parts);
    }
}
