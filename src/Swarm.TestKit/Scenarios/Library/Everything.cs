using System.Collections.Immutable;
using Swarm.TestKit.Net;
using Swarm.TestKit.Peers;

namespace Swarm.TestKit.Scenarios.Library;

/// <summary>All that can go wrong in one run, then all heals, then all must be well. Where a sweep is best spent.</summary>
internal static class Everything
{
    private static readonly TimeSpan Trouble = 75.Seconds;

    private static readonly Fault Strangers = Faults.PeersCome(
        1,
        PeerManners.Corrupting,
        PeerManners.NeverAnswering,
        PeerManners.Liar,
        PeerManners.Dripping,
        PeerManners.Flooding,
        PeerManners.BadLengths,
        PeerManners.Garbage,
        PeerManners.Fickle,
        PeerManners.Pushing,
        PeerManners.HugeBitfield,
        PeerManners.Mute,
        PeerManners.Flapping);

    private static readonly ImmutableArray<Fault> Lives =
    [
        Faults.Kill(Who.One("leecher"), 5.Seconds),
        Faults.Kill(Who.One("seed"), 10.Seconds),
        Faults.Crash(Who.One("leecher"), 5.Seconds),
        Faults.Crash(Who.Everyone, 3.Seconds),
        Faults.Restart(Who.One("leecher"), 5.Seconds),
        Faults.Restart(Who.One("hidden"), 100.Milliseconds),
    ];

    private static readonly ImmutableArray<Fault> Machines =
    [
        Faults.DiskFull(Who.One("leecher"), 20.Seconds),
        Faults.DiskErrors(Who.One("leecher"), 20.Seconds, 0.02, 0.02, 0.2),
        Faults.DiskStalls(Who.One("hidden"), 25.Seconds),
        Faults.DiskStalls(Who.One("leecher"), 3.Seconds),
        Faults.StoreTrouble(Who.One("leecher"), 0.1, 0.1),
        Faults.StoreTrouble(Who.One("hidden"), 0.3, 0.1),
        Faults.ClockJump(Who.One("leecher"), -30.Hours),
    ];

    private static readonly ImmutableArray<Fault> Ways =
    [
        Faults.Isolate(Who.One("leecher")),
        Faults.Isolate(Who.HalfOf("leecher"), PartitionKind.Asymmetric),
        Faults.HealPartitions(),
        Faults.ResetConnections(Who.Everyone),
        Faults.Degrade(Who.One("leecher"), new PathRule { Loss = 0.1, ExtraLatency = 300.Milliseconds, Duplication = 0.1, Reordering = 0.2, Corruption = 0.02 }),
    ];

    private static readonly ImmutableArray<Fault> Trackers =
        [Faults.TrackerDown(30.Seconds), Faults.TrackerMood(TrackerMood.Garbage, 30.Seconds), Faults.TrackerMood(TrackerMood.WrongPeers, 30.Seconds), Faults.TrackerMood(TrackerMood.Failing, 30.Seconds)];

    public static ImmutableArray<SwarmScenario> All { get; } =
    [
        new SwarmScenario("everything-at-once", "Every kind of fault strikes whom it likes; then all heals, and all get everything.")
            .Sharing(content => content.OfSize(200.KiB, 3.MiB))
            .Seeds(1, 2)
            .Leechers(1, 4, node => node.WithClocksOff(0.03, 48.Hours).JoiningBetween(0.Seconds, 20.Seconds))
            .Leechers(1, 2, hidden => hidden.Named("hidden").On(LinkKind.Lossy).Behind(NatKind.PortRestricted, NatKind.Symmetric, NatKind.FullCone))
            .Leechers(0, 1, magnet => magnet.Named("magnet").On(LinkKind.Steady).ByMagnet())
            .OnNetwork(network => network with { MeanTimeToReset = 60.Seconds, RefuseChance = 0.1, DialLossChance = 0.1, AcceptFailChance = 0.05, HalfOpenChance = 0.05 })
            .Times(0, 3, 0.Seconds, Trouble, Strangers)
            .Times(3, 9, 0.Seconds, Trouble, Lives)
            .Times(2, 6, 0.Seconds, Trouble, Machines)
            .Times(2, 6, 0.Seconds, Trouble, Ways)
            .Times(0, 2, 0.Seconds, Trouble, Trackers)
            .At(100.Seconds, Faults.HealEverything)
            .EveryoneCompletes(within: 3.Hours),
    ];
}
