using Swarm.Actors.Trackers;
using Swarm.Protocol.Choking;
using Swarm.Protocol.Picking;
using Swarm.Protocol.Swarming;
using Swarm.Protocol.Wire;

namespace Swarm.Actors.Torrents;

/// <summary>What every torrent of a node keeps to. Defaults suit a desktop and a server alike.</summary>
public sealed record TorrentSettings
{
    /// <summary>What a node uses unless configured otherwise.</summary>
    public static TorrentSettings Default { get; } = new();

    /// <summary>Torrents a node runs at a time, 1 to 1,000,000; one more is refused.</summary>
    public int MaxTorrents { get; init => field = Setting.InRange(value, 1, 1_000_000); } = 100_000;

    /// <summary>Connections that are dialled at a time for one torrent, 1 to 1,024.</summary>
    public int MaxDialing { get; init => field = Setting.InRange(value, 1, 1_024); } = 30;

    /// <summary>Host names among the peers of a link that are looked up, 0 to 1,024; further ones are passed over.</summary>
    public int MaxPeerNames { get; init => field = Setting.InRange(value, 0, 1_024); } = 16;

    /// <summary>Addresses of one such name that are tried, 1 to 64.</summary>
    public int MaxAddressesPerName { get; init => field = Setting.InRange(value, 1, 64); } = 8;

    /// <summary>The beat of a torrent and its peers: rates, time-outs, dialling; 100 ms to 10 s.</summary>
    public TimeSpan Tick { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10)); } = TimeSpan.FromSeconds(1);

    /// <summary>How often verified pieces are made durable and recorded while they come in, 1 s to 10 min.</summary>
    public TimeSpan CheckpointInterval { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)); } = TimeSpan.FromSeconds(15);

    /// <summary>How long a full disk is left alone before a few blocks try it again, 1 s to 1 h.</summary>
    public TimeSpan DiskRetryInterval { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)); } = TimeSpan.FromSeconds(10);

    /// <summary>How often a seeding torrent looks whether its files are still what they were, 1 s to 1 day.</summary>
    public TimeSpan FileWatchInterval { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)); } = TimeSpan.FromMinutes(1);

    /// <summary>How long a stopping torrent waits for trackers and disks, 1 s to 5 min.</summary>
    public TimeSpan StopTimeout { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)); } = TimeSpan.FromSeconds(10);

    /// <summary>Limits of the wire protocol.</summary>
    public WireSettings Wire { get; init; } = WireSettings.Default;

    /// <summary>How trackers are announced to.</summary>
    public AnnouncerSettings Announce { get; init; } = AnnouncerSettings.Default;

    /// <summary>Limits of the piece picker.</summary>
    public PickerSettings Picker { get; init; } = PickerSettings.Default;

    /// <summary>Limits of the smart ban.</summary>
    public SmartBanSettings SmartBan { get; init; } = SmartBanSettings.Default;

    /// <summary>Upload slots and rounds.</summary>
    public ChokerSettings Choker { get; init; } = ChokerSettings.Default;

    /// <summary>Limits of the pool of known peers.</summary>
    public CandidateSettings Candidates { get; init; } = CandidateSettings.Default;
}
