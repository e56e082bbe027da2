using System.Net;
using System.Net.Sockets;
using Swarm.Tests.Interop.Clients;

namespace Swarm.Tests.Interop;

/// <summary>
/// What one test starts: clients with an address each, folders, nodes. Everything ends, last first, when it is disposed. Swarm is at 127.0.0.1, where its calls come from; the others have addresses of their own,
/// because several clients keep one connection per address.
/// <para>For clients that want nothing to do with loopback addresses all of it can be in a network of its own (<see cref="InNetworkOfItsOwnAsync"/>), where Swarm is a program like the others.</para>
/// </summary>
internal sealed class Scenario : IAsyncDisposable
{
    private readonly List<object> _owned = [];
    private int _lastAddress = 1;
    private NetworkNamespace? _network;

    /// <summary>How long a program may take to be ready.</summary>
    public static TimeSpan StartPatience { get; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a transfer may take.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(60);

    /// <summary>A scratch folder.</summary>
    public string Root { get; } = Directory.CreateTempSubdirectory("swarm-interop-").FullName;

    /// <summary>A scenario whose clients have addresses of 10.77.0.0/24, in a network that nothing else is in.</summary>
    public static async Task<Scenario> InNetworkOfItsOwnAsync(InstalledClients installed)
    {
        var scenario = new Scenario();
        scenario._network = await NetworkNamespace.StartAsync(installed, scenario);
        return scenario;
    }

    /// <summary>Starts a program in the scenario's folder and network; it ends with the scenario.</summary>
    public ClientProcess Start(string name, string program, params IEnumerable<string> arguments) =>
        Own(_network is null ? ClientProcess.Start(name, program, Root, arguments) : ClientProcess.Start(name, NetworkNamespace.Enter, Root, [.. _network.EnterArguments, program, .. arguments]));

    /// <summary>A TCP socket of the scenario's network.</summary>
    public Socket NewSocket(AddressFamily family = AddressFamily.InterNetwork) => _network?.NewSocket() ?? new Socket(family, SocketType.Stream, ProtocolType.Tcp);

    public int FreePort(IPAddress address)
    {
        using var socket = NewSocket(address.AddressFamily);
        socket.Bind(new IPEndPoint(address, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>An address that no other client of this test has.</summary>
    public IPAddress NextAddress() => IPAddress.Parse(_network is null ? $"127.0.0.{++_lastAddress}" : _network.Address(++_lastAddress));

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
