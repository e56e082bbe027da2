using System.Net;
using System.Net.Sockets;
using Swarm.Actors.Ports;
using Swarm.TestKit.Net;

namespace Swarm.Tests.TestKit.Net;

/// <summary>What the ports promise, and the real network's suite holds, held on the simulated one; tests of the same name there ask the same.</summary>
public sealed partial class SimTcpTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [Fact]
    public void Both_ends_of_a_connection_know_each_others_addresses()
    {
        var rig = new NetRig();
        var dialer = rig.Mailbox();
        var other = rig.There.Tcp(rig.Slabs, rig.Blocks);
        other.Connect(7, rig.Address, null, Patience, dialer);
        dialer.Waiting.ShouldBe(0, "answers are never inline");
        var connected = dialer.Expect<ITcp.Connected>();
        var accepted = rig.Listener.Expect<ITcp.Accepted>().Link;
        connected.Dial.ShouldBe(7);
        connected.Link.Remote.ShouldBe(accepted.Local);
        connected.Link.Local.ShouldBe(accepted.Remote);
        accepted.Local.ShouldBe(rig.Address);
        accepted.Remote.Address.ShouldBe(rig.There.Address);

        accepted.Start(rig.Listener);
        connected.Link.Start(dialer);
        connected.Link.Send("over"u8).ShouldBeTrue();
        rig.Listener.Read(4).ShouldBe("over"u8.ToArray());
        accepted.Close();
        dialer.Await<IPeerLink.Closed>().Reason.ShouldContain("closed the connection");
        rig.ShouldHoldNothing();
    }

    [Fact]
    public void A_connection_takes_a_round_trip_and_is_accepted_half_a_one_later()
    {
        var rig = new NetRig(here: new LinkProfile { Latency = TimeSpan.FromMilliseconds(30) }, there: new LinkProfile { Latency = TimeSpan.FromMilliseconds(70) });
        var dialer = rig.Mailbox();
        rig.There.Tcp(rig.Slabs, rig.Blocks).Connect(1, rig.Address, null, Patience, dialer);
        dialer.Expect<ITcp.Connected>();
        rig.Sim.Elapsed.ShouldBe(TimeSpan.FromMilliseconds(200));
        rig.Listener.Expect<ITcp.Accepted>();
        rig.Sim.Elapsed.ShouldBe(TimeSpan.FromMilliseconds(300));
    }

    [Fact]
    public void A_connection_is_made_from_the_address_asked_for()
    {
        var rig = new NetRig();
        var dialer = rig.Mailbox();
        rig.Tcp.Connect(1, rig.Address, rig.Here.Address, Patience, dialer);
        dialer.Expect<ITcp.Connected>().Link.Local.Address.ShouldBe(rig.Here.Address);
        rig.Tcp.Connect(2, rig.Address, IPAddress.Parse("192.0.2.1"), Patience, dialer);
        dialer.Expect<ITcp.ConnectFailed>().Reason.ShouldContain("not one of this machine");
    }

    [Fact]
    public void A_refused_connection_says_that_nothing_listens_there()
    {
        var rig = new NetRig();
        var dialer = rig.Mailbox();
        var remote = new IPEndPoint(rig.There.Address, 9);
        rig.Tcp.Connect(3, remote, null, Patience, dialer);
        var failed = dialer.Expect<ITcp.ConnectFailed>();
        failed.Dial.ShouldBe(3);
        failed.Remote.ShouldBe(remote);
        failed.Reason.ShouldContain("nothing listens there");
        rig.Sim.Elapsed.ShouldBe(TimeSpan.FromMilliseconds(20));
        rig.ShouldHoldNothing();
        dialer.Waiting.ShouldBe(0);
    }

    [Theory]
    [InlineData("1.0.0.99")]
    [InlineData("1.0.0.2")]
    public void A_connection_that_is_not_answered_fails_at_its_timeout(string address)
    {
        var rig = new NetRig();
        rig.There.Crash();
        var dialer = rig.Mailbox();
        rig.Tcp.Connect(0, new IPEndPoint(IPAddress.Parse(address), 6881), null, TimeSpan.FromMilliseconds(200), dialer);
        dialer.Await<ITcp.ConnectFailed>().Reason.ShouldContain("did not answer within 0.2 s");
        rig.Sim.Elapsed.ShouldBe(TimeSpan.FromMilliseconds(200));
        rig.ShouldHoldNothing();
    }

    [Fact]
    public void Ipv4_and_ipv6_listen_on_the_same_port()
    {
        var rig = new NetRig();
        rig.Tcp.Listen(new IPEndPoint(IPAddress.IPv6Any, 6881), rig.Listener);
        rig.Listener.Expect<ITcp.Listening>().Local.Port.ShouldBe(6881);
        var dialer = rig.Mailbox();
        rig.There.Tcp(rig.Slabs, rig.Blocks).Connect(1, new IPEndPoint(rig.Here.SecondAddress!, 6881), null, Patience, dialer);
        dialer.Expect<ITcp.Connected>().Link.Local.AddressFamily.ShouldBe(AddressFamily.InterNetworkV6);
        rig.Listener.Expect<ITcp.Accepted>().Link.Remote.Address.ShouldBe(rig.There.SecondAddress);
    }

    [Fact]
    public void A_host_without_a_family_says_so_at_once()
    {
        var rig = new NetRig();
        var old = rig.Network.AddHost("old", IPAddress.Parse("1.0.0.3"), LinkProfile.Default);
        var dialer = rig.Mailbox();
        old.Tcp(rig.Slabs, rig.Blocks).Connect(1, new IPEndPoint(rig.Here.SecondAddress!, 6881), null, Patience, dialer);
        dialer.Expect<ITcp.ConnectFailed>().Reason.ShouldContain("IPv6 is off");
        rig.Sim.Elapsed.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void A_port_in_use_says_so_and_a_stopped_listener_frees_it()
    {
        var rig = new NetRig();
        var other = rig.Mailbox();
        rig.Tcp.Listen(new IPEndPoint(IPAddress.Any, 6881), other);
        var failed = other.Expect<ITcp.ListenFailed>();
        failed.Requested.Port.ShouldBe(6881);
        failed.Reason.ShouldContain("in use");
        rig.Tcp.Listen(new IPEndPoint(IPAddress.Parse("9.9.9.9"), 6881), other);
        other.Expect<ITcp.ListenFailed>().Reason.ShouldContain("not one of this machine");

        var (link, owner, peer) = rig.Connected();
        rig.Tcp.StopListening(rig.Listener);
        new ScriptPeer(rig, rig.There, rig.Address).ReadToEnd().ShouldContain("nothing listens there");
        rig.Sim.RunUntilIdle();
        peer.Socket.Send([5]).ShouldBeTrue();
        owner.Read(1).ShouldBe([5]);
        rig.Tcp.Listen(rig.Address, other);
        other.Expect<ITcp.Listening>().Local.ShouldBe(rig.Address);
        rig.CloseAndCheck(link, owner);
    }

    [Fact]
    public void Port_0_is_any_free_port()
    {
        var rig = new NetRig();
        var owner = rig.Mailbox();
        rig.Tcp.Listen(new IPEndPoint(IPAddress.Any, 0), owner);
        rig.Tcp.Listen(new IPEndPoint(IPAddress.Any, 0), owner);
        var first = owner.Expect<ITcp.Listening>();
        first.Requested.Port.ShouldBe(0);
        var second = owner.Expect<ITcp.Listening>();
        new[] { first.Local.Port, second.Local.Port }.ShouldBeUnique();
        new ScriptPeer(rig, rig.There, new IPEndPoint(rig.Here.Address, second.Local.Port));
        owner.Expect<ITcp.Accepted>().Link.Local.Port.ShouldBe(second.Local.Port);
    }

    [Fact]
    public void Processes_of_one_host_reach_each_other_by_loopback()
    {
        var rig = new NetRig();
        rig.There.Listen(80, socket => new ScriptPeer(rig, socket)).ShouldBe(80);
        var peer = new ScriptPeer(rig, rig.There, new IPEndPoint(IPAddress.Loopback, 80));
        rig.Pass(1);
        peer.IsConnected.ShouldBeTrue();
        peer.Socket.Local.Address.ShouldBe(IPAddress.Loopback);
    }

    [Fact]
    public void The_limit_of_links_holds_for_both_directions()
    {
        var rig = new NetRig(settings: new SimNetworkSettings { MaxLinks = 2 });
        var (link, owner, _) = rig.Connected();
        rig.Connected();
        var third = new ScriptPeer(rig, rig.There, rig.Address);
        third.ReadToEnd().ShouldContain("closed the connection");
        rig.Listener.Waiting.ShouldBe(0);
        var dialer = rig.Mailbox();
        rig.Tcp.Connect(1, rig.Address, null, Patience, dialer);
        dialer.Expect<ITcp.ConnectFailed>().Reason.ShouldContain("2 connections are open");
        rig.Network.Counters.LinksRefused.ShouldBe(2);

        link.Close();
        owner.Expect<IPeerLink.Closed>();
        rig.Connected();
    }

    [Fact]
    public void A_script_may_turn_a_connection_away_or_give_up_its_dial()
    {
        var rig = new NetRig();
        rig.There.Listen(80, _ => null);
        new ScriptPeer(rig, rig.Here, new IPEndPoint(rig.There.Address, 80)).ReadToEnd().ShouldContain("reset");
        Should.Throw<InvalidOperationException>(() => rig.There.Listen(80, _ => null));
        rig.There.StopListening(80);
        rig.There.Listen(80, socket => new ScriptPeer(rig, socket));

        var givenUp = new ScriptPeer(rig, rig.Here, new IPEndPoint(rig.There.Address, 80));
        givenUp.Socket.Close();
        rig.ShouldHoldNothing();
        givenUp.IsConnected.ShouldBeFalse();
        givenUp.Reason.ShouldBeNull("it knows");
    }
}
