using System.Collections.Immutable;
using Swarm.Actors.Ports;
using Swarm.Protocol.Cluster;

namespace Swarm.TestKit.Cluster;

/// <summary>
/// The tables of a cluster in memory, for nodes that run in one process in real time: all of them are given the same one, and call it from any thread. <paramref name="time"/> is the database's clock.
/// <para>Always holds: a batch is done whole at one moment and is answered once; while <see cref="IsUp"/> is false it is answered as failed and nothing is done.</para>
/// </summary>
public sealed class MemoryClusterStore(TimeProvider time) : IClusterStore
{
    private readonly Lock _gate = new();
    private ClusterTables _tables = ClusterTables.Empty;
    private bool _isUp = true;

    /// <summary>Whether it runs; may be changed at any time.</summary>
    public bool IsUp
    {
        get => Volatile.Read(ref _isUp);
        set => Volatile.Write(ref _isUp, value);
    }

    /// <summary>What stands in it.</summary>
    public ClusterTables Tables
    {
        get
        {
            lock (_gate) return _tables;
        }
    }

    /// <inheritdoc/>
    public void Submit(long batch, ImmutableArray<ClusterCommand> commands, IActorRef replyTo)
    {
        if (!IsUp)
        {
            replyTo.Tell(new IClusterStore.Failed(batch, "the database cannot be reached"), ActorRefs.NoSender);
            return;
        }

        replyTo.Tell(new IClusterStore.Committed(batch, Do(commands)), ActorRefs.NoSender);
    }

    /// <summary>Does commands as a batch, for tests that set a scene: one outcome for each.</summary>
    public ImmutableArray<ClusterOutcome> Do(ImmutableArray<ClusterCommand> commands)
    {
        lock (_gate)
        {
            _tables = _tables.Do(commands, time.GetUtcNow().Ticks, out var outcomes);
            return outcomes;
        }
    }
}
