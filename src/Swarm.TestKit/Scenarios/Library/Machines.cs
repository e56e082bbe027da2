using System.Collections.Immutable;

namespace Swarm.TestKit.Scenarios.Library;

/// <summary>What becomes of disks, stores, clocks and power.</summary>
internal static class Machines
{
    public static ImmutableArray<SwarmScenario> All { get; } =
    [
        new SwarmScenario("crash-and-resume", "Machines lose their power in the middle of writing, with torn writes, and go on from what they had on record.")
            .Seeds(1, seed => seed.On(LinkKind.Steady))
            .Leechers(2, 4, leecher => leecher.On(LinkKind.Steady))
            .Times(3, 6, 2.Seconds, 40.Seconds, Faults.Crash(Who.One("leecher"), 4.Seconds))
            .EveryoneCompletes(within: 1.Hours),

        new SwarmScenario("kill-and-resume", "Processes are killed while machines live, seeds too.")
            .Seeds(2, seed => seed.On(LinkKind.Steady))
            .Leechers(2, 4, leecher => leecher.On(LinkKind.Steady))
            .Times(3, 6, 1.Seconds, 40.Seconds, Faults.Kill(Who.One("leecher"), 2.Seconds), Faults.Kill(Who.One("seed"), 2.Seconds))
            .EveryoneCompletes(within: 1.Hours),

        new SwarmScenario("disk-full-and-restored", "Disks fill up, and downloads go on by themselves when there is space.")
            .Seeds(1, seed => seed.On(LinkKind.Steady))
            .Leechers(2, 5, leecher => leecher.On(LinkKind.Steady))
            .Times(2, 4, 0.Seconds, 20.Seconds, Faults.DiskFull(Who.One("leecher"), 40.Seconds))
            .EveryoneCompletes(within: 1.Hours),

        new SwarmScenario("failing-disks", "Disks fail now and then, and stand still; when they are mended and their users have acted, all is well.")
            .Seeds(1, seed => seed.On(LinkKind.Steady))
            .Leechers(3, 5, leecher => leecher.On(LinkKind.Steady))
            .Times(2, 4, 1.Seconds, 20.Seconds, Faults.DiskErrors(Who.One("leecher"), 20.Seconds, writes: 0.05, reads: 0.05, flushes: 0.3), Faults.DiskStalls(Who.One("leecher"), 25.Seconds))
            .At(60.Seconds, Faults.HealEverything)
            .EveryoneCompletes(within: 1.Hours),

        new SwarmScenario("bit-rot", "Bits rot on one of two seeds: who is sent them notices, and gets everything from the others.")
            .Seeds(2, seed => seed.On(LinkKind.Steady))
            .Leechers(2, 4, leecher => leecher.On(LinkKind.Steady))
            .Between(0.Seconds, 5.Seconds, Faults.BitRot(Who.All("seed-1"), 3))
            .EveryoneCompletes(within: 1.Hours),

        new SwarmScenario("store-times-out", "The stores time out, and nobody knows what became of what they were told.")
            .Seeds(1, seed => seed.On(LinkKind.Steady))
            .Leechers(3, 5, leecher => leecher.On(LinkKind.Steady).WithStore(store => store with { TransientFailure = 0.1, UnknownOutcome = 0.1 }))
            .Times(2, 4, 2.Seconds, 40.Seconds, Faults.Kill(Who.One("leecher"), 5.Seconds), Faults.Restart(Who.One("leecher"), 5.Seconds))
            .At(60.Seconds, Faults.HealEverything)
            .EveryoneCompletes(within: 1.Hours),

        new SwarmScenario("clocks-drift", "No two clocks run alike or show the same day, and some are set anew.")
            .Seeds(1, seed => seed.WithClocksOff(0.05, 48.Hours))
            .Leechers(3, 6, leecher => leecher.On(LinkKind.Steady).WithClocksOff(0.05, 48.Hours))
            .Times(2, 5, 1.Seconds, 30.Seconds, Faults.ClockJump(Who.One("leecher"), 26.Hours), Faults.ClockJump(Who.One("leecher"), -26.Hours))
            .EveryoneCompletes(within: 1.Hours),
    ];
}
