using System.Collections.Immutable;
using System.Net;
using Swarm.Actors.Dht;
using Swarm.Actors.Net;
using Swarm.Actors.Node;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Swarming;

namespace Swarm.Host.Commands;

/// <summary>What the common options said. <paramref name="Port"/>: null for the program's choice, 0 for any. Limits in bytes a second, 0 for none; connections a torrent.</summary>
internal sealed record CommonSettings(int? Port, IPAddress? Bind, string DataFolder, long DownloadLimit, long UploadLimit, int MaxConnections, bool IsVerbose)
{
    /// <summary>How the node takes part in the DHT; null: not at all.</summary>
    public DhtSettings? Dht { get; init; }

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

    /// <summary>The node's settings when it listens at <paramref name="listen"/>.</summary>
    public NodeSettings ForNode(ImmutableArray<IPEndPoint> listen) => new()
    {
        Listen = listen,
        Net = NetSettings.Default with { Bind = Bind, DownloadLimit = DownloadLimit, UploadLimit = UploadLimit },
        Dht = Dht,
        Torrent = TorrentSettings.Default with { Candidates = CandidateSettings.Default with { MaxConnections = MaxConnections } },
    };
}
