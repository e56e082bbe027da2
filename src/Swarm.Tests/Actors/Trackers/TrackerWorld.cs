using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Swarm.Actors.Ports;
using Swarm.Actors.Trackers;
using Swarm.Protocol.Trackers;
using Swarm.Tests.Kernel;
using Swarm.Tests.Protocol.Trackers;

namespace Swarm.Tests.Actors.Trackers;

/// <summary>A node's announce client among names, HTTP servers and UDP trackers that exist only here, in virtual time.</summary>
internal sealed class TrackerWorld
{
    public static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(10);

    public TrackerWorld(TrackersSettings? settings = null, int seed = 1)
    {
        Harness = new SimHarness(seed);
        Http = new FakeHttp(Harness.Sim);
        Udp = new FakeUdp(Harness.Sim);
        Dns = new FakeDns(Harness.Sim);
        Trackers = Harness.System.ActorOf(TrackersActor.Props(Http, Udp, Dns, settings ?? TrackersSettings.Default, Harness.Sim.Time, new Random(seed), Log), "trackers");
        (Client, Received) = Harness.Probe("client");
        Harness.Run();
    }

    public SimHarness Harness { get; }

    public FakeHttp Http { get; }

    public FakeUdp Udp { get; }

    public FakeDns Dns { get; }

    public ListLoggerFactory Log { get; } = new();

    public IActorRef Trackers { get; }

    public IActorRef Client { get; }

    public List<object> Received { get; }

    public void Announce(long id, string url, AnnounceEvent @event = AnnounceEvent.None) =>
        Trackers.Tell(new TrackersActor.Announce(id, TrackerSamples.Url(url), TrackerSamples.Request(@event)), Client);

    public void Scrape(long id, string url, params ImmutableArray<InfoHash> hashes) => Trackers.Tell(new TrackersActor.Scrape(id, TrackerSamples.Url(url), hashes), Client);

    public void Pass(double seconds) => Harness.Sim.AdvanceBy(TimeSpan.FromSeconds(seconds));

    /// <summary>What the client received since the last call.</summary>
    public List<object> Take()
    {
        var received = Received.ToList();
        Received.Clear();
        return received;
    }

    public TrackersActor.Counters Count()
    {
        var (probe, received) = Harness.Probe();
        Trackers.Tell(new TrackersActor.GetCounters(), probe);
        Harness.Run();
        return received.ShouldHaveSingleItem().ShouldBeOfType<TrackersActor.Counters>();
    }
}

/// <summary>Names. A name that is not there does not resolve.</summary>
internal sealed class FakeDns(Simulation sim) : IDns
{
    public Dictionary<string, ImmutableArray<IPAddress>> Names { get; } = [];

    public List<string> Asked { get; } = [];

    /// <summary>Who asked last.</summary>
    public IActorRef Asker { get; private set; } = ActorRefs.Nobody;

    public void Resolve(long id, string host, IActorRef replyTo)
    {
        Asker = replyTo;
        Asked.Add(host);
        object answer = Names.TryGetValue(host, out var addresses) ? new IDns.Resolved(id, host, addresses) : new IDns.Failed(id, host, $"{host} is unknown");
        sim.Schedule(TrackerWorld.Latency, () => replyTo.Tell(answer, ActorRefs.NoSender));
    }
}

/// <summary>The web: <see cref="Answer"/> decides; null leaves a request without an answer.</summary>
internal sealed class FakeHttp(Simulation sim) : IHttp
{
    public Func<HttpFetch, object?> Answer { get; set; } = _ => null;

    public List<HttpFetch> Requests { get; } = [];

    public List<long> Cancelled { get; } = [];

    public static object Reply(HttpFetch fetch, string body, int status = 200) => new IHttp.Replied(fetch.Id, status, [.. TrackerSamples.Text(body)]);

    public void Get(HttpFetch request, IActorRef replyTo)
    {
        Requests.Add(request);
        if (Answer(request) is { } answer) sim.Schedule(TrackerWorld.Latency, () => replyTo.Tell(answer, ActorRefs.NoSender));
    }

    public void Cancel(long id) => Cancelled.Add(id);
}

/// <summary>UDP with trackers in it: <see cref="Answer"/> gets every request and its tracker's address; null is silence.</summary>
internal sealed class FakeUdp(Simulation sim) : IUdp
{
    private readonly List<(IActorRef Owner, FakeSocket Socket)> _sockets = [];

    public Func<IPEndPoint, UdpTrackerRequest, byte[]?> Answer { get; set; } = (_, _) => null;

    public HashSet<AddressFamily> Broken { get; } = [];

    /// <summary>Ports that other programs have.</summary>
    public HashSet<int> Taken { get; } = [];

    /// <summary>Batches that were told and not released yet.</summary>
    public int Held { get; private set; }

    public List<(IPEndPoint Tracker, UdpTrackerRequest Request)> Sent { get; } = [];

    public List<IPEndPoint> Opened { get; } = [];

    public int Closed { get; private set; }

    public bool IsFull { get; set; }

    /// <summary>A well-behaved tracker: connection id 7, then one peer of the family.</summary>
    public static byte[] Behave(IPEndPoint tracker, UdpTrackerRequest request) => request switch
    {
        UdpTrackerRequest.Connect => TrackerSamples.UdpPacket(0, request.TransactionId, TrackerSamples.UInt32s(0, 7)),
        UdpTrackerRequest.Announce => TrackerSamples.UdpPacket(1, request.TransactionId, TrackerSamples.UInt32s(1800, 1, 2), tracker.Address.GetAddressBytes(), [0x1a, 0xe1]),
        _ => TrackerSamples.UdpPacket(2, request.TransactionId, TrackerSamples.UInt32s(1, 2, 3)),
    };

    public void Open(IPEndPoint local, DatagramKind kind, IActorRef owner)
    {
        kind.ShouldBe(DatagramKind.TrackerReply);
        Opened.Add(local);
        if (Broken.Contains(local.AddressFamily) || Taken.Contains(local.Port))
        {
            sim.Schedule(TrackerWorld.Latency, () => owner.Tell(new IUdp.OpenFailed(local, "broken"), ActorRefs.NoSender));
            return;
        }

        var socket = new FakeSocket(this, local);
        _sockets.Add((owner, socket));
        sim.Schedule(TrackerWorld.Latency, () => owner.Tell(new IUdp.Opened(local, socket), ActorRefs.NoSender));
    }

    public void Close(IActorRef owner)
    {
        Closed++;
        _sockets.RemoveAll(entry => entry.Owner.Equals(owner));
    }

    public void Deliver(IPEndPoint from, byte[] bytes)
    {
        var (owner, socket) = _sockets.First(entry => entry.Socket.Local.AddressFamily == from.AddressFamily);
        var batch = new UdpBatch(bytes, 1, _ => Held--);
        batch.Rent(socket);
        batch.Add(0, bytes.Length, new UdpAddress(from));
        Held++;
        owner.Tell(batch.Received, ActorRefs.NoSender);
    }

    private void Send(IPEndPoint remote, byte[] bytes)
    {
        var request = UdpTrackerRequest.Read(bytes, remote.AddressFamily).ShouldNotBeNull();
        Sent.Add((remote, request));
        if (Answer(remote, request) is { } answer) sim.Schedule(TrackerWorld.Latency, () => Deliver(remote, answer));
    }

    private sealed class FakeSocket(FakeUdp network, IPEndPoint local) : IUdpSocket
    {
        public IPEndPoint Local { get; } = local;

        public bool Send(UdpAddress remote, ReadOnlySpan<byte> datagram)
        {
            remote.Family.ShouldBe(Local.AddressFamily);
            if (network.IsFull) return false;
            network.Send(remote.ToEndPoint(), datagram.ToArray());
            return true;
        }

        public void Queue(UdpAddress remote, ReadOnlySpan<byte> datagram) => throw new NotSupportedException("Trackers are asked one by one.");

        public int Flush() => 0;
    }
}
