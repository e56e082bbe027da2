using System.Net;
using System.Net.Sockets;

namespace Swarm.Io.Net;

/// <summary>What went wrong with a socket, as one line for people: what, where, and what to do where something can be done.</summary>
internal static class NetReasons
{
    public const string Closed = "closed by this side";
    public const string Ended = "the other side closed the connection";

    /// <summary>Why an open connection was lost; Success is an end of the stream.</summary>
    public static string Lost(SocketError error) => error switch
    {
        SocketError.Success => Ended,
        SocketError.ConnectionReset => "the other side reset the connection",
        SocketError.Shutdown or SocketError.ConnectionAborted => "the connection was broken off",
        SocketError.TimedOut => "the other side does not answer any more: the connection timed out",
        SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.NetworkDown or SocketError.HostDown =>
            "there is no way to the other side any more: check the network",
        SocketError.NoBufferSpaceAvailable => "the system has no memory for the connection: raise its limits or use fewer connections",
        _ => $"the connection was lost ({error})",
    };

    public static string Unreadable(BlockFault fault) =>
        $"piece {fault.Block.Piece} could not be read from disk: {fault.Error.Message}";

    public static string ConnectFailed(IPEndPoint remote, SocketError error, TimeSpan timeout) => error switch
    {
        SocketError.ConnectionRefused => $"{remote} refused the connection: nothing listens there",
        SocketError.TimedOut => $"{remote} did not answer within {timeout.TotalSeconds:0.#} s",
        SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.NetworkDown or SocketError.HostDown =>
            $"there is no way to {remote}: check the network and the address",
        SocketError.AddressNotAvailable => $"{remote} cannot be reached from the address chosen: it is not one of this machine, or no port is left",
        SocketError.AddressFamilyNotSupported => $"this machine does not speak the protocol of {remote}: {Family(remote)} is off",
        SocketError.AccessDenied => $"the system forbids connections to {remote}: check its firewall",
        SocketError.TooManyOpenSockets => $"no file descriptor is left for {remote}: raise the limit (ulimit -n) or use fewer connections",
        _ => $"no connection to {remote} ({error})",
    };

    public static string TooManyLinks(IPEndPoint remote, int limit) =>
        $"no connection to {remote}: {limit} connections are open, as many as the settings allow";

    /// <summary>Why there is no listener, or no UDP socket (<paramref name="what"/>).</summary>
    public static string BindFailed(string what, IPEndPoint local, SocketError error) => error switch
    {
        SocketError.AddressAlreadyInUse => $"cannot {what} {local}: the port is in use; choose another one or stop the program that has it",
        SocketError.AddressNotAvailable => $"cannot {what} {local}: the address is not one of this machine",
        SocketError.AddressFamilyNotSupported => $"cannot {what} {local}: {Family(local)} is off on this machine",
        SocketError.AccessDenied => $"cannot {what} {local}: not allowed; ports below 1024 need rights, choose a higher one",
        SocketError.TooManyOpenSockets => $"cannot {what} {local}: no file descriptor is left; raise the limit (ulimit -n)",
        _ => $"cannot {what} {local} ({error})",
    };

    public static string KindTaken(DatagramKind kind, IPEndPoint local) => $"cannot share UDP socket {local}: another part of this program has its datagrams of kind {kind}";

    private static string Family(IPEndPoint endpoint) => endpoint.AddressFamily == AddressFamily.InterNetworkV6 ? "IPv6" : "IPv4";
}
