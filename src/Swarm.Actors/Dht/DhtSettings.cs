using System.Collections.Immutable;
using Swarm.Protocol.Dht;
using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Dht.Lookups;
using Swarm.Protocol.Dht.Routing;
using Swarm.Protocol.Dht.Security;
using Swarm.Protocol.Dht.Storage;

namespace Swarm.Actors.Dht;

/// <summary>How a node takes part in the DHT. The default knows no router: who wants the public ones says so.</summary>
public sealed record DhtSettings
{
    /// <summary>What a node uses unless configured otherwise.</summary>
    public static DhtSettings Default { get; } = new();

    /// <summary>Nodes of the public DHT that are always there, as other clients have them: asked only to get to know others.</summary>
    public static ImmutableArray<HostEndPoint> PublicRouters { get; } =
        [new("router.bittorrent.com", 6881), new("dht.transmissionbt.com", 6881), new("router.utorrent.com", 6881), new("dht.libtorrent.org", 25401)];

    /// <summary>Whom to ask while nobody is known.</summary>
    public ImmutableArray<HostEndPoint> Routers { get; init; } = [];

    /// <summary>Ask, but do not answer, and do not save the table (BEP 43): for who stays but a moment.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>Begin with the nodes of the last run, and save those of this one, unless read-only.</summary>
    public bool IsRemembered { get; init; } = true;

    /// <summary>Lookups under way at a time, 1 to 4,096; further commands wait.</summary>
    public int MaxLookups { get; init => field = Setting.InRange(value, 1, 4_096); } = 32;

    /// <summary>Commands that wait for their turn, or for the first node to be known, 1 to 100,000; one more fails at once.</summary>
    public int MaxWaiting { get; init => field = Setting.InRange(value, 1, 100_000); } = 4_096;

    /// <summary>Addresses that were told of and are to be pinged, 1 to 10,000; one more is dropped.</summary>
    public int MaxNewcomers { get; init => field = Setting.InRange(value, 1, 10_000); } = 256;

    /// <summary>Of those, how many are pinged each <see cref="Pulse"/>, 1 to 256.</summary>
    public int NewcomersPerPulse { get; init => field = Setting.InRange(value, 1, 256); } = 4;

    /// <summary>Names of nodes that are being looked up, 1 to 1,000; one more is dropped.</summary>
    public int MaxNames { get; init => field = Setting.InRange(value, 1, 1_000); } = 64;

    /// <summary>Addresses of routers that are remembered, 1 to <see cref="Lookup.MaxRouters"/>; the oldest gives way.</summary>
    public int MaxRouterAddresses { get; init => field = Setting.InRange(value, 1, Lookup.MaxRouters); } = Lookup.MaxRouters;

    /// <summary>The beat while queries are under way, 10 ms to 1 s: how exactly time-outs are kept.</summary>
    public TimeSpan Pulse { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(1)); } = TimeSpan.FromMilliseconds(100);

    /// <summary>The beat of the buckets and stores, 1 s to 5 min.</summary>
    public TimeSpan Beat { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)); } = TimeSpan.FromSeconds(15);

    /// <summary>Nodes that one bucket pings each <see cref="Beat"/> at most, 1 to 64.</summary>
    public int PingsPerBeat { get; init => field = Setting.InRange(value, 1, 64); } = 2;

    /// <summary>Swarms looked through each <see cref="Beat"/> for peers whose time is over, 1 to 100,000.</summary>
    public int SweptSwarms { get; init => field = Setting.InRange(value, 1, 100_000); } = 500;

    /// <summary>How soon a bootstrap that brought nobody is tried again, doubled each time; 100 ms to 1 min.</summary>
    public TimeSpan FirstRetry { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)); } = TimeSpan.FromSeconds(2);

    /// <summary>The longest such pause, 1 s to 1 h.</summary>
    public TimeSpan LastRetry { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)); } = TimeSpan.FromMinutes(5);

    /// <summary>How soon a socket that was not to be had is tried again, 1 s to 1 h.</summary>
    public TimeSpan OpenRetry { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)); } = TimeSpan.FromSeconds(30);

    /// <summary>How often the table is saved, 10 s to 1 day; also at the end.</summary>
    public TimeSpan SaveInterval { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(10), TimeSpan.FromDays(1)); } = TimeSpan.FromMinutes(5);

    /// <summary>How often a node of the table that asks us is noted as seen, 1 s to 10 min.</summary>
    public TimeSpan SeenInterval { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)); } = TimeSpan.FromMinutes(1);

    /// <summary>What is read of a datagram.</summary>
    public KrpcLimits Krpc { get; init; } = KrpcLimits.Default;

    /// <summary>The routing table.</summary>
    public RoutingSettings Routing { get; init; } = RoutingSettings.Default;

    /// <summary>Rates, tokens, trust.</summary>
    public DhtSecuritySettings Security { get; init; } = DhtSecuritySettings.Default;

    /// <summary>What is kept for others.</summary>
    public DhtStorageSettings Storage { get; init; } = DhtStorageSettings.Default;

    /// <summary>Sizes of answers.</summary>
    public ResponderSettings Responder { get; init; } = ResponderSettings.Default;

    /// <summary>Queries in flight.</summary>
    public TransactionSettings Transactions { get; init; } = TransactionSettings.Default;

    /// <summary>How lookups go.</summary>
    public LookupSettings Lookups { get; init; } = LookupSettings.Default;
}
