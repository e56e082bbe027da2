using System.Diagnostics;
using System.Text.Json;
using Swarm.Tests.Architecture;
using Swarm.Tests.Interop.Clients;
using Swarm.Tests.Postgres;

namespace Swarm.Tests.Interop;

/// <summary>
/// Clusters of real processes on a real PostgreSQL, each node in a network namespace, under every kind of blow: killed, frozen beyond its session and woken, cut off from the others, cut off from the database, ended in good order, and
/// the database away for a minute. After each, no torrent is lost, every one has its replicas again, every byte is right, and no lease was ever taken from an owner whose session ran. The program that plays it is bench/cluster_soak.py.
/// </summary>
[Collection(nameof(RealClients))]
public sealed class ClusterProcessTests(InstalledClients installed)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    [Theory]
    [InlineData(3, "--each", "60")]
    [InlineData(5, "--each", "15")]
    public async Task A_cluster_gets_over_every_kind_of_blow(int nodes, string what, string secondsWithoutDatabase)
    {
        installed.RequireRoot("a network namespace");
        installed.Require("ip", "iproute2");
        installed.Require("iptables", "iptables");
        installed.Require("runuser", "util-linux");
        PostgresServer.Require();
        var script = Path.Combine(Repository.Root, "bench", "cluster_soak.py");
        var start = new ProcessStartInfo(installed.Require("python3", "python3"), ["-B", script, what, "--nodes", $"{nodes}", "--torrents", "6", "--database", secondsWithoutDatabase, "--binary", Path.Combine(AppContext.BaseDirectory, "swarm")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        try
        {
            await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
        }
        finally
        {
            // By SIGTERM it takes its nodes and its database with it.
            if (!process.HasExited) Process.Start("kill", [$"{process.Id}"]).WaitForExit();
        }

        process.ExitCode.ShouldBe(0, $"{await output}{await errors}");
        using var sum = JsonDocument.Parse((await output).TrimEnd().Split('\n')[^1]);
        sum.RootElement.GetProperty("sum").GetInt32().ShouldBe(6, await output);
        sum.RootElement.GetProperty("problems").GetArrayLength().ShouldBe(0, await output);
    }
}
