using System.Collections.Immutable;
using Swarm.Actors.Automation;
using Swarm.Actors.Torrents;
using static Swarm.Tests.Actors.Automation.AutomationRows;

namespace Swarm.Tests.Actors.Automation;

/// <summary>Seeding rules, folders, arguments, schedules, and all of it put together.</summary>
public sealed class AutomationRulesTests
{
    private static readonly long Hour = TimeSpan.FromHours(1).Ticks;

    [Theory]
    // Ratio alone.
    [InlineData(2.0, 0, 0, 1_999, 0, null, "Keep", "seeds on: ratio 2.00 of 2.00")]
    [InlineData(2.0, 0, 0, 2_000, 0, null, "Pause", "has seeded enough: ratio 2.00 of 2.00")]
    // Time alone.
    [InlineData(0.0, 24, 0, 0, 23, null, "Keep", "seeds on: 23.0 h of 24.0 h")]
    [InlineData(0.0, 24, 0, 0, 24, null, "Pause", "has seeded enough: 24.0 h of 24.0 h")]
    // Whichever comes first.
    [InlineData(1.0, 24, 0, 1_500, 1, null, "Pause", "has seeded enough: ratio 1.50 of 1.00, 1.0 h of 24.0 h")]
    // And only if enough others seed.
    [InlineData(1.0, 0, 5, 1_500, 1, 4, "Keep", "seeds on: ratio 1.50 of 1.00, 4 of 5 other seeders")]
    [InlineData(1.0, 0, 5, 1_500, 1, 5, "Pause", "has seeded enough: ratio 1.50 of 1.00, 5 of 5 other seeders")]
    [InlineData(1.0, 0, 5, 1_500, 1, null, "Keep", "seeds on: ratio 1.50 of 1.00, an unknown number of 5 other seeders")]
    // Seeders alone.
    [InlineData(0.0, 0, 5, 0, 0, 5, "Pause", "has seeded enough: 5 of 5 other seeders")]
    [InlineData(0.0, 0, 5, 0, 0, 4, "Keep", "seeds on: 4 of 5 other seeders")]
    // No goal at all.
    [InlineData(0.0, 0, 0, 9_000, 999, 99, "Keep", "seeds on: the rule has no goal")]
    public void A_seeding_rule_says_what_and_why(double ratio, int hours, int minSeeders, long uploaded, int seededHours, int? seeders, string action, string reason)
    {
        var rule = new SeedingRuleSettings { Ratio = ratio, SeedTime = TimeSpan.FromHours(hours), MinSeeders = minSeeders };
        var step = SeedingPlan.Decide(Seed(1, completedTicks: 1) with { UploadedEver = uploaded }, rule, seeders, 1 + (seededHours * Hour));
        step.Action.ToString().ShouldBe(action);
        step.Reason.ShouldBe(reason);
    }

    [Fact]
    public void Of_rules_the_first_that_is_for_the_category_holds()
    {
        ImmutableArray<SeedingRuleSettings> rules = [new() { Category = "a", Ratio = 1 }, new() { Ratio = 2 }, new() { Category = "b", Ratio = 3 }];
        SeedingPlan.RuleFor(Seed(1) with { Category = "a" }, rules)!.Ratio.ShouldBe(1);
        SeedingPlan.RuleFor(Seed(1) with { Category = "b" }, rules)!.Ratio.ShouldBe(2);
        SeedingPlan.RuleFor(Seed(1), rules)!.Ratio.ShouldBe(2);
        SeedingPlan.RuleFor(Seed(1), rules[..1]).ShouldBeNull();
    }

    [Theory]
    [InlineData(null, "/load", "/done")]
    [InlineData(null, "/load/", "/done")]
    [InlineData(null, "/elsewhere", null)]
    [InlineData(null, "/done", null)]
    [InlineData("linux", "/linux", "/linux-done")]
    [InlineData("linux", "/load", null)]
    [InlineData("stays", "/load", null)]
    [InlineData("unknown", "/load", "/done")]
    public void A_complete_torrent_is_moved_from_where_it_was_loaded_to_and_from_nowhere_else(string? category, string folder, string? target)
    {
        var settings = new AutomationSettings
        {
            CompletedFolder = "/done",
            Categories = [new CategorySettings { Name = "linux", Folder = "/linux", CompletedFolder = "/linux-done" }, new CategorySettings { Name = "stays" }],
        };
        var folders = new CategoryFolders(settings, "/load");
        folders.TargetOf(Seed(1) with { Category = category, Folder = folder }).ShouldBe(target);
        folders.TargetOf(Download(1) with { Category = category, Folder = folder }).ShouldBeNull();
        folders.TargetOf(Seed(1, completedTicks: 0) with { Category = category, Folder = folder }).ShouldBeNull();
    }

    [Fact]
    public void What_placeholders_bring_stays_one_argument_and_is_not_looked_at_again()
    {
        var row = Seed(1) with { ContentName = "a b; $(rm) {hash}\0'\"", Category = null };
        ProgramArguments.For(row, ["/bin/x", "--name={name}", "{folder}/{name}", "{category}", "{hash}", "plain }"])
            .ShouldBe(["--name=a b; $(rm) {hash}'\"", "/load/a b; $(rm) {hash}'\"", "", row.Torrent.ToString(), "plain }"]);
    }

    [Theory]
    [InlineData("/link/load", "/done")]
    [InlineData("/disk/load", "/done")]
    [InlineData("/disk/load/", "/done")]
    [InlineData("/disk/else", null)]
    [InlineData("/done", null)]
    public void A_folder_over_a_link_is_the_same_by_both_of_its_paths(string folder, string? target)
    {
        var settings = new AutomationSettings { Categories = [new CategorySettings { Name = "c", Folder = "/link/load", CompletedFolder = "/done" }, new CategorySettings { Name = "same", Folder = "/link/load", CompletedFolder = "/disk/load" }] };
        var folders = new CategoryFolders(settings, null, path => path.Replace("/link/", "/disk/", StringComparison.Ordinal));
        folders.TargetOf(Seed(1) with { Category = "c", Folder = folder }).ShouldBe(target);
        folders.TargetOf(Seed(1) with { Category = "same", Folder = folder }).ShouldBeNull("it is there");
    }

    [Fact]
    public void A_programs_name_of_a_torrent_is_its_contents_and_not_what_people_call_it()
    {
        var row = Seed(1) with { Name = "../../etc/passwd", ContentName = "film" };
        ProgramArguments.For(row, ["/bin/x", "{folder}/{name}"]).ShouldBe(["/load/film"]);
        ProgramArguments.For(row with { ContentName = null }, ["/bin/x", "{name}"]).ShouldBe([row.Torrent.ToString()]);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("/x", "{nme}")]
    [InlineData("/x", "{name")]
    public void A_command_with_an_error_is_refused(params string[] command) => Should.Throw<ArgumentException>(() => new RunOnCompleteSettings { Command = [.. command] });

    // 2026: summer time begins on Sunday, March 29, at 2 (which is 3), and ends on Sunday, October 25, at 3 (which is 2 again).
    [Theory]
    // Monday to Friday, 8 to 18, in summer: 6 to 16 in UTC.
    [InlineData("work", "2026-07-06T05:59:59Z", false)]
    [InlineData("work", "2026-07-06T06:00:00Z", true)]
    [InlineData("work", "2026-07-06T15:59:59Z", true)]
    [InlineData("work", "2026-07-06T16:00:00Z", false)]
    [InlineData("work", "2026-07-05T10:00:00Z", false)]
    // In winter: 7 to 17.
    [InlineData("work", "2026-12-07T06:30:00Z", false)]
    [InlineData("work", "2026-12-07T07:00:00Z", true)]
    // Friday 22 to 6: Saturday's morning belongs to it, Friday's does not.
    [InlineData("night", "2026-07-10T20:00:00Z", true)]
    [InlineData("night", "2026-07-11T03:59:59Z", true)]
    [InlineData("night", "2026-07-11T04:00:00Z", false)]
    [InlineData("night", "2026-07-10T03:00:00Z", false)]
    [InlineData("night", "2026-07-11T20:00:00Z", false)]
    // Every day 2:30 to 3:30 in spring: 2:30 is not, so it begins at 3, which is 1 UTC.
    [InlineData("small", "2026-03-29T00:59:59Z", false)]
    [InlineData("small", "2026-03-29T01:00:00Z", true)]
    [InlineData("small", "2026-03-29T01:29:59Z", true)]
    [InlineData("small", "2026-03-29T01:30:00Z", false)]
    // In autumn 2:30 comes twice, at 0:30 and at 1:30 UTC; between the two the clock is back at 2.
    [InlineData("small", "2026-10-25T00:30:00Z", true)]
    [InlineData("small", "2026-10-25T00:59:59Z", true)]
    [InlineData("small", "2026-10-25T01:00:00Z", false)]
    [InlineData("small", "2026-10-25T01:30:00Z", true)]
    [InlineData("small", "2026-10-25T02:29:59Z", true)]
    [InlineData("small", "2026-10-25T02:30:00Z", false)]
    // The whole day, from a time to the same.
    [InlineData("sunday", "2026-07-04T22:00:00Z", true)]
    [InlineData("sunday", "2026-07-05T21:59:59Z", true)]
    [InlineData("sunday", "2026-07-05T22:00:00Z", false)]
    public void A_window_holds_by_the_clock_on_the_wall(string window, string moment, bool holds)
    {
        LimitWindowSettings settings = window switch
        {
            "work" => new() { Days = [DayOfWeek.Monday, DayOfWeek.Tuesday, DayOfWeek.Wednesday, DayOfWeek.Thursday, DayOfWeek.Friday], From = "08:00", To = "18:00" },
            "night" => new() { Days = [DayOfWeek.Friday], From = "22:00", To = "06:00" },
            "small" => new() { From = "02:30", To = "03:30" },
            _ => new() { Days = [DayOfWeek.Sunday], From = "00:00", To = "00:00" },
        };
        var schedule = new LimitSchedule([settings], TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin"));
        (schedule.At(DateTimeOffset.Parse(moment, System.Globalization.CultureInfo.InvariantCulture)) == settings).ShouldBe(holds);
    }

    [Fact]
    public void Of_windows_that_hold_the_first_does()
    {
        var all = new LimitWindowSettings { UploadLimit = 1 };
        var noon = new LimitWindowSettings { From = "11:00", To = "13:00", UploadLimit = 2 };
        new LimitSchedule([noon, all], TimeZoneInfo.Utc).At(new DateTimeOffset(2026, 7, 6, 12, 0, 0, TimeSpan.Zero)).ShouldBe(noon);
        new LimitSchedule([noon, all], TimeZoneInfo.Utc).At(new DateTimeOffset(2026, 7, 6, 13, 0, 0, TimeSpan.Zero)).ShouldBe(all);
        new LimitSchedule([], TimeZoneInfo.Utc).At(DateTimeOffset.UnixEpoch).ShouldBeNull();
    }

    [Theory]
    [InlineData("8:00")]
    [InlineData("24:00")]
    [InlineData("noon")]
    public void A_time_that_is_none_is_refused(string text) => Should.Throw<ArgumentException>(() => new LimitWindowSettings { From = text });

    [Fact]
    public void Of_a_complete_torrent_first_the_files_are_moved_then_the_program_is_run_then_seeding_ends()
    {
        var settings = new AutomationSettings { CompletedFolder = "/done", RunOnComplete = new() { Command = ["/x"] }, SeedingRules = [new() { Ratio = 1 }], Queue = QueueSettings.Default };
        var plan = new AutomationPlan(settings, new CategoryFolders(settings, "/load"), startedTicks: 100);
        var row = Seed(1, completedTicks: 100) with { UploadedEver = 5_000 };
        Only(plan, row).ShouldBe(AutomationAction.Move);
        row = row with { Folder = "/done" };
        Only(plan, row).ShouldBe(AutomationAction.Run);
        plan.Ran(row.Torrent);
        Only(plan, row).ShouldBe(AutomationAction.Pause);
    }

    [Fact]
    public void One_that_was_complete_before_gets_no_program_and_one_that_waits_without_a_queue_is_released()
    {
        var settings = new AutomationSettings { RunOnComplete = new() { Command = ["/x"] } };
        var plan = new AutomationPlan(settings, new CategoryFolders(settings, "/load"), startedTicks: 100);
        plan.Decide([Seed(1, completedTicks: 99)], _ => null, 200).ShouldBeEmpty();
        Only(plan, Download(2, 0, TorrentState.Queued)).ShouldBe(AutomationAction.Release);
    }

    private static AutomationAction Only(AutomationPlan plan, TorrentRow row) => plan.Decide([row], _ => null, 200).First(step => step.Action != AutomationAction.Keep).Action;
}
