using System.Text;
using Swarm.Protocol.Bencoding;
using Swarm.Protocol.Metainfo;

namespace Swarm.Tests.Protocol.Metainfo;

public sealed class MetainfoBuilderTests
{
    private static readonly DateTimeOffset Date = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);

    [Fact]
    public void A_file_with_everything_comes_back_as_it_was_given()
    {
        var torrent = Folder() with
        {
            TrackerTiers = [["http://a/announce", "udp://b:1"], ["http://c/announce"]],
            WebSeeds = ["http://w/1/", "http://w/2/"],
            IsPrivate = true,
            Source = "SRC",
            Comment = "a comment",
            CreatedBy = "a program",
            CreationDate = Date,
        };
        var metainfo = Parse(torrent.Build());
        metainfo.Name.ShouldBe("folder");
        metainfo.VisibleFiles.Select(file => (metainfo.PathInTorrent(file), file.Length)).ShouldBe([("a", 20_000), ("sub/b ü", 0), ("sub/c", 15_000)]);
        metainfo.PieceHashes!.Memory.ToArray().ShouldBe(torrent.PieceHashes.Memory.ToArray());
        metainfo.Layout.Geometry.ShouldBe(new PieceGeometry(35_000, 16_384));
        metainfo.TrackerTiers.Select(tier => tier.ToArray()).ShouldBe([["http://a/announce", "udp://b:1"], ["http://c/announce"]]);
        metainfo.WebSeeds.ShouldBe(["http://w/1/", "http://w/2/"]);
        metainfo.IsPrivate.ShouldBeTrue();
        metainfo.Source.ShouldBe("SRC");
        metainfo.Comment.ShouldBe("a comment");
        metainfo.CreatedBy.ShouldBe("a program");
        metainfo.CreationDate.ShouldBe(Date);
        metainfo.RenamedFiles.ShouldBeEmpty();
    }

    [Fact]
    public void A_single_file_has_no_folder_and_no_needless_keys()
    {
        var torrent = Single() with { TrackerTiers = [["http://a"]], WebSeeds = ["http://w"] };
        var expected = "d8:announce8:http://a8:encoding5:UTF-84:infod6:lengthi5e4:name1:x12:piece lengthi16384e6:pieces20:"
            + new string('\0', 20) + "e8:url-list8:http://we";
        Encoding.Latin1.GetString(torrent.Build()).ShouldBe(expected);
        Parse(torrent.Build()).IsSingleFile.ShouldBeTrue();
    }

    [Fact]
    public void What_is_built_is_canonical()
    {
        using var document = BencodeDocument.Parse(Folder().Build(), BencodeLimits.Default);
        document.Root.IsCanonical.ShouldBeTrue();
        document.HasTrailingBytes.ShouldBeFalse();
    }

    [Fact]
    public void Contradictions_are_bugs()
    {
        Should.Throw<InvalidOperationException>(() => (Single() with { Name = "" }).Build());
        Should.Throw<InvalidOperationException>(() => (Single() with { Files = [] }).Build());
        Should.Throw<InvalidOperationException>(() => (Single() with { Files = [new BuilderFile([], 0)] }).Build());
        Should.Throw<InvalidOperationException>(() => (Single() with { Files = [new BuilderFile([], 5), new BuilderFile(["a"], 1)] }).Build());
        Should.Throw<InvalidOperationException>(() => (Single() with { Files = [new BuilderFile(["a", ""], 5)] }).Build());
        Should.Throw<InvalidOperationException>(() => (Single() with { Files = [new BuilderFile(["a"], 5), new BuilderFile(["b"], -1)] }).Build());
        Should.Throw<InvalidOperationException>(() => (Single() with { PieceLength = 4 }).Build());
    }

    [Theory]
    [InlineData(1L, 16 * 1024)]
    [InlineData(2000L * 16 * 1024, 16 * 1024)]
    [InlineData((2000L * 16 * 1024) + 1, 32 * 1024)]
    [InlineData(1L << 30, 1024 * 1024)]
    [InlineData(2L << 30, 2 * 1024 * 1024)]
    [InlineData(2000L * 8 * 1024 * 1024, 8 * 1024 * 1024)]
    [InlineData(1L << 40, 16 * 1024 * 1024)]
    [InlineData(long.MaxValue, 16 * 1024 * 1024)]
    public void The_chosen_piece_length_leaves_at_most_two_thousand_pieces(long total, int pieceLength) =>
        PieceLengthChoice.For(total).ShouldBe(pieceLength);

    private static MetainfoBuilder Single() => new()
    {
        Name = "x",
        Files = [new BuilderFile([], 5)],
        PieceLength = 16_384,
        PieceHashes = new PieceHashes(new byte[20]),
    };

    private static MetainfoBuilder Folder() => new()
    {
        Name = "folder",
        Files = [new BuilderFile(["a"], 20_000), new BuilderFile(["sub", "b ü"], 0), new BuilderFile(["sub", "c"], 15_000)],
        PieceLength = 16_384,
        PieceHashes = new PieceHashes(Enumerable.Range(0, 60).Select(value => (byte)value).ToArray()),
    };

    private static TorrentMetainfo Parse(byte[] torrent)
    {
        MetainfoParser.TryParse(torrent, MetainfoLimits.Default, out var metainfo, out var error).ShouldBeTrue(error);
        return metainfo!;
    }
}
