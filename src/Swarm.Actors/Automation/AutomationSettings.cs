using System.Collections.Immutable;

namespace Swarm.Actors.Automation;

/// <summary>What a service does with its torrents by itself. Without any of it, nothing: every part is off until it is configured.</summary>
public sealed record AutomationSettings
{
    /// <summary>What is used unless somebody says otherwise: nothing.</summary>
    public static AutomationSettings Default { get; } = new();

    /// <summary>How often it is looked whether something is to be done, 100 ms to 1 h.</summary>
    public TimeSpan Interval { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)); } = TimeSpan.FromSeconds(5);

    /// <summary>Work out what would be done, log it and show it, but do nothing of it.</summary>
    public bool DryRun { get; init; }

    /// <summary>Commands to torrents under way at a time, 1 to 4,096; the others wait for the next look.</summary>
    public int MaxUnderWay { get; init => field = Setting.InRange(value, 1, 4_096); } = 64;

    /// <summary>How long a torrent that refused a command is left alone, 1 s to 1 day.</summary>
    public TimeSpan RetryAfter { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)); } = TimeSpan.FromMinutes(1);

    /// <summary>Torrents that a preview tells at most, 1 to 100,000.</summary>
    public int PreviewLimit { get; init => field = Setting.InRange(value, 1, 100_000); } = 1_000;

    /// <summary>Folders per category.</summary>
    public ImmutableArray<CategorySettings> Categories { get; init; } = [];

    /// <summary>The absolute folder that torrents of no category are moved to when they are complete; null: they stay.</summary>
    public string? CompletedFolder { get; init => field = Absolute(value); }

    /// <summary>The program that is run for every torrent that becomes complete; null: none.</summary>
    public RunOnCompleteSettings? RunOnComplete { get; init; }

    /// <summary>How many torrents are at work at a time; null: all.</summary>
    public QueueSettings? Queue { get; init; }

    /// <summary>When torrents have seeded enough; of several that fit a torrent, the first holds.</summary>
    public ImmutableArray<SeedingRuleSettings> SeedingRules { get; init; } = [];

    /// <summary>Whether nothing of it is configured that an actor would have to look after.</summary>
    public bool IsIdle => Queue is null && RunOnComplete is null && SeedingRules.IsEmpty && CompletedFolder is null && Categories.All(category => category.CompletedFolder is null);

    internal static string? Absolute(string? path) => path is null || Path.IsPathFullyQualified(path) ? path : throw new ArgumentException($"'{path}' is no absolute path", nameof(path));
}

/// <summary>What holds for torrents of one category.</summary>
public sealed record CategorySettings
{
    /// <summary>The category.</summary>
    public string Name { get; init; } = "";

    /// <summary>The absolute folder its torrents are loaded to unless somebody names another; null: the default folder.</summary>
    public string? Folder { get; init => field = AutomationSettings.Absolute(value); }

    /// <summary>The absolute folder that they are moved to when they are complete; null: they stay.</summary>
    public string? CompletedFolder { get; init => field = AutomationSettings.Absolute(value); }
}

/// <summary>The program that is run when a torrent has become complete, and moved if it was to be moved.</summary>
public sealed record RunOnCompleteSettings
{
    /// <summary>The program's absolute path, and its arguments, as they are: no shell reads them. In arguments {name}, {hash}, {folder} and {category} stand for the torrent's; the name is that of its file or folder, whatever people call it.</summary>
    public ImmutableArray<string> Command { get; init => field = ProgramArguments.Checked(value); } = [];

    /// <summary>How long it may take before it and its children are killed, 1 s to 1 day.</summary>
    public TimeSpan Timeout { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)); } = TimeSpan.FromMinutes(10);

    /// <summary>Programs that run at a time, 1 to 64.</summary>
    public int MaxRunning { get; init => field = Setting.InRange(value, 1, 64); } = 2;

    /// <summary>Programs that wait for their turn, 1 to 100,000; for one more nothing is run, which is logged.</summary>
    public int MaxWaiting { get; init => field = Setting.InRange(value, 1, 100_000); } = 1_000;
}

/// <summary>How many torrents are at work at a time. Torrents with the label <see cref="ExemptLabel"/>, those that are checked, failed or paused by their user are not counted and not touched.</summary>
public sealed record QueueSettings
{
    /// <summary>The values for production.</summary>
    public static QueueSettings Default { get; } = new();

    /// <summary>Downloads at a time, slow ones not counted; 0 for no limit.</summary>
    public int MaxDownloads { get; init => field = Setting.InRange(value, 0, 1_000_000); } = 5;

    /// <summary>Seeds at a time, slow ones not counted; 0 for no limit.</summary>
    public int MaxSeeds { get; init => field = Setting.InRange(value, 0, 1_000_000); }

    /// <summary>No further download is begun while all together receive so much, payload bytes a second; 0 for no such limit.</summary>
    public long EnoughDownloadBytesPerSecond { get; init => field = Setting.InRange(value, 0L, 1L << 50); }

    /// <summary>A download below so many payload bytes a second is slow.</summary>
    public long SlowDownloadBytesPerSecond { get; init => field = Setting.InRange(value, 0L, 1L << 50); } = 2_048;

    /// <summary>A seed below so many payload bytes a second is slow.</summary>
    public long SlowUploadBytesPerSecond { get; init => field = Setting.InRange(value, 0L, 1L << 50); } = 2_048;

    /// <summary>For how long it must have been slow to count as such, and how long a torrent that was begun is given to show what it takes; 1 s to 1 day.</summary>
    public TimeSpan SlowAfter { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)); } = TimeSpan.FromMinutes(1);

    /// <summary>Torrents with this label are left alone.</summary>
    public string ExemptLabel { get; init; } = "forced";
}

/// <summary>What is done with a torrent that has seeded enough.</summary>
public enum SeedingAction
{
    /// <summary>It is paused.</summary>
    Pause,

    /// <summary>It is forgotten; its files stay.</summary>
    Remove,

    /// <summary>It is forgotten, and its files are deleted.</summary>
    RemoveWithData,
}

/// <summary>When torrents have seeded enough: at a ratio or after a time, whichever comes first, and only if enough others seed. With the number of seeders alone, as soon as there are so many.</summary>
public sealed record SeedingRuleSettings
{
    /// <summary>The category it is for; null: all, also those without one.</summary>
    public string? Category { get; init; }

    /// <summary>Enough at this ratio; 0: at none.</summary>
    public double Ratio { get; init => field = double.IsFinite(value) && value >= 0 ? value : throw new ArgumentException("a ratio is 0 or more", nameof(value)); }

    /// <summary>Enough after this time as a complete torrent; zero: after none.</summary>
    public TimeSpan SeedTime { get; init => field = Setting.InRange(value, TimeSpan.Zero, TimeSpan.FromDays(36_500)); }

    /// <summary>Others that must seed, as trackers or connections tell; 0: it does not matter.</summary>
    public int MinSeeders { get; init => field = Setting.InRange(value, 0, 1_000_000); }

    /// <summary>What is done then.</summary>
    public SeedingAction Action { get; init; } = SeedingAction.Pause;
}
