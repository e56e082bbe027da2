using System.Net;
using System.Net.Sockets;
using Swarm.Actors.Trackers;

namespace Swarm.Tests.Actors.Trackers;

public class TrackerHostsTests
{
    private static readonly IPAddress V4 = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress V6 = IPAddress.Parse("2001:db8::1");

    [Fact]
    public void Addresses_are_remembered_for_their_time()
    {
        var hosts = new TrackerHosts(new TrackersSettings { AddressLifetime = TimeSpan.FromSeconds(60) });
        hosts.Find("a.example", At(0)).ShouldBeNull();
        hosts.Resolved("a.example", [V4], At(0));
        hosts.Find("a.example", At(59.9))!.Addresses.ShouldBe([V4]);
        hosts.Find("a.example", At(60)).ShouldBeNull();
    }

    [Fact]
    public void A_failed_lookup_is_remembered_for_a_shorter_time()
    {
        var hosts = new TrackerHosts(new TrackersSettings { FailedAddressLifetime = TimeSpan.FromSeconds(5) });
        hosts.Failed("a.example", "no such name", At(0));
        hosts.Find("a.example", At(4.9))!.Reason.ShouldBe("no such name");
        hosts.Find("a.example", At(5)).ShouldBeNull();
        hosts.Resolved("b.example", [], At(0)).Reason.ShouldNotBeEmpty();
        hosts.Find("b.example", At(5)).ShouldBeNull();
    }

    [Fact]
    public void An_address_needs_no_lookup()
    {
        var hosts = new TrackerHosts(TrackersSettings.Default);
        hosts.Find("127.0.0.1", At(0))!.Addresses.ShouldBe([IPAddress.Loopback]);
        hosts.Find("::1", At(0))!.Addresses.ShouldBe([IPAddress.IPv6Loopback]);
    }

    [Fact]
    public void One_address_of_each_family_in_use_is_chosen()
    {
        var other = IPAddress.Parse("192.0.2.9");
        new TrackerHosts(TrackersSettings.Default).Choose("a", [V6, V4, other], At(0)).ShouldBe([V4, V6]);
        new TrackerHosts(TrackersSettings.Default).Choose("a", [V4.MapToIPv6(), V6], At(0)).ShouldBe([V4, V6]);
        new TrackerHosts(new TrackersSettings { LocalV6 = null }).Choose("a", [V6, V4], At(0)).ShouldBe([V4]);
        new TrackerHosts(new TrackersSettings { LocalV4 = null }).Choose("a", [V6, V4], At(0)).ShouldBe([V6]);
        new TrackerHosts(new TrackersSettings { LocalV4 = null }).Choose("a", [V4], At(0)).ShouldBeEmpty();
    }

    [Fact]
    public void A_silent_family_is_left_out_for_its_pause_unless_it_is_the_only_one()
    {
        var hosts = new TrackerHosts(new TrackersSettings { SilentFamilyPause = TimeSpan.FromSeconds(100) });
        hosts.Resolved("a", [V4, V6], At(0));
        hosts.FamilyWasSilent("a", AddressFamily.InterNetworkV6, At(0));
        hosts.Choose("a", [V4, V6], At(99)).ShouldBe([V4]);
        hosts.Choose("a", [V6], At(99)).ShouldBe([V6]);
        hosts.Choose("a", [V4, V6], At(100)).ShouldBe([V4, V6]);
        hosts.FamilyWasSilent("a", AddressFamily.InterNetwork, At(100));
        hosts.Choose("a", [V4, V6], At(101)).ShouldBe([V6]);
    }

    [Fact]
    public void Hosts_at_the_limit_are_kept_and_one_more_drops_the_oldest()
    {
        var hosts = new TrackerHosts(new TrackersSettings { MaxHosts = 2 });
        hosts.Resolved("a", [V4], At(0));
        hosts.Resolved("b", [V4], At(0));
        hosts.Resolved("a", [V4], At(1));
        hosts.Find("a", At(1)).ShouldNotBeNull();
        hosts.Find("b", At(1)).ShouldNotBeNull();
        hosts.Resolved("c", [V4], At(1));
        hosts.Find("a", At(1)).ShouldBeNull();
        hosts.Find("b", At(1)).ShouldNotBeNull();
        hosts.Find("c", At(1)).ShouldNotBeNull();
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);
}
