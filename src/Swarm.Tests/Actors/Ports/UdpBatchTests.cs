using System.Net;
using Swarm.Actors.Node;
using Swarm.Actors.Ports;
using Swarm.Tests.Kernel;

namespace Swarm.Tests.Actors.Ports;

public sealed class UdpBatchTests
{
    private static readonly UdpAddress Remote = new([192, 0, 2, 1], 6881);
    private int _returned;

    [Fact]
    public void It_holds_datagrams_in_the_order_they_were_added()
    {
        var batch = Filled();
        batch.Count.ShouldBe(2);
        batch.Bytes(0).ToArray().ShouldBe("cd"u8.ToArray());
        batch.Bytes(1).IsEmpty.ShouldBeTrue();
        batch.Remote(1).ShouldBe(Remote.WithPort(1));
        batch.Received.Batch.ShouldBe(batch);
        batch.Socket.Local.Port.ShouldBe(7);
        Should.Throw<ArgumentOutOfRangeException>(() => batch.Remote(2));
        Should.Throw<ArgumentOutOfRangeException>(() => batch.Remote(-1));
    }

    [Fact]
    public void It_is_rented_and_released_in_turns()
    {
        var batch = Filled();
        Should.Throw<InvalidOperationException>(() => batch.Rent(new Nowhere()));
        batch.Release();
        _returned.ShouldBe(1);
        batch.Count.ShouldBe(0);
        Should.Throw<ArgumentOutOfRangeException>(() => batch.Remote(0));
        Should.Throw<InvalidOperationException>(batch.Release);
        _returned.ShouldBe(1);
        batch.Rent(new Nowhere());
    }

    [Fact]
    public void Nobody_s_batch_is_given_back_by_the_collector_of_leftovers()
    {
        var harness = new SimHarness(1);
        harness.System.ActorOf(LeftoversActor.Props(), "leftovers");
        var (gone, _) = harness.Probe("gone");
        harness.System.Stop(gone);
        harness.Run();
        gone.Tell(Filled().Received, ActorRefs.NoSender);
        harness.Run();
        _returned.ShouldBe(1);
    }

    private UdpBatch Filled()
    {
        var batch = new UdpBatch("abcdef"u8.ToArray(), 2, _ => _returned++);
        batch.Rent(new Nowhere());
        batch.Add(2, 2, Remote);
        batch.Add(4, 0, Remote.WithPort(1));
        return batch;
    }

    private sealed class Nowhere : IUdpSocket
    {
        public IPEndPoint Local { get; } = new(IPAddress.Any, 7);

        public bool Send(UdpAddress remote, ReadOnlySpan<byte> datagram) => false;

        public void Queue(UdpAddress remote, ReadOnlySpan<byte> datagram) => throw new InvalidOperationException("nothing is sent here");

        public int Flush() => 0;
    }
}
