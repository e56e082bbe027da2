using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Swarming;

/// <summary>The limits of <see cref="CandidatePeers"/>. Every property refuses a value outside its range with an <see cref="ArgumentOutOfRangeException"/>.</summary>
public sealed record CandidateSettings
{
    /// <summary>What a node uses unless configured otherwise.</summary>
    public static CandidateSettings Default { get; } = new();

    /// <summary>Addresses known at a time, 1 to 100,000. When full, the least promising gives way to a better one.</summary>
    public int MaxCandidates { get; init => field = Setting.InRange(value, 1, 100_000); } = 1_000;

    /// <summary>Connections of the torrent, incoming ones and those being made included, 1 to 65,000.</summary>
    public int MaxConnections { get; init => field = Setting.InRange(value, 1, 65_000); } = 100;

    /// <summary>Banned addresses remembered, 1 to 1,000,000; beyond it the oldest ban ends.</summary>
    public int MaxBanned { get; init => field = Setting.InRange(value, 1, 1_000_000); } = 4_096;

    /// <summary>Failures in a row after which an address is forgotten, 1 to 1,000; what the user gave is kept.</summary>
    public int MaxFailures { get; init => field = Setting.InRange(value, 1, 1_000); } = 6;

    /// <summary>How long an address rests after its first failure, doubled by each further one; 1 s to 1 h.</summary>
    public TimeSpan FirstBackOff { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)); } = TimeSpan.FromSeconds(15);

    /// <summary>The longest rest, 1 s to 24 h.</summary>
    public TimeSpan MaxBackOff { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(24)); } = TimeSpan.FromMinutes(30);

    /// <summary>Part of a rest that is drawn at random and added, 0 to 1.</summary>
    public double BackOffJitter { get; init => field = Setting.InRange(value, 0, 1); } = 0.25;

    /// <summary>How long an address rests after a connection that worked has ended, 0 s to 1 h.</summary>
    public TimeSpan ReconnectDelay { get; init => field = Setting.InRange(value, TimeSpan.Zero, TimeSpan.FromHours(1)); } = TimeSpan.FromSeconds(5);
}
