using System.Collections.Immutable;
using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;
using Swarm.TestKit.World;

namespace Swarm.TestKit.Checking;

/// <summary>
/// A promise that is watched while a world runs. It is told what nodes do, as it happens and before the world takes it down, and says with <see cref="Broken"/> how the promise was broken; it never
/// throws, for it is called from inside of actors' turns. What it looks at costs virtual time nothing.
/// </summary>
public abstract class WorldCheck(SimWorld world, string promise)
{
    /// <summary>The promise, as a sentence.</summary>
    public string Promise { get; } = promise;

    /// <summary>What is watched.</summary>
    protected SimWorld World { get; } = world;

    /// <summary>The checks that every world has.</summary>
    public static IList<WorldCheck> All(SimWorld world) =>
    [
        new BytesCheck(world), new KeepingCheck(world), new DurabilityCheck(world), new LeaseCheck(world), new ProgressCheck(world), new AccountingCheck(world), new ActorsCheck(world),
        new PrivacyCheck(world), new LeakCheck(world),
    ];

    /// <summary>A node's listeners stand; its torrents are given to it next.</summary>
    public virtual void OnStarted(SimNode node)
    {
    }

    /// <summary>A node's process has ended in good order.</summary>
    public virtual void OnStopped(SimNode node)
    {
    }

    /// <summary>A node's process was killed, or lost with the power of its machine.</summary>
    public virtual void OnLost(SimNode node, bool withPower)
    {
    }

    /// <summary>A node published an event.</summary>
    public virtual void OnEvent(SimNode node, SimTorrent torrent, TorrentEvent happened)
    {
    }

    /// <summary>A node's torrent told its status.</summary>
    public virtual void OnStatus(SimNode node, SimTorrent torrent, TorrentStatus status)
    {
    }

    /// <summary>A command of a node was committed in its store, whether the node learns of it or not.</summary>
    public virtual void OnCommitted(SimNode node, StoreCommand command, StoreOutcome outcome)
    {
    }

    /// <summary>Every <see cref="SimWorldSettings.CheckInterval"/>.</summary>
    public virtual void OnInterval()
    {
    }

    /// <summary>All that was to happen has happened, and the nodes still run.</summary>
    public virtual void OnEnding()
    {
    }

    /// <summary>Every node has stopped and everybody else has left.</summary>
    public virtual void OnEnd()
    {
    }

    /// <summary>Says that the promise was broken, by whom and how.</summary>
    protected void Broken(SimNode? node, string how) => World.Fail(Promise, node, how);

    /// <summary>The folders below which a torrent's files are to be found: the one on record, and while they are moved the one they go to.</summary>
    protected static ImmutableArray<string> FoldersOf(SimNode node, SimTorrent torrent) => node.Store.RecordOf(torrent.Content.Torrent) switch
    {
        { Unfinished: UnfinishedWork.Moving moving } record => [record.Folder, moving.Folder],
        { } record => [record.Folder],
        null => [torrent.Options.Folder],
    };

    /// <summary>The pieces that are in a bitfield, lowest first.</summary>
    protected static IEnumerable<PieceIndex> PiecesIn(Bitfield pieces)
    {
        for (var piece = pieces.NextSet(0); piece >= 0; piece = pieces.NextSet(piece + 1)) yield return new PieceIndex(piece);
    }
}
