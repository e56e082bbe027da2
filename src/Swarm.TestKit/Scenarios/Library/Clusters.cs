using System.Collections.Immutable;
using Swarm.TestKit.Net;

namespace Swarm.TestKit.Scenarios.Library;

/// <summary>What becomes of nodes that are one service: whatever happens to some of them, no torrent is lost, nobody writes what is another's, and in the end each torrent has its replicas.</summary>
internal static class Clusters
{
    private static readonly ClusterPlan TwoReplicas = new();
    private static readonly ClusterPlan Spread = new() { LeastReplicas = 2, MostReplicas = 3, Zones = 3 };

    public static ImmutableArray<SwarmScenario> All { get; } =
    [
        new SwarmScenario("cluster-grows", "Torrents are added at any node and placed on several, while nodes come.")
            .Seeds(1, seed => seed.On(LinkKind.Steady))
            .Members(3, 6, Spread, member => member.On(LinkKind.Steady).WithClocksOff(0.05, 48.Hours).JoiningBetween(0.Seconds, 60.Seconds))
            .Lasting(2.Minutes)
            .EveryoneCompletes(within: 1.Hours),

        new SwarmScenario("cluster-is-killed", "Members are killed, lose their power and stop, again and again.")
            .Seeds(1, seed => seed.On(LinkKind.Steady))
            .Members(3, 5, TwoReplicas, member => member.On(LinkKind.Steady))
            .Times(4, 10, 5.Seconds, 150.Seconds, Faults.Kill(Who.One("member"), 2.Seconds), Faults.Kill(Who.One("member"), 70.Seconds), Faults.Crash(Who.One("member"), 5.Seconds), Faults.Restart(Who.One("member"), 10.Seconds))
            .At(200.Seconds, Faults.HealEverything)
            .EveryoneCompletes(within: 1.Hours),

        new SwarmScenario("cluster-freezes", "Members stand still beyond their leases and go on as if nothing had been.")
            .Seeds(1, seed => seed.On(LinkKind.Steady))
            .Members(3, 5, TwoReplicas, member => member.On(LinkKind.Steady).WithClocksOff(0.05, 48.Hours))
            .Times(2, 6, 5.Seconds, 120.Seconds, ClusterFaults.Freeze(Who.One("member"), 20.Seconds), ClusterFaults.Freeze(Who.One("member"), 90.Seconds), ClusterFaults.Freeze(Who.HalfOf("member"), 50.Seconds))
            .At(220.Seconds, Faults.HealEverything)
            .EveryoneCompletes(within: 1.Hours),

        new SwarmScenario("cluster-is-cut", "Members are cut off from each other, from everybody, and from the database.")
            .Seeds(1, seed => seed.On(LinkKind.Steady))
            .Members(2, 5, TwoReplicas, member => member.On(LinkKind.Steady))
            .Times(2, 6, 5.Seconds, 120.Seconds, Faults.Isolate(Who.One("member")), Faults.Isolate(Who.HalfOf("member")), Faults.Isolate(Who.HalfOf("member"), PartitionKind.Asymmetric), Faults.HealPartitions(), ClusterFaults.CutFromDatabase(Who.One("member"), 60.Seconds), ClusterFaults.LinkTrouble(0.3, 0.2, 40.Seconds))
            .At(200.Seconds, Faults.HealEverything)
            .EveryoneCompletes(within: 1.Hours),

        new SwarmScenario("database-stops", "The database is down for a minute, restarts, and times out with nobody knowing what was done.")
            .Seeds(1, seed => seed.On(LinkKind.Steady))
            .Members(3, 5, TwoReplicas, member => member.On(LinkKind.Steady))
            .At(0.Seconds, ClusterFaults.DatabaseTrouble(0.03, 0.03))
            .Times(1, 3, 5.Seconds, 150.Seconds, ClusterFaults.DatabaseDown(60.Seconds), ClusterFaults.DatabaseDown(5.Seconds))
            .Times(0, 2, 5.Seconds, 150.Seconds, Faults.Kill(Who.One("member"), 5.Seconds))
            .At(240.Seconds, Faults.HealEverything)
            .EveryoneCompletes(within: 1.Hours),

        new SwarmScenario("member-is-lost", "The seed leaves when there are replicas, and then a machine is lost with all that was on it: the others copy from each other.")
            .Seeds(1, seed => seed.On(LinkKind.Steady))
            .Members(4, 6, TwoReplicas with { Zones = 2 }, member => member.On(LinkKind.Steady))
            .After(new Once("every torrent has its replicas", run => run.Cluster.Wanted.Count > 0 && run.World.Now > 45.Seconds && run.Cluster.IsConverged), Faults.Leave(Who.All("seed")))
            .After(new Once("the seed is gone", run => run["seed"][0].HasLeft), ClusterFaults.Lose(Who.One("member")))
            .EveryoneCompletes(within: 1.Hours),

        new SwarmScenario("cluster-is-upgraded", "Nodes of two versions work together, while one after the other is upgraded.")
            .Seeds(1, seed => seed.On(LinkKind.Steady))
            .Members(3, 5, TwoReplicas with { MessageVersion = 1 }, member => member.On(LinkKind.Steady))
            .Between(10.Seconds, 60.Seconds, ClusterFaults.Upgrade(Who.All("member"), 2, 15.Seconds))
            .Lasting(3.Minutes)
            .EveryoneCompletes(within: 1.Hours),

        new SwarmScenario("cluster-shares-a-disk", "Two members see the same files: when the one that runs a torrent dies, stands still or stops, the other takes the lease and fetches nothing that is there.")
            .Sharing(content => content.OfSize(200.KiB, 3.MiB))
            .Seeds(1, seed => seed.On(LinkKind.Steady))
            .Members(2, 4, new ClusterPlan { LeastTorrents = 1, MostTorrents = 4, LeastReplicas = 1, MostReplicas = 2, MembersPerStorage = 2 }, member => member.On(LinkKind.Steady).WithClocksOff(0.05, 48.Hours))
            .Times(2, 6, 5.Seconds, 200.Seconds, Faults.Kill(Who.One("member"), 2.Seconds), Faults.Kill(Who.One("member"), 90.Seconds), Faults.Crash(Who.One("member"), 60.Seconds), Faults.Restart(Who.One("member"), 10.Seconds), ClusterFaults.Freeze(Who.One("member"), 20.Seconds), ClusterFaults.Freeze(Who.One("member"), 90.Seconds), ClusterFaults.CutFromDatabase(Who.One("member"), 60.Seconds))
            .Times(0, 3, 5.Seconds, 200.Seconds, Faults.DiskStalls(Who.One("member"), 60.Seconds))
            .At(300.Seconds, Faults.HealEverything)
            .EveryoneCompletes(within: 1.Hours),

        new SwarmScenario("cluster-private-tracker", "A private torrent on several members: one of them announces, and another when that one is gone.")
            .Sharing(content => content.OfSize(200.KiB, 2.MiB).Private())
            .Seeds(1, seed => seed.On(LinkKind.Steady))
            .Members(3, 5, Spread, member => member.On(LinkKind.Steady))
            .Times(1, 4, 5.Seconds, 200.Seconds, Faults.Kill(Who.One("member"), 2.Seconds), Faults.Kill(Who.One("member"), 90.Seconds), Faults.Crash(Who.One("member"), 30.Seconds), Faults.Restart(Who.One("member"), 10.Seconds))
            .At(300.Seconds, Faults.HealEverything)
            .Lasting(15.Minutes)
            .EveryoneCompletes(within: 1.Hours),

        new SwarmScenario("cluster-fetches-once", "Replicas that fetch a torrent together fetch little more than one copy of it from outside, though the faster ones take over from the slower.")
            .Sharing(content => content.OfSize(4.MiB, 12.MiB).InPiecesOf(32_768, 65_536))
            .Seeds(1, 3, seed => seed.On(LinkKind.Steady))
            .Members(3, 5, new ClusterPlan { LeastTorrents = 1, MostTorrents = 1, LeastReplicas = 3, MostReplicas = 3 }, member => member.On(LinkKind.Steady))
            .Expect("The seeds have sent little more than one copy", run => run["seed"].Sum(seed => seed.Torrents.Sum(torrent => torrent.Status?.Uploaded ?? 0)) <= (run.Cluster.Wanted[0].Content.Geometry.TotalLength * 1.5) + (4 * run.Cluster.Wanted[0].Content.Geometry.PieceLength))
            .EveryoneCompletes(within: 1.Hours),

        new SwarmScenario("cluster-fetches-a-link", "The cluster is given magnet links, and a member dies while they are fetched.")
            .Sharing(content => content.OfSize(1.MiB, 6.MiB))
            .Seeds(1, 2, seed => seed.On(LinkKind.Steady))
            .Members(3, 4, new ClusterPlan { LeastTorrents = 1, MostTorrents = 3, LeastReplicas = 2, MostReplicas = 3, IsByLink = true }, member => member.On(LinkKind.Steady))
            .Times(1, 2, 10.Seconds, 60.Seconds, Faults.Kill(Who.One("member"), 2.Seconds), Faults.Crash(Who.One("member"), 90.Seconds), Faults.Isolate(Who.One("member")))
            .At(150.Seconds, Faults.HealEverything)
            .EveryoneCompletes(within: 1.Hours),

        new SwarmScenario("cluster-everything", "All of it at once.")
            .Seeds(1, 2, seed => seed.On(LinkKind.Steady))
            .Members(2, 6, Spread, member => member.On(LinkKind.Steady).WithClocksOff(0.05, 48.Hours).JoiningBetween(0.Seconds, 30.Seconds))
            .At(0.Seconds, ClusterFaults.DatabaseTrouble(0.02, 0.02))
            .Times(2, 6, 5.Seconds, 150.Seconds, Faults.Kill(Who.One("member"), 5.Seconds), Faults.Crash(Who.One("member"), 60.Seconds), Faults.Restart(Who.One("member"), 10.Seconds), ClusterFaults.Freeze(Who.One("member"), 60.Seconds))
            .Times(1, 4, 5.Seconds, 150.Seconds, Faults.Isolate(Who.One("member")), Faults.HealPartitions(), ClusterFaults.CutFromDatabase(Who.One("member"), 60.Seconds), ClusterFaults.LinkTrouble(0.3, 0.2, 40.Seconds), ClusterFaults.DatabaseDown(60.Seconds), Faults.DiskStalls(Who.One("member"), 15.Seconds))
            .At(250.Seconds, Faults.HealEverything)
            .EveryoneCompletes(within: 1.Hours),
    ];
}
