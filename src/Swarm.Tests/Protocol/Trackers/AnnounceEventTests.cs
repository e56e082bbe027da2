using Swarm.Protocol.Trackers;

namespace Swarm.Tests.Protocol.Trackers;

/// <summary>Who is told "started", "completed" and "stopped", and how often (BEP 3, "event").</summary>
public class AnnounceEventTests
{
    [Fact]
    public void Trackers_that_know_us_from_before_are_told_no_start_but_a_goodbye_and_a_start_after_that()
    {
        var swarm = new Announcing("a");
        swarm.Start(0, complete: true, isKnown: true);
        swarm.Due(0).ShouldBe(["a"]);
        swarm.Fail("a", 1);
        swarm.Due(1000).ShouldBe(["a"]);
        swarm.Succeed("a", 1001, interval: 1800);
        swarm.Due(2801).ShouldBe(["a"]);
        swarm.Succeed("a", 2802, interval: 1800);
        swarm.Tiers.Stop();
        swarm.Due(2803).ShouldBe(["a stopped"]);
        swarm.Succeed("a", 2804);
        swarm.Start(3000, complete: true);
        swarm.Due(3000).ShouldBe(["a started"]);
    }

    [Fact]
    public void One_that_finishes_after_a_start_of_which_nobody_was_told_says_completed()
    {
        var swarm = new Announcing("a");
        swarm.Start(0, isKnown: true);
        swarm.Due(0).ShouldBe(["a"]);
        swarm.Succeed("a", 1, interval: 1800);
        swarm.Tiers.Complete();
        swarm.Due(2).ShouldBe(["a completed"]);
    }

    [Fact]
    public void Started_is_repeated_until_it_succeeds_and_then_never_again()
    {
        var swarm = new Announcing("a", new AnnounceTiersSettings { BackOffJitter = 0 });
        swarm.Start(0);
        swarm.Due(0).ShouldBe(["a started"]);
        swarm.Fail("a", 0);
        swarm.Due(15).ShouldBe(["a started"]);
        swarm.Succeed("a", 15);
        swarm.Due(1815).ShouldBe(["a"]);
        swarm.Fail("a", 1815);
        swarm.Due(1830).ShouldBe(["a"]);
    }

    [Fact]
    public void Completed_is_told_at_once_and_once_and_restarts_the_interval()
    {
        var swarm = new Announcing("a");
        swarm.Start(0);
        swarm.Due(0);
        swarm.Succeed("a", 0);
        swarm.Tiers.Complete();
        swarm.Due(10).ShouldBe(["a completed"]);
        swarm.Tiers.Complete();
        swarm.Due(11).ShouldBe([]);
        swarm.Succeed("a", 12);
        swarm.Due(1811).ShouldBe([]);
        swarm.Due(1812).ShouldBe(["a"]);
    }

    [Fact]
    public void Completed_is_repeated_after_the_back_off_when_it_failed()
    {
        var swarm = new Announcing("a", new AnnounceTiersSettings { BackOffJitter = 0 });
        swarm.Start(0);
        swarm.Due(0);
        swarm.Succeed("a", 0);
        swarm.Tiers.Complete();
        swarm.Due(10);
        swarm.Fail("a", 10);
        swarm.Due(24.9).ShouldBe([]);
        swarm.NextAt.ShouldBe(25);
        swarm.Due(25).ShouldBe(["a completed"]);
    }

    [Fact]
    public void A_torrent_that_was_complete_at_the_start_never_says_completed()
    {
        var swarm = new Announcing("a");
        swarm.Start(0, complete: true);
        swarm.Due(0).ShouldBe(["a started"]);
        swarm.Succeed("a", 0);
        swarm.Tiers.Complete();
        swarm.Due(10).ShouldBe([]);
    }

    [Fact]
    public void A_tracker_whose_first_announce_comes_after_completion_hears_started_only()
    {
        var swarm = new Announcing("a", new AnnounceTiersSettings { BackOffJitter = 0 });
        swarm.Start(0);
        swarm.Due(0);
        swarm.Fail("a", 0);
        swarm.Tiers.Complete();
        swarm.Due(15).ShouldBe(["a started"]);
        swarm.Succeed("a", 15);
        swarm.Due(16).ShouldBe([]);
    }

    [Fact]
    public void Completion_while_started_is_under_way_is_told_after_it()
    {
        var swarm = new Announcing("a");
        swarm.Start(0);
        swarm.Due(0).ShouldBe(["a started"]);
        swarm.Tiers.Complete();
        swarm.Due(1).ShouldBe([]);
        swarm.Succeed("a", 2);
        swarm.Due(2).ShouldBe(["a completed"]);
    }

    [Fact]
    public void Completed_and_stopped_go_to_every_tracker_that_saw_started_and_to_no_other()
    {
        var swarm = new Announcing("a|b|c");
        swarm.Start(0);
        swarm.Due(0);
        swarm.Succeed("a", 0);
        swarm.Due(1800).ShouldBe(["a"]);
        swarm.Fail("a", 1800);
        swarm.Due(1800).ShouldBe(["b started"]);
        swarm.Succeed("b", 1800);
        swarm.Tiers.Complete();
        swarm.Due(1900).ShouldBe(["a completed", "b completed"]);
        swarm.Succeed("a", 1901);
        swarm.Succeed("b", 1901);
        swarm.Tiers.Stop();
        swarm.Tiers.IsStopped.ShouldBeFalse();
        swarm.Due(1902).ShouldBe(["a stopped", "b stopped"]);
        swarm.Succeed("a", 1903);
        swarm.Tiers.IsStopped.ShouldBeFalse();
        swarm.Fail("b", 1903);
        swarm.Tiers.IsStopped.ShouldBeTrue();
        swarm.Due(1904).ShouldBe([]);
        swarm.Tiers.NextWakeUp.ShouldBeNull();
    }

    [Fact]
    public void Stopping_before_started_succeeded_says_nothing()
    {
        var swarm = new Announcing("a", new AnnounceTiersSettings { BackOffJitter = 0 });
        swarm.Start(0);
        swarm.Due(0);
        swarm.Fail("a", 0);
        swarm.Tiers.Stop();
        swarm.Tiers.IsStopped.ShouldBeTrue();
        swarm.Due(100).ShouldBe([]);
    }

    [Fact]
    public void Stopping_while_started_is_under_way_waits_for_it_and_then_says_stopped()
    {
        var swarm = new Announcing("a");
        swarm.Start(0);
        swarm.Due(0);
        swarm.Tiers.Stop();
        swarm.Tiers.IsStopped.ShouldBeFalse();
        swarm.Due(1).ShouldBe([]);
        swarm.Succeed("a", 2);
        swarm.Due(2).ShouldBe(["a stopped"]);
        swarm.Succeed("a", 3);
        swarm.Tiers.IsStopped.ShouldBeTrue();
    }

    [Fact]
    public void A_goodbye_ignores_the_back_off()
    {
        var swarm = new Announcing("a");
        swarm.Start(0);
        swarm.Due(0);
        swarm.Succeed("a", 0);
        swarm.Due(1800);
        swarm.Fail("a", 1800);
        swarm.Tiers.Stop();
        swarm.Due(1801).ShouldBe(["a stopped"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_download_that_finishes_and_stops_says_completed_once_and_then_stopped(bool completedSucceeds)
    {
        var swarm = new Announcing("a");
        swarm.Start(0);
        swarm.Due(0);
        swarm.Succeed("a", 0);
        swarm.Tiers.Complete();
        swarm.Tiers.Stop();
        swarm.Due(1).ShouldBe(["a completed"]);
        if (completedSucceeds) swarm.Succeed("a", 2);
        else swarm.Fail("a", 2);
        swarm.Due(2).ShouldBe(["a stopped"]);
        swarm.Succeed("a", 3);
        swarm.Tiers.IsStopped.ShouldBeTrue();
    }

    [Fact]
    public void A_new_session_says_started_again_and_forgets_back_offs()
    {
        var swarm = new Announcing("a|b");
        swarm.Start(0);
        swarm.Due(0);
        swarm.Fail("a", 0);
        swarm.Due(0);
        swarm.Succeed("b", 0);
        swarm.Tiers.Stop();
        swarm.Due(1);
        swarm.Succeed("b", 1);
        swarm.Start(2);
        swarm.Start(2);
        swarm.Due(2).ShouldBe(["a started"]);
        swarm.Fail("a", 2);
        swarm.Due(2).ShouldBe(["b started"]);
    }

    [Fact]
    public void A_new_session_waits_for_the_goodbye_that_is_still_under_way()
    {
        var swarm = new Announcing("a");
        swarm.Start(0);
        swarm.Due(0);
        swarm.Succeed("a", 0);
        swarm.Tiers.Stop();
        swarm.Due(1).ShouldBe(["a stopped"]);
        swarm.Start(2);
        swarm.Due(2).ShouldBe([]);
        swarm.Succeed("a", 3);
        swarm.Due(3).ShouldBe(["a started"]);
    }
}
