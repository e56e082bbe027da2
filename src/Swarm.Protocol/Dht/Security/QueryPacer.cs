using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Security;

/// <summary>
/// Keeps our own queries to one host apart, over all lookups and buckets of a node: libtorrent blocks who sends more than a few a second, and then answers nothing for minutes.
/// Owned by the one who sends; asked before each query. Memory is fixed. Times are TimeSpan ticks of a monotonic clock.
/// </summary>
public sealed class QueryPacer(DhtSecuritySettings settings, Random random)
{
    private readonly AddressTable<long> _hosts = new(settings.RememberedSources, random);

    /// <summary>Queries that had to wait.</summary>
    public long Delayed { get; private set; }

    /// <summary>Whether a query may go to this host now; if so it is counted.</summary>
    public bool TryPass(UdpAddress host, long nowTicks)
    {
        ref var due = ref _hosts.Use(NetworkOf.Host(host), nowTicks, out var isNew);
        if (isNew) due = nowTicks;
        if (Pace.TryPass(ref due, nowTicks, TimeSpan.TicksPerSecond / settings.OwnQueriesPerHost, settings.OwnQueriesPerHost)) return true;
        Delayed++;
        return false;
    }
}
