using System.Collections.Immutable;
using System.Net;
using Swarm.Actors.Dht;
using Swarm.Actors.Node;
using Swarm.Host.Cluster;
using Swarm.Host.Configuration;

namespace Swarm.Host.Commands;

/// <summary>What a verb's node keeps to: the configuration, with the common options as its last word.</summary>
internal sealed record CommonSettings(SwarmSettings Swarm, bool IsVerbose)
{
    /// <summary>The port to listen on: null for the program's choice, 0 for any.</summary>
    public int? Port => Swarm.Node.Port;

    /// <summary>The address to listen on and to make connections from; null for all.</summary>
    public IPAddress? Bind { get; init; } = Swarm.Net.Bind;

    /// <summary>Which addresses trackers may have; everywhere, for a program that works for the person at the keyboard.</summary>
    public ReachPolicy Reach { get; init; } = ReachPolicy.Everywhere;

    /// <summary>What is behind the node's ports, and its limits.</summary>
    public IoSettings Io => Swarm.Io with { Http = Swarm.Io.Http with { Reach = Reach }, Postgres = Swarm.Store.ToPostgres() };

    /// <summary>Where state is kept, absolute.</summary>
    public string DataFolder { get; } = Path.GetFullPath(Swarm.Node.DataFolder ?? DefaultDataFolder());

    /// <summary>How the node takes part in the DHT; null: not at all.</summary>
    public DhtSettings? Dht { get; init; } = Swarm.Dht;

    /// <summary>Where state is kept unless the user says otherwise: by the XDG base directories, or the system's own place where there are none.</summary>
    public static string DefaultDataFolder()
    {
        if (OperatingSystem.IsWindows()) return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "swarm");
        var data = Environment.GetEnvironmentVariable("XDG_DATA_HOME");
        // The specification has relative paths ignored.
        return data is not null && Path.IsPathRooted(data)
            ? Path.Combine(data, "swarm")
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "share", "swarm");
    }

    /// <summary>Where to listen: what is configured, or chosen now.</summary>
    /// <exception cref="ListenException">No port is free, or the address is not this machine's.</exception>
    public ImmutableArray<IPEndPoint> ChooseListen() => Swarm.Node.Listen.IsEmpty ? ListenChoice.Choose(Bind, Port) : Swarm.Node.Listen;

    /// <summary><see cref="Io"/>, but what a member of a cluster records is of its storage there.</summary>
    public IoSettings IoOf(NodeMembership? membership) => membership is not null && Io.Postgres is { } postgres && Swarm.Cluster is { } cluster ? Io with { Postgres = postgres with { Storage = cluster.StorageName } } : Io;

    /// <summary>The node's settings when it listens at <paramref name="listen"/>; a member's if <paramref name="membership"/> is not null.</summary>
    public NodeSettings ForNode(ImmutableArray<IPEndPoint> listen, NodeMembership? membership = null) => new()
    {
        Listen = listen,
        Net = Swarm.Net with { Bind = Bind },
        Torrent = Swarm.Torrent,
        Trackers = Swarm.Trackers with { Reach = Reach },
        Store = Swarm.Store.Writer,
        Dht = Dht,
        Cluster = membership is null ? null : Swarm.Cluster?.ToCluster(DataFolder),
    };
}
