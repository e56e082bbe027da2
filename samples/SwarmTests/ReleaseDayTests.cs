using Swarm.TestKit.Net;
using Swarm.TestKit.Scenarios;

namespace SwarmTests;

/// <summary>What a publisher wants to know before the day of a release: a scenario each, read like the sentence that it tests, played from several seeds.</summary>
public sealed class ReleaseDayTests
{
    /// <summary>More seeds find more. Those that found something stay here for ever.</summary>
    public static TheoryData<int> Seeds => [1, 2, 3];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_small_seed_feeds_everybody_who_comes_at_once(int seed) =>
        new SwarmScenario("release-day")
            .Sharing(content => content.OfSize(4.MiB))
            .Seeds(1, server => server.On(new LinkProfile { UpBytesPerSecond = 500_000, DownBytesPerSecond = 500_000 }))
            .Leechers(12, crowd => crowd.On(LinkKind.Home).JoiningBetween(0.Seconds, 10.Seconds))
            .EveryoneCompletes(within: 5.Minutes)
            // One copy through that link takes 8 s; twelve copies would take 100.
            .Expect("the crowd helps itself", run => run["leecher"].All(node => run.CompletedAt(node) < 60.Seconds))
            .Check(seed);

    [Theory]
    [MemberData(nameof(Seeds))]
    public void The_download_survives_the_loss_of_the_seed_and_a_power_cut(int seed) =>
        new SwarmScenario("bad-day")
            .Sharing(content => content.OfSize(2.MiB, 4.MiB).InFiles(1, 5))
            .Seeds(1, server => server.On(LinkKind.Steady))
            .Leechers(5, leecher => leecher.On(LinkKind.Steady))
            .Between(2.Seconds, 6.Seconds, Faults.Crash(Who.Some(2, "leecher"), away: 10.Seconds))
            .After(Once.OneCopyIsOut, Faults.Leave(Who.All("seed")))
            .EveryoneCompletes(within: 1.Hours)
            .Check(seed);

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_server_never_sends_faster_than_it_is_allowed(int seed) =>
        new SwarmScenario("modest-server")
            .Sharing(content => content.OfSize(2.MiB))
            .Seeds(1, server => server.On(LinkKind.Fast).LimitedTo(downBytesPerSecond: 0, upBytesPerSecond: 200_000))
            .Leechers(3, leecher => leecher.On(LinkKind.Home))
            // A tenth above, for a limit is kept on average, and a second's worth at the beginning.
            .Always("the server keeps its limit", run => Sent(run) <= (220_000 * run.World.Now.TotalSeconds) + 200_000)
            .EveryoneCompletes(within: 5.Minutes)
            .Check(seed);

    private static long Sent(SwarmRun run) => run["seed"][0].Status(run.Content)?.Uploaded ?? 0;
}
