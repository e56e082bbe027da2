using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Swarming;

/// <summary>The limits of a <see cref="DialBudget"/>. Every property refuses a value outside its range with an <see cref="ArgumentOutOfRangeException"/>.</summary>
public sealed record DialSettings
{
    /// <summary>What a node uses unless configured otherwise.</summary>
    public static DialSettings Default { get; } = new();

    /// <summary>Connections of the node that are being made at a time, 1 to 10,000.</summary>
    public int MaxHalfOpen { get; init => field = Setting.InRange(value, 1, 10_000, nameof(MaxHalfOpen)); } = 50;

    /// <summary>Dials a second, 1 to 10,000.</summary>
    public int DialsPerSecond { get; init => field = Setting.InRange(value, 1, 10_000, nameof(DialsPerSecond)); } = 30;

    /// <summary>Dials that may be saved up and then be made at once, 1 to 10,000.</summary>
    public int DialBurst { get; init => field = Setting.InRange(value, 1, 10_000, nameof(DialBurst)); } = 30;
}
