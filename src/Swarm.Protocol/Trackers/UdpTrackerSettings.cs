using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Trackers;

/// <summary>The limits of a conversation with one UDP tracker address (BEP 15, "Time outs").</summary>
public sealed record UdpTrackerSettings
{
    /// <summary>The highest n in BEP 15's timeout of 15 · 2^n seconds.</summary>
    public const int HighestExponent = 8;

    /// <summary>The values for production.</summary>
    public static UdpTrackerSettings Default { get; } = new();

    /// <summary>How long to wait for the first reply; doubled after every retransmission. BEP 15 says 15 s. 10 ms to 1 min.</summary>
    public TimeSpan BaseTimeout { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1)); } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Retransmissions before a request fails, 0 to 8. BEP 15 goes up to 8, over two hours in all; with 2 (105 s) the next tracker of BEP 12's tiers gets its turn while somebody still waits.
    /// </summary>
    public int MaxRetransmissions { get; init => field = Setting.InRange(value, 0, HighestExponent); } = 2;

    /// <summary>Retransmissions of an announce with "stopped": nobody waits long for a goodbye. 0 to 8.</summary>
    public int MaxStoppedRetransmissions { get; init => field = Setting.InRange(value, 0, HighestExponent); } = 1;

    /// <summary>How long a connection id is used after its arrival. BEP 15 says one minute. 1 s to 2 min.</summary>
    public TimeSpan ConnectionLifetime { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(2)); } = TimeSpan.FromMinutes(1);

    /// <summary>Requests in flight to one tracker address; one more is refused. 1 to 10,000.</summary>
    public int MaxPending { get; init => field = Setting.InRange(value, 1, 10_000); } = 256;
}
