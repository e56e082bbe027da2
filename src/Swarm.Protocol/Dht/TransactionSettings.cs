using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht;

/// <summary>The limits of <see cref="TransactionTable{T}"/>. Every property refuses a value outside its range with an <see cref="ArgumentOutOfRangeException"/>.</summary>
public sealed record TransactionSettings
{
    /// <summary>What a node uses unless configured otherwise.</summary>
    public static TransactionSettings Default { get; } = new();

    /// <summary>Queries in flight, 16 to 65,536; beyond that none are begun.</summary>
    public int MaxInFlight { get; init => field = Setting.InRange(value, 16, 65_536); } = 2_048;

    /// <summary>After this time a query has failed, 1 s to 1 min. Until then a late answer is taken.</summary>
    public TimeSpan Timeout { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1)); } = TimeSpan.FromSeconds(15);

    /// <summary>When a query stalls before anything was measured, 50 ms to 10 s.</summary>
    public TimeSpan FirstStall { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(10)); } = TimeSpan.FromSeconds(1);

    /// <summary>The least time after which a query stalls, 10 ms to 10 s.</summary>
    public TimeSpan LeastStall { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(10)); } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest time after which a query stalls, 10 ms to 10 s; not below the least.</summary>
    public TimeSpan MostStall { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(10)); } = TimeSpan.FromSeconds(3);
}
