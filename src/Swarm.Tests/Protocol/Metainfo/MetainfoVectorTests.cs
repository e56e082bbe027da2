using System.Text.Json;
using Swarm.Protocol.Magnets;
using Swarm.Protocol.Metainfo;
using Swarm.Tests.Protocol.Bencoding;

namespace Swarm.Tests.Protocol.Metainfo;

/// <summary>Every case of <c>Vectors/bep52.json</c>.</summary>
public sealed class MetainfoVectorTests
{
    private static readonly JsonElement File = Vectors.Load("bep52.json");

    [Fact]
    public void Torrents_have_their_hashes_files_and_pieces()
    {
        foreach (var vector in File.GetProperty("torrents").EnumerateArray())
        {
            var torrent = vector.Hex("torrent_hex");
            MetainfoParser.TryParse(torrent, MetainfoLimits.Default, out var metainfo, out var error).ShouldBeTrue(error);
            metainfo!.Name.ShouldBe(vector.Text("name"));
            metainfo.V1?.ToString().ShouldBe(vector.Text("info_hash_v1_hex"));
            metainfo.V2?.Hex.ShouldBe(vector.Text("info_hash_v2_hex"));
            (metainfo.V1 is null).ShouldBe(vector.Text("info_hash_v1_hex") is null);
            (metainfo.V2 is null).ShouldBe(vector.Text("info_hash_v2_hex") is null);
            metainfo.V2?.Truncated.ToString().ShouldBe(vector.Text("info_hash_v2_truncated_hex"));
            metainfo.Layout.Geometry.PieceLength.ShouldBe(vector.GetProperty("piece_length").GetInt32());
            metainfo.Layout.Geometry.PieceCount.ShouldBe(vector.GetProperty("num_pieces_libtorrent").GetInt32());
            var files = vector.GetProperty("files").EnumerateArray().ToArray();
            metainfo.VisibleFiles.Select(file => (metainfo.PathInTorrent(file), file.Length))
                .ShouldBe(files.Select(file => (file.Text("path")!, file.GetProperty("size").GetInt64())));
            metainfo.ContentLength.ShouldBe(files.Sum(file => file.GetProperty("size").GetInt64()));
            if (metainfo.V2 is not null) CheckTrees(metainfo, files);
        }
    }

    [Fact]
    public void An_info_dictionary_alone_gives_the_same_torrent()
    {
        foreach (var vector in File.GetProperty("torrents").EnumerateArray())
        {
            MetainfoParser.TryParse(vector.Hex("torrent_hex"), MetainfoLimits.Default, out var whole, out _).ShouldBeTrue();
            MetainfoParser.TryParseInfo(whole!.RawInfo, MetainfoLimits.Default, out var info, out var error).ShouldBeTrue(error);
            info!.V1.ShouldBe(whole.V1);
            info.V2.ShouldBe(whole.V2);
            info.Layout.Files.ShouldBe(whole.Layout.Files);
            info.PieceHashes?.Memory.ToArray().ShouldBe(whole.PieceHashes?.Memory.ToArray());
            info.MerkleFiles.Select(file => file.PiecesRoot).ShouldBe(whole.MerkleFiles.Select(file => file.PiecesRoot));
            info.MerkleFiles.ShouldAllBe(file => file.PieceLayer.IsEmpty);
        }
    }

    [Fact]
    public void Hash_trees_have_their_roots_and_layers()
    {
        foreach (var vector in File.GetProperty("merkle").EnumerateArray())
        {
            var leaves = Torrents.LeavesOf(Torrents.Content(vector.GetProperty("size").GetInt32()));
            var tree = new HashTree(leaves);
            tree.Root.ToString().ShouldBe(vector.Text("pieces_root_hex"));
            MerkleTree.Root(leaves, 0).ShouldBe(tree.Root);
            (1 << tree.Height).ShouldBe(vector.GetProperty("leaf_layer_width").GetInt32());
            (leaves.Length / 32).ShouldBe(vector.GetProperty("blocks").GetInt32());
            Convert.ToHexStringLower(leaves.AsSpan(0, 32)).ShouldBe(vector.Text("first_leaf_hex"));
            Convert.ToHexStringLower(leaves.AsSpan(leaves.Length - 32)).ShouldBe(vector.Text("last_leaf_hex"));
            foreach (var layer in vector.GetProperty("piece_layers").EnumerateObject())
            {
                var height = MerkleTree.PieceLayerHeight(int.Parse(layer.Name));
                var expected = string.Concat(layer.Value.EnumerateArray().Select(hash => hash.GetString()));
                Convert.ToHexStringLower(tree.Layer(height)).ShouldBe(expected);
                MerkleTree.Root(tree.Layer(height), height).ShouldBe(tree.Root);
            }
        }
    }

    [Fact]
    public void Padding_is_the_tree_over_zero_leaves()
    {
        foreach (var vector in File.GetProperty("padding").EnumerateArray())
        {
            MerkleTree.PadHash(vector.GetProperty("layer").GetInt32()).ToString().ShouldBe(vector.Text("hash_hex"));
        }
    }

    [Fact]
    public void Hash_requests_are_answered_and_answers_that_reach_the_root_verify()
    {
        const int HeaderLength = 4 + 1 + 32 + (4 * 4);
        var proven = 0;
        foreach (var vector in File.GetProperty("hash_requests").EnumerateArray())
        {
            var tree = new HashTree(Torrents.LeavesOf(Torrents.Content(1_048_577)));
            tree.Root.ToString().ShouldBe(vector.Text("pieces_root_hex"));
            var range = RangeOf(vector);
            var answer = tree.TryAnswer(range).ShouldNotBeNull();
            Convert.ToHexStringLower(answer).ShouldBe(vector.Text("hashes_hex")![(HeaderLength * 2)..]);
            range.AnswerCount.ShouldBe(vector.GetProperty("num_hashes").GetInt32());
            var reachesRoot = range.BaseLayer + range.ProofLayers + 1 == tree.Height;
            HashTree.Verify(tree.Root, tree.Height, range, answer).ShouldBe(reachesRoot);
            if (!reachesRoot) continue;
            proven++;
            for (var at = 0; at < answer.Length; at += 31)
            {
                answer[at] ^= 1;
                HashTree.Verify(tree.Root, tree.Height, range, answer).ShouldBeFalse();
                answer[at] ^= 1;
            }

            HashTree.Verify(tree.Root, tree.Height, range, answer.AsSpan(32)).ShouldBeFalse();
        }

        proven.ShouldBeGreaterThan(2);
    }

    [Fact]
    public void Hash_requests_that_no_tree_can_answer_are_refused()
    {
        var tree = new HashTree(Torrents.LeavesOf(Torrents.Content(1_048_577)));
        foreach (var vector in File.GetProperty("bad_hash_requests").EnumerateArray())
        {
            tree.TryAnswer(RangeOf(vector)).ShouldBeNull(vector.Text("why"));
            HashTree.Verify(tree.Root, tree.Height, RangeOf(vector), []).ShouldBeFalse();
        }
    }

    [Fact]
    public void Known_hashes_come_back_from_their_magnet_links()
    {
        foreach (var vector in File.GetProperty("known_info_hashes").EnumerateArray())
        {
            MagnetLink.TryParse(vector.Text("magnet")!, out var link, out var error).ShouldBeTrue(error);
            (link!.V1?.ToString()).ShouldBe(vector.Text("info_hash_v1_hex"));
            link.V2!.Hex.ShouldBe(vector.Text("info_hash_v2_hex"));
            link.DisplayName.ShouldBe(vector.Text("name"));
        }
    }

    private static HashRange RangeOf(JsonElement vector) => new(
        vector.GetProperty("base_layer").GetInt32(),
        vector.GetProperty("index").GetInt32(),
        vector.GetProperty("length").GetInt32(),
        vector.GetProperty("proof_layers").GetInt32());

    private static void CheckTrees(TorrentMetainfo metainfo, JsonElement[] files)
    {
        var pieceLength = metainfo.Layout.Geometry.PieceLength;
        var trees = metainfo.MerkleFiles.ToDictionary(tree => metainfo.PathInTorrent(metainfo.Layout.Files[tree.File]));
        foreach (var file in files)
        {
            var size = file.GetProperty("size").GetInt32();
            trees.ContainsKey(file.Text("path")!).ShouldBe(size > 0);
            if (size == 0) continue;
            var tree = trees[file.Text("path")!];
            tree.PiecesRoot.ToString().ShouldBe(file.Text("pieces_root_hex"));
            (metainfo.Layout.Files[tree.File].Offset % pieceLength).ShouldBe(0);
            tree.PieceLayer.Length.ShouldBe(size > pieceLength ? ((size - 1) / pieceLength + 1) * 32 : 0);
        }
    }
}
