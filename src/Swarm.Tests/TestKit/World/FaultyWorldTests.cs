using Swarm.TestKit.Disk;
using Swarm.TestKit.Net;
using Swarm.TestKit.Peers;
using Swarm.TestKit.Store;
using Swarm.TestKit.Web;
using Swarm.TestKit.World;

namespace Swarm.Tests.TestKit.World;

/// <summary>Faults first, drawn from the seed; then healing; then everything must come out right.</summary>
public sealed class FaultyWorldTests
{
    private static readonly PeerManners[] Hostile =
    [
        PeerManners.Corrupting, PeerManners.NeverAnswering, PeerManners.Liar, PeerManners.Dripping, PeerManners.Flooding, PeerManners.BadLengths, PeerManners.Garbage, PeerManners.Fickle,
        PeerManners.Pushing, PeerManners.HugeBitfield, PeerManners.Mute, PeerManners.Flapping,
    ];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 20), 135, 157, 345];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_swarm_under_faults_converges_when_they_end(int seed) => Run(seed);

    [Fact]
    public void Runs_under_faults_can_be_repeated() => Run(5).ShouldBe(Run(5));

    private static ulong Run(int seed)
    {
        var world = new SimWorld(seed);
        var chance = world.Seeds.Fork("scenario");
        world.Network.Settings = Faulty(chance);
        world.Web.Settings = SimWebSettings.Default with { Failure = 0.1, Silence = 0.05, Truncation = 0.05, DnsFailure = 0.1 };
        // One tracker by two ways: of two trackers each node keeps to the one that answered it, and the swarm falls apart (BEP 12).
        var tracker = world.AddTracker("tracker");
        var content = Worlds.SmallContent(tracker.Http, tracker.Udp);
        world.AddNode("seed").AddSeed(content);
        var nodes = Enumerable.Range(0, 4).Select(i => world.AddNode($"node-{i}", Faulty(chance, i))).ToArray();
        foreach (var node in nodes) node.Add(content);
        var hostile = Enumerable.Range(0, 3).Select(i => world.AddPeer($"hostile-{i}", content, Hostile[chance.Next(Hostile.Length)])).ToArray();
        world.StartAll();
        for (var i = 0; i < 12; i++) world.At(TimeSpan.FromSeconds(chance.NextDouble() * 75), Fault(world, chance, nodes, hostile));
        world.RunFor(TimeSpan.FromSeconds(100));
        world.HealEverything();
        world.MustConverge(TimeSpan.FromHours(3));
        world.StopAll();
        return world.TraceHash;
    }

    private static SimNetworkSettings Faulty(Random chance) => SimNetworkSettings.Default with
    {
        SegmentBytes = chance.Next(500, 100_000),
        RefuseChance = chance.NextDouble() * 0.2,
        DialLossChance = chance.NextDouble() * 0.2,
        AcceptFailChance = chance.NextDouble() * 0.1,
        HalfOpenChance = chance.NextDouble() * 0.1,
        MeanTimeToReset = TimeSpan.FromSeconds(chance.Next(5, 120)),
    };

    private static SimNodeSettings Faulty(Random chance, int number) => SimNodeSettings.Default with
    {
        Link = new LinkProfile { UpBytesPerSecond = chance.Next(20_000, 200_000), DownBytesPerSecond = chance.Next(20_000, 200_000), Jitter = TimeSpan.FromMilliseconds(chance.Next(50)), Loss = chance.NextDouble() * 0.02 },
        Nat = number == 0 ? NatKind.PortRestricted : NatKind.None,
        ClockRate = 0.98 + (chance.NextDouble() * 0.04),
        ClockOffset = TimeSpan.FromHours(chance.Next(-48, 48)),
        Disk = SimDiskSettings.Default with { WriteFailure = 0.002, ReadFailure = 0.002, FlushFailure = 0.05 },
        Store = SimStoreSettings.Default with { TransientFailure = 0.05, UnknownOutcome = 0.02 },
    };

    private static Action Fault(SimWorld world, Random chance, SimNode[] nodes, FakePeer[] hostile)
    {
        var node = nodes[chance.Next(nodes.Length)];
        var other = nodes[chance.Next(nodes.Length)];
        var pause = TimeSpan.FromSeconds(1 + (chance.NextDouble() * 20));
        return chance.Next(9) switch
        {
            0 => () => Again(world, node, pause, node.Kill),
            1 => () => Again(world, node, pause, node.Crash),
            2 => () => Again(world, node, pause, () => Stop(node)),
            3 => () => world.Network.Partition([node.Host], world.Nodes.Where(each => each != node).Select(each => each.Host)),
            4 => world.Network.Heal,
            5 => () => node.Disk.Stall(pause),
            6 => () => node.Disk.Settings = node.Disk.Settings with { CapacityBytes = chance.Next(200_000, 2_000_000) },
            7 => () => world.Trackers[0].Settings = world.Trackers[0].Settings with { Mood = (TrackerMood)chance.Next(7) },
            _ => () => Trouble(world, node, other, hostile),
        };
    }

    private static void Stop(SimNode node)
    {
        if (node.State == NodeState.Running) node.StopGracefully();
    }

    private static void Trouble(SimWorld world, SimNode node, SimNode other, FakePeer[] hostile)
    {
        foreach (var peer in hostile) peer.Dial(node.Address);
        world.Degrade(node.Host, other.Host, new PathRule { Loss = 0.1, ExtraLatency = TimeSpan.FromMilliseconds(200) });
    }

    private static void Again(SimWorld world, SimNode node, TimeSpan pause, Action end)
    {
        end();
        world.After(pause, () =>
        {
            if (node.State == NodeState.Down) node.Start();
        });
    }
}
