using System.Net;

namespace Swarm.Tests.Interop.Clients;

/// <summary>
/// aria2 with one torrent, or a few. It cannot be told of a peer: it finds peers by tracker, or they dial it. As a leecher it ends when it has everything, unless it is to go on serving.
/// </summary>
internal sealed class Aria2 : IAsyncDisposable
{
    private readonly ClientProcess _process;

    private Aria2(ClientProcess process, IPEndPoint endPoint)
    {
        _process = process;
        EndPoint = endPoint;
    }

    /// <summary>Where it accepts connections.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Hashes what is in <paramref name="folder"/> and serves it; listens when this returns.</summary>
    public static Task<Aria2> SeedAsync(InstalledClients installed, Scenario scenario, Share share, string folder) =>
        StartAsync(installed, scenario, [share], folder, "--check-integrity=true", "--seed-ratio=0.0");

    /// <summary>Downloads into <paramref name="folder"/> and ends.</summary>
    public static Task<Aria2> LeechAsync(InstalledClients installed, Scenario scenario, Share share, string folder) =>
        StartAsync(installed, scenario, [share], folder, "--seed-time=0");

    /// <summary>Downloads into <paramref name="folder"/> and serves until it is stopped.</summary>
    public static Task<Aria2> LeechAndServeAsync(InstalledClients installed, Scenario scenario, Share share, string folder) =>
        StartAsync(installed, scenario, [share], folder, "--seed-ratio=0.0");

    /// <summary>Hashes what is in <paramref name="folder"/>, announces it in the DHT, which it knows one node of, and serves it.</summary>
    public static Task<Aria2> SeedInDhtAsync(InstalledClients installed, Scenario scenario, IEnumerable<Share> shares, string folder, IPEndPoint dhtNode) =>
        StartAsync(installed, scenario, shares, folder, ["--check-integrity=true", "--seed-ratio=0.0", .. InDht(scenario, "aria2-seed-dht.dat", dhtNode)]);

    /// <summary>Downloads into <paramref name="folder"/> what magnet links name, with nothing but a node of the DHT, and ends.</summary>
    public static Task<Aria2> LeechByDhtAsync(InstalledClients installed, Scenario scenario, IEnumerable<Share> shares, string folder, IPEndPoint dhtNode) =>
        StartAsync(installed, scenario, shares, folder, ["--seed-time=0", .. InDht(scenario, "aria2-dht.dat", dhtNode)]);

    /// <summary>It has everything: it has run its hook, which echoes an id, a count of files and a path.</summary>
    public Task CompleteAsync() => _process.LineAsync(static line => line.Split(' ') is [{ Length: 16 }, _, ['/', ..], ..], "download complete", Scenario.Patience);

    /// <summary>It has everything and has ended.</summary>
    public async Task EndAsync() => (await _process.ExitAsync(Scenario.Patience)).ShouldBe(0);

    public Task KillAsync() => _process.KillAsync();

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static string[] InDht(Scenario scenario, string table, IPEndPoint node) => ["--enable-dht=true", $"--dht-entry-point={node}", $"--dht-file-path={Path.Combine(scenario.Root, table)}"];

    private static async Task<Aria2> StartAsync(InstalledClients installed, Scenario scenario, IEnumerable<Share> shares, string folder, params IEnumerable<string> mode)
    {
        var at = new IPEndPoint(scenario.NextAddress(), 0);
        at.Port = scenario.FreePort(at.Address);
        string[] fixedOptions =
        [
            "--no-conf", $"--dir={folder}", $"--interface={at.Address}", $"--listen-port={at.Port}", $"--dht-listen-port={at.Port}", "--disable-ipv6=true", "--enable-dht=false", "--enable-dht6=false", "--bt-enable-lpd=false",
            "--enable-peer-exchange=false", "--file-allocation=none", "--auto-save-interval=0", "--summary-interval=0", "--show-console-readout=false", "--enable-color=false",
            "--console-log-level=info", "--bt-stop-timeout=120", $"--on-bt-download-complete=/bin/echo",
        ];
        var process = scenario.Start($"aria2 at {at}", installed.Require("aria2c", "aria2"), [.. fixedOptions, .. mode, .. shares.Select(share => share.Text)]);
        await process.LineAsync(line => line.Contains($"listening on TCP port {at.Port}", StringComparison.Ordinal), "that it listens", Scenario.StartPatience);
        return new Aria2(process, at);
    }
}
