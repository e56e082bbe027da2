using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Swarm.Protocol.Metainfo;
using Swarm.Tests.Protocol.Bencoding;
using Swarm.Tests.Protocol.Primitives;
using static Swarm.Tests.Protocol.Metainfo.Torrents;

namespace Swarm.Tests.Protocol.Metainfo;

public sealed class MetainfoFuzzTests
{
    [Fact]
    public void Hostile_files_are_refused_or_made_safe()
    {
        byte[][] valid =
        [
            .. Vectors.Load("bep52.json").GetProperty("torrents").EnumerateArray().Select(vector => vector.Hex("torrent_hex")),
            Encode(D(("announce", "http://a"), ("announce-list", L(L("http://b"))), ("encoding", "GBK"), ("nodes", L(L("h", 1))), ("url-list", "http://c"), ("info", SingleInfo("x")))),
            Encode(D(("info", FolderInfo("..", File(1, "..", "a"), File(1, "A"), File(1, "a"), D(("attr", "l"), ("path", L("l")), ("symlink path", L("a"))), D(("attr", "p"), ("length", 3)))))),
        ];
        var alphabet = "ilde0123456789:./\\ \u0000"u8.ToArray();
        int accepted = 0, refused = 0;
        foreach (var input in Fuzz.Inputs(seed: 2, count: 10_000, valid, alphabet))
        {
            if (!MetainfoParser.TryParse(input, MetainfoLimits.Default, out var metainfo, out var error))
            {
                refused++;
                error.ShouldNotBeEmpty();
                error.ShouldNotContain('\n');
                continue;
            }

            accepted++;
            CheckSafe(metainfo);
        }

        accepted.ShouldBeGreaterThan(200);
        refused.ShouldBeGreaterThan(1000);
    }

    [Fact]
    public void Any_names_become_unlike_paths_inside_the_folder() => PropertyCheck.Holds(
        from name in Element
        from count in Gen.Choose(1, 12)
        from paths in Gen.Choose(1, 5).SelectMany(depth => Element.ArrayOf(depth)).ArrayOf(count)
        select (name, paths),
        names =>
        {
            var files = names.paths.Select(path => File(1, [.. path.Cast<object>()])).ToArray();
            var metainfo = ParseInfo(FolderInfo(names.name, files));
            CheckSafe(metainfo);
            metainfo.Layout.Files.Length.ShouldBe(files.Length);
            var renamed = metainfo.RenamedFiles.ToDictionary(file => file.File, file => file.OriginalPath);
            for (var i = 0; i < files.Length; i++)
            {
                var original = string.Join('/', names.paths[i]);
                renamed.GetValueOrDefault(i, metainfo.PathInTorrent(metainfo.Layout.Files[i])).ShouldBe(original);
            }
        });

    private static Gen<string> Element =>
        Gen.OneOf(
            Gen.Elements("a", "A", "a.1", "a.txt", "A.TXT", "a.1.txt", "..", ".", "", "con", "a/b", "a\\b", "a_b", "x ", new string('n', 300), "n.pad"),
            Gen.Elements('a', '.', ' ', '/', '\\', '\0', 'ü', '\u202e').ArrayOf().Select(characters => new string(characters)));

    private static void CheckSafe(TorrentMetainfo metainfo)
    {
        metainfo.Name.ShouldNotBeEmpty();
        metainfo.Name.ShouldNotContain('/');
        if (metainfo.V1 is { } v1) SHA1.HashData(metainfo.RawInfo.Span).ShouldBe(v1.Value.ToArray());
        (metainfo.PieceHashes?.Count ?? metainfo.Layout.Geometry.PieceCount).ShouldBe(metainfo.Layout.Geometry.PieceCount);
        var paths = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var file in metainfo.VisibleFiles)
        {
            paths.Add(file.Path).ShouldBeTrue(file.Path);
            var elements = file.Path.Split('/');
            elements[0].ShouldBe(metainfo.Name);
            elements.All(IsSafe).ShouldBeTrue(file.Path);
            metainfo.PathInTorrent(file).ShouldNotBeEmpty();
        }
    }

    private static bool IsSafe(string element) =>
        element.Length > 0 && element != "." && element != ".." && element.IndexOfAny(['\\', '\0', '\u202e']) < 0 && Encoding.UTF8.GetByteCount(element) <= 255;
}
