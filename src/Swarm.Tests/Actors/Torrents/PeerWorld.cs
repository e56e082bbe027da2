using System.Collections.Immutable;
using System.Net;
using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Bandwidth;
using Swarm.Protocol.Swarming;
using Swarm.Protocol.Wire;
using Swarm.Tests.Actors.Fakes;
using Swarm.Tests.Kernel;

namespace Swarm.Tests.Actors.Torrents;

/// <summary>One connection below a parent that keeps what it is told, with a piece manager played by the test.</summary>
internal sealed class PeerWorld
{
    public static readonly PeerKey Key = new(1);

    private readonly PeerContext _context;

    public PeerWorld(FakeContent? content = null, bool knowsMetadata = true, Bitfield? verified = null, string remote = "10.0.0.2:6881")
    {
        Content = content ?? FakeContent.OneFile(8 * 32 * 1024);
        (Pieces, PiecesTold) = Harness.Probe("pieces");
        (Bandwidth, BandwidthTold) = Harness.Probe("bandwidth");
        (Metadata, MetadataTold) = Harness.Probe("metadata");
        _context = new PeerContext(Content.Torrent, new PeerId(Enumerable.Repeat((byte)'n', 20).ToArray()), 6881, Bandwidth, new BandwidthScope(1), TorrentSettings.Default, Harness.Sim.Time, Log);
        Link = new FakeLink(Harness.Sim, Slabs, IPEndPoint.Parse(remote));
        Known = new PeerContent(Content.Metainfo, Pieces, new StorageId(5), [.. (verified ?? new Bitfield(Content.Geometry.PieceCount)).ToWire()]);
        KnowsMetadata = knowsMetadata;
        Harness.System.ActorOf(Swarm.Actors.Node.LeftoversActor.Props(), "leftovers");
        Harness.Run();
    }

    public SimHarness Harness { get; } = new();

    public FakeContent Content { get; }

    public SlabLedger Slabs { get; } = new();

    public FakeLink Link { get; }

    public ListLoggerFactory Log { get; } = new();

    public IActorRef Pieces { get; }

    public List<object> PiecesTold { get; }

    public IActorRef Bandwidth { get; }

    public List<object> BandwidthTold { get; }

    public IActorRef Metadata { get; }

    public List<object> MetadataTold { get; }

    public List<object> Told { get; } = [];

    public PeerContent Known { get; }

    public bool KnowsMetadata { get; }

    public IActorRef Actor { get; private set; } = ActorRefs.Nobody;

    public FakePeer Other { get; private set; } = null!;

    /// <summary>A peer that has everything, does not choke us and owes us four blocks.</summary>
    public static PeerWorld Unchoked(out ImmutableArray<BlockRequest> blocks, ReservedBits bits = ReservedBits.Fast | ReservedBits.Extension)
    {
        var world = new PeerWorld().Outgoing(bits);
        world.Say(output => output.Bitfield(world.Content.All()));
        world.Tell(PeerActor.BeInterested.Yes);
        world.Say(output => output.Unchoke());
        world.PiecesTold.OfType<PiecesActor.Want>().Last().Depth.ShouldBeGreaterThan(0);
        blocks = [.. Enumerable.Range(0, 4).Select(i => new BlockRequest(new PieceIndex(i), 0, 16 * 1024))];
        world.Tell(new PeerActor.Request(blocks));
        world.Other.Requests.ShouldBe(blocks);
        return world;
    }

    public void Pass(double seconds) => Harness.Sim.AdvanceBy(TimeSpan.FromSeconds(seconds));

    /// <summary>We called; the other side answers with <paramref name="bits"/> unless the test says otherwise.</summary>
    public PeerWorld Outgoing(ReservedBits bits = ReservedBits.Fast | ReservedBits.Extension, Action<FakePeer>? onHandshake = null)
    {
        Other = new FakePeer(Harness.Sim, Link, Content.Torrent, "other", bits);
        if (onHandshake is not null) Other.OnHandshake = onHandshake;
        Start(default);
        return this;
    }

    /// <summary>The other side called; the first 48 bytes were read by somebody else.</summary>
    public PeerWorld Incoming(ReservedBits bits = ReservedBits.Fast | ReservedBits.Extension)
    {
        Other = new FakePeer(Harness.Sim, Link, Content.Torrent, "other", bits) { OnHandshake = _ => { } };
        Start([.. HandshakeBytes(bits).AsSpan(0, Handshake.IdentifiedSize)]);
        return this;
    }

    public byte[] HandshakeBytes(ReservedBits bits = ReservedBits.Fast | ReservedBits.Extension)
    {
        var bytes = new byte[Handshake.Size];
        new Handshake(bits, Content.Torrent, Other.Id).Write(bytes);
        return bytes;
    }

    public void Tell(object message)
    {
        Actor.Tell(message, ActorRefs.NoSender);
        Pass(0.01);
    }

    /// <summary>Time with the torrent's beat in it.</summary>
    public void PassWithTicks(int seconds)
    {
        for (var i = 0; i < seconds; i++)
        {
            Pass(1);
            Actor.Tell(PeerActor.Tick.Instance, ActorRefs.NoSender);
            Harness.Run();
        }
    }

    public void Say(Action<WireWriter> say)
    {
        Other.Say(say);
        Pass(0.01);
    }

    /// <summary>The connection has ended for this reason, and nothing of it is left.</summary>
    public string ShouldHaveEnded()
    {
        Harness.Run();
        var gone = Told.OfType<TorrentActor.PeerGone>().ShouldHaveSingleItem();
        Told[^1].ShouldBe(gone, "nothing may follow the end");
        Link.IsClosed.ShouldBeTrue();
        BandwidthTold.OfType<Swarm.Actors.Net.BandwidthActor.Leave>().ShouldHaveSingleItem();
        Slabs.Outstanding.ShouldBe(0);
        return gone.Reason;
    }

    public void ShouldBeAlive()
    {
        Harness.Run();
        Told.OfType<TorrentActor.PeerGone>().ShouldBeEmpty();
        Link.IsClosed.ShouldBeFalse();
    }

    private void Start(ImmutableArray<byte> head)
    {
        var props = PeerActor.Props(_context, Key, Link, head, KnowsMetadata ? Known : null, KnowsMetadata ? null : Metadata);
        Harness.Actor(
            new Script
            {
                OnPreStart = parent => Actor = parent.Ctx.ActorOf(props, "peer-1"),
                OnMessage = (_, message) => Told.Add(message),
                Strategy = new OneForOneStrategy(_ => Directive.Stop),
            },
            "torrent");
        Pass(0.1);
    }
}
