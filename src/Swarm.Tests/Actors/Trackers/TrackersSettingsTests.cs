using System.Net;
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

    [Theory]
    [InlineData("", "0.0.0.0:7 [::]:8", "0.0.0.0:7", "[::]:8")]
    [InlineData("", "0.0.0.0:7", "0.0.0.0:7", "[::]:0")]
    [InlineData("", "127.0.0.1:7", "0.0.0.0:0", "[::]:0")]
    [InlineData("", "", "0.0.0.0:0", "[::]:0")]
    [InlineData("192.0.2.1", "192.0.2.1:7 [::]:8", "192.0.2.1:7", "")]
    [InlineData("192.0.2.1", "192.0.2.2:7", "192.0.2.1:0", "")]
    [InlineData("::1", "[::1]:7", "", "[::1]:7")]
    public void A_node_asks_trackers_from_the_port_it_listens_on_at_the_address_it_is_bound_to(string bind, string listen, string v4, string v6)
    {
        var settings = new TrackersSettings { MaxHosts = 5 }.At(
            bind.Length == 0 ? null : IPAddress.Parse(bind), [.. listen.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(IPEndPoint.Parse)]);
        (settings.LocalV4?.ToString() ?? "").ShouldBe(v4);
        (settings.LocalV6?.ToString() ?? "").ShouldBe(v6);
        settings.MaxHosts.ShouldBe(5);
    }

    [Fact]
    public void A_tracker_has_no_more_places_than_its_udp_conversation_carries() =>
        TrackersSettings.Default.MaxConcurrentPerTracker.ShouldBeLessThanOrEqualTo(UdpTrackerSettings.Default.MaxPending);
}
