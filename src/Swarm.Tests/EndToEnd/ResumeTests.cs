using Swarm.Actors.Torrents;

namespace Swarm.Tests.EndToEnd;

/// <summary>What survives a stop, a crash, and people who touch the files.</summary>
public sealed class ResumeTests
{
    private const int PieceLength = 32 * 1024;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task No_verified_piece_is_fetched_again(bool crash)
    {
        using var content = TestContent.Create(1, PieceLength, ("one.bin", 100 * PieceLength));
        await using var seed = await RealFileTests.SeedAsync(content, uploadLimit: 800_000);
        var first = await TestNode.StartAsync(content.Folder("leech-data"), torrent: TorrentSettings.Default with { CheckpointInterval = TimeSpan.FromSeconds(1) });
        await first.AddAsync(content, content.Folder("out"), seed.Listen);
        await first.VerifiedAsync(40);
        var verified = first.Events.Verified;
        if (crash) await first.CrashAsync();
        else await first.StopAsync();

        await using var second = await TestNode.StartAsync(content.Folder("leech-data"));
        await second.AddAsync(content, content.Folder("out"), seed.Listen);
        await second.FinishedAsync(content);
        content.ShouldBeIn(content.Folder("out"));
        var status = await second.StatusAsync(content);
        // The blocks of the pieces that were under way may come again.
        status.VerifiedPieces.ShouldBe(100);
        second.Events.Verified.ShouldBeLessThanOrEqualTo(100 - verified);
        status.Wasted.ShouldBe(0);
        await second.StopAsync();
        await seed.StopAsync();
    }

    [Fact]
    public async Task A_seed_starts_again_without_reading_its_content()
    {
        using var content = TestContent.Create(2, PieceLength, ("one.bin", 1_000_000));
        await using (var first = await RealFileTests.SeedAsync(content))
        {
            (await first.StatusAsync(content)).CheckProgress.Total.ShouldBe(content.Metainfo.Layout.Geometry.PieceCount);
            await first.StopAsync();
        }

        await using var second = await RealFileTests.SeedAsync(content);
        (await second.StatusAsync(content)).CheckProgress.Total.ShouldBe(0);
        await second.StopAsync();
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("changed")]
    [InlineData("cut")]
    public async Task What_people_did_to_a_finished_download_is_noticed_left_alone_and_repaired_when_asked(string what)
    {
        using var content = TestContent.Create(3, PieceLength, ("first.bin", 200_000), ("second.bin", 300_000));
        await using var seed = await RealFileTests.SeedAsync(content);
        var folder = content.Folder("out");
        var file = Path.Combine(folder, "content/second.bin");
        await using (var first = await TestNode.StartAsync(content.Folder("leech-data")))
        {
            await first.AddAsync(content, folder, seed.Listen);
            await first.FinishedAsync(content);
            await first.StopAsync();
        }

        switch (what)
        {
            case "missing": File.Delete(file); break;
            case "cut": File.WriteAllBytes(file, File.ReadAllBytes(file)[..100_000]); break;
            default:
                var bytes = File.ReadAllBytes(file);
                bytes[150_000] ^= 1;
                File.WriteAllBytes(file, bytes);
                break;
        }

        var touched = File.Exists(file) ? File.ReadAllBytes(file) : null;
        // The second start must notice as much as the first.
        for (var time = 0; time < 2; time++)
        {
            await using var again = await TestNode.StartAsync(content.Folder("leech-data"));
            await again.AddAsync(content, folder, seed.Listen);
            (await again.FailedAsync(content)).ShouldSatisfyAllConditions(
                reason => reason.ShouldContain("second.bin"), reason => reason.ShouldContain("--recheck"), reason => reason.ShouldContain(what == "missing" ? "missing" : "changed"));
            await again.StopAsync();
            (File.Exists(file) ? File.ReadAllBytes(file) : null).ShouldBe(touched);
        }

        await using var repair = await TestNode.StartAsync(content.Folder("leech-data"));
        await repair.AddAsync(content, new TorrentOptions { Folder = folder, Peers = [seed.Listen], Recheck = true });
        await repair.FinishedAsync(content);
        content.ShouldBeIn(folder);
        (await repair.StatusAsync(content)).Downloaded.ShouldBeLessThan(400_000, "what is good is not fetched again");
        await repair.StopAsync();
        await seed.StopAsync();
    }

    [Fact]
    public async Task A_file_of_somebody_else_in_the_way_is_not_overwritten()
    {
        using var content = TestContent.Create(4, PieceLength, ("first.bin", 200_000), ("second.bin", 300_000));
        await using var seed = await RealFileTests.SeedAsync(content);
        var folder = content.Folder("out");
        var file = Path.Combine(content.Folder("out/content"), "first.bin");
        File.WriteAllText(file, "a letter");
        await using var leecher = await TestNode.StartAsync(content.Folder("leech-data"));
        await leecher.AddAsync(content, folder, seed.Listen);
        (await leecher.FailedAsync(content)).ShouldContain("first.bin");
        await leecher.StopAsync();
        File.ReadAllText(file).ShouldBe("a letter");
        File.Exists(Path.Combine(folder, "content/second.bin")).ShouldBeFalse();
        await seed.StopAsync();
    }
}
