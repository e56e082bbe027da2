using Swarm.Tests.EndToEnd;
using Swarm.Tests.Interop.Clients;

namespace Swarm.Tests.Interop;

/// <summary>The program itself against libtorrent: interrupted, killed, resumed.</summary>
[Collection(nameof(RealClients))]
public sealed class ProgramTests(InstalledClients installed)
{
    private const int SeedLimit = 1024 * 1024;
    private const int InterruptedExit = 128 + 2;

    [Fact]
    public async Task Killed_get_fetches_no_verified_piece_again()
    {
        using var content = Contents.Long(21);
        await using var scenario = new Scenario();
        var first = await GetHalfAsync(scenario, content);
        await first.KillAsync();
        await FinishAsync(scenario, content, first.Verified);
    }

    [Fact]
    public async Task Interrupted_get_ends_in_order_and_fetches_no_verified_piece_again()
    {
        using var content = Contents.Long(22);
        await using var scenario = new Scenario();
        var first = await GetHalfAsync(scenario, content);
        first.Interrupt();
        (await first.ExitAsync()).ShouldBe(InterruptedExit);
        await FinishAsync(scenario, content, first.Verified);
    }

    [Fact]
    public async Task Seed_serves_until_it_is_interrupted()
    {
        using var content = Contents.Create(Contents.ManyFiles);
        await using var scenario = new Scenario();
        var seed = SwarmProgram.Start(scenario, scenario.Folder("data"), "seed", Path.Combine(content.SeedFolder, content.Name), "--torrent", Share.Torrent(content).Text);
        var port = (int)(await seed.LineAsync("seeding"))["port"]!;
        var leecher = await LibtorrentSession.StartAsync(installed, scenario);
        var folder = scenario.Folder("out");
        leecher.Add(Share.Torrent(content), folder, peers: [new(System.Net.IPAddress.Loopback, port)]);
        await leecher.CompleteAsync(content.Metainfo.WireHash);
        content.ShouldBeIn(folder);
        seed.Interrupt();
        (await seed.ExitAsync()).ShouldBe(0);
    }

    private static SwarmProgram Get(Scenario scenario, TestContent content, LibtorrentSession seed) =>
        SwarmProgram.Start(scenario, scenario.Folder("data"), "get", Share.Torrent(content).Text, "-o", scenario.Folder("out"), "--peer", seed.EndPoint.ToString());

    private async Task<SwarmProgram> GetHalfAsync(Scenario scenario, TestContent content)
    {
        var seed = await SeedAsync(scenario, content, SeedLimit);
        var program = Get(scenario, content, seed);
        await program.VerifiedAsync(content.Metainfo.Layout.Geometry.PieceCount / 2);
        return program;
    }

    // The seed of the second run is another one, which has only this run's bytes on its count.
    private async Task FinishAsync(Scenario scenario, TestContent content, int verified)
    {
        var geometry = content.Metainfo.Layout.Geometry;
        verified.ShouldBeInRange(geometry.PieceCount / 2, geometry.PieceCount - 1);
        var seed = await SeedAsync(scenario, content, uploadLimit: 0);
        var program = Get(scenario, content, seed);
        ((int)(await program.LineAsync("done"))["piecesFetched"]!).ShouldBeLessThanOrEqualTo(geometry.PieceCount - verified);
        (await program.ExitAsync()).ShouldBe(0);
        content.ShouldBeIn(scenario.Folder("out"));
        (await seed.StatsAsync(content.Metainfo.WireHash)).Uploaded.ShouldBeLessThanOrEqualTo(geometry.TotalLength - ((long)verified * geometry.PieceLength));
    }

    private async Task<LibtorrentSession> SeedAsync(Scenario scenario, TestContent content, int uploadLimit)
    {
        var seed = await LibtorrentSession.StartAsync(installed, scenario);
        seed.Add(Share.Torrent(content), content.SeedFolder, uploadLimit: uploadLimit);
        await seed.CompleteAsync(content.Metainfo.WireHash);
        return seed;
    }
}
