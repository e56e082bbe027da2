using System.Net;
using System.Net.Sockets;

namespace Swarm.TestKit.Net;

/// <summary>Where packets go: addresses of the world, private ones behind translators, and the translators between.</summary>
public sealed partial class SimNetwork
{
    /// <summary>
    /// Where a packet from <paramref name="source"/> of a host to <paramref name="remote"/> leaves for, and what its source looks like from there. Null: nowhere; it is swallowed.
    /// </summary>
    internal Route? Leave(NatProtocol protocol, SimHost from, IPEndPoint source, IPEndPoint remote)
    {
        if (IPAddress.IsLoopback(remote.Address) || from.Owns(remote.Address)) return new Route(from, null, remote, source);
        var seen = source;
        if (from.Nat is { } own && remote.AddressFamily == AddressFamily.InterNetwork)
        {
            if (own.Find(remote.Address) is { } neighbour) return new Route(neighbour, null, remote, source);
            if (remote.Address.Equals(own.PublicAddress) && !own.Settings.Hairpin) return null;
            if (own.Table.MapOut(protocol, source, remote, Now) is not { } port) return null;
            seen = new IPEndPoint(own.PublicAddress, port);
        }

        if (_world.TryGetValue(remote.Address, out var host)) return new Route(host, null, remote, seen);
        return _nats.TryGetValue(remote.Address, out var nat) && nat.First is { } first ? new Route(first, nat, remote, seen) : null;
    }

    /// <summary>Which host's endpoint gets a packet that has come along a route, as its translator sees it now. Null: none.</summary>
    internal (SimHost Host, IPEndPoint Local)? Enter(NatProtocol protocol, Route route)
    {
        if (route.Nat is null) return (route.To, route.Remote);
        if (route.Nat.Table.MapIn(protocol, route.Remote.Port, route.Seen, Now) is not { } local) return null;
        return route.Nat.Find(local.Address) is { } host ? (host, local) : null;
    }
}

/// <summary>The way of a packet: to a host, or to the translator that it is behind; what it is addressed to; and its source as seen there.</summary>
internal sealed record Route(SimHost To, SimNat? Nat, IPEndPoint Remote, IPEndPoint Seen);
