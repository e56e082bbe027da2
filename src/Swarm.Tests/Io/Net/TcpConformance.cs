using System.Net.Sockets;
using Swarm.Io.Net;

namespace Swarm.Tests.Io.Net;

/// <summary>What both engines must do alike. Each derived suite runs once for each.</summary>
public abstract partial class TcpConformance(SocketEngineKind engine)
{
    private protected NetSettings Settings { get; } = NetSettings.Default with { Engine = engine, SweepInterval = TimeSpan.FromMilliseconds(10) };

    private static Thread InBackground(Action work)
    {
        var thread = new Thread(() =>
        {
            try
            {
                work();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The test ended the connection under the sender; what it asserts it sees on the link's side.
                return;
            }
        });
        thread.IsBackground = true;
        thread.Start();
        return thread;
    }
}

/// <summary>The suite over epoll; elsewhere than on Linux over what Auto means there.</summary>
public sealed class EpollTcpTests() : TcpConformance(OperatingSystem.IsLinux() ? SocketEngineKind.Epoll : SocketEngineKind.Auto);

/// <summary>The suite over the base library's asynchronous sockets.</summary>
public sealed class PortableTcpTests() : TcpConformance(SocketEngineKind.Portable);
