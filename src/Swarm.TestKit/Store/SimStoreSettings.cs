using System.Collections.Immutable;
using Swarm.TestKit.Chance;

namespace Swarm.TestKit.Store;

/// <summary>What a <see cref="SimStore"/> is like and what goes wrong with it. A world replaces them as it goes: <c>store.Settings = store.Settings with { ... }</c>. Probabilities are 0 to 1.</summary>
public sealed record SimStoreSettings
{
    /// <summary>A store with which nothing is wrong.</summary>
    public static SimStoreSettings Default { get; } = new();

    /// <summary>Batches of one process that may wait, 1 to 65,536; one more fails as transient.</summary>
    public int QueueLimit { get; init => field = Setting.InRange(value, 1, 65_536); } = 16;

    /// <summary>The longest list one command may return, 1 to 100,000,000.</summary>
    public int MaxTorrents { get; init => field = Setting.InRange(value, 1, 100_000_000); } = 1_000_000;

    /// <summary>How long a batch takes.</summary>
    public Latency Latency { get; init; } = Latency.Milliseconds(0.5, 20);

    /// <summary>How often a batch fails as transient, with nothing done.</summary>
    public double TransientFailure { get; init => field = Setting.InRange(value, 0.0, 1.0); }

    /// <summary>How often nobody knows what became of a batch: it fails as transient after <see cref="Timeout"/>, and it was done or not, as the seed says.</summary>
    public double UnknownOutcome { get; init => field = Setting.InRange(value, 0.0, 1.0); }

    /// <summary>How long it takes to give a batch of unknown outcome up, up to 10 min.</summary>
    public TimeSpan Timeout { get; init => field = Setting.InRange(value, TimeSpan.Zero, TimeSpan.FromMinutes(10)); } = TimeSpan.FromSeconds(5);

    /// <summary>Why every batch fails for good, or null.</summary>
    public string? Broken { get; init; }

    /// <summary>Kinds of commands, by the names of their types, whose batches fail as transient with nothing done.</summary>
    public ImmutableArray<string> Refused { get; init; } = [];
}
