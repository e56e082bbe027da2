using Swarm.Actors.Trackers;
using Swarm.Protocol.Choking;
using Swarm.Protocol.Metainfo;
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
    public int MaxTorrents { get; init => field = Setting.InRange(value, 1, 1_000_000); } = 1_000_000;

    /// <summary>Stop seeding at this ratio, where a torrent's options do not say otherwise; 0: never.</summary>
    public double RatioGoal { get; init => field = Setting.InRange(value, 0, 1_000_000); }

    /// <summary>Stop seeding after this time as a complete torrent, where a torrent's options do not say otherwise; zero: never.</summary>
    public TimeSpan SeedTimeGoal { get; init => field = Setting.InRange(value, TimeSpan.Zero, TimeSpan.FromDays(36_500)); }

    /// <summary>How long a complete torrent that nobody is connected to goes on before it rests, 1 s to 1 day.</summary>
    public TimeSpan RestAfter { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)); } = TimeSpan.FromMinutes(5);

    /// <summary>Complete torrents that nobody is connected to and that go on all the same, 1 to 1,000,000; of more the longest idle rest at once, for one at work takes some twenty times the memory of one at rest, and has a timer.</summary>
    public int MaxIdle { get; init => field = Setting.InRange(value, 1, 1_000_000); } = 200;

    /// <summary>Torrents that are read from the store at a time when all are taken up, 1 to 65,536.</summary>
    public int RestorePage { get; init => field = Setting.InRange(value, 1, 65_536); } = 1_024;

    /// <summary>Messages that wait for a torrent which is just going to rest, 1 to 4,096; a command more is refused, a connection more is closed.</summary>
    public int MaxHeld { get; init => field = Setting.InRange(value, 1, 4_096); } = 64;

    /// <summary>Connections that are dialled at a time for one torrent, 1 to 1,024.</summary>
    public int MaxDialing { get; init => field = Setting.InRange(value, 1, 1_024); } = 30;

    /// <summary>Host names among the peers of a link that are looked up, 0 to 1,024; further ones are passed over.</summary>
    public int MaxPeerNames { get; init => field = Setting.InRange(value, 0, 1_024); } = 16;

    /// <summary>Addresses of one such name that are tried, 1 to 64.</summary>
    public int MaxAddressesPerName { get; init => field = Setting.InRange(value, 1, 64); } = 8;

    /// <summary>The beat of a torrent and its peers: rates, time-outs, dialling; 100 ms to 10 s.</summary>
    public TimeSpan Tick { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10)); } = TimeSpan.FromSeconds(1);

    /// <summary>How long the list of torrents gathers changed rows before it tells them together, 1 ms to 10 s.</summary>
    public TimeSpan RowsGap { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(10)); } = TimeSpan.FromMilliseconds(20);

    /// <summary>How often verified pieces are made durable and recorded while they come in, 1 s to 10 min.</summary>
    public TimeSpan CheckpointInterval { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)); } = TimeSpan.FromSeconds(15);

    /// <summary>Bytes asked of all peers together at most, 1 MiB to 16 GiB; beyond it each has 16 blocks. More than the memory for received data (<c>slab-pool-bytes</c>) is of no use.</summary>
    public long MaxOutstandingBytes { get; init => field = Setting.InRange(value, 1L << 20, 1L << 34); } = 48L << 20;

    /// <summary>How long a full disk is left alone before a few blocks try it again, 1 s to 1 h.</summary>
    public TimeSpan DiskRetryInterval { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)); } = TimeSpan.FromSeconds(10);

    /// <summary>How often a seeding torrent looks whether its files are still what they were, 1 s to 1 day.</summary>
    public TimeSpan FileWatchInterval { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)); } = TimeSpan.FromMinutes(1);

    /// <summary>How long a torrent waits for trackers and disks when the node stops, 1 s to 5 min. One that is stopped while the node lives on waits for as long as it takes.</summary>
    public TimeSpan StopTimeout { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)); } = TimeSpan.FromSeconds(10);

    /// <summary>How long after a failure of the store a stopped torrent tries again to give its lease back, 1 s to 1 h.</summary>
    public TimeSpan GiveBackInterval { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)); } = TimeSpan.FromSeconds(10);

    /// <summary>Limits of the wire protocol.</summary>
    public WireSettings Wire { get; init; } = WireSettings.Default;

    /// <summary>What is taken from an info dictionary or a recorded .torrent file.</summary>
    public MetainfoLimits Metainfo { get; init; } = MetainfoLimits.Default;

    /// <summary>How trackers are announced to.</summary>
    public AnnouncerSettings Announce { get; init; } = AnnouncerSettings.Default;

    /// <summary>Limits of the piece picker.</summary>
    public PickerSettings Picker { get; init; } = PickerSettings.Default;

    /// <summary>Limits of the smart ban.</summary>
    public SmartBanSettings SmartBan { get; init; } = SmartBanSettings.Default;

    /// <summary>How torrents at rest are announced.</summary>
    public RestingSettings Resting { get; init; } = RestingSettings.Default;

    /// <summary>Upload slots and rounds.</summary>
    public ChokerSettings Choker { get; init; } = ChokerSettings.Default;

    /// <summary>Limits of the pool of known peers.</summary>
    public CandidateSettings Candidates { get; init; } = CandidateSettings.Default;

    /// <summary>How a torrent that is full of connections tries others.</summary>
    public TurnoverSettings Turnover { get; init; } = TurnoverSettings.Default;
}
