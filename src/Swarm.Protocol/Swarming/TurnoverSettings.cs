using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Swarming;

/// <summary>How a torrent that is full of connections tries others. Every property refuses a value outside its range with an <see cref="ArgumentOutOfRangeException"/>.</summary>
public sealed record TurnoverSettings
{
    /// <summary>What a node uses unless configured otherwise.</summary>
    public static TurnoverSettings Default { get; } = new();

    /// <summary>How often the least useful connections give way, 10 s to 1 day. So long a connection is watched before it may go.</summary>
    public TimeSpan Interval { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(10), TimeSpan.FromDays(1)); } = TimeSpan.FromMinutes(5);

    /// <summary>Part of the connections that give way each time, 0 to 1; 0: none ever.</summary>
    public double Share { get; init => field = Setting.InRange(value, 0, 1); } = 0.04;

    /// <summary>Part of the allowed connections from which on a torrent counts as full, 0.1 to 1.</summary>
    public double FullFrom { get; init => field = Setting.InRange(value, 0.1, 1); } = 0.9;

    /// <summary>A connection is slow if it moved less than this part of what the average one moved, 0 to 1.</summary>
    public double SlowPart { get; init => field = Setting.InRange(value, 0, 1); } = 0.1;
}
