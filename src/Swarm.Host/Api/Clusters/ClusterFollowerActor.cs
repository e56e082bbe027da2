using Swarm.Actors.Cluster;

namespace Swarm.Host.Api.Clusters;

/// <summary>
/// Fills a <see cref="ClusterCatalogue"/>: takes each view of the cluster as it is published, and the events of other nodes, for which it asks again and again because a wish for them lasts only so long. One a node; stopped by it.
/// <para>It is the one that sees when much has changed and has come to rest, so it is here that the process's memory is collected then.</para>
/// </summary>
internal sealed class ClusterFollowerActor : UntypedActor, IWithTimers
{
    // So many that what they leave behind is worth a collection.
    private const int ManyChanges = 5_000;

    private readonly IActorRef _cluster;
    private readonly ClusterCatalogue _catalogue;
    private readonly TimeSpan _interval;
    private long _changes;
    private long _changesBefore;

    private ClusterFollowerActor(IActorRef cluster, ClusterCatalogue catalogue, TimeSpan interval)
    {
        _cluster = cluster;
        _catalogue = catalogue;
        _interval = interval;
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to make one. <paramref name="interval"/>: the cluster's interval of reports.</summary>
    public static Props Props(IActorRef cluster, ClusterCatalogue catalogue, TimeSpan interval) => ActorProps.Create(() => new ClusterFollowerActor(cluster, catalogue, interval));

    protected override void PreStart()
    {
        // First to be told, then to ask: nothing is missed in between.
        Context.System.EventStream.Subscribe(Self, typeof(ClusterSeen));
        Context.System.EventStream.Subscribe(Self, typeof(RemoteEvent));
        _cluster.Tell(new RouterActor.GetStatus());
        Timers.StartPeriodicTimer(nameof(RouterActor.WatchEvents), Ask.Instance, TimeSpan.Zero, _interval);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case ClusterSeen seen:
                _changes += seen.View.Changed.Length;
                _catalogue.Take(seen.View);
                break;
            case RemoteEvent happened: _catalogue.Take(happened); break;
            case ClusterStatus status: _catalogue.TakeAll(status.View); break;
            case Ask:
                _cluster.Tell(new RouterActor.WatchEvents());
                CollectWhenAtRest();
                break;
            default: Unhandled(message); break;
        }
    }

    // Placing a hundred thousand torrents leaves several times what is kept of them, and an idle node makes too little garbage for a collection to come by itself.
    private void CollectWhenAtRest()
    {
        var isAtRest = _changes == _changesBefore;
        if (isAtRest && _changes >= ManyChanges) GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        if (isAtRest) _changes = 0;
        _changesBefore = _changes;
    }

    protected override void PostStop() => Context.System.EventStream.Unsubscribe(Self);

    private sealed record Ask
    {
        public static readonly Ask Instance = new();
    }
}
