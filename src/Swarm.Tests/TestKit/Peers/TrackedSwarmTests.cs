using System.Net;
using System.Net.Sockets;
using Swarm.Protocol.Trackers;
using Swarm.TestKit.Peers;

namespace Swarm.Tests.TestKit.Peers;

public sealed class TrackedSwarmTests
{
    private static readonly IPEndPoint A = IPEndPoint.Parse("20.0.0.1:1");
    private static readonly IPEndPoint B = IPEndPoint.Parse("20.0.0.2:2");
    private static readonly IPEndPoint C = IPEndPoint.Parse("[2001:db8::3]:3");

    private readonly TrackedSwarm _swarm = new();

    [Fact]
    public void Members_are_counted_by_what_they_lack()
    {
        Announce(A, left: 0, AnnounceEvent.Started);
        Announce(B, left: 5, AnnounceEvent.Started);
        (_swarm.Seeders, _swarm.Leechers, _swarm.Completed).ShouldBe((1, 1, 0));
        Announce(B, left: 0, AnnounceEvent.Completed);
        (_swarm.Seeders, _swarm.Leechers, _swarm.Completed).ShouldBe((2, 0, 1));
        Announce(A, left: 0, AnnounceEvent.Stopped);
        _swarm.Members.ShouldBe([B]);
    }

    [Fact]
    public void Others_of_a_family_are_picked_and_oneself_never()
    {
        foreach (var member in new[] { A, B, C }) Announce(member, left: 1, AnnounceEvent.Started);
        _swarm.Pick(A, AddressFamily.InterNetwork, 10, new Random(1)).ShouldBe([B]);
        _swarm.Pick(A, AddressFamily.InterNetworkV6, 10, new Random(1)).ShouldBe([C]);
        _swarm.Pick(C, AddressFamily.InterNetwork, 1, new Random(1)).Length.ShouldBe(1);
    }

    [Fact]
    public void Who_is_not_heard_of_is_forgotten()
    {
        Announce(A, left: 1, AnnounceEvent.Started);
        _swarm.Announce(B, 1, AnnounceEvent.Started, TimeSpan.FromSeconds(50));
        _swarm.Expire(TimeSpan.FromSeconds(61), TimeSpan.FromSeconds(60));
        _swarm.Members.ShouldBe([B]);
    }

    private void Announce(IPEndPoint address, long left, AnnounceEvent @event) => _swarm.Announce(address, left, @event, TimeSpan.Zero);
}
