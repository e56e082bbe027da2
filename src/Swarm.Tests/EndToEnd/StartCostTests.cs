using System.Diagnostics;

namespace Swarm.Tests.EndToEnd;

/// <summary>
/// What <c>swarm get</c> may load and have compiled before it works, as a process of its own: counts that do not depend on the machine's speed. The program of the tests is not compiled ahead, so every method of
/// ours that a start runs is one that is compiled: what runs without need shows here, as reading the whole of reference.conf would with a thousand.
/// </summary>
public sealed class StartCostTests : IDisposable
{
    private const int MostCompiled = 4_600;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    // What only the daemon needs, or nobody before he asks for it.
    private static readonly string[] NotNeeded =
    [
        "Dapper.dll", "Microsoft.AspNetCore.Server.Kestrel.Core.dll", "Microsoft.Extensions.DependencyInjection.dll", "Npgsql.dll", "OpenTelemetry.dll", "Spectre.Console.dll",
        "System.Reflection.Emit.ILGeneration.dll",
    ];

    private readonly TestContent _content = TestContent.Create(1, 1 << 16, ("start.bin", 1 << 17));

    public void Dispose() => _content.Dispose();

    [Fact]
    public async Task A_fetch_loads_and_compiles_only_what_it_needs()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("What a process has loaded is read from /proc.");
        var torrent = Path.Combine(_content.Folder("torrent"), "start.torrent");
        await File.WriteAllBytesAsync(torrent, _content.File.ToArray(), TestContext.Current.CancellationToken);
        var compiled = Path.Combine(_content.Folder("compiled"), "methods.txt");
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "swarm"),
            ["get", torrent, "-o", _content.Folder("out"), "--data", _content.Folder("data"), "--port", "0", "--bind", "127.0.0.1", "--no-dht", "--json"])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        start.Environment["DOTNET_JitStdOutFile"] = compiled;
        start.Environment["DOTNET_JitDisasmSummary"] = "1";
        using var process = Process.Start(start)!;
        try
        {
            // It listens, and has the torrent.
            while (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken) is { } line && !line.Contains("\"downloading\"", StringComparison.Ordinal))
            {
            }

            var loaded = File.ReadLines($"/proc/{process.Id}/maps").ToList();
            loaded.ShouldContain(line => line.EndsWith("/Swarm.Protocol.dll", StringComparison.Ordinal), "assemblies are seen there");
            NotNeeded.Where(name => loaded.Any(line => line.EndsWith("/" + name, StringComparison.Ordinal))).ShouldBeEmpty();
            File.ReadLines(compiled).Count().ShouldBeInRange(100, MostCompiled);
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }
}
