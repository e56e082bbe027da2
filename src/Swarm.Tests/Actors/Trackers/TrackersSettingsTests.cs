using Swarm.Actors.Trackers;
using Swarm.Protocol.Trackers;

namespace Swarm.Tests.Actors.Trackers;

public class TrackersSettingsTests
{
    [Fact]
    public void Values_at_the_bounds_are_accepted_and_past_them_refused()
    {
        new TrackersSettings { MaxConcurrentPerTracker = 250, MaxUdpTrackers = 1 }.MaxConcurrentPerTracker.ShouldBe(250);
        new AnnouncerSettings { NumWant = 0, StopTimeout = TimeSpan.FromMinutes(5) }.NumWant.ShouldBe(0);
        Should.Throw<ArgumentOutOfRangeException>(() => new TrackersSettings { MaxConcurrentPerTracker = 251 }).ParamName.ShouldBe("MaxConcurrentPerTracker");
        Should.Throw<ArgumentOutOfRangeException>(() => new TrackersSettings { MaxHosts = 0 }).ParamName.ShouldBe("MaxHosts");
        Should.Throw<ArgumentOutOfRangeException>(() => new TrackersSettings { HttpTimeout = TimeSpan.Zero }).ParamName.ShouldBe("HttpTimeout");
        Should.Throw<ArgumentOutOfRangeException>(() => new AnnouncerSettings { NumWant = -1 }).ParamName.ShouldBe("NumWant");
        Should.Throw<ArgumentOutOfRangeException>(() => new AnnouncerSettings { StopTimeout = TimeSpan.FromMinutes(6) }).ParamName.ShouldBe("StopTimeout");
    }

    [Fact]
    public void A_tracker_has_no_more_places_than_its_udp_conversation_carries() =>
        TrackersSettings.Default.MaxConcurrentPerTracker.ShouldBeLessThanOrEqualTo(UdpTrackerSettings.Default.MaxPending);
}
