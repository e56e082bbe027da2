using System.Collections.Immutable;
using Swarm.TestKit.Disk;
using Swarm.TestKit.Net;
using Swarm.TestKit.Peers;
using Swarm.TestKit.World;

namespace Swarm.TestKit.Scenarios;

/// <summary>What can happen to a swarm. What lasts ends by itself if it is said how long, else with <see cref="HealEverything"/>.</summary>
public static class Faults
{
    private static readonly TimeSpan DialAgain = TimeSpan.FromSeconds(15);

    /// <summary>Every fault ends: links, trackers, disks and stores are as they should be, peers that mean no good leave, nodes run again. Who has left stays away.</summary>
    public static Fault HealEverything { get; } = new("everything heals", run => run.World.HealEverything());

    /// <summary>Processes die at once; machines live. They start again after a time.</summary>
    public static Fault Kill(Who who, TimeSpan away) => ToEach(who, $"killed for {Words(away)}", (run, node) => Away(run, node, away, node.Kill));

    /// <summary>Machines lose their power, and of what was not forced to disk the seed decides what is left. They start again after a time.</summary>
    public static Fault Crash(Who who, TimeSpan away) => ToEach(who, $"without power for {Words(away)}", (run, node) => Away(run, node, away, node.Crash));

    /// <summary>Processes stop in good order, and start again after a time.</summary>
    public static Fault Restart(Who who, TimeSpan away) => ToEach(who, $"stopped for {Words(away)}", (run, node) => Away(run, node, away, () => Stop(node)));

    /// <summary>They leave for good, in good order; nothing is expected of them any more.</summary>
    public static Fault Leave(Who who) => ToEach(who, "gone for good", (_, node) => node.Leave());

    /// <summary>Nothing passes between these and those.</summary>
    public static Fault Partition(Who these, Who those, PartitionKind kind = PartitionKind.Symmetric) =>
        new($"{these} and {those} are cut off from each other ({kind})", run => run.World.Network.Partition(HostsOf(run, these), HostsOf(run, those), kind));

    /// <summary>Nothing passes between these and everybody else.</summary>
    public static Fault Isolate(Who who, PartitionKind kind = PartitionKind.Symmetric) => new($"{who} is cut off from everybody ({kind})", run =>
    {
        var cut = HostsOf(run, who);
        run.World.Network.Partition(cut, run.World.Network.Hosts.Except(cut), kind);
    });

    /// <summary>Every partition ends.</summary>
    public static Fault HealPartitions() => new("the partitions heal", run => run.World.Network.Heal());

    /// <summary>All their connections are reset.</summary>
    public static Fault ResetConnections(Who who) => new($"{who} loses its connections", run =>
    {
        var hosts = HostsOf(run, who);
        run.World.Network.ResetConnections((dialer, listener) => hosts.Contains(dialer) || hosts.Contains(listener));
    });

    /// <summary>The whole network becomes as it is said.</summary>
    public static Fault Network(string what, Func<SimNetworkSettings, SimNetworkSettings> change) => new(what, run => run.World.Network.Settings = change(run.World.Network.Settings));

    /// <summary>All ways between these and everybody else become worse.</summary>
    public static Fault Degrade(Who who, PathRule rule) => ToEach(who, "on a worse way", (run, node) =>
    {
        foreach (var other in run.World.Nodes.Where(other => other != node))
        {
            run.World.Degrade(node.Host, other.Host, rule);
            run.World.Degrade(other.Host, node.Host, rule);
        }
    });

    /// <summary>Nothing more fits on their disks, for a time.</summary>
    public static Fault DiskFull(Who who, TimeSpan lasting) => OnDisk(who, $"without disk space for {Words(lasting)}", lasting, disk => disk with { CapacityBytes = 0 }, (disk, atFirst) => disk with { CapacityBytes = atFirst.CapacityBytes });

    /// <summary>Their disks fail with errors of the device, each kind of operation at its rate, for a time.</summary>
    public static Fault DiskErrors(Who who, TimeSpan lasting, double writes = 0, double reads = 0, double flushes = 0) => OnDisk(
        who,
        $"with a failing disk for {Words(lasting)}",
        lasting,
        disk => disk with { WriteFailure = writes, ReadFailure = reads, FlushFailure = flushes },
        (disk, atFirst) => disk with { WriteFailure = atFirst.WriteFailure, ReadFailure = atFirst.ReadFailure, FlushFailure = atFirst.FlushFailure });

    /// <summary>Their disks do nothing for a time.</summary>
    public static Fault DiskStalls(Who who, TimeSpan lasting) => ToEach(who, $"with a disk that stands still for {Words(lasting)}", (_, node) => node.Disk.Stall(lasting));

    /// <summary>So many bits of what lies on their disks flip, unseen. Nothing that they had is held against them any more.</summary>
    public static Fault BitRot(Who who, int bits) => ToEach(who, $"with {bits} rotten bits", (_, node) =>
    {
        node.TrustsDisk = false;
        for (var i = 0; i < bits; i++) node.Disk.Rot();
    });

    /// <summary>Their stores time out, and nobody knows what became of a batch, at these rates.</summary>
    public static Fault StoreTrouble(Who who, double transient, double unknown) =>
        ToEach(who, "with a store that times out", (_, node) => node.Store.Settings = node.Store.Settings with { TransientFailure = transient, UnknownOutcome = unknown });

    /// <summary>Their time of day jumps.</summary>
    public static Fault ClockJump(Who who, TimeSpan by) => ToEach(who, $"with a clock set {Words(by)} ahead", (_, node) => node.Clock.Offset += by);

    /// <summary>All trackers are down, for a time.</summary>
    public static Fault TrackerDown(TimeSpan lasting) => new($"the tracker is down for {Words(lasting)}", run =>
    {
        foreach (var tracker in run.World.Trackers) tracker.IsUp = false;
        run.After(lasting, () =>
        {
            foreach (var tracker in run.World.Trackers) tracker.IsUp = true;
        });
    });

    /// <summary>All trackers answer with something else than the truth, for a time.</summary>
    public static Fault TrackerMood(TrackerMood mood, TimeSpan lasting) => new($"the tracker is {mood} for {Words(lasting)}", run =>
    {
        foreach (var tracker in run.World.Trackers) tracker.Settings = tracker.Settings with { Mood = mood };
        run.After(lasting, () =>
        {
            foreach (var tracker in run.World.Trackers) tracker.Settings = tracker.Settings with { Mood = Peers.TrackerMood.Honest };
        });
    });

    /// <summary>So many peers that are no nodes come, each with one of these manners, and call on every node again and again.</summary>
    public static Fault PeersCome(int count, params ImmutableArray<PeerManners> manners) => new($"{count} strange peers come", run =>
    {
        for (var i = 0; i < count; i++)
        {
            var name = $"stranger-{run.World.Peers.Count + 1}";
            var peer = run.World.AddPeer(name, run.Content, run.Dice.OneOf($"manners of {name}", manners.AsSpan()));
            Call(run, peer);
        }
    });

    private static void Call(SwarmRun run, FakePeer peer)
    {
        if (peer.HasLeft) return;
        foreach (var node in run.World.Nodes.Where(node => node.State == NodeState.Running)) peer.Dial(node.Address);
        run.World.After(DialAgain, () => Call(run, peer));
    }

    private static Fault OnDisk(Who who, string what, TimeSpan lasting, Func<SimDiskSettings, SimDiskSettings> begin, Func<SimDiskSettings, SimDiskSettings, SimDiskSettings> end) => ToEach(who, what, (run, node) =>
    {
        // Not what it is now: another fault of the kind may be under way.
        var atFirst = node.Settings.Disk ?? run.World.Settings.Disk;
        node.Disk.Settings = begin(node.Disk.Settings);
        run.After(lasting, () => node.Disk.Settings = end(node.Disk.Settings, atFirst));
    });

    private static Fault ToEach(Who who, string what, Action<SwarmRun, SimNode> strike) => new($"{who} is {what}", run =>
    {
        foreach (var node in who.Choose(run)) strike(run, node);
    });

    private static void Away(SwarmRun run, SimNode node, TimeSpan away, Action end)
    {
        if (node.HasLeft || node.State is NodeState.Down or NodeState.Stopping) return;
        end();
        run.After(away, () => ComeBack(run, node));
    }

    // One that takes longer to stop than it was to be away comes back when it has stopped.
    private static void ComeBack(SwarmRun run, SimNode node)
    {
        if (node.HasLeft) return;
        if (node.State == NodeState.Down) node.Start();
        else if (node.State == NodeState.Stopping) run.After(TimeSpan.FromSeconds(1), () => ComeBack(run, node));
    }

    private static void Stop(SimNode node)
    {
        if (node.State == NodeState.Running) node.StopGracefully();
    }

    private static HashSet<SimHost> HostsOf(SwarmRun run, Who who) => [.. who.Choose(run).Select(node => node.Host)];

    private static string Words(TimeSpan time) => time.Duration() < TimeSpan.FromMinutes(2) ? $"{time.TotalSeconds:0.#} s" : $"{time.TotalMinutes:0.#} min";
}
