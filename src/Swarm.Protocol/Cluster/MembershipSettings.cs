using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Cluster;

/// <summary>How members of a cluster watch each other and themselves. All members of a cluster should have the same.</summary>
public sealed record MembershipSettings
{
    /// <summary>What a cluster uses unless configured otherwise.</summary>
    public static MembershipSettings Default { get; } = new();

    /// <summary>Members that each one pings, the next on the ring, 1 to 16.</summary>
    public int Monitored { get; init => field = Setting.InRange(value, 1, 16); } = 3;

    /// <summary>From one ping of a member to the next, 50 ms to 1 min.</summary>
    public TimeSpan HeartbeatInterval { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(1)); } = TimeSpan.FromSeconds(1);

    /// <summary>How long a member may owe an answer before it is suspected, 100 ms to 5 min; several heartbeats.</summary>
    public TimeSpan SuspectAfter { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5)); } = TimeSpan.FromSeconds(5);

    /// <summary>Votes that make a member down, 1 to 8; fewer where fewer could vote.</summary>
    public int VotesToDown { get; init => field = Setting.InRange(value, 1, 8); } = 2;

    /// <summary>How long a vote counts, in database time, 1 s to 10 min.</summary>
    public TimeSpan VoteLifetime { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)); } = TimeSpan.FromSeconds(30);

    /// <summary>What a renewal gives, in database time, 1 s to 10 min.</summary>
    public TimeSpan SessionLease { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)); } = TimeSpan.FromSeconds(30);

    /// <summary>From one renewal to the next, 100 ms to 5 min.</summary>
    public TimeSpan RenewInterval { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5)); } = TimeSpan.FromSeconds(5);

    /// <summary>How much faster or slower than the database's a node's clock may run, 0 to 0.5.</summary>
    public double MaxClockDrift { get; init => field = Setting.InRange(value, 0.0, 0.5); } = 0.1;

    /// <summary>How long before its session's end a node begins to stop writing, 100 ms to 5 min: what torrents take to stop.</summary>
    public TimeSpan StopMargin { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5)); } = TimeSpan.FromSeconds(10);

    /// <summary>How long a session must have run out before its member is down, in database time, 0 to 10 min.</summary>
    public TimeSpan ExpiryGrace { get; init => field = Setting.InRange(value, TimeSpan.Zero, TimeSpan.FromMinutes(10)); } = TimeSpan.FromSeconds(5);

    /// <summary>From one look at the tables to the next, 50 ms to 1 min; a change that is heard of makes it at once.</summary>
    public TimeSpan ReadInterval { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(1)); } = TimeSpan.FromSeconds(2);

    /// <summary>How long a node may write after it asked for a renewal that was granted, on its own clock. Zero where the others leave nothing.</summary>
    public TimeSpan WritingTime
    {
        get
        {
            var time = (SessionLease * (1 - MaxClockDrift)) - StopMargin;
            return time > TimeSpan.Zero ? time : TimeSpan.Zero;
        }
    }

    /// <summary>Why these settings do not work together, one line for people; null if they do.</summary>
    public string? Problem =>
        WritingTime <= RenewInterval * 2 ? $"a session of {SessionLease} leaves {WritingTime} for writing, which must be more than two renewals of {RenewInterval}; lengthen it or shorten the margin of {StopMargin}"
        : SuspectAfter < HeartbeatInterval * 2 ? $"a member would be suspected after {SuspectAfter}, less than two heartbeats of {HeartbeatInterval}"
        : null;
}
