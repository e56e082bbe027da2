using System.Collections.Immutable;
using Swarm.Actors.Automation;
using Swarm.Actors.Torrents;
using static Swarm.Tests.Actors.Automation.AutomationRows;

namespace Swarm.Tests.Actors.Automation;

public sealed class QueuePlanTests
{
    private static readonly QueueSettings Two = new() { MaxDownloads = 2, MaxSeeds = 1 };
    private static readonly long Minute = TimeSpan.FromMinutes(1).Ticks;

    // Each letter a torrent, by age: d a download, q one that waits, s a seed, w a seed that waits, x one that is none of the queue's. What becomes of each: . nothing, H held, R released.
    [Theory]
    [InlineData("ddd", "..H")]
    [InlineData("qqq", "RR.")]
    [InlineData("dq", ".R")]
    [InlineData("qdd", "R.H")]
    [InlineData("dxxq", ".  R")]
    [InlineData("ssw", ".H.")]
    [InlineData("wdqs", "R.RH")]
    [InlineData("", "")]
    public void Torrents_have_their_turn_by_age(string torrents, string expected) => Play(Two, torrents, 0).ShouldBe(expected);

    [Fact]
    public void A_place_goes_before_age_and_none_comes_last()
    {
        var rows = new[] { Download(1), Download(2) with { QueuePosition = 7 }, Download(3) with { QueuePosition = 2 } };
        Shown(new QueuePlan(Two).Decide(rows, 0), rows).ShouldBe("H..");
    }

    [Fact]
    public void A_slow_one_takes_nobodys_place_but_only_after_a_while()
    {
        var plan = new QueuePlan(Two);
        TorrentRow[] rows = [Download(1, rate: 10), Download(2), Download(3, 0, TorrentState.Queued)];
        Shown(plan.Decide(rows, 0), rows).ShouldBe("...");
        Shown(plan.Decide(rows, Minute - 1), rows).ShouldBe("...");
        var steps = plan.Decide(rows, Minute);
        Shown(steps, rows).ShouldBe("..R");
        steps[0].Reason.ShouldBe("at work, slow, so it takes nobody's place");
    }

    [Fact]
    public void A_slow_one_that_becomes_fast_has_its_turn_again()
    {
        var plan = new QueuePlan(Two);
        TorrentRow[] rows = [Download(1, rate: 10), Download(2), Download(3)];
        plan.Decide(rows, 0);
        Shown(plan.Decide(rows, Minute), rows).ShouldBe("...");
        rows[0] = Download(1);
        Shown(plan.Decide(rows, Minute + 1), rows).ShouldBe("..H");
    }

    [Fact]
    public void Being_slow_before_it_waited_or_before_it_was_complete_does_not_count()
    {
        var plan = new QueuePlan(Two with { MaxDownloads = 1 });
        plan.Decide([Download(1, rate: 10)], 0);
        plan.Decide([Download(1, 0, TorrentState.Queued)], Minute / 2);
        TorrentRow[] rows = [Download(1, rate: 10), Download(2)];
        Shown(plan.Decide(rows, Minute), rows).ShouldBe(".H");

        var seeds = new QueuePlan(Two);
        seeds.Decide([Download(1, rate: 10)], 0);
        TorrentRow[] complete = [Seed(1, rate: 10), Seed(2)];
        Shown(seeds.Decide(complete, Minute), complete).ShouldBe(".H");
    }

    [Fact]
    public void While_there_is_enough_bandwidth_none_is_begun_and_none_is_stopped()
    {
        var plan = new QueuePlan(new QueueSettings { MaxDownloads = 0, EnoughDownloadBytesPerSecond = 5_000 });
        TorrentRow[] rows = [Download(1, 3_000), Download(2, 2_000), Download(3, 0, TorrentState.Queued)];
        plan.Decide(rows, 0);
        var steps = plan.Decide(rows, Minute);
        Shown(steps, rows).ShouldBe("...");
        steps[2].Reason.ShouldBe("waits: all downloads together receive 5000 bytes a second, and 5000 are enough");
    }

    [Fact]
    public void By_bandwidth_one_is_begun_at_a_time()
    {
        var plan = new QueuePlan(new QueueSettings { MaxDownloads = 0, EnoughDownloadBytesPerSecond = 5_000 });
        TorrentRow[] rows = [Download(1, 0, TorrentState.Queued), Download(2, 0, TorrentState.Queued)];
        Shown(plan.Decide(rows, 0), rows).ShouldBe("R.");
        rows[0] = Download(1, 100);
        Shown(plan.Decide(rows, 1), rows).ShouldBe("..");
        Shown(plan.Decide(rows, 1 + Minute), rows).ShouldBe(".R");
    }

    [Fact]
    public void One_with_the_exempt_label_is_neither_counted_nor_touched()
    {
        TorrentRow[] rows = [Download(1) with { Labels = ["forced"] }, Download(2), Download(3), Download(4, 0, TorrentState.Queued) with { Labels = ["forced"] }];
        Shown(new QueuePlan(Two).Decide(rows, 0), rows).ShouldBe(" .. ");
    }

    [Fact]
    public void Whatever_there_is_no_more_than_the_limit_are_at_work_afterwards_and_a_second_look_changes_nothing()
    {
        var random = new Random(7);
        for (var round = 0; round < 500; round++)
        {
            var settings = new QueueSettings { MaxDownloads = random.Next(1, 4), MaxSeeds = random.Next(1, 4) };
            var plan = new QueuePlan(settings);
            var rows = Enumerable.Range(1, random.Next(0, 12)).Select(number => random.Next(4) switch
            {
                0 => Download(number),
                1 => Download(number, 0, TorrentState.Queued),
                2 => Seed(number),
                _ => Seed(number, 0, TorrentState.Queued),
            } with
            { QueuePosition = random.Next(-1, 4) }).ToArray();

            var after = Applied(rows, plan.Decide(rows, round));
            after.Count(row => row is { State: not TorrentState.Queued, IsComplete: false }).ShouldBe(Math.Min(settings.MaxDownloads, rows.Count(row => !row.IsComplete)));
            after.Count(row => row is { State: not TorrentState.Queued, IsComplete: true }).ShouldBe(Math.Min(settings.MaxSeeds, rows.Count(row => row.IsComplete)));
            plan.Decide(after, round).ShouldAllBe(step => step.Action == AutomationAction.Keep);
        }
    }

    private static TorrentRow[] Applied(TorrentRow[] rows, ImmutableArray<AutomationStep> steps) => [.. rows.Select(row => Applied(row, steps.Single(step => step.Torrent == row).Action))];

    private static TorrentRow Applied(TorrentRow row, AutomationAction action) => action switch
    {
        AutomationAction.Hold => row with { State = TorrentState.Queued, DownloadRate = 0, UploadRate = 0 },
        AutomationAction.Release when row.IsComplete => row with { State = TorrentState.Seeding, UploadRate = 1_000_000 },
        AutomationAction.Release => row with { State = TorrentState.Downloading, DownloadRate = 1_000_000 },
        _ => row,
    };

    private static string Play(QueueSettings settings, string torrents, long now)
    {
        var rows = torrents.Select((kind, number) => kind switch
        {
            'd' => Download(number),
            'q' => Download(number, 0, TorrentState.Queued),
            's' => Seed(number),
            'w' => Seed(number, 0, TorrentState.Queued),
            _ => Download(number, 0, number % 2 == 0 ? TorrentState.Stopped : TorrentState.Checking),
        }).ToArray();
        return Shown(new QueuePlan(settings).Decide(rows, now), rows);
    }

    private static string Shown(ImmutableArray<AutomationStep> steps, TorrentRow[] rows) => string.Concat(rows.Select(row => steps.SingleOrDefault(step => step.Torrent == row)?.Action switch
    {
        null => ' ',
        AutomationAction.Hold => 'H',
        AutomationAction.Release => 'R',
        _ => '.',
    }));
}
