using System.Net;
using System.Net.Sockets;

namespace Swarm.TestKit.Net;

/// <summary>What went wrong, as one line for people, in the words of a real network's ports.</summary>
internal static class NetReasons
{
    public const string Closed = "closed by this side";
    public const string Ended = "the other side closed the connection";
    public const string Reset = "the other side reset the connection";
    public const string TimedOut = "the other side does not answer any more: the connection timed out";

    public static string Unreadable(BlockRequest block) => $"piece {block.Piece} could not be read from disk";

    public static string Refused(IPEndPoint remote) => $"{remote} refused the connection: nothing listens there";

    public static string NoAnswer(IPEndPoint remote, TimeSpan timeout) => $"{remote} did not answer within {timeout.TotalSeconds:0.#} s";

    public static string NoSuchBind(IPEndPoint remote) => $"{remote} cannot be reached from the address chosen: it is not one of this machine, or no port is left";

    public static string NoFamily(IPEndPoint remote) => $"this machine does not speak the protocol of {remote}: {Family(remote)} is off";

    public static string TooManyLinks(IPEndPoint remote, int limit) => $"no connection to {remote}: {limit} connections are open, as many as the settings allow";

    public static string PortInUse(string what, IPEndPoint local) => $"cannot {what} {local}: the port is in use; choose another one or stop the program that has it";

    public static string NotThisMachine(string what, IPEndPoint local) => $"cannot {what} {local}: the address is not one of this machine";

    private static string Family(IPEndPoint endpoint) => endpoint.AddressFamily == AddressFamily.InterNetworkV6 ? "IPv6" : "IPv4";
}
