using System.Net;
using Swarm.Actors.Ports;
using Swarm.Io.Net;

namespace Swarm.Tests.Io.Net;

public sealed class UdpAllocationTests
{
    private const int Warm = 5_000;
    private const int Datagrams = 100_000;
    private const int InFlight = 64;

    [Fact]
    public void A_hundred_thousand_datagrams_in_and_out_in_batches_allocate_nothing()
    {
        if (!OperatingSystem.IsLinux()) return;
        using var here = new Udp(NetSettings.Default with { Engine = SocketEngineKind.Epoll });
        using var there = new Udp(NetSettings.Default with { Engine = SocketEngineKind.Epoll });
        using var pinger = new Echo();
        using var ponger = new Echo();
        here.Open(new IPEndPoint(IPAddress.Loopback, 0), DatagramKind.Krpc, pinger);
        there.Open(new IPEndPoint(IPAddress.Loopback, 0), DatagramKind.Krpc, ponger);
        for (var i = 0; i < InFlight; i++) pinger.Socket!.Send(new UdpAddress(ponger.Socket!.Local), "d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe"u8);
        ponger.Done.Wait(TimeSpan.FromSeconds(60)).ShouldBeTrue("a datagram got lost on loopback");
        pinger.Done.Wait(TimeSpan.FromSeconds(60)).ShouldBeTrue();
        ponger.Allocated.ShouldBe(0);
        pinger.Allocated.ShouldBe(0);
    }

    /// <summary>Sends back what it gets, on the thread that receives, and looks what that thread allocated.</summary>
    private sealed class Echo : IActorRef, IDisposable
    {
        private int _seen;
        private long _start;

        public ActorPath Path => ActorPath.Root;

        public IUdpSocket? Socket { get; private set; }

        public ManualResetEventSlim Done { get; } = new();

        public long Allocated { get; private set; } = -1;

        public void Tell(object message, IActorRef? sender)
        {
            if (message is IUdp.Opened opened) Socket = opened.Socket;
            if (message is not IUdp.Received { Batch: var batch }) return;
            if (_seen < Warm && _seen + batch.Count >= Warm) _start = GC.GetAllocatedBytesForCurrentThread();
            _seen += batch.Count;
            for (var i = 0; i < batch.Count; i++) batch.Socket.Queue(batch.Remote(i), batch.Bytes(i));
            batch.Socket.Flush();
            batch.Release();
            if (_seen < Warm + Datagrams || Done.IsSet) return;
            Allocated = GC.GetAllocatedBytesForCurrentThread() - _start;
            Done.Set();
        }

        public bool Equals(IActorRef? other) => ReferenceEquals(this, other);

        public override bool Equals(object? obj) => ReferenceEquals(this, obj);

        public override int GetHashCode() => 0;

        public int CompareTo(IActorRef? other) => Path.CompareTo(other?.Path);

        public void Dispose() => Done.Dispose();
    }
}
