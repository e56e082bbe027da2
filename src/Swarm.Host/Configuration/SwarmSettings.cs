using System.Collections.Immutable;
using System.Net;
using Swarm.Actors.Automation;
using Swarm.Actors.Dht;
using Swarm.Actors.Net;
using Swarm.Actors.Torrents;
using Swarm.Actors.Trackers;
using Swarm.Host.Automation;
using Swarm.Host.Watching;

namespace Swarm.Host.Configuration;

/// <summary>
/// Everything that can be configured, as one record: the part below <c>swarm</c> of a configuration. A member is a key (its name in words with hyphens), a member that is itself a settings record is an
/// object of keys, and one that may be null has a key <c>enabled</c> besides. <c>hocon/reference.conf</c> has each of them; tests hold the two together.
/// </summary>
internal sealed record SwarmSettings : IChecked
{
    /// <summary>What holds if nobody configures anything.</summary>
    public static SwarmSettings Default { get; } = new();

    /// <summary>How long a stopping node may take to tell trackers and write everything down; 1 s to 1 h.</summary>
    public TimeSpan DrainTimeout { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)); } = TimeSpan.FromSeconds(30);

    /// <summary>The node as such.</summary>
    public NodeSectionSettings Node { get; init; } = new();

    /// <summary>How the node takes part in a cluster; null: it is by itself.</summary>
    public ClusterSectionSettings? Cluster { get; init; }

    /// <summary>The HTTP API; null: none.</summary>
    public ApiSettings? Api { get; init; } = new();

    /// <summary>What is measured, and who is told.</summary>
    public MetricsSettings Metrics { get; init; } = MetricsSettings.Default;

    /// <summary>What is done with torrents without anybody asking.</summary>
    public AutomationSettings Automation { get; init; } = AutomationSettings.Default;

    /// <summary>Folders that torrents are added from; at a member of a cluster to the cluster, but for folders with a category or a content folder.</summary>
    public WatchSettings Watch { get; init; } = WatchSettings.Default;

    /// <summary>Limits of the whole node by the week.</summary>
    public ScheduleSettings Schedule { get; init; } = ScheduleSettings.Default;

    /// <summary>The log.</summary>
    public LogSettings Log { get; init; } = new();

    /// <summary>Connections and limits of the whole node.</summary>
    public NetSettings Net { get; init; } = NetSettings.Default;

    /// <summary>What every torrent keeps to.</summary>
    public TorrentSettings Torrent { get; init; } = TorrentSettings.Default;

    /// <summary>How the node takes part in the DHT; null: not at all.</summary>
    public DhtSettings? Dht { get; init; } = DhtSettings.Default with { Routers = DhtSettings.PublicRouters };

    /// <summary>The announce client.</summary>
    public TrackersSettings Trackers { get; init; } = TrackersSettings.Default;

    /// <summary>Durable state.</summary>
    public StoreSettings Store { get; init; } = new();

    /// <summary>The world behind the ports.</summary>
    public IoSettings Io { get; init; } = IoSettings.Default;

    /// <inheritdoc/>
    public IEnumerable<(string Member, string Problem)> Problems()
    {
        if (Cluster is null) yield break;
        foreach (var missing in Cluster.Missing(ListensAtOneAddress)) yield return (nameof(Cluster), missing);
        if (Store.Kind != StoreKind.Postgres) yield return (nameof(Cluster), "its nodes share a PostgreSQL database: set store.kind = postgres and store.postgres.connection, the same at all of them");
        if (Store.Postgres.Storage.Length > 0 && Store.Postgres.Storage != Cluster.StorageName) yield return (nameof(Store), "postgres.storage is that of the cluster for its nodes: leave it out, and name the storage in cluster.storage");
    }

    private bool ListensAtOneAddress => Node.Listen.IsEmpty ? Net.Bind is not null : Node.Listen.Any(static end => !end.Address.Equals(IPAddress.Any) && !end.Address.Equals(IPAddress.IPv6Any));
}

/// <summary>The node as such: what it is called, where its state is, where it listens.</summary>
internal sealed record NodeSectionSettings : IChecked
{
    /// <summary>What people call this node; null: the machine's name.</summary>
    public string? Name { get; init; }

    /// <summary>The folder of its state; null: $XDG_DATA_HOME/swarm or ~/.local/share/swarm.</summary>
    public string? DataFolder { get; init; }

    /// <summary>Where to listen for peers, each with a port; empty: at every address, or the one the node is bound to, under <see cref="Port"/>.</summary>
    public ImmutableArray<IPEndPoint> Listen { get; init; } = [];

    /// <summary>The port to listen on, 0 to 65,535, 0 for any free one; null: a free one of 6881 to 6889, else any.</summary>
    public int? Port { get; init => field = value is null ? null : Setting.InRange(value.Value, 0, ushort.MaxValue); }

    /// <summary>Whether the service asks trackers, and fetches torrent files it is given a URL of, at public addresses alone.</summary>
    public bool PublicOnly { get; init; } = true;

    /// <summary>Private networks that are within its reach all the same, such as 10.1.0.0/16.</summary>
    public ImmutableArray<string> PrivateNetworks { get; init; } = [];

    /// <summary>Both as the ports take it.</summary>
    public ReachPolicy ToReach() => new() { PublicOnly = PublicOnly, Allowed = [.. PrivateNetworks.Select(network => IPNetwork.Parse(network))] };

    /// <inheritdoc/>
    public IEnumerable<(string Member, string Problem)> Problems() =>
        PrivateNetworks.Where(network => !IPNetwork.TryParse(network, out _)).Select(network => (nameof(PrivateNetworks), $"'{network}' is no network; one is written like 10.1.0.0/16"));
}
