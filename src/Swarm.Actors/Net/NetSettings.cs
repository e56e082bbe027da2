using System.Net;
using Swarm.Protocol.Bandwidth;
using Swarm.Protocol.Cluster;
using Swarm.Protocol.Swarming;

namespace Swarm.Actors.Net;

/// <summary>Limits of the node's connections.</summary>
public sealed record NetSettings
{
    /// <summary>What a node uses unless configured otherwise.</summary>
    public static NetSettings Default { get; } = new();

    /// <summary>The address outgoing connections come from, or null for the system's choice.</summary>
    public IPAddress? Bind { get; init; }

    /// <summary>How many connections may be under way, and how many begun a second.</summary>
    public DialSettings Dial { get; init; } = DialSettings.Default;

    /// <summary>Dials that wait for their turn, 1 to 65,536; one more fails at once, and its torrent tries later.</summary>
    public int MaxWaitingDials { get; init => field = Setting.InRange(value, 1, 65_536); } = 1_024;

    /// <summary>How long a connection may take to stand, 1 s to 2 min.</summary>
    public TimeSpan ConnectTimeout { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(2)); } = TimeSpan.FromSeconds(10);

    /// <summary>Accepted connections that have not yet said which torrent they want, 1 to 65,536; one more is closed.</summary>
    public int MaxUnidentified { get; init => field = Setting.InRange(value, 1, 65_536); } = 256;

    /// <summary>How long they may take to say so, 1 s to 2 min.</summary>
    public TimeSpan HandshakeTimeout { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(2)); } = TimeSpan.FromSeconds(15);

    /// <summary>How often limited links get their share, 10 ms to 1 s.</summary>
    public TimeSpan BandwidthTick { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(1)); } = TimeSpan.FromMilliseconds(50);

    /// <summary>How quota is shared out between limited links, each <see cref="BandwidthTick"/>.</summary>
    public BandwidthSettings Bandwidth { get; init; } = BandwidthSettings.Default;

    /// <summary>Addresses that the node has no dealings with because others of its cluster were lied to by them.</summary>
    public BanSettings Shunned { get; init; } = BanSettings.Default;

    /// <summary>Payload and protocol bytes a second into this node, 0 for no limit.</summary>
    public long DownloadLimit { get; init => field = Setting.InRange(value, 0, long.MaxValue); }

    /// <summary>Payload and protocol bytes a second out of this node, 0 for no limit.</summary>
    public long UploadLimit { get; init => field = Setting.InRange(value, 0, long.MaxValue); }
}
