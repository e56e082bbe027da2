using System.Net;
using Swarm.Actors.Dht;
using Swarm.Actors.Net;
using Swarm.Actors.Torrents;
using Swarm.TestKit.Cluster;
using Swarm.TestKit.Disk;
using Swarm.TestKit.Net;
using Swarm.TestKit.Store;

namespace Swarm.TestKit.World;

/// <summary>What a node of a world is like.</summary>
public sealed record SimNodeSettings
{
    /// <summary>A node with the defaults of production.</summary>
    public static SimNodeSettings Default { get; } = new();

    /// <summary>Its way to the world.</summary>
    public LinkProfile Link { get; init; } = LinkProfile.Default;

    /// <summary>The translator it is behind.</summary>
    public NatKind Nat { get; init; }

    /// <summary>Its address, or null for the next free one.</summary>
    public IPAddress? Address { get; init; }

    /// <summary>Its second address, of the other family, or null for none. It listens at both.</summary>
    public IPAddress? SecondAddress { get; init; }

    /// <summary>Its disk, or null for the world's.</summary>
    public SimDiskSettings? Disk { get; init; }

    /// <summary>Its store, or null for the world's. Not used with <see cref="SharesStoreOf"/>.</summary>
    public SimStoreSettings? Store { get; init; }

    /// <summary>The node whose store it shares, as processes on one data folder do; null: it has one of its own.</summary>
    public SimNode? SharesStoreOf { get; init; }

    /// <summary>The node whose files it sees, as machines that have mounted the same file server do, and whose store it shares; null: it has a disk of its own. The two name the same storage in their cluster.</summary>
    public SimNode? SharesDiskOf { get; init; }

    /// <summary>The cluster that it is a member of, or null.</summary>
    public SimCluster? Cluster { get; init; }

    /// <summary>Of a member, the zone it is in.</summary>
    public string Zone { get; init; } = "";

    /// <summary>How far its time of day is ahead.</summary>
    public TimeSpan ClockOffset { get; init; }

    /// <summary>How fast its clock runs, 0.5 to 2.</summary>
    public double ClockRate { get; init => field = Setting.InRange(value, 0.5, 2.0); } = 1;

    /// <summary>The port it listens at, 1 to 65,535.</summary>
    public int Port { get; init => field = Setting.InRange(value, 1, ushort.MaxValue); } = 6881;

    /// <summary>Whether a process after the first takes up what is recorded, as a service does, and is given only what is not; else it is given everything anew, as a command is.</summary>
    public bool TakesUp { get; init; }

    /// <summary>Limits of its connections.</summary>
    public NetSettings Net { get; init; } = NetSettings.Default;

    /// <summary>What its torrents keep to.</summary>
    public TorrentSettings Torrent { get; init; } = TorrentSettings.Default;

    /// <summary>How it takes part in the DHT, of each family it has an address of; null: not at all.</summary>
    public DhtSettings? Dht { get; init; }
}
