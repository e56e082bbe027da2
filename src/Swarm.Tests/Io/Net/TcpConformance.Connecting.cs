using System.Net;
using System.Net.Sockets;
using Swarm.Actors.Ports;
using Swarm.Io.Net;

namespace Swarm.Tests.Io.Net;

public abstract partial class TcpConformance
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [Fact]
    public void Both_ends_of_a_connection_know_each_others_addresses()
    {
        using var world = new NetWorld(Settings);
        var dialer = new Mailbox();
        world.Tcp.Connect(7, new IPEndPoint(IPAddress.Loopback, world.Port), null, Patience, dialer);
        var connected = dialer.Expect<ITcp.Connected>();
        var accepted = world.Listener.Expect<ITcp.Accepted>().Link;
        connected.Dial.ShouldBe(7);
        connected.Link.Remote.ShouldBe(accepted.Local);
        connected.Link.Local.ShouldBe(accepted.Remote);

        accepted.Start(world.Listener);
        connected.Link.Start(dialer);
        connected.Link.Send("over"u8).ShouldBeTrue();
        var data = world.Listener.Expect<IPeerLink.Received>().Data;
        data.Span.SequenceEqual("over"u8).ShouldBeTrue();
        data.Release();
        accepted.Close();
        dialer.Await<IPeerLink.Closed>().Reason.ShouldBe(NetReasons.Ended);
    }

    [Fact]
    public void A_connection_is_made_from_the_address_asked_for()
    {
        if (!OperatingSystem.IsLinux()) return;
        using var world = new NetWorld(Settings);
        var dialer = new Mailbox();
        world.Tcp.Connect(1, new IPEndPoint(IPAddress.Loopback, world.Port), IPAddress.Parse("127.0.0.9"), Patience, dialer);
        dialer.Expect<ITcp.Connected>();
        world.Listener.Expect<ITcp.Accepted>().Link.Remote.Address.ShouldBe(IPAddress.Parse("127.0.0.9"));

        world.Tcp.Connect(2, new IPEndPoint(IPAddress.Loopback, world.Port), IPAddress.Parse("192.0.2.1"), Patience, dialer);
        dialer.Expect<ITcp.ConnectFailed>().Reason.ShouldContain("not one of this machine");
    }

    [Fact]
    public void A_refused_connection_says_that_nothing_listens_there()
    {
        using var world = new NetWorld(Settings);
        using var unused = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        unused.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var dialer = new Mailbox();
        world.Tcp.Connect(3, (IPEndPoint)unused.LocalEndPoint!, null, Patience, dialer);
        var failed = dialer.Expect<ITcp.ConnectFailed>();
        failed.Dial.ShouldBe(3);
        failed.Remote.ShouldBe(unused.LocalEndPoint);
        failed.Reason.ShouldContain("nothing listens there");
        dialer.Waiting.ShouldBe(0);
    }

    [Fact]
    public void A_connection_that_is_not_answered_fails_at_its_timeout()
    {
        if (!OperatingSystem.IsLinux()) return;
        using var world = new NetWorld(Settings);

        // A listener whose queue is full leaves further connections unanswered.
        using var full = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(0);
        using var first = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        first.Connect(full.LocalEndPoint!);
        var dialer = new Mailbox();
        for (var dial = 0; dial < 3; dial++) world.Tcp.Connect(dial, (IPEndPoint)full.LocalEndPoint!, null, TimeSpan.FromMilliseconds(200), dialer);
        dialer.Await<ITcp.ConnectFailed>().Reason.ShouldContain("did not answer within 0.2 s");
    }

    [Fact]
    public void Ipv4_and_ipv6_listen_on_the_same_port()
    {
        if (!Socket.OSSupportsIPv6) return;
        using var world = new NetWorld(Settings);
        world.Tcp.Listen(new IPEndPoint(IPAddress.IPv6Loopback, world.Port), world.Listener);
        world.Listener.Expect<ITcp.Listening>().Local.Port.ShouldBe(world.Port);
        var dialer = new Mailbox();
        world.Tcp.Connect(1, new IPEndPoint(IPAddress.IPv6Loopback, world.Port), null, Patience, dialer);
        dialer.Expect<ITcp.Connected>().Link.Local.AddressFamily.ShouldBe(AddressFamily.InterNetworkV6);
        world.Listener.Expect<ITcp.Accepted>().Link.Remote.Address.ShouldBe(IPAddress.IPv6Loopback);
    }

    [Fact]
    public void A_port_in_use_says_so_and_a_stopped_listener_frees_it()
    {
        using var world = new NetWorld(Settings);
        var local = new IPEndPoint(IPAddress.Loopback, world.Port);
        var other = new Mailbox();
        world.Tcp.Listen(local, other);
        var failed = other.Expect<ITcp.ListenFailed>();
        failed.Requested.ShouldBe(local);
        failed.Reason.ShouldContain("in use");

        // A connection that lives on, and one that its listener's side closed, do not keep the port.
        var (link, owner, peer) = world.Connected();
        var (ended, endedOwner, _) = world.Connected();
        ended.Close();
        endedOwner.Expect<IPeerLink.Closed>();
        world.Tcp.StopListening(world.Listener);
        using var refused = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        Should.Throw<SocketException>(() => refused.Connect(local));
        peer.Send([5]);
        owner.Expect<IPeerLink.Received>().Data.Release();
        world.Tcp.Listen(local, other);
        other.Expect<ITcp.Listening>();
        world.CloseAndCheck(link, owner);
    }

    [Fact]
    public void The_limit_of_links_holds_for_both_directions()
    {
        using var world = new NetWorld(Settings with { MaxLinks = 2 });
        var (link, owner, _) = world.Connected();
        world.Connected();
        using var third = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        third.Connect(IPAddress.Loopback, world.Port);
        NetWorld.ReadToEnd(third).ShouldBeEmpty();
        world.Listener.Waiting.ShouldBe(0);
        var dialer = new Mailbox();
        world.Tcp.Connect(1, new IPEndPoint(IPAddress.Loopback, world.Port), null, Patience, dialer);
        dialer.Expect<ITcp.ConnectFailed>().Reason.ShouldContain("2 connections are open");
        world.Tcp.RefusedLinks.ShouldBe(2);

        world.CloseAndCheck(link, owner);
        world.Connected();
    }

    [Fact]
    public void Disposing_of_everything_closes_every_link()
    {
        var world = new NetWorld(Settings);
        var links = Enumerable.Range(0, 5).Select(_ => world.Connected()).ToList();
        world.Dispose();
        foreach (var (_, owner, _) in links) owner.Expect<IPeerLink.Closed>().Reason.ShouldBe(NetReasons.Closed);
        world.Tcp.OpenLinks.ShouldBe(0);
    }
}
