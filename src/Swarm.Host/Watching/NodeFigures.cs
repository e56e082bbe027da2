using System.Collections.Immutable;
using Swarm.Actors.Dht;
using Swarm.Actors.Store;
using Swarm.Io.Disk;
using Swarm.Io.Net;

namespace Swarm.Host.Watching;

/// <summary>Actors of one class, taken together: how many live, how many messages wait for all of them and for the one that has most, and how often those that live were restarted.</summary>
internal sealed record ActorFigures(string Kind, int Actors, long Waiting, int LongestQueue, long Restarts);

/// <summary>What the parts of a node have counted, at about one moment.</summary>
internal sealed record NodeFigures
{
    /// <summary>Before anybody was asked.</summary>
    public static NodeFigures None { get; } = new();

    /// <summary>The disk's; null: not known yet.</summary>
    public DiskCounters? Disk { get; init; }

    /// <summary>Of links over TCP; null: not known yet.</summary>
    public NetCounters? Net { get; init; }

    /// <summary>Of datagrams.</summary>
    public UdpCounters Udp { get; init; }

    /// <summary>Of the writer of durable state; null: it did not answer yet.</summary>
    public StoreActor.Counters? Store { get; init; }

    /// <summary>The DHT's, a family each.</summary>
    public ImmutableArray<DhtStatus> Dht { get; init; } = [];

    /// <summary>The cluster's; null: it is in none, or not known yet.</summary>
    public ClusterFigures? Cluster { get; init; }

    /// <summary>The actors', by class.</summary>
    public ImmutableArray<ActorFigures> Actors { get; init; } = [];

    /// <summary>Messages that found nobody.</summary>
    public long DeadLetters { get; init; }

    /// <summary>Messages that full mailboxes refused.</summary>
    public long Dropped { get; init; }

    /// <summary>Restarts of all actors, also of those that are gone.</summary>
    public long Restarts { get; init; }
}
