using System.Collections.Immutable;
using Swarm.Protocol.Cluster;

namespace Swarm.Actors.Ports;

/// <summary>
/// The tables of the cluster, in the database that its nodes share. One batch is one transaction at one moment of the database's clock: all of it or nothing. The actor <c>table</c> is the only caller, with one batch under way at a time.
/// What the commands do is told, and run, by <see cref="ClusterTables"/>.
/// </summary>
public interface IClusterStore
{
    /// <summary>Does the commands in order. Answers <see cref="Committed"/> or <see cref="Failed"/> with <paramref name="batch"/>, always, and within a time-out of its own that is a few seconds.</summary>
    void Submit(long batch, ImmutableArray<ClusterCommand> commands, IActorRef replyTo);

    /// <summary>
    /// From now on tells <paramref name="watcher"/>, and nobody else any more, <see cref="Changed"/> when some node has changed the members or a torrent. A hint: it may be lost, come late, or come where nothing is new, so whoever reads does so from
    /// time to time all the same. A store that hears of nothing tells nothing.
    /// </summary>
    void Watch(IActorRef watcher) { }

    /// <summary>The batch is durable; one outcome for each command, in order.</summary>
    sealed record Committed(long Batch, ImmutableArray<ClusterOutcome> Outcomes);

    /// <summary>It is not known to be done: it was refused, or nobody knows. <paramref name="Reason"/> is one line for people.</summary>
    sealed record Failed(long Batch, string Reason);

    /// <summary>It is worth a look.</summary>
    sealed record Changed;
}
