using System.Diagnostics;
using System.Net;
using Swarm.Actors.Torrents;

namespace Swarm.Tests.EndToEnd;

/// <summary>Whole nodes with real files over loopback: transfers of all shapes.</summary>
public sealed class RealFileTests
{
    [Theory]
    [InlineData(1, 16 * 1024)]
    [InlineData(1, 1024 * 1024)]
    [InlineData(16 * 1024, 16 * 1024)]
    [InlineData(100_000, 1024 * 1024)]
    [InlineData(1_500_000, 32 * 1024)]
    public async Task Content_of_any_size_arrives(int length, int pieceLength)
    {
        using var content = TestContent.Create(length, pieceLength, ("one.bin", length));
        await TransferAsync(content, IPAddress.Loopback);
    }

    [Fact]
    public async Task It_works_over_ipv6()
    {
        using var content = TestContent.Create(1, 32 * 1024, ("one.bin", 700_000));
        await TransferAsync(content, IPAddress.IPv6Loopback);
    }

    [Fact]
    public async Task Folders_with_empty_files_arrive()
    {
        using var content = TestContent.Create(2, 32 * 1024, ("a/empty", 0), ("a/b/first.bin", 100_001), ("small", 3), ("last/empty too", 0), ("z.bin", 40_000));
        await TransferAsync(content, IPAddress.Loopback);
    }

    [Fact]
    public async Task Only_what_is_selected_is_fetched()
    {
        using var content = TestContent.Create(3, 32 * 1024, ("first.bin", 320_000), ("second.bin", 320_000), ("third.bin", 320_000));
        await using var seed = await SeedAsync(content);
        await using var leecher = await TestNode.StartAsync(content.Folder("leech-data"));
        var folder = content.Folder("out");
        await leecher.AddAsync(content, new TorrentOptions { Folder = folder, Peers = [seed.Listen], Select = ["third.bin"] });
        await leecher.FinishedAsync(content);
        File.ReadAllBytes(Path.Combine(folder, "content/third.bin")).ShouldBe(File.ReadAllBytes(Path.Combine(content.SeedFolder, "content/third.bin")));
        File.Exists(Path.Combine(folder, "content/first.bin")).ShouldBeFalse();
        (await leecher.StatusAsync(content)).Downloaded.ShouldBeLessThan(320_000 + (2 * 32 * 1024));
        await leecher.StopAsync();
        await seed.StopAsync();
    }

    [Fact]
    public async Task A_magnet_link_is_enough()
    {
        using var content = TestContent.Create(4, 32 * 1024, ("dir/one.bin", 300_000), ("two.bin", 200_000));
        await using var seed = await SeedAsync(content);
        await using var leecher = await TestNode.StartAsync(content.Folder("leech-data"));
        await leecher.AddMagnetAsync(content, new TorrentOptions { Folder = content.Folder("out"), Peers = [seed.Listen] });
        await leecher.FinishedAsync(content);
        content.ShouldBeIn(content.Folder("out"));
        // Who came by the link now serves those who have only the link.
        await seed.StopAsync();
        await using var third = await TestNode.StartAsync(content.Folder("third-data"));
        await third.AddMagnetAsync(content, new TorrentOptions { Folder = content.Folder("third"), Peers = [leecher.Listen] });
        await third.FinishedAsync(content);
        content.ShouldBeIn(content.Folder("third"));
        await third.StopAsync();
        await leecher.StopAsync();
    }

    [Fact]
    public async Task Leechers_give_each_other_what_they_have()
    {
        using var content = TestContent.Create(5, 32 * 1024, ("one.bin", 4_000_000));
        await using var seed = await SeedAsync(content, uploadLimit: 1_500_000);
        var leechers = new List<TestNode>();
        for (var i = 0; i < 3; i++)
        {
            var leecher = await TestNode.StartAsync(content.Folder($"data-{i}"));
            await leecher.AddAsync(content, content.Folder($"out-{i}"), [seed.Listen, .. leechers.Select(other => other.Listen)]);
            leechers.Add(leecher);
        }

        foreach (var leecher in leechers) await leecher.FinishedAsync(content);
        for (var i = 0; i < 3; i++) content.ShouldBeIn(content.Folder($"out-{i}"));
        await seed.StopAsync();
        long given = 0;
        foreach (var leecher in leechers)
        {
            given += (await leecher.StatusAsync(content)).Uploaded;
            await leecher.StopAsync();
        }

        given.ShouldBeGreaterThan(400_000);
    }

    [Fact]
    public async Task When_a_seed_stops_half_way_another_one_goes_on()
    {
        using var content = TestContent.Create(6, 32 * 1024, ("one.bin", 3_000_000));
        await using var first = await SeedAsync(content, uploadLimit: 1_000_000);
        await using var leecher = await TestNode.StartAsync(content.Folder("leech-data"));
        await leecher.AddAsync(content, content.Folder("out"), first.Listen);
        await leecher.VerifiedAsync(20);
        await first.StopAsync();
        leecher.Events.Verified.ShouldBeLessThan(92);
        await using var second = await TestNode.StartAsync(content.Folder("second-data"));
        await second.AddAsync(content, new TorrentOptions { Folder = content.SeedFolder, SeedOnly = true, Peers = [leecher.Listen] });
        await leecher.FinishedAsync(content);
        content.ShouldBeIn(content.Folder("out"));
        await leecher.StopAsync();
        await second.StopAsync();
    }

    [Fact]
    public async Task A_download_limit_holds()
    {
        using var content = TestContent.Create(7, 32 * 1024, ("one.bin", 2_400_000));
        await using var seed = await SeedAsync(content);
        await using var leecher = await TestNode.StartAsync(content.Folder("leech-data"));
        var clock = Stopwatch.StartNew();
        await leecher.AddAsync(content, new TorrentOptions { Folder = content.Folder("out"), Peers = [seed.Listen], DownloadLimit = 600_000 });
        await leecher.FinishedAsync(content);
        (2_400_000 / clock.Elapsed.TotalSeconds).ShouldBeInRange(250_000, 780_000);
    }

    [Fact]
    public async Task An_upload_limit_holds_also_for_a_connection_that_came_in()
    {
        using var content = TestContent.Create(8, 32 * 1024, ("one.bin", 2_400_000));
        await using var seed = await SeedAsync(content, uploadLimit: 600_000);
        await using var leecher = await TestNode.StartAsync(content.Folder("leech-data"));
        var clock = Stopwatch.StartNew();
        await leecher.AddAsync(content, content.Folder("out"), seed.Listen);
        await leecher.FinishedAsync(content);
        (2_400_000 / clock.Elapsed.TotalSeconds).ShouldBeInRange(250_000, 780_000);
    }

    [Fact]
    public async Task A_download_limit_holds_for_a_connection_that_came_in()
    {
        using var content = TestContent.Create(9, 32 * 1024, ("one.bin", 2_400_000));
        await using var leecher = await TestNode.StartAsync(content.Folder("leech-data"), net: Swarm.Actors.Net.NetSettings.Default with { DownloadLimit = 600_000 });
        await leecher.AddAsync(content, content.Folder("out"));
        await using var seed = await TestNode.StartAsync(content.Folder("seed-data"));
        var clock = Stopwatch.StartNew();
        await seed.AddAsync(content, new TorrentOptions { Folder = content.SeedFolder, SeedOnly = true, Peers = [leecher.Listen] });
        await leecher.FinishedAsync(content);
        (2_400_000 / clock.Elapsed.TotalSeconds).ShouldBeInRange(250_000, 780_000);
    }

    internal static async Task<TestNode> SeedAsync(TestContent content, IPAddress? address = null, long uploadLimit = 0, string data = "seed-data")
    {
        var seed = await TestNode.StartAsync(content.Folder(data), address);
        await seed.AddAsync(content, new TorrentOptions { Folder = content.SeedFolder, SeedOnly = true, UploadLimit = uploadLimit });
        await seed.FinishedAsync(content);
        return seed;
    }

    private static async Task TransferAsync(TestContent content, IPAddress address)
    {
        await using var seed = await SeedAsync(content, address);
        await using var leecher = await TestNode.StartAsync(content.Folder("leech-data"), address);
        await leecher.AddAsync(content, content.Folder("out"), seed.Listen);
        await leecher.FinishedAsync(content);
        content.ShouldBeIn(content.Folder("out"));
        (await leecher.StatusAsync(content)).Wasted.ShouldBe(0);
        await leecher.StopAsync();
        await seed.StopAsync();
    }
}
