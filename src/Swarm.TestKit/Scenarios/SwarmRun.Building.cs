using System.Collections.Immutable;
using Swarm.Actors.Dht;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Dht;
using Swarm.Protocol.Dht.Lookups;
using Swarm.TestKit.Chance;
using Swarm.TestKit.Content;
using Swarm.TestKit.Disk;
using Swarm.TestKit.Net;
using Swarm.TestKit.Peers;
using Swarm.TestKit.World;

namespace Swarm.TestKit.Scenarios;

// What the scenario leaves open is decided, and the world is built.
public sealed partial class SwarmRun
{
    private string Replay => _scenario.ReplayCommand ?? $"scenario \"{_scenario.Name}\", Check({{seed}})";

    private SimWorldSettings WorldSettings()
    {
        var settings = SimWorldSettings.Default with
        {
            ReplayCommand = Replay,
            Network = SimNetworkSettings.Default with
            {
                SegmentBytes = Dice.OneOf("segment bytes", 3_000, 17_000, 64 << 10),
                WindowBytes = Dice.OneOf("window bytes", 32 << 10, 256 << 10, 1 << 20),
                SlowStart = Dice.Chance("slow start", 0.5),
            },
        };
        foreach (var adjust in _scenario.Adjustments) settings = adjust(settings);
        return settings;
    }

    private SimContent Build()
    {
        var content = _scenario.Content.Draw(Dice, _scenario.HasTracker ? AddTracker() : []);
        var torrent = TorrentSettings();
        if (_scenario.HasDht) AddDhtRouter(torrent);
        foreach (var group in _scenario.Groups)
        {
            var count = group.Least == group.Most ? group.Least : Dice.Between($"how many {group.Name}", group.Least, group.Most);
            var nodes = new List<SimNode>();
            for (var i = 1; i <= count; i++) nodes.Add(AddNode(group, i, torrent));
            _groups.Add(group.Name, nodes);
        }

        foreach (var group in _scenario.Groups)
        {
            foreach (var node in _groups[group.Name]) Give(node, group, content);
        }

        return content;
    }

    // One tracker by one or two ways: of two trackers each node would keep to the one that answered it, and the swarm would fall apart (BEP 12).
    private ImmutableArray<string> AddTracker()
    {
        // Not under a minute: no node asks more often, and who is not heard of for two intervals is forgotten.
        var settings = FakeTrackerSettings.Default with { Interval = Dice.Between("tracker interval", 1.Minutes, 5.Minutes) };
        var tracker = World.AddTracker("tracker", settings, _scenario.Groups.Any(group => group.HasIPv6) ? World.NextAddressV6() : null);
        return Dice.OneOf("tracker protocols", "http", "udp", "both") switch
        {
            "http" => [tracker.Http],
            "udp" => [tracker.Udp],
            _ => [tracker.Http, tracker.Udp],
        };
    }

    private TorrentSettings TorrentSettings()
    {
        var settings = Actors.Torrents.TorrentSettings.Default;
        var slots = Dice.OneOf("choker slots", "by rate", "2", "4", "8");
        return settings with
        {
            Tick = Dice.Between("tick", 200.Milliseconds, 2.Seconds),
            CheckpointInterval = Dice.Between("checkpoint interval", 1.Seconds, 30.Seconds),
            DiskRetryInterval = Dice.Between("disk retry interval", 1.Seconds, 20.Seconds),
            Choker = settings.Choker with
            {
                FixedSlots = int.TryParse(slots, out var count) ? count : null,
                RoundInterval = Dice.Between("choking round", 2.Seconds, 15.Seconds),
            },
        };
    }

    // A node of both families without a torrent, there from the first moment.
    private void AddDhtRouter(TorrentSettings torrent)
    {
        var parallel = Dice.Between("DHT queries at once", 1, 8);
        var dht = DhtSettings.Default with
        {
            Pulse = Dice.Between("DHT pulse", 20.Milliseconds, 300.Milliseconds),
            Beat = Dice.Between("DHT beat", 5.Seconds, 30.Seconds),
            Transactions = TransactionSettings.Default with { Timeout = Dice.Between("DHT time-out", 4.Seconds, 20.Seconds) },
            Lookups = LookupSettings.Default with { MaxParallel = parallel, MaxTries = Dice.Between("DHT tries", 2, 4), Patience = Dice.Between("DHT patience", 1.Seconds, 6.Seconds) },
        };
        var router = World.AddNode("dht-router", SimNodeSettings.Default with { SecondAddress = World.NextAddressV6(), Torrent = torrent, Dht = dht });
        _members.Add((router, TimeSpan.Zero, IsSeed: true));
        _dht = dht with { Routers = [.. router.Host.Addresses.Select(address => new HostEndPoint($"{address}", router.Settings.Port))] };
    }

    private SimNode AddNode(NodeGroup group, int number, TorrentSettings torrent)
    {
        var name = $"{group.Name}-{number}";
        var chance = Dice.Stream($"node {name}");
        var settings = SimNodeSettings.Default with
        {
            Link = group.Link.Draw(chance),
            Nat = group.Nats[chance.Next(group.Nats.Length)],
            Address = group.HasIPv4 ? null : World.NextAddressV6(),
            SecondAddress = group is { HasIPv4: true, HasIPv6: true } ? World.NextAddressV6() : null,
            Disk = DrawDisk(chance),
            ClockRate = 1 + (((chance.NextDouble() * 2) - 1) * group.ClockError),
            ClockOffset = group.ClockOffset * ((chance.NextDouble() * 2) - 1),
            Torrent = torrent,
            Dht = _dht,
        };
        foreach (var adjust in group.Adjustments) settings = adjust(settings);
        if (group.IsMember) settings = AsMember(settings, number);
        var join = group.FirstJoin + ((group.LastJoin - group.FirstJoin) * chance.NextDouble());
        var node = World.AddNode(name, settings);
        _members.Add((node, join, group.IsSeeding));
        if (group.IsMember) TakeMember(node);
        Dice.Note(name, $"{LinkKind.Describe(settings.Link)}; NAT {settings.Nat}; disk {settings.Disk!.BytesPerSecond / 1_000} kB/s by {settings.Disk.Workers}; comes at {join.TotalSeconds:0.###} s");
        return node;
    }

    private static SimDiskSettings DrawDisk(Random chance)
    {
        var isSlow = chance.Next(3) == 0;
        return SimDiskSettings.Default with
        {
            Workers = chance.Next(1, 9),
            TurnBytes = 16_384 << chance.Next(6),
            BytesPerSecond = isSlow ? chance.Next(1_000_000, 10_000_000) : chance.Next(20_000_000, 400_000_000),
            WriteLatency = isSlow ? Latency.Milliseconds(1, 20) with { SlowShare = 0.05, Slowest = 500.Milliseconds } : Latency.Milliseconds(0.05, 2),
            FlushLatency = isSlow ? Latency.Milliseconds(5, 300) : Latency.Milliseconds(0.1, 30),
            HighWaterBytes = 65_536 << chance.Next(7),
            CrashKeeps = chance.NextDouble() * 0.8,
            CrashTears = chance.NextDouble() * 0.8,
        };
    }

    private void Give(SimNode node, NodeGroup group, SimContent content)
    {
        TorrentOptions Configure(TorrentOptions options)
        {
            if (_scenario is { HasTracker: false, HasDht: false }) options = options with { Peers = [.. _members.Where(member => member.IsSeed && member.Node != node).Select(member => member.Node.Address)] };
            return group.Options.Aggregate(options, (so, change) => change(so));
        }

        if (group.IsMember) return;
        if (group.IsSeeding) node.AddSeed(content, Configure);
        else if (group.IsByMagnet) node.AddMagnet(content, Configure, SimNode.TrackersOf(content));
        else node.Add(content, Configure);
    }
}
