using Swarm.Protocol.Trackers;

namespace Swarm.Tests.Protocol.Trackers;

public class TrackerSettingsTests
{
    [Fact]
    public void Values_at_the_bounds_are_accepted()
    {
        new UdpTrackerSettings { MaxRetransmissions = 0, MaxPending = 1, BaseTimeout = TimeSpan.FromMinutes(1) }.MaxRetransmissions.ShouldBe(0);
        new UdpTrackerSettings { MaxRetransmissions = 8, MaxPending = 10_000 }.MaxRetransmissions.ShouldBe(8);
        new TrackerReplyLimits { MaxPeers = 1, MaxReplyBytes = 1024 }.MaxPeers.ShouldBe(1);
        new AnnounceTiersSettings { BackOffJitter = 1, MaxTrackers = 10_000 }.BackOffJitter.ShouldBe(1);
    }

    [Fact]
    public void Values_past_the_bounds_are_a_bug_that_names_the_setting()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => new UdpTrackerSettings { MaxRetransmissions = 9 }).ParamName.ShouldBe("MaxRetransmissions");
        Should.Throw<ArgumentOutOfRangeException>(() => new UdpTrackerSettings { MaxPending = 0 }).ParamName.ShouldBe("MaxPending");
        Should.Throw<ArgumentOutOfRangeException>(() => new UdpTrackerSettings { BaseTimeout = TimeSpan.Zero }).ParamName.ShouldBe("BaseTimeout");
        Should.Throw<ArgumentOutOfRangeException>(() => new TrackerReplyLimits { MaxReplyBytes = 1023 }).ParamName.ShouldBe("MaxReplyBytes");
        Should.Throw<ArgumentOutOfRangeException>(() => new AnnounceTiersSettings { BackOffJitter = 1.01 }).ParamName.ShouldBe("BackOffJitter");
        Should.Throw<ArgumentOutOfRangeException>(() => new AnnounceTiersSettings { LowestInterval = TimeSpan.FromDays(8) }).ParamName.ShouldBe("LowestInterval");
    }

    [Fact]
    public void Defaults_follow_the_bep()
    {
        UdpTrackerSettings.Default.BaseTimeout.ShouldBe(TimeSpan.FromSeconds(15));
        UdpTrackerSettings.Default.ConnectionLifetime.ShouldBe(TimeSpan.FromMinutes(1));
        AnnounceTiersSettings.Default.DefaultInterval.ShouldBe(TimeSpan.FromMinutes(30));
        AnnounceTiersSettings.Default.AnnounceToEveryTier.ShouldBeFalse();
    }
}
