using Swarm.Protocol.Cluster;

namespace Swarm.Tests.Protocol.Cluster;

public sealed class SessionLeaseTests
{
    private static readonly MembershipSettings Settings = MembershipSettings.Default;

    [Fact]
    public void It_counts_from_the_moment_it_was_asked_for_and_stops_before_the_end()
    {
        var lease = new SessionLease(Settings);
        lease.At(0).ShouldBe(SessionState.None);
        lease.Granted(10 * Some.Second);
        lease.At((long)(26.9 * Some.Second)).ShouldBe(SessionState.Writing);
        lease.At(27 * Some.Second).ShouldBe(SessionState.Stopping);
        lease.At((long)(36.9 * Some.Second)).ShouldBe(SessionState.Stopping);
        lease.At(37 * Some.Second).ShouldBe(SessionState.None);
    }

    [Fact]
    public void Answers_that_overtake_each_other_do_not_shorten_it()
    {
        var lease = new SessionLease(Settings);
        lease.Granted(10 * Some.Second);
        lease.Granted(5 * Some.Second);
        lease.At(26 * Some.Second).ShouldBe(SessionState.Writing);
    }

    [Fact]
    public void It_judges_others_only_after_a_whole_lease_and_the_grace_without_a_gap()
    {
        var lease = new SessionLease(Settings);
        for (var at = 0; at <= 40; at += 5)
        {
            lease.Granted(at * Some.Second);
            lease.MayJudge((at + 1) * Some.Second).ShouldBe(at + 1 >= 35);
        }

        lease.Granted(100 * Some.Second);
        lease.MayJudge(101 * Some.Second).ShouldBeFalse("there was a gap: the database may just have come back");
    }

    // The promise that everything hangs on, against any clock and any delay.
    [Fact]
    public void Whatever_clocks_and_delays_do_it_says_writing_only_while_the_tables_session_has_the_margin_left()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var rate = 1 + (((random.NextDouble() * 2) - 1) * Settings.MaxClockDrift);
            var offset = random.Next(1, 1_000_000);
            var lease = new SessionLease(Settings);
            var until = 0.0;
            var answers = new List<(double At, long Asked)>();
            long Local(double real) => (long)(((real * rate) + offset) * Some.Second);
            for (var now = 0.0; now < 300; now += 0.25)
            {
                if (random.Next(40) == 0)
                {
                    // It reaches the database later, or not at all, and the answer comes later still, or not at all.
                    var asked = Local(now);
                    var reaches = now + (random.NextDouble() * 8);
                    if (random.Next(4) > 0) until = Math.Max(until, reaches + Settings.SessionLease.TotalSeconds);
                    else continue;
                    if (random.Next(4) > 0) answers.Add((reaches + (random.NextDouble() * 8), asked));
                }

                foreach (var (_, asked) in answers.Where(answer => answer.At <= now)) lease.Granted(asked);
                answers.RemoveAll(answer => answer.At <= now);
                // Drift shortens the margin, which stands in the node's time, by as much.
                if (lease.At(Local(now)) == SessionState.Writing) (until - now).ShouldBeGreaterThanOrEqualTo(Settings.StopMargin.TotalSeconds / (1 + Settings.MaxClockDrift), $"seed {seed}");
                if (lease.At(Local(now)) != SessionState.None) until.ShouldBeGreaterThan(now, $"seed {seed}");
            }
        }
    }

    [Fact]
    public void Settings_that_leave_no_time_to_write_are_told()
    {
        Settings.Problem.ShouldBeNull();
        (Settings with { SessionLease = TimeSpan.FromSeconds(20) }).Problem.ShouldNotBeNull().ShouldContain("two renewals");
        (Settings with { HeartbeatInterval = TimeSpan.FromSeconds(4) }).Problem.ShouldNotBeNull().ShouldContain("heartbeats");
    }
}
