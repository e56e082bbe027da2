using System.Collections.Immutable;
using System.Net;

namespace Swarm.Protocol.Primitives;

/// <summary>
/// Which addresses the node opens conversations with on somebody else's word: the hosts of trackers, of torrent files to fetch, of what those redirect to. Asked with the address that is about to
/// be used, after every look-up, so that no name gets around it. It is what keeps whoever hands the node a URL from reaching into its network (server-side request forgery).
/// </summary>
public sealed record ReachPolicy
{
    /// <summary>Every address: for programs that work for the person at the keyboard.</summary>
    public static ReachPolicy Everywhere { get; } = new();

    /// <summary>Public addresses alone.</summary>
    public static ReachPolicy Public { get; } = new() { PublicOnly = true };

    /// <summary>Whether private addresses (<see cref="PrivateNetwork"/>) are out of reach but for <see cref="Allowed"/>.</summary>
    public bool PublicOnly { get; init; }

    /// <summary>Private networks that are within reach all the same, such as that of a tracker of one's own.</summary>
    public ImmutableArray<IPNetwork> Allowed { get; init; } = [];

    /// <summary>Whether an address may be spoken to.</summary>
    public bool Allows(IPAddress address)
    {
        if (!PublicOnly || !PrivateNetwork.Contains(address)) return true;
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return Allowed.Any(network => network.Contains(plain));
    }
}
