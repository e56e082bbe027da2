using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Actors.Cluster;
using Swarm.Actors.Node;
using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;
using Swarm.Host;
using Swarm.Host.Cluster;
using Swarm.Protocol.Cluster;
using Swarm.TestKit.Cluster;
using Swarm.Tests.EndToEnd;

namespace Swarm.Tests.Host.Cluster;

/// <summary>Three whole nodes over real links, with the tables in memory: they come up, have a torrent on as many of them as was asked for, and one that dies is down and missed.</summary>
public sealed class MembersTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    // A death is noticed in a second, and yet no pause of a busy machine is taken for one: nothing here is judged by its speed.
    private static readonly MembershipSettings Watchful = MembershipSettings.Default with
    {
        HeartbeatInterval = TimeSpan.FromMilliseconds(200),
        SuspectAfter = TimeSpan.FromSeconds(3),
        RenewInterval = TimeSpan.FromMilliseconds(500),
        ReadInterval = TimeSpan.FromMilliseconds(200),
    };

    private static readonly PlacementSettings Prompt = PlacementSettings.Default with { RepairDelay = TimeSpan.FromSeconds(1), RoundInterval = TimeSpan.FromMilliseconds(200), MinFreeBytes = 0 };

    [Fact]
    public async Task They_come_up_replicate_and_repair_what_a_dead_one_had()
    {
        using var content = TestContent.Create(1, 32 * 1024, ("one.bin", 1_000_001));
        var tables = new MemoryClusterStore(TimeProvider.System);
        var members = new List<RealMember>();
        try
        {
            for (var i = 1; i <= 3; i++) members.Add(await RealMember.StartAsync(content.Folder($"node-{i}"), tables));
            foreach (var member in members) await UntilAsync(async () => await member.Node.UnreadyAsync() is null);
            await UntilAsync(async () => (await StatusAsync(members[0])).View.Members.Count(member => member.State == MemberState.Up) == 3);

            await using var seed = await SwarmNode.StartAsync(content.Folder("seed-data"), new NodeSettings { Listen = [new IPEndPoint(IPAddress.Loopback, 0)] }, NullLoggerFactory.Instance);
            await seed.AddAsync(TorrentSource.FromFile(content.Metainfo, content.File), new TorrentOptions { Folder = content.SeedFolder, SeedOnly = true });
            (await members[1].Node.AskClusterAsync(new RouterActor.Add(TorrentSource.FromFile(content.Metainfo, content.File), 2, 0), Patience)).ShouldBeOfType<RouterActor.Accepted>();
            await UntilAsync(async () => (await ReplicasAsync(members[0])).Length == 2);
            // A tracker would tell them of the seed.
            await UntilAsync(async () =>
            {
                foreach (var member in members) await member.Node.AddPeersAsync(content.Metainfo.WireHash, seed.Listen);
                return await IsCompleteAsync(members[2], 2);
            });

            var first = (await ReplicasAsync(members[0]))[0].Storage;
            var dying = members.Single(member => member.EndPoint == first);
            await dying.DieAsync();
            var left = members.Where(member => member != dying).ToArray();
            await UntilAsync(async () => (await StatusAsync(left[0])).View.Members.Single(member => member.Id.EndPoint == dying.EndPoint).State == MemberState.Down);
            await UntilAsync(async () => (await ReplicasAsync(left[1])).Count(replica => replica.State == ReplicaState.Complete && replica.Storage != dying.EndPoint) == 2);
            foreach (var member in left) content.ShouldBeIn(Path.Combine(member.Folder, content.Metainfo.WireHash.ToString()));

            var figures = (await left[0].Node.ClusterFiguresAsync()).ShouldNotBeNull();
            (figures.State, figures.Members[(int)MemberState.Up], figures.Members[(int)MemberState.Down], figures.Torrents).ShouldBe((MemberState.Up, 2, 1, 1));
            figures.Link!.Received.ShouldBeGreaterThan(0);
        }
        finally
        {
            foreach (var member in members) await member.DisposeAsync();
        }
    }

    [Fact]
    public async Task One_that_stops_leaves_and_is_not_ready_while_it_may_not_write()
    {
        using var content = TestContent.Create(1, 32 * 1024, ("one.bin", 100_000));
        var tables = new MemoryClusterStore(TimeProvider.System);
        await using var one = await RealMember.StartAsync(content.Folder("one"), tables);
        await UntilAsync(async () => await one.Node.UnreadyAsync() is null);
        await using var two = await RealMember.StartAsync(content.Folder("two"), tables, Watchful with { SessionLease = TimeSpan.FromSeconds(4), StopMargin = TimeSpan.FromSeconds(1), MaxClockDrift = 0 });
        await UntilAsync(async () => await two.Node.UnreadyAsync() is null);

        two.Tables.IsCut = true;
        await UntilAsync(async () => await two.Node.UnreadyAsync() == "suspended");
        two.Tables.IsCut = false;
        await UntilAsync(async () => await two.Node.UnreadyAsync() is null);

        (await two.Node.StopAsync()).ShouldBeTrue();
        // By its own hand, and not because its session ran out: others wait for it as for any process that is started again.
        var gone = tables.Tables.Membership.Members.Values.Last(member => member.Id.EndPoint == two.EndPoint);
        (gone.State, gone.SinceTicks < gone.AliveUntilTicks).ShouldBe((MemberState.Down, true));
        await UntilAsync(async () => !(await StatusAsync(one)).View.Find(gone.Id)!.IsLive);
    }

    private static async Task<ClusterStatus> StatusAsync(RealMember member) => (await member.Node.ClusterAsync()).ShouldNotBeNull();

    private static async Task<ImmutableArray<Replica>> ReplicasAsync(RealMember member) => (await StatusAsync(member)).View.Torrents.Values.Select(torrent => torrent.Replicas).SingleOrDefault([]);

    private static async Task<bool> IsCompleteAsync(RealMember member, int replicas) => (await ReplicasAsync(member)).Count(replica => replica.State == ReplicaState.Complete) >= replicas;

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!await condition()) await timer.WaitForNextTickAsync(patience.Token);
    }

    // A member with files and sockets of its own.
    private sealed class RealMember : IAsyncDisposable
    {
        private RealMember(SwarmNode node, NodeLinks links, CutStore tables, string folder)
        {
            Node = node;
            Links = links;
            Tables = tables;
            Folder = folder;
        }

        public SwarmNode Node { get; }

        public NodeLinks Links { get; }

        public CutStore Tables { get; }

        public string Folder { get; }

        public string EndPoint => Links.EndPoint;

        public static async Task<RealMember> StartAsync(string folder, IClusterStore tables, MembershipSettings? membership = null)
        {
            var links = (await LinkEnd.BindAsync(LinkWorld.Options())).Links;
            var cut = new CutStore(tables);
            var cluster = new ClusterSettings
            {
                Name = "test",
                EndPoint = links.EndPoint,
                Traits = new MemberTraits { Storage = links.EndPoint },
                Folder = Path.Combine(folder, "cluster"),
                PeerAddress = "127.0.0.1",
                Membership = membership ?? Watchful,
                Placement = Prompt,
                ReplicaInterval = TimeSpan.FromMilliseconds(100),
                PeerInterval = TimeSpan.FromSeconds(1),
            };
            var settings = new NodeSettings { Listen = [new IPEndPoint(IPAddress.Loopback, 0)], Cluster = cluster };
            return new RealMember(await SwarmNode.StartAsync(folder, settings, IoSettings.Default, NullLoggerFactory.Instance, new NodeMembership(links, cut)), links, cut, cluster.Folder);
        }

        /// <summary>Nobody hears of it any more, as if its machine were gone.</summary>
        public async Task DieAsync()
        {
            Tables.IsCut = true;
            await Links.DisposeAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await Node.DisposeAsync();
            await Links.DisposeAsync();
        }
    }

    // The way to the tables, which can be cut.
    private sealed class CutStore(IClusterStore tables) : IClusterStore
    {
        private volatile bool _isCut;

        public bool IsCut
        {
            get => _isCut;
            set => _isCut = value;
        }

        public void Submit(long batch, ImmutableArray<ClusterCommand> commands, IActorRef replyTo)
        {
            if (_isCut) replyTo.Tell(new IClusterStore.Failed(batch, "the database cannot be reached"), ActorRefs.NoSender);
            else tables.Submit(batch, commands, replyTo);
        }
    }
}
