namespace Swarm.TestKit.Peers;

/// <summary>What a tracker answers with.</summary>
public enum TrackerMood
{
    /// <summary>The truth.</summary>
    Honest,

    /// <summary>Nothing at all.</summary>
    Silent,

    /// <summary>Bytes without a meaning.</summary>
    Garbage,

    /// <summary>A reason why not.</summary>
    Refusing,

    /// <summary>An HTTP error; over UDP it is silent.</summary>
    Failing,

    /// <summary>Peers that do not exist, beside nobody who does.</summary>
    WrongPeers,

    /// <summary>That nobody is there.</summary>
    Empty,
}

/// <summary>What a <see cref="FakeTracker"/> is like. A world replaces them as it goes.</summary>
public sealed record FakeTrackerSettings
{
    /// <summary>How much later than asked a client may come, for it keeps to a shortest interval of its own.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromMinutes(2);

    /// <summary>Honest and quick.</summary>
    public static FakeTrackerSettings Default { get; } = new();

    /// <summary>What it answers with.</summary>
    public TrackerMood Mood { get; init; }

    /// <summary>How long it thinks, up to 10 min.</summary>
    public TimeSpan Delay { get; init => field = Setting.InRange(value, TimeSpan.Zero, TimeSpan.FromMinutes(10)); }

    /// <summary>
    /// When it wants to be asked again, 1 s to 1 day. Whoever is not heard of for twice as long and <see cref="Patience"/> is forgotten: clients do not ask as often as a hasty tracker would like.
    /// </summary>
    public TimeSpan Interval { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)); } = TimeSpan.FromMinutes(5);

    /// <summary>Peers in one answer at most, 0 to 1,000.</summary>
    public int MaxPeers { get; init => field = Setting.InRange(value, 0, 1_000); } = 50;
}
