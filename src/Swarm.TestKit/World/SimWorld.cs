using System.Collections.Immutable;
using System.Net;
using System.Text;
using Swarm.Actors.Ports;
using Swarm.TestKit.Checking;
using Swarm.TestKit.Content;
using Swarm.TestKit.Disk;
using Swarm.TestKit.Memory;
using Swarm.TestKit.Net;
using Swarm.TestKit.Peers;
using Swarm.TestKit.Store;
using Swarm.TestKit.Web;

namespace Swarm.TestKit.World;

/// <summary>
/// Many nodes on one thread in virtual time, played again from a seed: the actors of production, unchanged, over a simulated network, web, disks and stores, with checks that watch throughout.
/// <code>
/// var world = new SimWorld(seed: 7);
/// var tracker = world.AddTracker("tracker");
/// var content = SimContent.OneFile(8 &lt;&lt; 20, trackers: [tracker.Http]);
/// world.AddNode("seed").AddSeed(content);
/// world.AddNode("leecher").Add(content);
/// world.StartAll();
/// world.At(TimeSpan.FromSeconds(20), world.Nodes[1].Crash);
/// world.RunFor(TimeSpan.FromMinutes(1));
/// world.HealEverything();
/// world.MustConverge(TimeSpan.FromMinutes(10));
/// world.StopAll();
/// </code>
/// All chance follows from the seed, each part's from a stream of its own (<see cref="Seeds"/>). The same seed and the same calls give the same <see cref="TraceHash"/>. A check that fails ends the run
/// with a <see cref="CheckFailedException"/>. Parts: this one builds, Running runs.
/// </summary>
public sealed partial class SimWorld
{
    // What a thousand nodes have in use at once, so that what they give back together is not made anew.
    private const long MostSpareBytes = 4L << 30;

    private readonly List<SimNode> _nodes = [];
    private readonly List<FakeTracker> _trackers = [];
    private readonly List<FakePeer> _peers = [];
    private readonly List<SimPath> _degraded = [];
    private readonly SortedSet<string> _names = new(StringComparer.Ordinal);
    private CheckFailedException? _failure;
    private int _lastAddress;
    private int _lastAddressV6;

    /// <summary>An empty world.</summary>
    public SimWorld(int seed, SimWorldSettings? settings = null)
    {
        Settings = settings ?? SimWorldSettings.Default;
        Seeds = new SeedTree(seed);
        Simulation = new Simulation(Seeds.Fork("interleaving").Next());
        History = new WorldHistory(Settings.EventsKept, Settings.MessagesKept);
        Simulation.Trace = History.Add;
        Network = new SimNetwork(Simulation, Seeds.Fork("network"), Settings.Network);
        Web = new SimWeb(Simulation, Seeds.Fork("web"), Settings.Web);
        Checks = WorldCheck.All(this);
        Every(Settings.CheckInterval, LookOver);
    }

    /// <summary>What everything follows from.</summary>
    public int Seed => Seeds.Seed;

    /// <summary>The measures.</summary>
    public SimWorldSettings Settings { get; }

    /// <summary>The chance of the world, forked by name.</summary>
    public SeedTree Seeds { get; }

    /// <summary>The clock and the interleavings.</summary>
    public Simulation Simulation { get; }

    /// <summary>The network.</summary>
    public SimNetwork Network { get; }

    /// <summary>The web.</summary>
    public SimWeb Web { get; }

    /// <summary>What happened last.</summary>
    public WorldHistory History { get; }

    /// <summary>The checks that watch; more may be added, and one that a scenario breaks on purpose may be taken out.</summary>
    public IList<WorldCheck> Checks { get; }

    /// <summary>What else is to be done when everything heals.</summary>
    public IList<Action> Healing { get; } = [];

    /// <summary>The nodes, in the order of being added.</summary>
    public IReadOnlyList<SimNode> Nodes => _nodes;

    /// <summary>The trackers, likewise.</summary>
    public IReadOnlyList<FakeTracker> Trackers => _trackers;

    /// <summary>The peers that are no nodes, likewise.</summary>
    public IReadOnlyList<FakePeer> Peers => _peers;

    /// <summary>Memory for the slabs of all nodes.</summary>
    internal SpareBuffers Buffers { get; } = new(MostSpareBytes);

    /// <summary>Adds a node. It starts with <see cref="SimNode.Start"/>.</summary>
    /// <param name="name">Letters, digits and inner hyphens; its own.</param>
    /// <param name="settings">What it is like.</param>
    public SimNode AddNode(string name, SimNodeSettings? settings = null)
    {
        settings ??= SimNodeSettings.Default;
        var host = AddHost(name, settings.Link, settings.Nat, settings.Address, settings.SecondAddress);
        var disk = new SimDisk(Simulation, Seeds.Fork("disk/" + name), settings.Disk ?? Settings.Disk, new SlabLedger(Buffers), settings.SharesDiskOf?.Disk);
        var store = (settings.SharesDiskOf ?? settings.SharesStoreOf)?.Store ?? NewStore(name, settings.Store ?? Settings.Store);
        var node = new SimNode(this, name, settings, host, disk, store);
        _nodes.Add(node);
        return node;
    }

    /// <summary>Adds a tracker, which answers from now on, at a second address of the other family too if given.</summary>
    public FakeTracker AddTracker(string name, FakeTrackerSettings? settings = null, IPAddress? second = null)
    {
        var tracker = new FakeTracker(Web, AddHost(name, second: second), Seeds.Fork("tracker/" + name), settings);
        _trackers.Add(tracker);
        return tracker;
    }

    /// <summary>Adds a peer that is no node, which listens from now on.</summary>
    public FakePeer AddPeer(string name, SimContent content, PeerManners manners, LinkProfile? link = null)
    {
        var peer = new FakePeer(Simulation, AddHost(name, link), content, manners, Seeds.Fork("peer/" + name));
        _peers.Add(peer);
        return peer;
    }

    /// <summary>Adds a machine with nothing on it, at an address or at the next free one, and at a second one of the other family if given.</summary>
    public SimHost AddHost(string name, LinkProfile? link = null, NatKind nat = NatKind.None, IPAddress? address = null, IPAddress? second = null)
    {
        if (!_names.Add(name)) throw new ArgumentException($"There is a {name} already.", nameof(name));
        return Network.AddHost(name, address ?? NextAddress(), link ?? LinkProfile.Default, nat, second);
    }

    /// <summary>The next free IPv6 address: 2a00:0:1::1, 2a00:0:2::1 and so on.</summary>
    public IPAddress NextAddressV6()
    {
        var number = ++_lastAddressV6;
        return new IPAddress([0x2a, 0, 0, 0, (byte)(number >> 8), (byte)number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    }

    /// <summary>Makes the way from one host to another worse, until <see cref="HealEverything"/>.</summary>
    public void Degrade(SimHost from, SimHost to, PathRule rule)
    {
        var path = Network.Path(from, to);
        path.Rule = rule;
        _degraded.Add(path);
    }

    /// <summary>Takes down that something happened, for the text of a failure.</summary>
    public void Note(string source, object what) => History.Add(Now, source, what);

    /// <summary>Says that a promise is broken. The run ends with it as soon as what happens at this moment is done; the first one counts.</summary>
    /// <param name="promise">The promise, as a sentence.</param>
    /// <param name="node">Who broke it, or null.</param>
    /// <param name="how">How it shows.</param>
    public void Fail(string promise, SimNode? node, string how)
    {
        if (_failure is not null) return;
        var text = new StringBuilder();
        text.AppendLine($"Broken promise: {promise}.");
        text.AppendLine($"{node?.Name ?? "The world"}: {how}");
        text.AppendLine($"Seed {Seed}, at {Now.TotalSeconds:0.000000} s, {Simulation.Turns} messages. Run it again: {Settings.ReplayCommand.Replace("{seed}", $"{Seed}", StringComparison.Ordinal)}");
        text.AppendLine($"Nodes: {string.Join(", ", _nodes.Where(each => each.Lives > 0).Take(40).Select(Describe))}");
        History.Describe(text);
        _failure = new CheckFailedException(promise, text.ToString());
    }

    internal static string Describe(SimNode node) =>
        $"{node.Name} {node.State}" + string.Concat(node.Torrents.Select(torrent => $" [{torrent.State} {torrent.Status?.VerifiedPieces}/{torrent.Content.Geometry.PieceCount} {torrent.Refusal ?? torrent.Reason}]"));

    private SimStore NewStore(string name, SimStoreSettings settings) => new(Simulation, Seeds.Fork("store/" + name), settings) { Committed = OnCommitted };

    private void OnCommitted(string owner, ImmutableArray<StoreCommand> commands, ImmutableArray<StoreOutcome> outcomes)
    {
        if (_nodes.Find(node => node.Name == owner) is not { } node) return;
        for (var i = 0; i < commands.Length; i++)
        {
            foreach (var check in Checks) check.OnCommitted(node, commands[i], outcomes[i]);
            node.FollowCommit(commands[i], outcomes[i]);
        }
    }

    // 20.0.0.1, 20.0.1.1 and so on: each in a network of its own, so that no rule about neighbours applies.
    private IPAddress NextAddress()
    {
        var number = ++_lastAddress;
        return new IPAddress([(byte)(20 + (number >> 16)), (byte)(number >> 8), (byte)number, 1]);
    }
}
