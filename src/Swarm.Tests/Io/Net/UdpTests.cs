using System.Net;
using System.Net.Sockets;
using Swarm.Actors.Ports;
using Swarm.Io.Net;

namespace Swarm.Tests.Io.Net;

public sealed class UdpTests
{
    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public void Datagrams_go_both_ways_in_order_and_in_bounded_batches(string address)
    {
        var local = new IPEndPoint(IPAddress.Parse(address), 0);
        if (local.AddressFamily == AddressFamily.InterNetworkV6 && !Socket.OSSupportsIPv6) return;
        using var udp = new Udp(NetSettings.Default with { DatagramBatch = 8 });
        var (here, there) = (new Mailbox(), new Mailbox());
        udp.Open(local, here);
        udp.Open(local, there);
        var mine = here.Expect<IUdp.Opened>();
        mine.Requested.ShouldBe(local);
        var other = there.Expect<IUdp.Opened>().Socket;
        for (byte i = 0; i < 50; i++) mine.Socket.Send(other.Local, new byte[] { i, 1 }).ShouldBeTrue();

        byte next = 0;
        while (next < 50)
        {
            var batch = there.Expect<IUdp.Received>();
            batch.Socket.ShouldBe(other);
            batch.Datagrams.Length.ShouldBeInRange(1, 8);
            foreach (var datagram in batch.Datagrams)
            {
                datagram.Remote.ShouldBe(mine.Socket.Local);
                datagram.Bytes.ShouldBe([next++, 1]);
            }
        }

        other.Send(mine.Socket.Local, ReadOnlySpan<byte>.Empty).ShouldBeTrue();
        here.Expect<IUdp.Received>().Datagrams.ShouldHaveSingleItem().Bytes.ShouldBeEmpty();
    }

    [Fact]
    public void A_datagram_at_the_limit_is_taken_and_one_byte_more_is_dropped()
    {
        using var udp = new Udp(NetSettings.Default with { MaxDatagramBytes = 600 });
        var owner = new Mailbox();
        udp.Open(AnyPort, owner);
        var socket = owner.Expect<IUdp.Opened>().Socket;
        socket.Send(socket.Local, new byte[601]).ShouldBeTrue();
        socket.Send(socket.Local, new byte[600]).ShouldBeTrue();
        owner.Expect<IUdp.Received>().Datagrams.ShouldHaveSingleItem().Bytes.Length.ShouldBe(600);
        udp.Dropped.ShouldBe(1);
    }

    [Fact]
    public void What_cannot_be_sent_is_dropped_and_the_socket_goes_on()
    {
        using var udp = new Udp(NetSettings.Default);
        var owner = new Mailbox();
        udp.Open(AnyPort, owner);
        var socket = owner.Expect<IUdp.Opened>().Socket;
        socket.Send(socket.Local, new byte[70_000]).ShouldBeFalse("no datagram is that long");
        socket.Send(new IPEndPoint(IPAddress.IPv6Loopback, 9), new byte[1]).ShouldBeFalse("the other family");
        udp.Dropped.ShouldBe(2);
        socket.Send(socket.Local, "x"u8).ShouldBeTrue();
        owner.Expect<IUdp.Received>();
    }

    [Fact]
    public void A_port_in_use_says_so_and_closing_frees_it()
    {
        using var udp = new Udp(NetSettings.Default);
        var (owner, other) = (new Mailbox(), new Mailbox());
        udp.Open(AnyPort, owner);
        var socket = owner.Expect<IUdp.Opened>().Socket;
        udp.Open(socket.Local, other);
        other.Expect<IUdp.OpenFailed>().Reason.ShouldContain("in use");
        udp.Close(owner);
        socket.Send(socket.Local, "x"u8).ShouldBeFalse();
        udp.Open(socket.Local, other);
        other.Expect<IUdp.Opened>();
        owner.Waiting.ShouldBe(0);
    }
}
