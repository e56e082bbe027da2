using Swarm.TestKit.Chance;

namespace Swarm.TestKit.Cluster;

/// <summary>What a <see cref="SimDatabase"/> is like and what goes wrong with it. Probabilities are 0 to 1.</summary>
public sealed record SimDatabaseSettings
{
    /// <summary>A database with which nothing is wrong.</summary>
    public static SimDatabaseSettings Default { get; } = new();

    /// <summary>How long it takes until a batch is done, and then again until its process hears of it.</summary>
    public Latency Latency { get; init; } = Latency.Milliseconds(0.5, 10);

    /// <summary>How often a batch fails with nothing done.</summary>
    public double Failure { get; init => field = Setting.InRange(value, 0.0, 1.0); }

    /// <summary>How often nobody knows what became of a batch: it fails after <see cref="Timeout"/>, and it was done or not, as the seed says.</summary>
    public double UnknownOutcome { get; init => field = Setting.InRange(value, 0.0, 1.0); }

    /// <summary>How long a process waits for an answer before it gives a batch up, up to 1 min.</summary>
    public TimeSpan Timeout { get; init => field = Setting.InRange(value, TimeSpan.Zero, TimeSpan.FromMinutes(1)); } = TimeSpan.FromSeconds(4);

    /// <summary>How far its clock is ahead of the world's; nobody may care.</summary>
    public TimeSpan ClockOffset { get; init; }
}
