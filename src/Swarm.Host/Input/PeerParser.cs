using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace Swarm.Host.Input;

/// <summary>Reads peers as users name them, <c>host:port</c>, <c>1.2.3.4:port</c> or <c>[v6]:port</c>, and finds the addresses of names.</summary>
internal static class PeerParser
{
    /// <summary>Addresses of one name that are tried.</summary>
    private const int MaxAddresses = 8;

    /// <summary>Pure. The error says what is expected.</summary>
    public static bool TryParse(string text, out HostEndPoint? peer, out string error)
    {
        var ok = HostEndPoint.TryParse(text.Trim(), out peer);
        error = ok ? "" : $"'{text}' is no peer: HOST:PORT is expected, with an IPv6 address in brackets, such as 192.0.2.7:6881 or [2001:db8::7]:6881";
        return ok;
    }

    /// <summary>The peers' addresses; a name stands for all of its own.</summary>
    /// <exception cref="SwarmException">A name is not known.</exception>
    public static async Task<ImmutableArray<IPEndPoint>> ResolveAsync(IEnumerable<HostEndPoint> peers, CancellationToken cancellation)
    {
        var resolved = ImmutableArray.CreateBuilder<IPEndPoint>();
        foreach (var peer in peers)
        {
            if (peer.Address is { } known)
            {
                resolved.Add(new IPEndPoint(known, peer.Port));
                continue;
            }

            try
            {
                var addresses = await Dns.GetHostAddressesAsync(peer.Host, cancellation).ConfigureAwait(false);
                resolved.AddRange(addresses.Take(MaxAddresses).Select(address => new IPEndPoint(address, peer.Port)));
            }
            catch (SocketException e)
            {
                throw new SwarmException($"--peer {peer}: the name '{peer.Host}' has no address ({e.Message}); check its spelling, or give an address", e);
            }
        }

        return resolved.ToImmutable();
    }
}
