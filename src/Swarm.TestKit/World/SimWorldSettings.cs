using Microsoft.Extensions.Logging;
using Swarm.TestKit.Disk;
using Swarm.TestKit.Net;
using Swarm.TestKit.Store;
using Swarm.TestKit.Web;

namespace Swarm.TestKit.World;

/// <summary>The measures of a world, and what its parts are like at first.</summary>
public sealed record SimWorldSettings
{
    /// <summary>A world in which nothing goes wrong by itself.</summary>
    public static SimWorldSettings Default { get; } = new();

    /// <summary>The network.</summary>
    public SimNetworkSettings Network { get; init; } = SimNetworkSettings.Default;

    /// <summary>The web.</summary>
    public SimWebSettings Web { get; init; } = SimWebSettings.Default;

    /// <summary>The disks of nodes that bring no settings for theirs.</summary>
    public SimDiskSettings Disk { get; init; } = SimDiskSettings.Default;

    /// <summary>The stores of nodes that bring no settings for theirs.</summary>
    public SimStoreSettings Store { get; init; } = SimStoreSettings.Default;

    /// <summary>How often conditions of <see cref="SimWorld.RunUntil"/> are asked, in virtual time, 1 ms to 1 min.</summary>
    public TimeSpan Grain { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1)); } = TimeSpan.FromMilliseconds(100);

    /// <summary>How often nodes are asked for their status and looked over by the checks, 10 ms to 1 h.</summary>
    public TimeSpan CheckInterval { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1)); } = TimeSpan.FromSeconds(1);

    /// <summary>How long a node may take to start or to stop in good order before that is a failure, 1 s to 1 h.</summary>
    public TimeSpan LifeLimit { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)); } = TimeSpan.FromMinutes(2);

    /// <summary>Messages that a mailbox may hold, 2 to 1,000,000: one more is lost, and a check fails.</summary>
    public int MailboxBound { get; init => field = Setting.InRange(value, 2, 1_000_000); } = 10_000;

    /// <summary>The least level of a node's log lines that is kept for the text of a failure.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>Events kept for the text of a failure, 1 to 1,000,000.</summary>
    public int EventsKept { get; init => field = Setting.InRange(value, 1, 1_000_000); } = 200;

    /// <summary>Messages kept for the text of a failure, 1 to 1,000,000.</summary>
    public int MessagesKept { get; init => field = Setting.InRange(value, 1, 1_000_000); } = 60;

    /// <summary>The command that runs this world again; {seed} stands for the seed. For the text of a failure.</summary>
    public string ReplayCommand { get; init; } = "new SimWorld({seed}), and the same calls";
}
