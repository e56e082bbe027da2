using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace Swarm.Actors.Trackers;

/// <summary>
/// What is known of trackers' host names: their addresses for a short while, and which address family has lately been silent. Pure, bounded: when full, the
/// host that was noted first is forgotten, which costs a look-up.
/// </summary>
internal sealed class TrackerHosts(TrackersSettings settings)
{
    private readonly Dictionary<string, Host> _hosts = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = [];

    /// <summary>What a name resolved to, if that is still fresh. A text that is an address needs no look-up.</summary>
    public Resolution? Find(string name, TimeSpan now)
    {
        if (IPAddress.TryParse(name, out var literal)) return Reachable([literal]);
        return _hosts.TryGetValue(name, out var host) && host.ExpiresAt > now ? host.Resolution : null;
    }

    /// <summary>Notes a name's addresses.</summary>
    public Resolution Resolved(string name, ImmutableArray<IPAddress> addresses, TimeSpan now)
    {
        var resolution = Reachable(addresses);
        Note(name, resolution, now + (resolution.Addresses.IsEmpty ? settings.FailedAddressLifetime : settings.AddressLifetime));
        return resolution;
    }

    /// <summary>Notes that a name did not resolve.</summary>
    public Resolution Failed(string name, string reason, TimeSpan now)
    {
        var resolution = new Resolution([], reason);
        Note(name, resolution, now + settings.FailedAddressLifetime);
        return resolution;
    }

    /// <summary>Notes that one family gave no answer while the other did.</summary>
    public void FamilyWasSilent(string name, AddressFamily family, TimeSpan now)
    {
        if (!_hosts.TryGetValue(name, out var host)) return;
        if (family == AddressFamily.InterNetworkV6) host.SilentV6Until = now + settings.SilentFamilyPause;
        else host.SilentV4Until = now + settings.SilentFamilyPause;
    }

    /// <summary>
    /// One address for each family that is in use, IPv4 first. A silent family is left out, unless it is the only one.
    /// </summary>
    public ImmutableArray<IPAddress> Choose(string name, ImmutableArray<IPAddress> addresses, TimeSpan now)
    {
        var v4 = settings.LocalV4 is null ? null : First(addresses, AddressFamily.InterNetwork);
        var v6 = settings.LocalV6 is null ? null : First(addresses, AddressFamily.InterNetworkV6);
        if (v4 is not null && v6 is not null && _hosts.TryGetValue(name, out var host))
        {
            if (host.SilentV6Until > now) v6 = null;
            else if (host.SilentV4Until > now) v4 = null;
        }

        return (v4, v6) switch
        {
            (not null, not null) => [v4, v6],
            (not null, _) => [v4],
            (_, not null) => [v6],
            _ => [],
        };
    }

    private Resolution Reachable(ImmutableArray<IPAddress> addresses)
    {
        if (addresses.IsEmpty) return new Resolution([], "The host name has no address.");
        return new Resolution(addresses.RemoveAll(address => !settings.Reach.Allows(address)), "The host is in a private network, which this node does not reach into for others.");
    }

    private static IPAddress? First(ImmutableArray<IPAddress> addresses, AddressFamily family)
    {
        foreach (var address in addresses)
        {
            var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
            if (plain.AddressFamily == family) return plain;
        }

        return null;
    }

    private void Note(string name, Resolution resolution, TimeSpan expiresAt)
    {
        if (!_hosts.TryGetValue(name, out var host))
        {
            if (_hosts.Count >= settings.MaxHosts) _hosts.Remove(_order.Dequeue());
            host = new Host();
            _hosts.Add(name, host);
            _order.Enqueue(name);
        }

        host.Resolution = resolution;
        host.ExpiresAt = expiresAt;
    }

    /// <summary>The addresses of a name, none if there are none, and then why.</summary>
    internal sealed record Resolution(ImmutableArray<IPAddress> Addresses, string Reason);

    private sealed class Host
    {
        public Resolution? Resolution { get; set; }

        public TimeSpan ExpiresAt { get; set; }

        public TimeSpan SilentV4Until { get; set; }

        public TimeSpan SilentV6Until { get; set; }
    }
}
