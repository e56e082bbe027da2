using System.Diagnostics;
using Swarm.Tests.Architecture;

namespace Swarm.Tests.Host.Serve;

/// <summary>What the Debian package's script does when the package is purged, below a root of its own (dpkg's DPKG_ROOT).</summary>
public sealed class PackageTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("srv/swarm/film.mkv")]
    [InlineData("var/lib/swarm/content/film.mkv")]
    [InlineData("var/lib/swarm/content/swarm.db")]
    [InlineData("var/lib/swarm/content/owners/a.lock")]
    [InlineData("var/lib/swarm/cluster/film.mkv")]
    [InlineData("var/lib/swarm/films/film.mkv")]
    [InlineData("var/lib/swarm/b/content/film.mkv")]
    [InlineData("var/lib/swarm/notes.txt")]
    public async Task A_purge_leaves_what_is_no_state(string path)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the package is for Linux");
        PutState("var/lib/swarm");
        PutState("var/lib/swarm/b");
        _scratch.Write(path, 1);

        (await PurgeAsync()).ShouldBe(0);

        Directory.EnumerateFiles(_scratch.Root, "*", SearchOption.AllDirectories).ShouldBe([_scratch[path]]);
    }

    [Fact]
    public async Task A_purge_without_content_leaves_nothing()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the package is for Linux");
        PutState("var/lib/swarm");
        PutState("var/lib/swarm/b");
        PutState("var/lib/swarm/.local/share/swarm");
        _scratch.Write("var/log/swarm/swarm.log", 1);

        (await PurgeAsync()).ShouldBe(0);

        Directory.EnumerateFileSystemEntries(_scratch["var/lib"]).ShouldBeEmpty();
        Directory.EnumerateFileSystemEntries(_scratch["var/log"]).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_purge_follows_no_link_out_of_its_folder()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the package is for Linux");
        PutState("elsewhere");
        Directory.CreateDirectory(_scratch["var/lib/swarm"]);
        Directory.CreateSymbolicLink(_scratch["var/lib/swarm/b"], _scratch["elsewhere"]);

        (await PurgeAsync()).ShouldBe(0);

        File.Exists(_scratch["elsewhere/swarm.db"]).ShouldBeTrue();
    }

    // What a node writes into its data folder.
    private void PutState(string folder)
    {
        foreach (var name in (string[])["swarm.db", "swarm.db-wal", "swarm.db-shm", "api-keys.json", "api-keys.json.lock", "owners/7.lock"]) _scratch.Write($"{folder}/{name}", 1);
    }

    private async Task<int> PurgeAsync()
    {
        var start = new ProcessStartInfo("/bin/sh", [Path.Combine(Repository.Root, "packaging", "debian", "postrm"), "purge"]) { RedirectStandardOutput = true };
        start.Environment["DPKG_ROOT"] = _scratch.Root;
        using var process = Process.Start(start)!;
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
