using System.Security.Cryptography;
using Swarm.Protocol.Metainfo;
using static Swarm.Tests.Protocol.Metainfo.Torrents;

namespace Swarm.Tests.Protocol.Metainfo;

/// <summary>v2 and hybrid torrents (BEP 52).</summary>
public sealed class V2Tests
{
    private const int PieceLength = 32_768;

    private static readonly byte[] Root = [.. Enumerable.Repeat((byte)7, 32)];

    [Fact]
    public void One_file_at_the_root_of_the_tree_is_a_single_file_called_by_the_tree()
    {
        var metainfo = ParseInfo(Info(D(("in tree", Leaf(5)))));
        metainfo.IsSingleFile.ShouldBeTrue();
        metainfo.Name.ShouldBe("in tree");
        metainfo.Layout.Files.Single().Path.ShouldBe("in tree");
        metainfo.V1.ShouldBeNull();
        metainfo.PieceHashes.ShouldBeNull();
        metainfo.WireHash.ShouldBe(metainfo.V2!.Truncated);
        metainfo.V2.Hex.ShouldBe(Convert.ToHexStringLower(SHA256.HashData(metainfo.RawInfo.Span)));
    }

    [Fact]
    public void Files_begin_on_pieces_with_pads_of_our_own_between_them()
    {
        var metainfo = ParseInfo(Info(D(("a", Leaf(5)), ("b", Leaf(0)), ("c", Leaf(40_000)), ("d", D(("e", Leaf(1)))))));
        metainfo.Layout.Files.Select(file => (file.Path, file.Offset, file.Length, file.IsPad)).ShouldBe(
        [
            ("t/a", 0, 5, false),
            ("t/b", 5, 0, false),
            ("t/.pad/32763", 5, 32_763, true),
            ("t/c", 32_768, 40_000, false),
            ("t/.pad/25536", 72_768, 25_536, true),
            ("t/d/e", 98_304, 1, false),
        ]);
        metainfo.MerkleFiles.Select(tree => tree.File).ShouldBe([0, 3, 5]);
        metainfo.VisibleFiles.Select(metainfo.PathInTorrent).ShouldBe(["a", "b", "c", "d/e"]);
        metainfo.ContentLength.ShouldBe(40_006);
    }

    [Fact]
    public void Hostile_keys_of_the_tree_are_cleaned()
    {
        var metainfo = ParseInfo(Info(D(("..", D(("..", D(("x/y", Leaf(1)))))), ("con", Leaf(1)))));
        metainfo.VisibleFiles.Select(file => file.Path).ShouldBe(["t/x_y", "t/_con"]);
    }

    [Fact]
    public void A_v2_dictionary_must_be_canonical()
    {
        var info = Info(D(("a", Leaf(5))));
        ErrorOfInfo(info.Reverse().ToArray()).ShouldBe("info: keys of a v2 torrent are not sorted, or occur twice");
        ErrorOfInfo(Info(D(("b", Leaf(5)), ("a", Leaf(5))))).ShouldBe("info: keys of a v2 torrent are not sorted, or occur twice");
        (string, object)[] twice = [("x", Leaf(5)), ("x", Leaf(5))];
        ErrorOfInfo(Info(twice)).ShouldBe("info: keys of a v2 torrent are not sorted, or occur twice");
    }

    [Fact]
    public void Newer_versions_are_refused_before_anything_else()
    {
        ErrorOfInfo(D(("meta version", 3))).ShouldBe("meta version: 3 is newer than this program understands");
        ErrorOfInfo(D(("meta version", 0))).ShouldStartWith("meta version: 0");
        ParseInfo(SingleInfo("x").With(("meta version", 1))).V2.ShouldBeNull();
    }

    [Theory]
    [InlineData(8192)]
    [InlineData(16_385)]
    [InlineData(49_152)]
    public void A_v2_piece_length_is_a_power_of_two_from_a_block_up(int pieceLength) =>
        ErrorOfInfo(Info(D(("a", Leaf(5)))).With(("piece length", pieceLength))).ShouldStartWith($"piece length: {pieceLength} is not a power of two");

    [Fact]
    public void Trees_that_are_malformed_are_refused()
    {
        ErrorOfInfo(Info("tree")).ShouldBe("file tree: missing, or not a dictionary");
        ErrorOfInfo(Info(Leaf(5))).ShouldBe("file tree: properties of a file beside other entries, or at the root");
        ErrorOfInfo(Info(D(("a", 5)))).ShouldBe("file tree: an entry that is not a dictionary");
        ErrorOfInfo(Info(D(("a", D(("b", 5)))))).ShouldBe("file tree, a: an entry that is not a dictionary");
        ErrorOfInfo(Info(D(("a", D(("", Properties(5)), ("b", Leaf(5))))))).ShouldBe("file tree, a: a file that is also a directory");
        ErrorOfInfo(Info(D(("a", D(("", D(("pieces root", Root)))))))).ShouldBe("file tree, a: a file with no 'length', or a negative one");
        ErrorOfInfo(Info(D(("a", D(("", D(("length", 5)))))))).ShouldBe("file tree, a: a file without a 'pieces root' of 32 bytes");
        ErrorOfInfo(Info(D(("a", D(("", D(("length", 5), ("pieces root", new byte[31])))))))).ShouldStartWith("file tree, a: a file without");
        ErrorOfInfo(Info(D())).ShouldBe("the content is empty");
        ErrorOfInfo(Info(D(("a", Leaf(0))))).ShouldBe("the content is empty");
    }

    [Fact]
    public void Trees_are_accepted_at_the_limits_and_refused_past_them()
    {
        var limits = new MetainfoLimits { MaxPathDepth = 3, MaxFiles = 2 };
        ParseInfo(Info(D(("a", D(("b", D(("c", Leaf(5)))))))), limits).VisibleFiles.Single().Path.ShouldBe("t/a/b/c");
        ErrorOfInfo(Info(D(("a", D(("b", D(("c", D(("d", Leaf(5)))))))))), limits).ShouldBe("file tree, a/b/c: deeper than the limit of 3");
        ParseInfo(Info(D(("a", Leaf(5)), ("b", Leaf(5)))), limits).VisibleFiles.Count().ShouldBe(2);
        ErrorOfInfo(Info(D(("a", Leaf(5)), ("b", Leaf(5)), ("c", Leaf(5)))), limits).ShouldBe("file tree, c: more files than the limit of 2");
    }

    [Fact]
    public void The_deepest_tree_that_a_limit_allows_can_be_read()
    {
        object node = Leaf(5);
        for (var depth = 0; depth < 100; depth++) node = D(("d", node));
        var limits = new MetainfoLimits { MaxPathDepth = 100 };
        ParseInfo(Info(((string, object)[])node), limits).VisibleFiles.Single().Path.Split('/').Length.ShouldBe(101);
        ErrorOfInfo(Info(D(("d", node))), limits).ShouldEndWith("deeper than the limit of 100");
    }

    [Fact]
    public void Piece_layers_that_fit_their_root_are_kept()
    {
        var (root, layer) = TreeOf(100_000);
        var metainfo = Parse(Torrent(root, layer, 100_000));
        metainfo.MerkleFiles.Single().PieceLayer.ToArray().ShouldBe(layer);
    }

    [Fact]
    public void Piece_layers_that_do_not_fit_are_refused()
    {
        var (root, layer) = TreeOf(100_000);
        byte[] wrong = [.. layer];
        wrong[40] ^= 1;
        ErrorOf(Torrent(root, wrong, 100_000)).ShouldBe("piece layers, a: the hashes do not lead to the file's 'pieces root'");
        ErrorOf(Torrent(root, layer[..^32], 100_000)).ShouldBe("piece layers, a: expected 4 hashes of 32 bytes, found 96 bytes");
        ErrorOf(Torrent(root, [.. layer, .. layer], 100_000)).ShouldBe("piece layers, a: expected 4 hashes of 32 bytes, found 256 bytes");
    }

    [Fact]
    public void Piece_layers_that_are_missing_unknown_or_needless_are_accepted()
    {
        var (root, layer) = TreeOf(100_000);
        Parse(D(("info", Info(D(("a", Leaf(100_000, root))))))).MerkleFiles.Single().PieceLayer.IsEmpty.ShouldBeTrue();
        Parse(Torrent(Root, layer, 100_000, infoRoot: root)).MerkleFiles.Single().PieceLayer.IsEmpty.ShouldBeTrue();
        Parse(Torrent(Root, [], 5)).MerkleFiles.Single().PieceLayer.IsEmpty.ShouldBeTrue();
        Parse(D(("info", Info(D(("a", Leaf(100_000, root))))), ("piece layers", 5))).MerkleFiles.Single().PieceLayer.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void Equal_files_share_their_layer()
    {
        var (root, layer) = TreeOf(100_000);
        var info = Info(D(("a", Leaf(100_000, root)), ("b", Leaf(100_000, root)), ("c", Leaf(99_999, root))));
        var torrent = D(("info", info), ("piece layers", Layers(root, layer)));
        var metainfo = Parse(torrent);
        metainfo.MerkleFiles.Length.ShouldBe(3);
        metainfo.MerkleFiles.ShouldAllBe(file => file.PieceLayer.Equals(metainfo.MerkleFiles[0].PieceLayer));
    }

    [Fact]
    public void A_hybrid_has_both_hashes_and_the_trees_of_its_v1_files()
    {
        var metainfo = ParseInfo(Hybrid(File(5, "a"), Pad(32_763), File(0, "b"), File(3, "d", "c")));
        metainfo.IsHybrid.ShouldBeTrue();
        metainfo.WireHash.ShouldBe(metainfo.V1!.Value);
        metainfo.MerkleFiles.Select(tree => metainfo.Layout.Files[tree.File].Path).ShouldBe(["t/a", "t/d/c"]);
        metainfo.PieceHashes!.Count.ShouldBe(metainfo.Layout.Geometry.PieceCount);
    }

    [Fact]
    public void A_hybrid_may_end_in_a_pad_file_or_not() =>
        ParseInfo(Hybrid(File(5, "a"), Pad(32_763), File(0, "b"), File(3, "d", "c"), Pad(32_765))).Layout.Files[^1].IsPad.ShouldBeTrue();

    [Fact]
    public void A_hybrid_whose_two_sides_differ_is_refused()
    {
        const string From = "file tree: does not describe the same files as the v1 list, from ";
        ErrorOfInfo(Hybrid(File(5, "A"), Pad(32_763), File(0, "b"), File(3, "d", "c"))).ShouldBe(From + "A");
        ErrorOfInfo(Hybrid(File(6, "a"), Pad(32_762), File(0, "b"), File(3, "d", "c"))).ShouldBe(From + "a");
        ErrorOfInfo(Hybrid(File(5, "a"), File(0, "b"), File(3, "d", "c"))).ShouldBe(From + "d/c");
        ErrorOfInfo(Hybrid(File(5, "a"), Pad(32_763), File(3, "d", "c"), File(0, "b"))).ShouldBe(From + "d/c");
        ErrorOfInfo(Hybrid(File(5, "a"), Pad(32_763), File(0, "b"))).ShouldBe("file tree: has 3 files, the v1 list 2");
        ErrorOfInfo(Hybrid(File(5, "a"), Pad(32_763), File(0, "b"), File(3, "d", "c"), File(0, "e"))).ShouldBe(From + "e");
    }

    [Fact]
    public void A_hybrid_single_file_has_one_name_on_both_sides()
    {
        var info = SingleInfo("a", 5, PieceLength).With(("file tree", D(("a", Leaf(5)))), ("meta version", 2));
        var sorted = info.OrderBy(entry => entry.Key, StringComparer.Ordinal).ToArray();
        ParseInfo(sorted).IsHybrid.ShouldBeTrue();
        ErrorOfInfo(sorted.With(("name", "b"))).ShouldStartWith("file tree: does not describe the same files");
    }

    [Fact]
    public void A_hybrid_without_files_is_refused() =>
        ErrorOfInfo(Info(D(("a", Leaf(5)))).With(("pieces", new byte[20]))).ShouldBe("info: neither a 'length' nor 'files'");

    private static (string, object)[] Info(object tree) =>
        D(("file tree", tree), ("meta version", 2), ("name", "t"), ("piece length", PieceLength));

    /// <summary>A hybrid whose tree is a (5 bytes), b (empty), d/c (3 bytes), with any v1 list.</summary>
    private static (string, object)[] Hybrid(params (string Key, object Value)[][] files)
    {
        var total = (long)files.Sum(file => file.Where(entry => entry.Key == "length").Sum(entry => Convert.ToInt64(entry.Value)));
        return D(
            ("file tree", D(("a", Leaf(5)), ("b", Leaf(0)), ("d", D(("c", Leaf(3)))))),
            ("files", files.Cast<object>().ToArray()),
            ("meta version", 2),
            ("name", "t"),
            ("piece length", PieceLength),
            ("pieces", Hashes(total, PieceLength)));
    }

    private static (string Key, object Value)[] Pad(int length) => D(("attr", "p"), ("length", length), ("path", L(".pad", $"{length}")));

    private static (string, object)[] Leaf(long length, byte[]? root = null) => D(("", Properties(length, root)));

    private static (string, object)[] Properties(long length, byte[]? root = null) =>
        D(("length", length), ("pieces root", length > 0 ? root ?? Root : null));

    private static (string, object)[] Torrent(byte[] layerRoot, byte[] layer, long length, byte[]? infoRoot = null) =>
        D(("info", Info(D(("a", Leaf(length, infoRoot ?? layerRoot))))), ("piece layers", Layers(layerRoot, layer)));

    /// <summary>A dictionary with one binary key, which the text keys of the helper cannot express.</summary>
    private static RawBencode Layers(byte[] root, byte[] layer) => new([.. "d32:"u8, .. root, .. Encode(layer), (byte)'e']);

    private static (byte[] Root, byte[] Layer) TreeOf(int length)
    {
        var tree = new HashTree(LeavesOf(Content(length)));
        var root = new byte[32];
        tree.Root.CopyTo(root);
        return (root, tree.Layer(MerkleTree.PieceLayerHeight(PieceLength)).ToArray());
    }
}
