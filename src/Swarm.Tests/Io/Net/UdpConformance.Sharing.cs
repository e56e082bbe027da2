using System.Net.Sockets;
using Swarm.Actors.Ports;
using Swarm.Io.Net;

namespace Swarm.Tests.Io.Net;

public abstract partial class UdpConformance
{
    private static readonly byte[] TrackerReply = [0, 0, 0, 1, 9, 9, 9, 9];
    private static readonly byte[] Utp = [0x41, .. new byte[19]];

    [Fact]
    public void Owners_at_one_end_point_each_get_their_kind_in_order()
    {
        using var udp = new Udp(Settings);
        var (dht, socket) = Open(udp);
        var (trackers, trackersSocket) = Open(udp, socket.Local, DatagramKind.TrackerReply);
        trackersSocket.Local.ShouldBe(socket.Local);
        var self = new UdpAddress(socket.Local);
        for (var i = 0; i < 20; i++)
        {
            socket.Queue(self, [(byte)'d', (byte)i]);
            socket.Queue(self, [.. TrackerReply, (byte)i]);
            socket.Queue(self, Utp);
            socket.Queue(self, "nobody's"u8);
        }

        socket.Flush().ShouldBe(0);
        Gather(dht, 20).Select(text => text[^1]).ShouldBe(Enumerable.Range(0, 20).Select(i => (char)i));
        Gather(trackers, 20).Select(text => text[^1]).ShouldBe(Enumerable.Range(0, 20).Select(i => (char)i));

        // A last one through the same queue: everything before it was sorted.
        socket.Send(self, "d end"u8);
        Gather(dht, 1).ShouldBe(["d end"]);
        udp.Count().Unclaimed.ShouldBe(40);
        trackers.Waiting.ShouldBe(0);
        trackersSocket.Send(self, "d from the other owner"u8).ShouldBeTrue();
        Gather(dht, 1).ShouldBe(["d from the other owner"]);
    }

    [Fact]
    public void Two_batches_of_one_buffer_are_released_in_any_order()
    {
        using var udp = new Udp(Settings with { DatagramBatchesInFlight = 2 });
        var (dht, socket) = Open(udp);
        var (trackers, _) = Open(udp, socket.Local, DatagramKind.TrackerReply);
        for (var i = 0; i < 50; i++)
        {
            socket.Queue(new UdpAddress(socket.Local), "d"u8);
            socket.Queue(new UdpAddress(socket.Local), TrackerReply);
            socket.Flush();
            var (first, second) = (dht.Expect<IUdp.Received>().Batch, trackers.Expect<IUdp.Received>().Batch);
            if (i % 2 == 0) (first, second) = (second, first);
            first.Release();
            second.Bytes(0).IsEmpty.ShouldBeFalse();
            second.Release();
        }
    }

    [Fact]
    public void A_kind_has_one_owner()
    {
        using var udp = new Udp(Settings);
        var (owner, socket) = Open(udp);
        var other = new Mailbox();
        udp.Open(socket.Local, DatagramKind.Krpc, other);
        other.Expect<IUdp.OpenFailed>().Reason.ShouldContain("kind Krpc");
        udp.Open(socket.Local, DatagramKind.Utp, owner);
        owner.Expect<IUdp.Opened>().Socket.ShouldNotBe(socket, "each claim has a view of its own");
        Should.Throw<ArgumentException>(() => udp.Open(socket.Local, DatagramKind.Unknown, other));
    }

    [Fact]
    public void The_socket_lives_as_long_as_one_claim()
    {
        using var udp = new Udp(Settings);
        var (dht, socket) = Open(udp);
        var (trackers, trackersSocket) = Open(udp, socket.Local, DatagramKind.TrackerReply);
        var self = new UdpAddress(socket.Local);
        udp.Close(dht);
        socket.Send(self, "d"u8).ShouldBeFalse("its claim is gone");
        trackersSocket.Send(self, "d"u8).ShouldBeTrue();
        trackersSocket.Send(self, TrackerReply).ShouldBeTrue();
        Gather(trackers, 1).Count.ShouldBe(1);
        dht.Waiting.ShouldBe(0);
        udp.Count().Unclaimed.ShouldBe(1);

        var (again, _) = Open(udp, socket.Local);
        trackersSocket.Send(self, "d again"u8);
        Gather(again, 1).ShouldBe(["d again"]);

        udp.Close(trackers);
        udp.Close(again);
        using var plain = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        plain.Bind(socket.Local);
        udp.Count().Sent.ShouldBe(3, "counters outlive their sockets");
    }

    [Fact]
    public void A_batch_that_was_told_before_the_end_may_be_read_and_released_after_it()
    {
        var udp = new Udp(Settings);
        var (owner, socket) = Open(udp);
        socket.Send(new UdpAddress(socket.Local), "d late"u8);
        var received = owner.Expect<IUdp.Received>();
        udp.Dispose();
        Texts(received).ShouldBe(["d late"]);
        udp.Open(AnyPort, DatagramKind.Krpc, owner);
        owner.Waiting.ShouldBe(0);
    }

    [Fact]
    public void Owners_come_and_go_while_datagrams_rain()
    {
        using var udp = new Udp(Settings with { DatagramBatch = 4, DatagramBatchesInFlight = 2 });
        var (steady, socket) = Open(udp, kind: DatagramKind.Utp);
        using var over = new CancellationTokenSource();
        var rain = new Thread(() =>
        {
            using var sender = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            while (!over.IsCancellationRequested)
            {
                sender.SendTo("d"u8, socket.Local);
                sender.SendTo(TrackerReply, socket.Local);
            }
        });
        rain.Start();
        for (var i = 0; i < 100; i++)
        {
            var (owner, _) = Open(udp, socket.Local, i % 2 == 0 ? DatagramKind.Krpc : DatagramKind.TrackerReply);
            owner.Expect<IUdp.Received>().Batch.Release();
            udp.Close(owner);
            while (owner.Next(TimeSpan.Zero) is IUdp.Received late) late.Batch.Release();
        }

        over.Cancel();
        rain.Join();

        // The kernel's queue may still be full of rain, and then has no room for this one.
        object? arrived = null;
        for (var attempt = 0; attempt < 200 && arrived is null; attempt++)
        {
            socket.Send(new UdpAddress(socket.Local), Utp);
            arrived = steady.Next(TimeSpan.FromMilliseconds(50));
        }

        Texts(arrived.ShouldBeOfType<IUdp.Received>());
        SpinWait.SpinUntil(
            () =>
            {
                while (steady.Next(TimeSpan.Zero) is IUdp.Received late) late.Batch.Release();
                return udp.OutstandingBatches <= 1;
            },
            TimeSpan.FromSeconds(20)).ShouldBeTrue("only the one that waits for the next datagram may be out");
    }
}
