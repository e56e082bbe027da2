using System.Net;
using Swarm.Actors.Ports;
using Swarm.Io.Net;

namespace Swarm.Tests.Io.Net;

/// <summary>What is sent to a socket right after it was bound is there when its owner comes: it must not be received, and dropped as nobody's, before.</summary>
public sealed class UdpStartTests
{
    [Fact]
    public void A_socket_receives_nothing_before_it_has_an_owner_and_the_owner_hears_of_it_first()
    {
        var owner = new Mailbox();
        using var socket = new ProbedSocket(owner);
        socket.Start(socket.Local, DatagramKind.Krpc, owner);
        socket.WasClaimed.ShouldBeTrue();
        owner.Expect<IUdp.Opened>().Socket.Local.ShouldBe(socket.Local);
    }

    [Fact]
    public void A_socket_that_cannot_be_waited_for_tells_its_owner_nothing()
    {
        var owner = new Mailbox();
        using var socket = new ProbedSocket(owner) { Fails = true };
        Should.Throw<System.Net.Sockets.SocketException>(() => socket.Start(socket.Local, DatagramKind.Krpc, owner));
        owner.Waiting.ShouldBe(0);
    }

    /// <summary>Looks, when it is to begin, whether anybody wants what comes.</summary>
    private sealed class ProbedSocket(Mailbox owner) : UdpSocket(new IPEndPoint(IPAddress.Loopback, 0), NetSettings.Default)
    {
        public bool Fails { get; init; }

        public bool WasClaimed { get; private set; }

        public override bool Send(UdpAddress remote, ReadOnlySpan<byte> datagram) => false;

        public override int Send(UdpSendBatch batch) => batch.Count;

        protected override void Start()
        {
            WasClaimed = IsClaimed;
            owner.Waiting.ShouldBe(0, "it is told when it has begun");
            if (Fails) throw new System.Net.Sockets.SocketException((int)System.Net.Sockets.SocketError.NoBufferSpaceAvailable);
        }

        protected override void Resume()
        {
        }
    }
}
