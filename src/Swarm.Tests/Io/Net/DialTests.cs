using System.Net;
using System.Net.Sockets;
using Swarm.Io.Net;

namespace Swarm.Tests.Io.Net;

/// <summary>Connections that come to nothing.</summary>
public sealed class DialTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void One_that_is_given_up_leaves_nothing_behind(bool byItsTime)
    {
        if (!OperatingSystem.IsLinux()) return;
        using var engine = new EpollEngine(NetSettings.Default);

        // A listener whose queue is full leaves further connections unanswered.
        using var full = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(0);
        using var first = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        first.Connect(full.LocalEndPoint!);
        var ended = new CountdownEvent(20);
        var dials = Enumerable.Range(0, ended.InitialCount).Select(_ => new Dial(
            new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp), (IPEndPoint)full.LocalEndPoint!, byItsTime ? TimeSpan.FromMilliseconds(200) : TimeSpan.FromHours(1), (_, _, _) => ended.Signal())).ToList();
        foreach (var dial in dials) dial.Begin(engine);
        if (!byItsTime)
        {
            engine.Registered.ShouldBeGreaterThan(10, "they are on their way");
            foreach (var dial in dials) dial.Dispose();
        }

        ended.Wait(TimeSpan.FromSeconds(90)).ShouldBeTrue();
        SpinWait.SpinUntil(() => engine.Registered == 0, TimeSpan.FromSeconds(90)).ShouldBeTrue($"{engine.Registered} are still registered");
    }
}
