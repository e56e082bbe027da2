using System.Collections.Immutable;
using Swarm.TestKit.Net;
using Swarm.TestKit.Peers;

namespace Swarm.TestKit.Scenarios.Library;

/// <summary>What the network and the trackers do to a swarm.</summary>
internal static class Networks
{
    public static ImmutableArray<SwarmScenario> All { get; } =
    [
        new SwarmScenario("half-behind-nat", "Half the swarm cannot be called, only call; all get everything.")
            .Seeds(1, seed => seed.On(LinkKind.Home))
            .Leechers(3, 5, open => open.Named("open").On(LinkKind.Home))
            .Leechers(3, 5, hidden => hidden.Named("hidden").On(LinkKind.Home).Behind(NatKind.FullCone, NatKind.RestrictedCone, NatKind.PortRestricted, NatKind.Symmetric))
            .EveryoneCompletes(within: 1.Hours),

        new SwarmScenario("seed-behind-nat", "The only seed can only call, and one open leecher is enough to bring everything out.")
            .Seeds(1, seed => seed.On(LinkKind.Home).Behind(NatKind.PortRestricted, NatKind.Symmetric))
            .Leechers(1, 2, open => open.Named("open").On(LinkKind.Home))
            .Leechers(2, 4, hidden => hidden.Named("hidden").On(LinkKind.Home).Behind(NatKind.PortRestricted, NatKind.Symmetric))
            .EveryoneCompletes(within: 1.Hours),

        new SwarmScenario("partition-and-heal", "The swarm is cut in two, one half without a seed, and finishes when the cut heals.")
            .Seeds(1, seed => seed.On(LinkKind.Steady))
            .Leechers(2, 4, near => near.Named("near").On(LinkKind.Steady))
            .Leechers(2, 4, far => far.Named("far").On(LinkKind.Steady))
            .Between(1.Seconds, 8.Seconds, Faults.Isolate(Who.All("far")))
            .Between(30.Seconds, 100.Seconds, Faults.HealPartitions())
            .EveryoneCompletes(within: 1.Hours),

        new SwarmScenario("one-way-partition", "Some can be heard and hear nothing, until it heals.")
            .Seeds(1, seed => seed.On(LinkKind.Steady))
            .Leechers(2, 4, near => near.Named("near").On(LinkKind.Steady))
            .Leechers(1, 3, deaf => deaf.Named("deaf").On(LinkKind.Steady))
            .Between(1.Seconds, 8.Seconds, Faults.Isolate(Who.All("deaf"), PartitionKind.Asymmetric))
            .Between(30.Seconds, 100.Seconds, Faults.HealPartitions())
            .EveryoneCompletes(within: 1.Hours),

        new SwarmScenario("lossy-links", "Packets are lost, late and out of order on every way, and connections are reset; it only takes longer.")
            .Seeds(1, seed => seed.On(LinkKind.Lossy))
            .Leechers(3, 6, leecher => leecher.On(LinkKind.Lossy))
            .OnNetwork(network => network with { MeanTimeToReset = 30.Seconds, RefuseChance = 0.1, DialLossChance = 0.1, AcceptFailChance = 0.05, HalfOpenChance = 0.05 })
            .EveryoneCompletes(within: 2.Hours),

        new SwarmScenario("connections-reset", "All connections are reset again and again.")
            .Seeds(1, seed => seed.On(LinkKind.Steady))
            .Leechers(3, 6, leecher => leecher.On(LinkKind.Steady))
            .Times(3, 6, 1.Seconds, 30.Seconds, Faults.ResetConnections(Who.Everyone))
            .EveryoneCompletes(within: 1.Hours),

        new SwarmScenario("tracker-down-and-back", "The tracker is down when the swarm gathers, and comes back.")
            .Seeds(1, seed => seed.On(LinkKind.Steady))
            .Leechers(3, 6, leecher => leecher.On(LinkKind.Steady).JoiningBetween(0.Seconds, 20.Seconds))
            .Between(0.Seconds, 10.Seconds, Faults.TrackerDown(60.Seconds))
            .EveryoneCompletes(within: 2.Hours),

        new SwarmScenario("tracker-of-many-moods", "The tracker is silent, lies, refuses and talks rubbish, and the swarm gathers between its moods.")
            .Seeds(1, seed => seed.On(LinkKind.Steady))
            .Leechers(3, 5, leecher => leecher.On(LinkKind.Steady).JoiningBetween(0.Seconds, 60.Seconds))
            .Times(
                2,
                4,
                0.Seconds,
                60.Seconds,
                Faults.TrackerMood(TrackerMood.Silent, 20.Seconds),
                Faults.TrackerMood(TrackerMood.Garbage, 20.Seconds),
                Faults.TrackerMood(TrackerMood.Refusing, 20.Seconds),
                Faults.TrackerMood(TrackerMood.WrongPeers, 20.Seconds),
                Faults.TrackerMood(TrackerMood.Empty, 20.Seconds))
            .EveryoneCompletes(within: 2.Hours),

        new SwarmScenario("without-tracker", "There is no tracker, and all know the seeds.")
            .WithoutTracker()
            .Seeds(2, seed => seed.On(LinkKind.Home))
            .Leechers(2, 5)
            .EveryoneCompletes(within: 1.Hours),

        new SwarmScenario("ipv6", "One half speaks IPv4 and the other IPv6, and those who speak both bring everything across.")
            .Seeds(1, seed => seed.On(LinkKind.Home).OnIPv6())
            .Leechers(1, 3, both => both.Named("both").On(LinkKind.Home).OnBothFamilies())
            .Leechers(1, 3, six => six.Named("six").On(LinkKind.Home).OnIPv6())
            .Leechers(1, 3, four => four.Named("four").On(LinkKind.Home))
            .EveryoneCompletes(within: 1.Hours),
    ];
}
