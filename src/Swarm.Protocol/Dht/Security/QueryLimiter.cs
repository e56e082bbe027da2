using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Security;

/// <summary>
/// Decides whether a query is answered at all: so many a second for each host, for each network, and for all together. Owned by who answers; asked before any work is done.
/// Memory is fixed; a source that was forgotten starts anew, and then the limit for all still holds. Times are TimeSpan ticks of a monotonic clock.
/// </summary>
public sealed class QueryLimiter
{
    private readonly AddressTable<long> _hosts;
    private readonly AddressTable<long> _networks;
    private readonly DhtSecuritySettings _settings;
    private long _allDue;
    private bool _hasStarted;

    /// <summary>A limiter that has seen nobody.</summary>
    public QueryLimiter(DhtSecuritySettings settings, Random random)
    {
        _settings = settings;
        _hosts = new AddressTable<long>(settings.RememberedSources, random);
        _networks = new AddressTable<long>(settings.RememberedSources, random);
    }

    /// <summary>Queries refused because their host sent too many.</summary>
    public long RefusedHosts { get; private set; }

    /// <summary>Queries refused because their network sent too many.</summary>
    public long RefusedNetworks { get; private set; }

    /// <summary>Queries refused because too many came in all.</summary>
    public long RefusedInAll { get; private set; }

    /// <summary>Counts a query, and says whether it may be answered.</summary>
    public bool Admit(UdpAddress source, long nowTicks)
    {
        if (!_hasStarted) (_hasStarted, _allDue) = (true, nowTicks);
        if (!Pass(_hosts, NetworkOf.Host(source), nowTicks, _settings.QueriesPerHost)) RefusedHosts++;
        else if (!Pass(_networks, NetworkOf.Narrow(source), nowTicks, _settings.QueriesPerNetwork)) RefusedNetworks++;
        else if (!Pass(ref _allDue, nowTicks, _settings.QueriesInAll)) RefusedInAll++;
        else return true;
        return false;
    }

    private bool Pass(AddressTable<long> table, UdpAddress key, long nowTicks, int perSecond)
    {
        ref var due = ref table.Use(key, nowTicks, out var isNew);
        if (isNew) due = nowTicks;
        return Pass(ref due, nowTicks, perSecond);
    }

    private bool Pass(ref long due, long nowTicks, int perSecond) =>
        Pace.TryPass(ref due, nowTicks, TimeSpan.TicksPerSecond / perSecond, perSecond * _settings.QueryBurstSeconds);
}
