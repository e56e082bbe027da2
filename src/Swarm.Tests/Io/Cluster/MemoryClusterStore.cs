using System.Collections.Immutable;
using Swarm.Actors.Ports;
using Swarm.Protocol.Cluster;

namespace Swarm.Tests.Io.Cluster;

/// <summary><see cref="ClusterTables"/> themselves as a store: what every other store is compared with. Instances that are given the same <see cref="Shared"/> are one database's.</summary>
internal sealed class MemoryClusterStore(MemoryClusterStore.Shared shared, Func<long> now) : IClusterStore
{
    public void Submit(long batch, ImmutableArray<ClusterCommand> commands, IActorRef replyTo)
    {
        ImmutableArray<ClusterOutcome> outcomes;
        lock (shared) shared.Tables = shared.Tables.Do(commands, now(), out outcomes);
        replyTo.Tell(new IClusterStore.Committed(batch, outcomes), ActorRefs.NoSender);
    }

    /// <summary>The tables.</summary>
    internal sealed class Shared
    {
        public ClusterTables Tables { get; set; } = ClusterTables.Empty;
    }
}
