using Swarm.Actors.Torrents;
using Swarm.Protocol.Magnets;
using Swarm.Tests.Actors.Fakes;

namespace Swarm.Tests.Actors.Torrents;

public sealed class SelectedFilesTests
{
    private static readonly FakeContent Content = new(16 * 1024, [("a.txt", 20_000), ("deep/b.BIN", 20_000), ("empty", 0), ("deep/down/c.txt", 20_000)]);

    [Theory]
    [InlineData("", "1111")]
    [InlineData("a.txt", "1...")]
    [InlineData("*.txt", "1..1")]
    [InlineData("*.bin", ".1..")]
    [InlineData("deep/*", ".1.1")]
    [InlineData("content/deep/*", ".1.1")]
    [InlineData("c.txt", "...1")]
    [InlineData("?.txt", "1..1")]
    [InlineData("nothing", "....")]
    [InlineData("a.txt|empty", "1.1.")]
    public void A_pattern_matches_the_path_the_path_with_the_folder_or_the_name(string patterns, string wanted) =>
        Wanted(patterns, selection: null).ShouldBe(wanted);

    [Fact]
    public void Patterns_win_over_the_selection_of_the_link()
    {
        MagnetLink.TryParse($"magnet:?xt=urn:btih:{Content.Torrent}&so=0,2", out var link, out var error).ShouldBeTrue(error);
        Wanted("", link.Selection).ShouldBe("1.1.");
        Wanted("c.txt", link.Selection).ShouldBe("...1");
    }

    [Fact]
    public void The_pieces_that_hold_a_byte_of_a_wanted_file_are_wanted()
    {
        // a: 0-1, b: 1-2, c: 2-3.
        var wanted = SelectedFiles.WantedPieces(Content.Layout, [false, true, true, false]);
        Enumerable.Range(0, 4).Where(piece => wanted[new PieceIndex(piece)]).ShouldBe([1, 2]);
        SelectedFiles.WantedPieces(Content.Layout, [false, false, true, false]).IsEmpty.ShouldBeTrue();
    }

    private static string Wanted(string patterns, FileSelection? selection) =>
        string.Concat(SelectedFiles.WantedFiles(Content.Metainfo, [.. patterns.Split('|', StringSplitOptions.RemoveEmptyEntries)], selection).Select(wanted => wanted ? '1' : '.'));
}
