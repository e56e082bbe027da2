using System.Collections.Immutable;
using System.Net;
using Swarm.Actors.Dht;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Magnets;
using Swarm.TestKit.Content;
using Swarm.TestKit.Disk;
using Swarm.TestKit.Memory;
using Swarm.TestKit.Net;
using Swarm.TestKit.Store;
using Swarm.TestKit.Web;

namespace Swarm.TestKit.World;

/// <summary>Whether a node's process runs.</summary>
public enum NodeState
{
    /// <summary>No process.</summary>
    Down,

    /// <summary>Its listeners do not stand yet.</summary>
    Starting,

    /// <summary>It works.</summary>
    Running,

    /// <summary>It drains.</summary>
    Stopping,
}

/// <summary>
/// One node of a world: a machine with a disk, a store and a clock, and the process that runs on it: the actors of production in a system of their own, which may be stopped, killed, or lost with the
/// power, and started again on what is left. Whatever is done here takes effect as the world runs; nothing waits.
/// <para>Parts: this one is what it has and what is seen of it, Life is how its processes come and go.</para>
/// </summary>
public sealed partial class SimNode
{
    private const int EventsKept = 1_000;

    private readonly List<SimTorrent> _torrents = [];
    private readonly Queue<TorrentEvent> _events = new();
    private readonly List<string> _errors = [];
    private long _flushesFailedBefore;

    internal SimNode(SimWorld world, string name, SimNodeSettings settings, SimHost host, SimDisk disk, SimStore store)
    {
        World = world;
        Name = name;
        Settings = settings;
        Host = host;
        Disk = disk;
        Store = store;
        Clock = new SimClock(world.Simulation.Time, settings.ClockOffset, settings.ClockRate);
        disk.Clock = Clock;
    }

    /// <summary>Its world.</summary>
    public SimWorld World { get; }

    /// <summary>Its name: that of its host, its actor system, and of the owner of its leases.</summary>
    public string Name { get; }

    /// <summary>What its storage is called in a cluster: by its own name, or by that of the node whose files it sees.</summary>
    public string StorageName => Settings.SharesDiskOf?.StorageName ?? Name;

    /// <summary>What it is like.</summary>
    public SimNodeSettings Settings { get; }

    /// <summary>Its machine on the network.</summary>
    public SimHost Host { get; }

    /// <summary>Its disk.</summary>
    public SimDisk Disk { get; }

    /// <summary>Where its state is durable.</summary>
    public SimStore Store { get; }

    /// <summary>Its clock.</summary>
    public SimClock Clock { get; }

    /// <summary>The buffers of the process that runs, or ran last.</summary>
    public SlabLedger Slabs { get; private set; } = new();

    /// <summary>Its way to HTTP servers, of the process that runs, or ran last.</summary>
    public SimHttp Http { get; private set; } = null!;

    /// <summary>Whether its process runs.</summary>
    public NodeState State { get; private set; }

    /// <summary>Whether it has left for good: nothing is expected of it, and nothing brings it back but <see cref="Start"/>.</summary>
    public bool HasLeft { get; private set; }

    /// <summary>When the process that runs, or ran last, was started.</summary>
    public TimeSpan StartedAt { get; private set; }

    /// <summary>How many processes there were.</summary>
    public int Lives { get; private set; }

    /// <summary>The actors of the process that runs, or ran last; null before the first.</summary>
    public ActorSystem? System { get; private set; }

    /// <summary>The DHT of the process that runs, or ran last, a family each; empty if it has none.</summary>
    public ImmutableArray<DhtAccess> Dht { get; private set; } = [];

    /// <summary>Why the last process ended by itself, or null.</summary>
    public string? BrokenReason { get; private set; }

    /// <summary>
    /// Whether what its disk has forced stays. Set it to false when bytes are spoiled behind the node's back, with <see cref="SimDisk.Rot()"/> or an outside hand: then nothing that it has verified or recorded is
    /// held against it.
    /// </summary>
    public bool TrustsDisk { get; set; } = true;

    /// <summary>Whether a flush of the process that runs has failed: bytes that were verified and not recorded may be gone, and the torrent stands still and says so.</summary>
    public bool HasLostBytes => Disk.Counters.FlushesFailed > _flushesFailedBefore;

    /// <summary>Where others reach it, if no translator stands before it.</summary>
    public IPEndPoint Address => new(Host.PublicAddress, Settings.Port);

    /// <summary>What it was given, in the order of being given.</summary>
    public IReadOnlyList<SimTorrent> Torrents => _torrents;

    /// <summary>The last events that its processes published, the oldest first.</summary>
    public ImmutableArray<TorrentEvent> Events => [.. _events];

    /// <summary>Lines of level Error and above that the process which runs, or ran last, has logged.</summary>
    public IReadOnlyList<string> Errors => _errors;

    /// <summary>Whether it runs and everything that it was given is complete.</summary>
    public bool IsComplete => State == NodeState.Running && _torrents.TrueForAll(torrent => torrent.IsComplete || torrent.IsPlaced);

    /// <summary>Gives it a torrent to fetch and to share, by its file: at once if it runs, else when it starts.</summary>
    public SimTorrent Add(SimContent content, Func<TorrentOptions, TorrentOptions>? configure = null) =>
        Add(content, TorrentSource.FromFile(content.Metainfo, content.TorrentFile), configure);

    /// <summary>Gives it a torrent by a magnet link that names the hash and, if given, trackers.</summary>
    public SimTorrent AddMagnet(SimContent content, Func<TorrentOptions, TorrentOptions>? configure = null, params ImmutableArray<string> trackers) => Add(content, LinkOf(content, trackers), configure);

    internal static ImmutableArray<string> TrackersOf(SimContent content) => content.Metainfo.TrackerTiers.IsDefaultOrEmpty ? [] : [.. content.Metainfo.TrackerTiers.SelectMany(tier => tier)];

    internal static TorrentSource LinkOf(SimContent content, ImmutableArray<string> trackers)
    {
        var text = $"magnet:?xt=urn:btih:{content.Torrent}" + string.Concat(trackers.Select(tracker => "&tr=" + Uri.EscapeDataString(tracker)));
        return MagnetLink.TryParse(text, out var link, out var error)
            ? TorrentSource.FromMagnet(link)
            : throw new ArgumentException($"The link is malformed: {error}", nameof(trackers));
    }

    /// <summary>Puts the whole content on its disk and gives it the torrent to share.</summary>
    public SimTorrent AddSeed(SimContent content, Func<TorrentOptions, TorrentOptions>? configure = null)
    {
        Disk.Put(content, FolderOf(content));
        return Add(content, options =>
        {
            var trusting = options with { TrustExisting = true, SeedOnly = true };
            return configure?.Invoke(trusting) ?? trusting;
        });
    }

    /// <summary>Stops a torrent, keeping its files and its record; it is given to no later process.</summary>
    public void Remove(SimContent content)
    {
        var torrent = _torrents.Find(given => given.Content.Torrent == content.Torrent) ?? throw new ArgumentException($"{Name} was not given {content.Torrent}.", nameof(content));
        _torrents.Remove(torrent);
        if (State == NodeState.Running) _torrentsActor.Tell(new TorrentActor.Stop(content.Torrent), _probe);
    }

    /// <summary>The folder below which a content lies unless it is said otherwise; each has its own, so that names do not meet.</summary>
    public static string FolderOf(SimContent content) => $"/content/{content.Torrent.ToString()[..8]}";

    /// <summary>What it was given of a content; null if it was not.</summary>
    public SimTorrent? Find(InfoHash torrent) => _torrents.Find(given => given.Content.Torrent == torrent);

    /// <summary>What a torrent said of itself when it was asked last, which is once every <see cref="SimWorldSettings.CheckInterval"/>; null before, and for one it was not given.</summary>
    public TorrentStatus? Status(SimContent content) => Find(content.Torrent)?.Status;

    /// <inheritdoc/>
    public override string ToString() => Name;

    private SimTorrent Add(SimContent content, TorrentSource source, Func<TorrentOptions, TorrentOptions>? configure)
    {
        if (Find(content.Torrent) is not null) throw new ArgumentException($"{Name} was given {content.Torrent} already.", nameof(content));
        var options = new TorrentOptions { Folder = FolderOf(content) };
        var torrent = new SimTorrent(content, source, configure?.Invoke(options) ?? options);
        Disk.Know(content);
        _torrents.Add(torrent);
        if (State == NodeState.Running) Give(torrent);
        return torrent;
    }
}
