using System.Collections.Immutable;
using Swarm.Actors.Dht;
using Swarm.Actors.Store;
using Swarm.Host.Api;
using Swarm.Host.Watching;
using Swarm.Io.Disk;
using Swarm.Io.Net;

namespace Swarm.Host;

// What the node's parts have counted.
public sealed partial class SwarmNode
{
    private IActorRef _store = ActorRefs.Nobody;

    /// <summary>The figures of all parts; those that have to be asked are.</summary>
    /// <exception cref="SwarmException">The node has ended.</exception>
    internal async Task<NodeFigures> FiguresAsync(CancellationToken cancellation)
    {
        var store = await AskAsync<StoreActor.Counters>(_store, new StoreActor.Inspect()).ConfigureAwait(false);
        var dht = ImmutableArray.CreateBuilder<DhtStatus>();
        foreach (var family in Dht)
        {
            if (await RunAsync(family, new DhtActor.GetStatus(), streamed: null, cancellation).ConfigureAwait(false) is DhtStatus status) dht.Add(status);
        }

        return ActorInspection.Count(_system) with
        {
            Disk = _io.OfType<DiskEngine>().Single().Counters,
            Net = _io.OfType<Tcp>().Single().Counters,
            Udp = _io.OfType<Udp>().Single().Count(),
            Store = store,
            Dht = dht.DrainToImmutable(),
            Cluster = await ClusterFiguresAsync().ConfigureAwait(false),
        };
    }
}
