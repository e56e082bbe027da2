using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace Swarm.Host;

/// <summary>
/// Decides where a node listens when the user leaves the address or port to the program: every address, IPv4 and, where the machine has it, IPv6 under the same port; a port from 6881 to
/// 6889, which people open in their routers, or else any free one, for TCP and UDP alike, as the DHT has the same port. Ports are tried by binding them for a moment, so another program may still be quicker: whoever starts the node tries again.
/// </summary>
internal static class ListenChoice
{
    private const int FirstPort = 6881;
    private const int LastPort = 6889;
    private const int Attempts = 16;

    /// <summary>End points under one port. <paramref name="port"/>: null for the program's choice, 0 for any free one.</summary>
    /// <exception cref="ListenException">No port is free, or the address is not this machine's.</exception>
    public static ImmutableArray<IPEndPoint> Choose(IPAddress? bind, int? port)
    {
        ImmutableArray<IPAddress> addresses = bind is not null ? [bind] : HasIPv6() ? [IPAddress.Any, IPAddress.IPv6Any] : [IPAddress.Any];
        if (port is > 0) return At(addresses, port.Value);
        if (port is null)
        {
            for (var usual = FirstPort; usual <= LastPort; usual++)
            {
                if (addresses.All(address => TryListen(address, usual, out _))) return At(addresses, usual);
            }
        }

        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (TryListen(addresses[0], 0, out var any) && addresses.Skip(1).All(address => TryListen(address, any, out _))) return At(addresses, any);
        }

        throw new ListenException($"no port is free to listen on at {string.Join(" and ", addresses)}; check --bind");
    }

    private static ImmutableArray<IPEndPoint> At(ImmutableArray<IPAddress> addresses, int port) => [.. addresses.Select(address => new IPEndPoint(address, port))];

    private static bool HasIPv6() => Socket.OSSupportsIPv6 && TryListen(IPAddress.IPv6Any, 0, out _);

    private static bool TryListen(IPAddress address, int port, out int found)
    {
        found = 0;
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (address.AddressFamily == AddressFamily.InterNetworkV6) socket.DualMode = false;
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen(1);
            found = ((IPEndPoint)socket.LocalEndPoint!).Port;
            using var datagrams = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            if (address.AddressFamily == AddressFamily.InterNetworkV6) datagrams.DualMode = false;
            datagrams.Bind(new IPEndPoint(address, found));
            return true;
        }
        catch (SocketException)
        {
            // Taken, not allowed or not ours: the caller tries another, or says so.
            return false;
        }
    }
}
