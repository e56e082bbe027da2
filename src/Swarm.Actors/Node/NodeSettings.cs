using System.Collections.Immutable;
using System.Net;
using Swarm.Actors.Cluster;
using Swarm.Actors.Dht;
using Swarm.Actors.Net;
using Swarm.Actors.Store;
using Swarm.Actors.Torrents;
using Swarm.Actors.Trackers;

namespace Swarm.Actors.Node;

/// <summary>How a node runs. Read once at the edge, handed down.</summary>
public sealed record NodeSettings
{
    /// <summary>Where to listen for peers; empty: nowhere.</summary>
    public ImmutableArray<IPEndPoint> Listen { get; init; } = [new IPEndPoint(IPAddress.Any, 0)];

    /// <summary>Connections and limits of the whole node.</summary>
    public NetSettings Net { get; init; } = NetSettings.Default;

    /// <summary>What every torrent keeps to.</summary>
    public TorrentSettings Torrent { get; init; } = TorrentSettings.Default;

    /// <summary>Limits of the announce client. Where it speaks from follows from <see cref="Listen"/> and the address the node is bound to.</summary>
    public TrackersSettings Trackers { get; init; } = TrackersSettings.Default;

    /// <summary>Limits of the writer of durable state.</summary>
    public StoreActorSettings Store { get; init; } = StoreActorSettings.Default;

    /// <summary>How it takes part in the DHT; null: not at all.</summary>
    public DhtSettings? Dht { get; init; }

    /// <summary>How it takes part in a cluster; null: it is by itself.</summary>
    public ClusterSettings? Cluster { get; init; }
}
