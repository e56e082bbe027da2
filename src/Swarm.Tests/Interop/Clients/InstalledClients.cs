using System.Diagnostics;

namespace Swarm.Tests.Interop.Clients;

/// <summary>
/// Which real clients this machine has. A test that needs a missing one is skipped and says what to install; with SWARM_REQUIRE_PEERS=1 in the environment it fails instead.
/// Shared by the tests of <see cref="RealClients"/>, so that each program is looked for once.
/// </summary>
public sealed class InstalledClients
{
    private readonly Dictionary<string, string?> _programs = [];
    private readonly Lazy<string?> _libtorrentPython;

    public InstalledClients() => _libtorrentPython = new Lazy<string?>(FindLibtorrent);

    /// <summary>The path of <paramref name="program"/>.</summary>
    public string Require(string program, string package)
    {
        if (!_programs.TryGetValue(program, out var path)) _programs[program] = path = Find(program);
        Demand(path, program, package);
        return path!;
    }

    /// <summary>The path of a Python that has libtorrent's bindings.</summary>
    public string RequireLibtorrent()
    {
        Demand(_libtorrentPython.Value, "libtorrent for Python", "python3-libtorrent");
        return _libtorrentPython.Value!;
    }

    /// <summary>That the tests run as root, which <paramref name="what"/> takes.</summary>
    public void RequireRoot(string what) => Demand(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, $"{what} takes root on Linux: run the tests as root");

    /// <summary>That something <paramref name="isThere"/>: skips the test with a message that says what to install, or fails it where real peers are required.</summary>
    internal static void Demand(bool isThere, string message)
    {
        if (Environment.GetEnvironmentVariable("SWARM_REQUIRE_PEERS") == "1") isThere.ShouldBeTrue(message);
        Assert.SkipUnless(isThere, message);
    }

    private static void Demand(string? found, string what, string package) => Demand(found is not null, $"{what} is not installed: apt-get install {package}");

    private static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/bin").Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    // The first python3 of the path need not be the one the distribution's packages are for.
    private static string? FindLibtorrent()
    {
        foreach (var python in new[] { "/usr/bin/python3", Find("python3") })
        {
            if (python is null || !File.Exists(python)) continue;
            using var probe = Process.Start(new ProcessStartInfo(python, ["-c", "import libtorrent"]) { RedirectStandardError = true, UseShellExecute = false })!;
            probe.WaitForExit();
            if (probe.ExitCode == 0) return python;
        }

        return null;
    }
}

/// <summary>Tests with real clients run one at a time: they are timed by foreign programs that want the machine for themselves.</summary>
[CollectionDefinition(nameof(RealClients), DisableParallelization = true)]
public sealed class RealClients : ICollectionFixture<InstalledClients>;
