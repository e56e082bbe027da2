using Swarm.Actors.Automation;
using Swarm.Api.Contracts;
using Swarm.Host.Api.Catalogue;
using Swarm.Host.Api.Clusters;
using Swarm.Host.Api.Logging;
using Swarm.Host.Api.Security;
using Swarm.Host.Api.Torrents;
using Swarm.Host.Watching;

namespace Swarm.Host.Api;

/// <summary>The node's instruments, for requests to be measured with, and who gathers what they say, for <c>/metrics</c>.</summary>
internal sealed record ApiMetrics(NodeMetrics Instruments, MetricCollector Collector);

/// <summary>What the API's operations work with; made once by the composition root, all of it safe from any thread.</summary>
internal sealed record ApiServices
{
    /// <summary>How the API is offered.</summary>
    public required HttpApiSettings Settings { get; init; }

    /// <summary>The node.</summary>
    public required INodeModel Node { get; init; }

    /// <summary>Its torrents, for lists.</summary>
    public required TorrentCatalogue Catalogue { get; init; }

    /// <summary>Where content may lie.</summary>
    public required ContentRoots Roots { get; init; }

    /// <summary>Makes torrents to add of what was sent.</summary>
    public required TorrentIntake Intake { get; init; }

    /// <summary>The log's last lines.</summary>
    public required LogTail Log { get; init; }

    /// <summary>The keys that open it beyond loopback.</summary>
    public required ApiKeys Keys { get; init; }

    /// <summary>The configuration in force, secrets hidden.</summary>
    public required Func<IReadOnlyList<ConfigItem>> Configuration { get; init; }

    /// <summary>The cluster it is a member of; null: none.</summary>
    public ApiCluster? Cluster { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Clock { get; init; }

    /// <summary>What automation would do now, null: none is configured. Null: the node has none at all.</summary>
    public Func<Task<AutomationActor.Previewed?>>? Preview { get; init; }

    /// <summary>What requests are measured with and <c>/metrics</c> reads; null: neither is done.</summary>
    public ApiMetrics? Metrics { get; init; }

    /// <summary>The program's version.</summary>
    public required string Version { get; init; }
}
