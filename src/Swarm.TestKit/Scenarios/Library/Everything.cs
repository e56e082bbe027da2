using System.Collections.Immutable;
using Swarm.TestKit.Net;
using Swarm.TestKit.Peers;

namespace Swarm.TestKit.Scenarios.Library;

/// <summary>All that can go wrong in one run, then all heals, then all must be well. Where a sweep is best spent.</summary>
internal static class Everything
{
    private static readonly TimeSpan Trouble = 75.Seconds;

    public static ImmutableArray<SwarmScenario> All { get; } =
    [
        new SwarmScenario("everything-at-once", "Every kind of fault strikes whom it likes; then all heals, and all get everything.")
            .Sharing(content => content.OfSize(200.KiB, 3.MiB))
            .Seeds(1, 2)
            .Leechers(1, 4, node => node.WithClocksOff(0.03, 48.Hours).JoiningBetween(0.Seconds, 20.Seconds))
            .Leechers(1, 2, hidden => hidden.Named("hidden").On(LinkKind.Lossy).Behind(NatKind.PortRestricted, NatKind.Symmetric, NatKind.FullCone))
            .Leechers(0, 1, magnet => magnet.Named("magnet").On(LinkKind.Steady).ByMagnet())
            .OnNetwork(network => network with { MeanTimeToReset = 60.Seconds, RefuseChance = 0.1, DialLossChance = 0.1, AcceptFailChance = 0.05, HalfOpenChance = 0.05 })
            .Times(0, 2, 0.Seconds, 30.Seconds, Faults.PeersCome(1, PeerManners.Corrupting, PeerManners.Liar, PeerManners.Flooding, PeerManners.Fickle, PeerManners.Pushing, PeerManners.Flapping, PeerManners.Mute))
            .Times(2, 6, 0.Seconds, Trouble, Faults.Kill(Who.One("leecher"), 5.Seconds), Faults.Crash(Who.One("leecher"), 5.Seconds), Faults.Restart(Who.One("leecher"), 5.Seconds), Faults.Kill(Who.One("seed"), 10.Seconds), Faults.Crash(Who.Everyone, 3.Seconds))
            .Times(1, 4, 0.Seconds, Trouble, Faults.DiskFull(Who.One("leecher"), 20.Seconds), Faults.DiskErrors(Who.One("leecher"), 20.Seconds, 0.02, 0.02, 0.2), Faults.DiskStalls(Who.One("hidden"), 25.Seconds), Faults.StoreTrouble(Who.One("leecher"), 0.1, 0.1))
            .Times(1, 4, 0.Seconds, Trouble, Faults.Isolate(Who.One("leecher")), Faults.Isolate(Who.HalfOf("leecher"), PartitionKind.Asymmetric), Faults.HealPartitions(), Faults.ResetConnections(Who.Everyone))
            .Times(0, 2, 0.Seconds, Trouble, Faults.TrackerDown(30.Seconds), Faults.TrackerMood(TrackerMood.Garbage, 30.Seconds), Faults.TrackerMood(TrackerMood.WrongPeers, 30.Seconds))
            .At(100.Seconds, Faults.HealEverything)
            .EveryoneCompletes(within: 3.Hours),
    ];
}
