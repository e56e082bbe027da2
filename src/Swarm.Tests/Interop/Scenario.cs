using System.Net;
using System.Net.Sockets;

namespace Swarm.Tests.Interop;

/// <summary>
/// What one test starts: clients with an address each, folders, nodes. Everything ends, last first, when it is disposed. Swarm is at 127.0.0.1, where its calls come from; the others have addresses of their own,
/// because several clients keep one connection per address.
/// </summary>
internal sealed class Scenario : IAsyncDisposable
{
    private readonly List<object> _owned = [];
    private int _lastAddress = 1;

    /// <summary>How long a program may take to be ready.</summary>
    public static TimeSpan StartPatience { get; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a transfer may take.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(60);

    /// <summary>A scratch folder.</summary>
    public string Root { get; } = Directory.CreateTempSubdirectory("swarm-interop-").FullName;

    public static int FreePort(IPAddress address)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(address, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>An address that no other client of this test has.</summary>
    public IPAddress NextAddress() => IPAddress.Parse($"127.0.0.{++_lastAddress}");

    public string Folder(string name) => Directory.CreateDirectory(Path.Combine(Root, name)).FullName;

    /// <summary>Ends <paramref name="something"/> with this scenario.</summary>
    public T Own<T>(T something)
        where T : notnull
    {
        _owned.Add(something);
        return something;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var something in Enumerable.Reverse(_owned))
        {
            if (something is IAsyncDisposable asynchronous) await asynchronous.DisposeAsync();
            else if (something is IDisposable disposable) disposable.Dispose();
        }

        Directory.Delete(Root, recursive: true);
    }
}
