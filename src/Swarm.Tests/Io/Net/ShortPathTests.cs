using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Io.Net;

namespace Swarm.Tests.Io.Net;

/// <summary>The kernel's send queue of a connection whose other end is near.</summary>
public sealed class ShortPathTests
{
    private const int Bound = 256 << 10;
    private static readonly NetSettings Settings = NetSettings.Default with { Engine = OperatingSystem.IsLinux() ? SocketEngineKind.Epoll : SocketEngineKind.Auto, ShortPathSendBufferBytes = Bound };

    [Fact]
    public void On_a_short_path_the_kernel_queues_as_much_as_the_settings_say()
    {
        if (!OperatingSystem.IsLinux()) return;
        using var pair = new Pair(Settings);
        pair.Link.FitSendBuffer();
        pair.Queue.ShouldBe(Math.Min(Bound, 2 * MostOfTheSystem()));
    }

    [Fact]
    public void Nothing_is_bound_where_the_settings_leave_it_to_the_kernel_or_name_a_size_for_every_path()
    {
        if (!OperatingSystem.IsLinux()) return;
        foreach (var settings in new[] { Settings with { ShortPathSendBufferBytes = 0 }, Settings with { SendBufferBytes = 64 << 10 } })
        {
            using var pair = new Pair(settings);
            var before = pair.Queue;
            before.ShouldNotBe(Bound);
            pair.Link.FitSendBuffer();
            pair.Queue.ShouldBe(before);
        }
    }

    [Fact]
    public void A_link_asks_for_it_once_and_not_before_it_sent_a_block()
    {
        using var blocks = new FakeBlocks();
        var storage = blocks.Add(new byte[PieceGeometry.BlockSize]);
        var context = new NetContext(Settings, blocks, NullLogger.Instance);
        context.Links.TryTakePlace().ShouldBeTrue();
        var socket = new CountingSocket();
        var link = new TcpLink(socket, context);
        link.Start(new Mailbox());

        link.Send(new byte[5]);
        link.OnWritable(0, SocketError.Success);
        socket.Fits.ShouldBe(0, "greetings and haves need no queue");
        for (var i = 0; i < 3; i++)
        {
            link.SendBlock(storage, new BlockRequest(new PieceIndex(0), 0, PieceGeometry.BlockSize));
            link.OnWritable(0, SocketError.Success);
            socket.Fits.ShouldBe(1);
        }

        socket.Sent.ShouldBe(5 + (3 * (13 + PieceGeometry.BlockSize)));
        link.Close();
    }

    private static int MostOfTheSystem() => int.Parse(File.ReadAllText("/proc/sys/net/core/wmem_max"));

    /// <summary>A socket that takes all it is given.</summary>
    private sealed class CountingSocket() : LinkSocket(new IPEndPoint(IPAddress.Loopback, 1), new IPEndPoint(IPAddress.Loopback, 2))
    {
        public int Fits { get; private set; }

        public long Sent { get; private set; }

        public override void FitSendBuffer() => Fits++;

        public override int Receive(Span<byte> buffer, out SocketError error)
        {
            error = SocketError.WouldBlock;
            return 0;
        }

        public override int Send(ReadOnlySpan<byte> bytes, out SocketError error)
        {
            error = SocketError.Success;
            Sent += bytes.Length;
            return bytes.Length;
        }

        public override void WaitReadable()
        {
        }

        public override int Carry(ReadOnlySpan<byte> rest) => 0;

        public override void WaitWritable()
        {
        }

        public override void ScheduleWrite()
        {
        }

        public override void Dispose()
        {
        }
    }

    /// <summary>A socket of an engine, connected over this machine.</summary>
    private sealed class Pair : IDisposable
    {
        private readonly ISocketEngine _engine;
        private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly Socket _socket;
        private readonly Socket _peer = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        public Pair(NetSettings settings)
        {
            _engine = new EpollEngine(settings);
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _listener.Listen();
            _peer.Connect(_listener.LocalEndPoint!);
            _socket = _listener.Accept();
            Link = _engine.Attach(_socket, (IPEndPoint)_socket.RemoteEndPoint!);
        }

        public LinkSocket Link { get; }

        /// <summary>SO_SNDBUF as the kernel counts it.</summary>
        public int Queue
        {
            get
            {
                int value = 0, length = sizeof(int);
                Native.GetSocketOption(_socket.SafeHandle, 1, 7, ref value, ref length).ShouldBe(0);
                return value;
            }
        }

        public void Dispose()
        {
            Link.Dispose();
            _peer.Dispose();
            _listener.Dispose();
            _engine.Dispose();
        }
    }
}
