using Swarm.Protocol.Dht.Routing;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht;

/// <summary>The limits of <see cref="DhtResponder"/>. Every property refuses a value outside its range with an <see cref="ArgumentOutOfRangeException"/>.</summary>
public sealed record ResponderSettings
{
    /// <summary>What a node uses unless configured otherwise.</summary>
    public static ResponderSettings Default { get; } = new();

    /// <summary>Bytes of a reply, 512 to 1,472. BEP 32: 1,024.</summary>
    public int MaxReplyBytes { get; init => field = Setting.InRange(value, 512, 1_472); } = 1_024;

    /// <summary>Bytes of a reply to get, 1,300 to 1,472: an item of 1,000 bytes does not fit the limit of the others, and cannot be cut (BEP 44).</summary>
    public int MaxItemReplyBytes { get; init => field = Setting.InRange(value, 1_300, 1_472); } = 1_400;

    /// <summary>Nodes of a reply and family, 1 to 32. BEP 5: 8.</summary>
    public int Closest { get; init => field = Setting.InRange(value, 1, RoutingSettings.MostClosest / 2); } = 8;
}
