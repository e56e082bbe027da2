using System.Collections.Immutable;
using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Picking;
using Swarm.Protocol.Swarming;
using Swarm.Tests.Actors.Fakes;
using Swarm.Tests.Kernel;

namespace Swarm.Tests.Actors.Torrents;

/// <summary>A piece manager below a parent that keeps what it is told, a disk in memory, and peers that the test plays.</summary>
internal sealed class PiecesWorld
{
    public PiecesWorld(FakeContent? content = null, ProgressRecord? progress = null, ResumeMode mode = ResumeMode.Resume, Action<FakeDisk>? prepare = null, TorrentSettings? settings = null)
    {
        Content = content ?? FakeContent.OneFile(8 * 32 * 1024);
        Disk = new FakeDisk(Harness.Sim);
        prepare?.Invoke(Disk);
        var spec = new StorageSpec(Content.Layout, NodeWorld.Folder, Content.Metainfo.PieceHashes!.Memory, FileAllocation.Sparse);
        var props = PiecesActor.Props(Content.Metainfo, spec, progress, mode, null, settings ?? TorrentSettings.Default, Disk, Harness.Sim.Time, new Random(1), Log);
        IActorRef? pieces = null;
        Parent = Harness.Actor(
            new Script
            {
                OnPreStart = parent => pieces = parent.Ctx.ActorOf(props, "pieces"),
                OnMessage = (_, message) => Told.Add(message),
                Strategy = new OneForOneStrategy(_ => Directive.Restart),
            },
            "torrent");
        Harness.Run();
        Pieces = pieces!;
        Harness.Sim.AdvanceBy(TimeSpan.FromSeconds(1));
    }

    public SimHarness Harness { get; } = new();

    public FakeContent Content { get; }

    public FakeDisk Disk { get; }

    public SlabLedger Slabs { get; } = new();

    public ListLoggerFactory Log { get; } = new();

    public IActorRef Parent { get; }

    public IActorRef Pieces { get; }

    /// <summary>What the parent was told.</summary>
    public List<object> Told { get; } = [];

    public void Pass(double seconds) => Harness.Sim.AdvanceBy(TimeSpan.FromSeconds(seconds));

    public PiecesWorld Begin()
    {
        Pieces.Tell(new PiecesActor.Begin([.. Enumerable.Repeat(PiecePriority.Normal, Content.Geometry.PieceCount)], Sequential: false), Parent);
        Harness.Run();
        return this;
    }

    public void Tell(object message)
    {
        Pieces.Tell(message, Parent);
        Harness.Run();
    }

    /// <summary>The messages of a kind that the parent was told since the last call.</summary>
    public List<T> Take<T>()
    {
        var taken = Told.OfType<T>().ToList();
        Told.RemoveAll(message => message is T);
        return taken;
    }

    /// <summary>A connection that has everything and takes so many requests.</summary>
    public PlayedPeer Seed(long key, int depth = 4)
    {
        var (reference, heard) = Harness.Probe();
        var peer = new PlayedPeer(this, new PeerKey(key), reference, heard) { Depth = depth };
        Tell(new PiecesActor.PeerJoined(peer.Key, reference));
        Tell(new PiecesActor.PeerHas(peer.Key, default));
        peer.Want();
        return peer;
    }
}

/// <summary>A connection played by the test.</summary>
internal sealed class PlayedPeer(PiecesWorld world, PeerKey key, IActorRef reference, List<object> heard)
{
    public PeerKey Key { get; } = key;

    public IActorRef Reference { get; } = reference;

    public List<object> Heard { get; } = heard;

    public int Depth { get; set; }

    public List<BlockRequest> Owed { get; } = [];

    public void Want(bool choked = false) => world.Tell(new PiecesActor.Want(Key, Depth, 1_000_000, choked, []));

    /// <summary>Requests heard since the last call; they are owed.</summary>
    public ImmutableArray<BlockRequest> TakeRequests()
    {
        ImmutableArray<BlockRequest> requests = [.. Heard.OfType<PeerActor.Request>().SelectMany(request => request.Blocks)];
        Heard.RemoveAll(message => message is PeerActor.Request);
        Owed.AddRange(requests);
        return requests;
    }

    /// <summary>Brings blocks, as they are or falsified.</summary>
    public void Bring(IEnumerable<BlockRequest> blocks, bool falsified = false)
    {
        var writes = ImmutableArray.CreateBuilder<BlockWrite>();
        foreach (var block in blocks)
        {
            Owed.Remove(block);
            var bytes = world.Content.Of(block).ToArray();
            if (falsified) bytes[0] ^= 1;
            writes.Add(new BlockWrite(block, world.Slabs.Slice(bytes), default));
        }

        world.Tell(new PiecesActor.BlocksReceived(Key, writes.ToImmutable(), Depth, 1_000_000));
    }

    /// <summary>Brings what it was asked for, again and again, until it is asked for nothing more.</summary>
    public void BringAll(bool falsified = false)
    {
        for (TakeRequests(); Owed.Count > 0; TakeRequests())
        {
            Bring([.. Owed], falsified);
            world.Pass(0.2);
        }
    }
}
