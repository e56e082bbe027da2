using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Cluster;
using Swarm.TestKit.Content;

namespace Swarm.TestKit.World;

// A node as a member of a cluster: what is placed on it by others, and the process that stands still and goes on.
public sealed partial class SimNode
{
    private int _ears;

    /// <summary>Its process's part in the cluster, which takes commands; null while it has none.</summary>
    public IActorRef? Cluster { get; private set; }

    /// <summary>Whether its process stands still.</summary>
    public bool IsFrozen { get; private set; }

    /// <summary>When its process went on last after it had stood still.</summary>
    public TimeSpan ThawedAt { get; private set; } = TimeSpan.MinValue / 2;

    /// <summary>The version of the messages between nodes that its next process speaks.</summary>
    public int MessageVersion { get; set; } = ClusterCodec.Version;

    /// <summary>Its process stands still, as by SIGSTOP: the machine, its connections and its disk go on.</summary>
    public void Freeze()
    {
        if (State != NodeState.Running || IsFrozen) return;
        World.Note(Name, "stands still");
        IsFrozen = true;
        World.Simulation.Freeze(System!);
    }

    /// <summary>It goes on.</summary>
    public void Thaw()
    {
        if (!IsFrozen) return;
        World.Note(Name, "goes on");
        IsFrozen = false;
        ThawedAt = World.Now;
        World.Simulation.Thaw(System!);
    }

    // What a cluster may place here: it is watched like everything else, and nobody gives it to the node.
    internal void Know(SimContent content, string folder)
    {
        if (Find(content.Torrent) is not null) return;
        Disk.Know(content);
        _torrents.Add(new SimTorrent(content, TorrentSource.FromFile(content.Metainfo, content.TorrentFile), new TorrentOptions { Folder = folder }) { IsPlaced = true });
    }

    // An ear of its own for one question.
    internal IActorRef Ear(Action<object> heard)
    {
        var life = Lives;
        return System!.ActorOf(OnceProbe.Props(message =>
        {
            if (life == Lives) heard(message);
        }), $"ear-{++_ears}");
    }

    // The cluster may stop a torrent and take it up again within one process; its figures begin anew then.
    private static void FollowPlaced(SimTorrent torrent)
    {
        torrent.IsAdded = torrent.State != TorrentState.Stopped;
        if (torrent.IsAdded) return;
        torrent.Status = null;
        torrent.VerifiedNow = new Bitfield(torrent.Content.Geometry.PieceCount);
    }

    // What is removed, by a cluster or by its user, goes with its files: what it has said of itself holds no more.
    internal void FollowCommit(StoreCommand command, StoreOutcome outcome)
    {
        Follow(command, outcome);
        // Who sees the same files has lost them too, though it may not have heard of it.
        foreach (var other in Settings.Cluster?.Members ?? [])
        {
            if (other != this && other.StorageName == StorageName) other.Follow(command, outcome);
        }
    }

    private void Follow(StoreCommand command, StoreOutcome outcome)
    {
        if (outcome is not StoreOutcome.Done || command is not (StoreCommand.PutOptions { Unfinished: UnfinishedWork.Removal } or StoreCommand.RemoveTorrent or StoreCommand.PutTorrent)) return;
        var torrent = Find(TorrentOf(command));
        if (torrent is null) return;
        var isLeaving = command is StoreCommand.PutOptions;
        if (!isLeaving && !torrent.IsLeaving) return;
        torrent.IsLeaving = isLeaving;
        if (command is StoreCommand.RemoveTorrent)
        {
            torrent.IsAdded = false;
            torrent.State = null;
        }

        torrent.Status = null;
        torrent.VerifiedNow = new Bitfield(torrent.Content.Geometry.PieceCount);
    }

    private static InfoHash TorrentOf(StoreCommand command) => command switch
    {
        StoreCommand.PutOptions put => put.Torrent,
        StoreCommand.RemoveTorrent remove => remove.Torrent,
        StoreCommand.PutTorrent put => put.Torrent,
        _ => default,
    };

    private void LeaveCluster()
    {
        Cluster = null;
        Settings.Cluster?.OnGone(this);
    }

    private sealed class OnceProbe : UntypedActor
    {
        private readonly Action<object> _heard;

        private OnceProbe(Action<object> heard) => _heard = heard;

        public static Props Props(Action<object> heard) => ActorProps.Create(() => new OnceProbe(heard));

        protected override void OnReceive(object message)
        {
            _heard(message);
            Context.Stop(Self);
        }
    }
}
