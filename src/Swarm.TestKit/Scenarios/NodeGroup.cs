using System.Collections.Immutable;
using Swarm.Actors.Torrents;
using Swarm.TestKit.Disk;
using Swarm.TestKit.Net;
using Swarm.TestKit.Store;
using Swarm.TestKit.World;

namespace Swarm.TestKit.Scenarios;

/// <summary>
/// Nodes of a scenario that are alike: how many, what they have at first, how they are connected, when they come. Immutable, each method gives another. What is not said is drawn from the seed; nodes
/// are called by the group's name and a number from 1 on: leecher-1, leecher-2.
/// </summary>
public sealed record NodeGroup
{
    internal NodeGroup(string name, bool isSeeding, int least, int most)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(least);
        ArgumentOutOfRangeException.ThrowIfLessThan(most, least);
        (Name, IsSeeding, Least, Most) = (name, isSeeding, least, most);
    }

    /// <summary>What its nodes are called by.</summary>
    public string Name { get; init; }

    internal bool IsSeeding { get; }

    internal bool IsMember { get; init; }

    internal int Least { get; }

    internal int Most { get; }

    internal LinkKind Link { get; init; } = LinkKind.Any;

    internal ImmutableArray<NatKind> Nats { get; init; } = [NatKind.None];

    internal TimeSpan FirstJoin { get; init; }

    internal TimeSpan LastJoin { get; init; }

    internal bool HasIPv4 { get; init; } = true;

    internal bool HasIPv6 { get; init; }

    internal bool IsByMagnet { get; init; }

    internal double ClockError { get; init; }

    internal TimeSpan ClockOffset { get; init; }

    internal ImmutableArray<Func<SimNodeSettings, SimNodeSettings>> Adjustments { get; init; } = [];

    internal ImmutableArray<Func<TorrentOptions, TorrentOptions>> Options { get; init; } = [];

    /// <summary>Calls the nodes by another name.</summary>
    public NodeGroup Named(string name) => this with { Name = name };

    /// <summary>Connects each node by a link of a kind.</summary>
    public NodeGroup On(LinkKind link) => this with { Link = link };

    /// <summary>Connects all nodes by the same link.</summary>
    public NodeGroup On(LinkProfile link) => On(LinkKind.Exactly(link));

    /// <summary>Puts each node behind an address translator of its own, of one of these kinds.</summary>
    public NodeGroup Behind(params ImmutableArray<NatKind> kinds) => this with { Nats = kinds };

    /// <summary>Gives them addresses of IPv6 and none of IPv4.</summary>
    public NodeGroup OnIPv6() => this with { HasIPv4 = false, HasIPv6 = true };

    /// <summary>Gives them addresses of both families.</summary>
    public NodeGroup OnBothFamilies() => this with { HasIPv4 = true, HasIPv6 = true };

    /// <summary>Has all come at a moment.</summary>
    public NodeGroup JoiningAt(TimeSpan moment) => this with { FirstJoin = moment, LastJoin = moment };

    /// <summary>Has each come at a moment of its own between two.</summary>
    public NodeGroup JoiningBetween(TimeSpan first, TimeSpan last) => this with { FirstJoin = first, LastJoin = last };

    /// <summary>Gives them the torrent by a magnet link.</summary>
    public NodeGroup ByMagnet() => this with { IsByMagnet = true };

    /// <summary>Gives each a clock that runs up to so much too fast or too slow (0.01 is one in a hundred) and is up to so much ahead or behind.</summary>
    public NodeGroup WithClocksOff(double rate, TimeSpan offset) => this with { ClockError = Setting.InRange(rate, 0.0, 0.5), ClockOffset = offset };

    /// <summary>Has them fetch pieces in order.</summary>
    public NodeGroup Sequentially() => Adding(options => options with { Sequential = true });

    /// <summary>Limits them by their own settings to so many bytes a second each way; 0 is no limit.</summary>
    public NodeGroup LimitedTo(long downBytesPerSecond, long upBytesPerSecond) =>
        Adding(options => options with { DownloadLimit = downBytesPerSecond, UploadLimit = upBytesPerSecond });

    /// <summary>Changes how they are given the torrent.</summary>
    public NodeGroup Adding(Func<TorrentOptions, TorrentOptions> options) => this with { Options = Options.Add(options) };

    /// <summary>Changes what the seed made of their disks.</summary>
    public NodeGroup WithDisk(Func<SimDiskSettings, SimDiskSettings> disk) => With(settings => settings with { Disk = disk(settings.Disk ?? SimDiskSettings.Default) });

    /// <summary>Changes what their stores are like.</summary>
    public NodeGroup WithStore(Func<SimStoreSettings, SimStoreSettings> store) => With(settings => settings with { Store = store(settings.Store ?? SimStoreSettings.Default) });

    /// <summary>Changes anything else of what the seed made of them.</summary>
    public NodeGroup With(Func<SimNodeSettings, SimNodeSettings> adjustment) => this with { Adjustments = Adjustments.Add(adjustment) };
}
