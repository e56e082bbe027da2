using System.Net;
using System.Net.Sockets;

namespace Swarm.Tests.Interop.Clients;

/// <summary>opentracker, a UDP and HTTP tracker. It serves the torrents it was started with and takes a peer's address from the packet.</summary>
internal sealed class OpenTracker : IAsyncDisposable
{
    private readonly ClientProcess _process;

    private OpenTracker(ClientProcess process, IPEndPoint endPoint)
    {
        _process = process;
        Url = $"udp://{endPoint}/announce";
    }

    /// <summary>Its UDP announce address.</summary>
    public string Url { get; }

    public static async Task<OpenTracker> StartAsync(InstalledClients installed, Scenario scenario, params IEnumerable<InfoHash> torrents)
    {
        var program = installed.Require("opentracker", "opentracker");
        var at = new IPEndPoint(IPAddress.Loopback, scenario.FreePort(IPAddress.Loopback));
        var folder = scenario.Folder("opentracker");
        await File.WriteAllLinesAsync(Path.Combine(folder, "whitelist.txt"), torrents.Select(torrent => torrent.ToString()));
        // As root it changes its root to the folder and its user to another, who has to be able to read it.
        var everyone = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        if (OperatingSystem.IsLinux())
        {
            File.SetUnixFileMode(scenario.Root, everyone);
            File.SetUnixFileMode(folder, everyone);
        }

        var port = at.Port.ToString();
        var process = ClientProcess.Start("opentracker", program, folder, "-i", at.Address.ToString(), "-p", port, "-P", port, "-d", folder, "-w", "whitelist.txt");
        scenario.Own(process);
        await Poll.UntilAsync(() => AcceptsAsync(at), "opentracker listens", Scenario.StartPatience);
        return new OpenTracker(process, at);
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static async Task<bool> AcceptsAsync(IPEndPoint at)
    {
        using var probe = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await probe.ConnectAsync(at);
            return true;
        }
        catch (SocketException)
        {
            // Not listening yet.
            return false;
        }
    }
}
