using System.Net;
using System.Net.Sockets;
using Swarm.Actors.Ports;
using Swarm.Io.Net;

namespace Swarm.Tests.Io.Net;

/// <summary>What both engines must do alike with UDP. Each derived suite runs once for each.</summary>
public abstract partial class UdpConformance(SocketEngineKind engine)
{
    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);

    private protected NetSettings Settings { get; } = NetSettings.Default with { Engine = engine };

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public void Datagrams_go_both_ways_in_order_and_in_bounded_batches(string address)
    {
        var local = new IPEndPoint(IPAddress.Parse(address), 0);
        if (local.AddressFamily == AddressFamily.InterNetworkV6 && !Socket.OSSupportsIPv6) return;
        using var udp = new Udp(Settings with { DatagramBatch = 8 });
        var (here, mine) = Open(udp, local);
        var (there, other) = Open(udp, local);
        var to = new UdpAddress(other.Local);
        for (byte i = 0; i < 50; i++) mine.Send(to, [(byte)'d', i]).ShouldBeTrue();

        byte next = 0;
        while (next < 50)
        {
            var batch = there.Expect<IUdp.Received>().Batch;
            batch.Socket.ShouldBe(other);
            batch.Count.ShouldBeInRange(1, 8);
            for (var i = 0; i < batch.Count; i++)
            {
                batch.Remote(i).ShouldBe(new UdpAddress(mine.Local));
                batch.Bytes(i).ToArray().ShouldBe([(byte)'d', next++]);
            }

            batch.Release();
        }

        other.Send(new UdpAddress(mine.Local), "d back"u8).ShouldBeTrue();
        Texts(here.Expect<IUdp.Received>()).ShouldBe(["d back"]);
        udp.Count().ShouldBe(new UdpCounters(Received: 51, Sent: 51, 0, 0, 0, 0, 0));
    }

    [Fact]
    public void A_queue_is_sent_in_order_with_one_call_and_longer_ones_in_several()
    {
        using var udp = new Udp(Settings with { DatagramBatch = 8 });
        var (_, mine) = Open(udp);
        var (there, other) = Open(udp);
        var to = new UdpAddress(other.Local);
        for (var i = 0; i < 8; i++) mine.Queue(to, [(byte)'d', (byte)('0' + i)]);
        there.Waiting.ShouldBe(0, "nothing goes before its flush");
        for (var i = 8; i < 30; i++) mine.Queue(to, [(byte)'d', (byte)('0' + i)]);
        mine.Flush().ShouldBe(0);
        mine.Flush().ShouldBe(0);
        Gather(there, 30).ShouldBe(Enumerable.Range(0, 30).Select(i => $"d{(char)('0' + i)}"));
        udp.Count().Sent.ShouldBe(30);
    }

    [Fact]
    public void Of_a_queue_only_what_cannot_be_sent_is_dropped()
    {
        using var udp = new Udp(Settings);
        var (owner, socket) = Open(udp);
        var self = new UdpAddress(socket.Local);
        socket.Queue(new UdpAddress(new IPEndPoint(IPAddress.IPv6Loopback, 9)), "d the other family"u8);
        socket.Queue(self, "d1"u8);
        socket.Queue(self, new byte[65_508]);
        socket.Queue(self, "d2"u8);
        socket.Queue(self, new byte[70_000]);
        socket.Queue(self.WithPort(0), "d no port"u8);
        socket.Queue(self, "d3"u8);
        socket.Flush().ShouldBe(4);
        socket.Flush().ShouldBe(0);
        Gather(owner, 3).ShouldBe(["d1", "d2", "d3"]);
        udp.Count().Sent.ShouldBe(3);
    }

    [Fact]
    public void A_datagram_at_the_limit_is_taken_and_one_byte_more_is_dropped()
    {
        using var udp = new Udp(Settings with { MaxDatagramBytes = 600 });
        var (owner, socket) = Open(udp);
        var self = new UdpAddress(socket.Local);
        foreach (var length in (int[])[601, 4000, 600, 639]) socket.Send(self, [(byte)'d', .. new byte[length - 1]]).ShouldBeTrue();
        socket.Send(self, "d end"u8).ShouldBeTrue();
        Gather(owner, 2).Select(text => text.Length).ShouldBe([600, 5]);
        udp.Count().TooLong.ShouldBe(3);
    }

    [Fact]
    public void What_cannot_be_sent_is_dropped_and_the_socket_goes_on()
    {
        using var udp = new Udp(Settings);
        var (owner, socket) = Open(udp);
        var self = new UdpAddress(socket.Local);
        socket.Send(self, new byte[70_000]).ShouldBeFalse("no datagram is that long");
        socket.Send(new UdpAddress(new IPEndPoint(IPAddress.IPv6Loopback, 9)), "d"u8).ShouldBeFalse("the other family");
        udp.Count().Unsent.ShouldBe(2);
        socket.Send(self, "dx"u8).ShouldBeTrue();
        Texts(owner.Expect<IUdp.Received>()).ShouldBe(["dx"]);
    }

    [Fact]
    public void News_of_ports_where_nobody_is_end_nothing()
    {
        using var udp = new Udp(Settings);
        var (owner, socket) = Open(udp);
        using (var nobody = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp))
        {
            nobody.Bind(AnyPort);
            var gone = new UdpAddress((IPEndPoint)nobody.LocalEndPoint!);
            nobody.Dispose();
            for (var i = 0; i < 20; i++) socket.Send(gone, "d"u8);
            for (var i = 0; i < 20; i++) socket.Queue(gone, "d"u8);
            socket.Flush();
        }

        socket.Send(new UdpAddress(socket.Local), "dx"u8).ShouldBeTrue();
        Texts(owner.Expect<IUdp.Received>()).ShouldBe(["dx"]);
    }

    [Fact]
    public void A_slow_owner_holds_so_many_batches_and_the_kernel_counts_what_it_drops()
    {
        using var udp = new Udp(Settings with { DatagramBatch = 2, DatagramBatchesInFlight = 2, DatagramReceiveBufferBytes = 1 });
        var (owner, socket) = Open(udp);
        var self = new UdpAddress(socket.Local);
        var held = new List<UdpBatch>();
        for (var i = 0; i < 2; i++)
        {
            socket.Send(self, "d held"u8);
            held.Add(owner.Expect<IUdp.Received>().Batch);
        }

        for (var i = 0; i < 1000; i++) socket.Send(self, [(byte)'d', .. new byte[500]]);
        owner.Next(TimeSpan.FromMilliseconds(50)).ShouldBeNull("two batches are out");
        udp.OutstandingBatches.ShouldBe(2);
        foreach (var batch in held) batch.Release();
        var rest = Texts(owner.Expect<IUdp.Received>()).Count;
        if (OperatingSystem.IsLinux() && engine != SocketEngineKind.Portable)
        {
            SpinWait.SpinUntil(
                () =>
                {
                    if (owner.Next(TimeSpan.Zero) is IUdp.Received received) rest += Texts(received).Count;
                    return rest + udp.Count().Overrun == 1000;
                },
                TimeSpan.FromSeconds(20)).ShouldBeTrue($"{rest} arrived and {udp.Count().Overrun} of the 1000 are counted as dropped");
        }
        else
        {
            while (owner.Next(TimeSpan.FromMilliseconds(200)) is IUdp.Received received) rest += Texts(received).Count;
        }

        rest.ShouldBeInRange(1, 999);
    }

    [Fact]
    public void IPv4_and_IPv6_have_sockets_of_their_own_at_one_port()
    {
        if (!Socket.OSSupportsIPv6) return;
        using var udp = new Udp(Settings);
        var (six, socket6) = Open(udp, new IPEndPoint(IPAddress.IPv6Any, 0));
        var (four, socket4) = Open(udp, new IPEndPoint(IPAddress.Any, socket6.Local.Port));
        socket4.Send(new UdpAddress(new IPEndPoint(IPAddress.Loopback, socket6.Local.Port)), "d4"u8).ShouldBeTrue();
        socket6.Send(new UdpAddress(new IPEndPoint(IPAddress.IPv6Loopback, socket6.Local.Port)), "d6"u8).ShouldBeTrue();
        Texts(four.Expect<IUdp.Received>()).ShouldBe(["d4"]);
        Texts(six.Expect<IUdp.Received>()).ShouldBe(["d6"]);
    }

    [Fact]
    public void A_port_in_use_says_so_and_closing_frees_it()
    {
        using var udp = new Udp(Settings);
        using var elsewhere = new Udp(Settings);
        var (owner, socket) = Open(udp);
        var other = new Mailbox();
        elsewhere.Open(socket.Local, DatagramKind.Krpc, other);
        other.Expect<IUdp.OpenFailed>().Reason.ShouldContain("in use");
        udp.Close(owner);
        socket.Send(new UdpAddress(socket.Local), "d"u8).ShouldBeFalse();
        socket.Queue(new UdpAddress(socket.Local), "d"u8);
        socket.Flush().ShouldBe(1);
        elsewhere.Open(socket.Local, DatagramKind.Krpc, other);
        other.Expect<IUdp.Opened>();
        owner.Waiting.ShouldBe(0);
    }

    private static (Mailbox Owner, IUdpSocket Socket) Open(Udp udp, IPEndPoint? local = null, DatagramKind kind = DatagramKind.Krpc)
    {
        var owner = new Mailbox();
        udp.Open(local ?? AnyPort, kind, owner);
        var opened = owner.Expect<IUdp.Opened>();
        opened.Requested.ShouldBe(local ?? AnyPort);
        return (owner, opened.Socket);
    }

    // What came, as text; the batch is released.
    private static List<string> Texts(IUdp.Received received)
    {
        var texts = Enumerable.Range(0, received.Batch.Count).Select(i => System.Text.Encoding.Latin1.GetString(received.Batch.Bytes(i))).ToList();
        received.Batch.Release();
        return texts;
    }

    private static List<string> Gather(Mailbox owner, int count)
    {
        List<string> texts = [];
        while (texts.Count < count) texts.AddRange(Texts(owner.Expect<IUdp.Received>()));
        return texts;
    }
}

/// <summary>The suite over epoll; elsewhere than on Linux over what Auto means there.</summary>
public sealed class EpollUdpTests() : UdpConformance(OperatingSystem.IsLinux() ? SocketEngineKind.Epoll : SocketEngineKind.Auto);

/// <summary>The suite over the base library's asynchronous sockets.</summary>
public sealed class PortableUdpTests() : UdpConformance(SocketEngineKind.Portable);
