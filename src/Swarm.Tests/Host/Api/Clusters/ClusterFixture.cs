using System.Net.Http.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Actors.Cluster;
using Swarm.Actors.Ports;
using Swarm.Api.Contracts;
using Swarm.Host.Api.Clusters;
using Swarm.Host.Api.Security;
using Swarm.Protocol.Cluster;
using Swarm.TestKit.Cluster;
using Swarm.Tests.Actors.Fakes;

namespace Swarm.Tests.Host.Api.Clusters;

/// <summary>Members of a cluster in this process, each with the real actors of a cluster, a supervisor of torrents that is told what to do, and an API of its own; one database, links and calls in memory, in real time.</summary>
internal sealed class ClusterFixture : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private long _freeBytes = 1L << 50;

    public MemoryClusterStore Store { get; } = new(TimeProvider.System);

    public MemoryNodeLinks Links { get; } = new();

    public MemoryNodeCalls Calls { get; } = new();

    public List<Node> Nodes { get; } = [];

    /// <summary>Room on every storage; a test may change it at any time.</summary>
    public long FreeBytes
    {
        get => Interlocked.Read(ref _freeBytes);
        set => Interlocked.Exchange(ref _freeBytes, value);
    }

    public static MembershipSettings Quick { get; } = MembershipSettings.Default with { HeartbeatInterval = TimeSpan.FromMilliseconds(100), ReadInterval = TimeSpan.FromMilliseconds(100), SuspectAfter = TimeSpan.FromSeconds(60), RenewInterval = TimeSpan.FromMilliseconds(500) };

    public static async Task<ClusterFixture> StartAsync(int nodes, ApiKeys? keys = null, MemberRoles roles = MemberRoles.Storage | MemberRoles.Planner, PlacementSettings? placement = null)
    {
        var cluster = new ClusterFixture();
        for (var i = 1; i <= nodes; i++) cluster.Nodes.Add(await Node.StartAsync(cluster, $"n{i}", keys, roles, placement ?? PlacementSettings.Default with { RoundInterval = TimeSpan.FromMilliseconds(50), RepairDelay = TimeSpan.Zero }));
        foreach (var node in cluster.Nodes) await node.BecomesAsync("/api/v1/cluster", ApiJson.Default.ClusterOverview, seen => seen.Totals.Members.GetValueOrDefault("up") == nodes);
        return cluster;
    }

    /// <summary>One more member, up.</summary>
    public async Task<Node> StartOneMoreAsync()
    {
        var node = await Node.StartAsync(this, $"n{Nodes.Count + 1}", null, MemberRoles.Storage | MemberRoles.Planner, PlacementSettings.Default);
        Nodes.Add(node);
        await node.BecomesAsync("/api/v1/cluster", ApiJson.Default.ClusterOverview, seen => seen.Totals.Members.GetValueOrDefault("up") == Nodes.Count);
        return node;
    }

    public Node At(string endPoint) => Nodes.Single(node => node.EndPoint == endPoint);

    /// <summary>A torrent that is added through a node and complete at so many.</summary>
    public static async Task<string> AddAsync(Node node, string name, int replicas)
    {
        using var response = await node.Api.SendAsync(HttpMethod.Post, "/api/v1/cluster/torrents", $$"""{"metainfo":"{{Convert.ToBase64String(TorrentFiles.Make(name))}}","replicas":{{replicas}},"acknowledged":{{replicas}},"timeoutSeconds":90}""");
        response.StatusCode.ShouldBe(System.Net.HttpStatusCode.Created, await response.Content.ReadAsStringAsync());
        var hash = (await response.Content.ReadFromJsonAsync(ApiJson.Default.TorrentPlaced))!.Hash;
        await node.BecomesAsync($"/api/v1/cluster/torrents/{hash}", ApiJson.Default.PlacementExplained, seen => seen.Torrent.Complete == replicas);
        return hash;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in Nodes) await node.DisposeAsync();
    }

    /// <summary>One member.</summary>
    internal sealed class Node : IAsyncDisposable
    {
        private readonly ActorSystem _system;

        private Node(ActorSystem system, string endPoint, ApiFixture api, PlacedTorrents.Ways ways, IActorRef torrents)
        {
            _system = system;
            EndPoint = endPoint;
            Api = api;
            Ways = ways;
            Torrents = torrents;
        }

        public string EndPoint { get; }

        public ApiFixture Api { get; }

        public PlacedTorrents.Ways Ways { get; }

        public IActorRef Torrents { get; }

        public static async Task<Node> StartAsync(ClusterFixture cluster, string name, ApiKeys? keys, MemberRoles roles, PlacementSettings placement)
        {
            var system = ActorSystem.Create(name);
            var settings = new ClusterSettings
            {
                Name = "tests",
                EndPoint = $"{name}:9120",
                Traits = new MemberTraits { Storage = name, Roles = roles },
                Folder = "/content",
                Membership = Quick,
                Placement = placement,
                ReplicaInterval = TimeSpan.FromMilliseconds(50),
                ReportInterval = TimeSpan.FromMilliseconds(100),
            };
            var actor = new TaskCompletionSource<IActorRef>();
            var facts = new ClusterFacts(settings.Name, settings.EndPoint, 2, placement, settings.CommandPatience);
            var model = new ClusterModel(facts, async (message, limit) => await (await actor.Task).Ask<object>(message, limit));
            var api = await ApiFixture.StartAsync(keys: keys, cluster: new ApiCluster(model, cluster.Calls.For(settings.EndPoint)));
            var whole = new ClusterCatalogue(api.Catalogue, settings.EndPoint, TimeProvider.System);
            var ways = new PlacedTorrents.Ways();
            var torrents = system.ActorOf(PlacedTorrents.Props(whole, ways), "torrents");
            var ports = new ClusterPorts(cluster.Store, cluster.Links.Make(), new Room(cluster));
            actor.SetResult(system.ActorOf(ClusterActor.Props(settings, ports, new ClusterContext(torrents, ActorRefs.Nobody, ActorRefs.Nobody, new FakeDisk(new Simulation(1)), [], [], TimeProvider.System, NullLoggerFactory.Instance)), "cluster"));
            system.ActorOf(ClusterFollowerActor.Props(await actor.Task, whole, settings.ReportInterval), "follower");
            return new Node(system, settings.EndPoint, api, ways, torrents);
        }

        public Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type)
            where T : class => Api.GetAsync(path, type);

        /// <summary>Until an answer is so; what the node says later than it does it is waited for.</summary>
        public async Task<T> BecomesAsync<T>(string path, JsonTypeInfo<T> type, Func<T, bool> isSo)
            where T : class
        {
            using var patience = new CancellationTokenSource(Patience);
            using var beat = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
            while (true)
            {
                var seen = await GetAsync(path, type);
                if (isSo(seen)) return seen;
                patience.IsCancellationRequested.ShouldBeFalse($"{EndPoint} {path} does not become so: {System.Text.Json.JsonSerializer.Serialize(seen, type)}");
                await beat.WaitForNextTickAsync();
            }
        }

        public async Task<string> PostAsync(string path, System.Net.HttpStatusCode status = System.Net.HttpStatusCode.OK, string body = "{}")
        {
            using var response = await Api.SendAsync(HttpMethod.Post, path, body);
            var text = await response.Content.ReadAsStringAsync();
            response.StatusCode.ShouldBe(status, text);
            return text;
        }

        public async ValueTask DisposeAsync()
        {
            await _system.Terminate();
            await Api.DisposeAsync();
        }
    }

    private sealed class Room(ClusterFixture cluster) : ISpace
    {
        public void Measure(string folder, IActorRef replyTo) => replyTo.Tell(new ISpace.Measured(cluster.FreeBytes), ActorRefs.NoSender);
    }
}
