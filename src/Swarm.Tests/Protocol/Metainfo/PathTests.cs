using System.Diagnostics;
using System.Text;
using Swarm.Protocol.Metainfo;
using static Swarm.Tests.Protocol.Metainfo.Torrents;

namespace Swarm.Tests.Protocol.Metainfo;

/// <summary>Where files lie on disk: roots, renamings, collisions, links.</summary>
public sealed class PathTests
{
    [Fact]
    public void A_single_file_lies_under_its_own_name()
    {
        var metainfo = ParseInfo(SingleInfo("movie.mkv"));
        metainfo.IsSingleFile.ShouldBeTrue();
        metainfo.Layout.Files.Single().Path.ShouldBe("movie.mkv");
        metainfo.PathInTorrent(metainfo.Layout.Files[0]).ShouldBe("movie.mkv");
        metainfo.RenamedFiles.ShouldBeEmpty();
    }

    [Fact]
    public void Files_of_a_folder_lie_under_its_name()
    {
        var metainfo = ParseInfo(FolderInfo("album", File(5, "cd1", "a.flac"), File(7, "b.txt")));
        metainfo.IsSingleFile.ShouldBeFalse();
        Paths(metainfo).ShouldBe(["album/cd1/a.flac", "album/b.txt"]);
        metainfo.VisibleFiles.Select(metainfo.PathInTorrent).ShouldBe(["cd1/a.flac", "b.txt"]);
    }

    [Fact]
    public void A_list_of_one_file_is_a_folder()
    {
        var metainfo = ParseInfo(FolderInfo("folder", File(5, "only.txt")));
        metainfo.IsSingleFile.ShouldBeFalse();
        Paths(metainfo).ShouldBe(["folder/only.txt"]);
    }

    [Fact]
    public void Hostile_paths_stay_inside_the_folder()
    {
        var metainfo = ParseInfo(FolderInfo(
            "../../root", File(1, "..", "..", "etc", "passwd"), File(1, "/abs", "x"), File(1, "a", "", ".", "b"), File(1, "c:\\windows"), File(1, "..")));
        metainfo.Name.ShouldBe(".._.._root");
        Paths(metainfo).ShouldBe(
            [".._.._root/etc/passwd", ".._.._root/_abs/x", ".._.._root/a/b", ".._.._root/c:_windows", ".._.._root/_"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData(" . ")]
    [InlineData("\u202e")]
    public void A_name_of_which_nothing_remains_becomes_the_hash(string name)
    {
        var single = ParseInfo(SingleInfo(name));
        single.Name.ShouldBe(single.V1.ToString());
        single.Layout.Files[0].Path.ShouldBe(single.V1.ToString());
        var folder = ParseInfo(FolderInfo(name, File(5, "a")));
        folder.Layout.Files[0].Path.ShouldBe($"{folder.V1}/a");
    }

    [Fact]
    public void A_missing_name_becomes_the_hash()
    {
        var metainfo = ParseInfo(SingleInfo("x").With(("name", null)));
        metainfo.Name.ShouldBe(metainfo.V1.ToString());
    }

    [Fact]
    public void Equal_paths_are_numbered_from_the_second_on()
    {
        var metainfo = ParseInfo(FolderInfo(
            "t", File(1, "bar.txt"), File(1, "bar.txt"), File(1, "BAR.TXT"), File(1, "bar.1.txt"), File(1, "d", "bar.txt"), File(1, "bar"), File(1, "bar")));
        Paths(metainfo).ShouldBe(
            ["t/bar.txt", "t/bar.1.txt", "t/BAR.2.TXT", "t/bar.1.1.txt", "t/d/bar.txt", "t/bar", "t/bar.1"]);
        metainfo.RenamedFiles.ShouldBe(
            [new RenamedFile(1, "bar.txt"), new RenamedFile(2, "BAR.TXT"), new RenamedFile(3, "bar.1.txt"), new RenamedFile(6, "bar")]);
    }

    [Fact]
    public void Paths_that_become_equal_by_cleaning_are_numbered()
    {
        var metainfo = ParseInfo(FolderInfo("t", File(1, "a/b"), File(1, "a\\b"), File(1, "a_b")));
        Paths(metainfo).ShouldBe(["t/a_b", "t/a_b.1", "t/a_b.2"]);
        metainfo.RenamedFiles.Select(renamed => renamed.OriginalPath).ShouldBe(["a/b", "a\\b", "a_b"]);
    }

    [Fact]
    public void A_file_called_like_a_directory_gives_way_wherever_it_stands()
    {
        Paths(ParseInfo(FolderInfo("t", File(1, "x"), File(1, "X", "y")))).ShouldBe(["t/x.1", "t/X/y"]);
        Paths(ParseInfo(FolderInfo("t", File(1, "X", "y"), File(1, "x"), File(1, "x")))).ShouldBe(["t/X/y", "t/x.1", "t/x.2"]);
    }

    [Fact]
    public void Numbers_fit_names_of_full_length()
    {
        var name = new string('n', 251) + ".txt";
        var paths = Paths(ParseInfo(FolderInfo("t", File(1, name), File(1, name), File(1, name))));
        paths.ShouldBeUnique();
        paths.ShouldAllBe(path => Encoding.UTF8.GetByteCount(path) <= 2 + 255 && path.EndsWith(".txt", StringComparison.Ordinal));
    }

    [Fact]
    public void A_path_that_is_too_long_as_a_whole_loses_directories_not_the_file()
    {
        var directory = new string('d', 200);
        object[] path = [.. Enumerable.Repeat<object>(directory, 20), "file.bin"];
        var limits = new MetainfoLimits { MaxPathBytes = 1024 };
        var metainfo = ParseInfo(FolderInfo("t", File(1, path), File(1, path)), limits);
        var paths = Paths(metainfo);
        paths[0].ShouldBe($"t/{string.Join('/', Enumerable.Repeat(directory, 5))}/file.bin");
        paths[1].ShouldEndWith("/file.1.bin");
    }

    [Fact]
    public void A_path_at_the_limit_of_depth_is_accepted_and_one_past_it_refused()
    {
        var limits = new MetainfoLimits { MaxPathDepth = 3 };
        Paths(ParseInfo(FolderInfo("t", File(1, "a", "b", "c")), limits)).ShouldBe(["t/a/b/c"]);
        ErrorOfInfo(FolderInfo("t", File(1, "a", "b", "c", "d")), limits).ShouldBe("files[0]: a path of 4 elements, more than the limit of 3");
    }

    [Fact]
    public void Names_in_utf8_win_over_the_others()
    {
        var file = File(5, "old").With(("path.utf-8", L("neu ü")));
        var metainfo = ParseInfo(FolderInfo("old", file).With(("name.utf-8", "neü")));
        Paths(metainfo).ShouldBe(["neü/neu ü"]);
    }

    [Fact]
    public void Names_that_are_not_utf8_are_read_in_the_encoding_that_the_file_names()
    {
        byte[] gbk = [0xD6, 0xD0, 0xCE, 0xC4];
        Parse(D(("encoding", "GBK"), ("info", SingleInfo(gbk)))).Name.ShouldBe("中文");
        Parse(D(("encoding", "no such"), ("info", SingleInfo(gbk)))).Name.ShouldBe("ÖÐÎÄ");
        Parse(D(("info", SingleInfo(new byte[] { 0x66, 0xFC, 0x72 })))).Name.ShouldBe("für");
    }

    [Fact]
    public void Overlong_utf8_does_not_smuggle_separators()
    {
        byte[] overlongSlash = [.. "a"u8, 0xC0, 0xAF, .. "b"u8];
        ParseInfo(SingleInfo(overlongSlash)).Name.ShouldBe("aÀ¯b");
    }

    [Fact]
    public void Pad_files_are_laid_out_but_not_shown()
    {
        var pad = D(("attr", "p"), ("length", 16379), ("path", L(".pad", "16379")));
        var pathless = D(("attr", "xp"), ("length", 10));
        var bitComet = File(6, "_____padding_file_0_if you see this file");
        var metainfo = ParseInfo(FolderInfo("t", File(5, "a"), pad, File(7, "b"), pathless, bitComet, File(1, "c")));
        metainfo.Layout.Files.Select(file => file.IsPad).ShouldBe([false, true, false, true, true, false]);
        metainfo.Layout.Files[1].Path.ShouldBe("t/.pad/16379");
        metainfo.Layout.Files[3].Path.ShouldBe("t/.pad/10");
        metainfo.VisibleFiles.Select(metainfo.PathInTorrent).ShouldBe(["a", "b", "c"]);
        metainfo.ContentLength.ShouldBe(13);
        metainfo.Layout.Geometry.TotalLength.ShouldBe(13 + 16379 + 16);
        metainfo.RenamedFiles.ShouldBeEmpty();
    }

    [Fact]
    public void Attributes_are_read_and_unknown_ones_ignored()
    {
        var file = File(5, "run.sh").With(("attr", "zxh"));
        var metainfo = ParseInfo(FolderInfo("t", file, File(1, "plain")));
        metainfo.Layout.Files[0].IsExecutable.ShouldBeTrue();
        metainfo.Layout.Files[0].IsHidden.ShouldBeTrue();
        metainfo.Layout.Files[1].IsExecutable.ShouldBeFalse();
        metainfo.Layout.Files[1].IsHidden.ShouldBeFalse();
    }

    [Theory]
    [InlineData(new[] { "dir", "target" }, "t/dir/target")]
    [InlineData(new[] { "..", "dir", ".", "target" }, "t/dir/target")]
    [InlineData(new[] { "dir" }, "t/dir")]
    [InlineData(new[] { "beside" }, "t/links/beside")]
    [InlineData(new[] { "BAR" }, "t/BAR.1")]
    [InlineData(new[] { "missing" }, null)]
    [InlineData(new[] { "..", "..", "etc", "passwd" }, null)]
    [InlineData(new[] { "links", "link" }, null)]
    [InlineData(new[] { "links", "other link" }, null)]
    [InlineData(new string[0], null)]
    public void Links_point_to_files_and_directories_of_the_torrent_only(string[] target, string? resolved)
    {
        var link = D(("attr", "l"), ("path", L("links", "link")), ("symlink path", target.Cast<object>().ToArray()));
        var other = D(("attr", "l"), ("length", 99), ("path", L("links", "other link")), ("symlink path", L("dir", "target")));
        var metainfo = ParseInfo(FolderInfo("t", File(5, "dir", "target"), link, File(1, "links", "beside"), File(1, "bar"), File(1, "BAR"))
            .With(("pieces", new byte[20])));
        metainfo.Layout.Files[1].SymlinkTarget.ShouldBe(resolved);
        metainfo.Layout.Files[1].Length.ShouldBe(0);
        var both = FolderInfo("t", File(5, "dir", "target"), link, other.With(("length", null)));
        ParseInfo(both).Layout.Files[2].SymlinkTarget.ShouldBe("t/dir/target");
    }

    [Fact]
    public void A_link_has_no_length_whatever_it_says()
    {
        var link = D(("attr", "l"), ("length", 99), ("path", L("link")), ("symlink path", L("a")));
        var metainfo = ParseInfo(FolderInfo("t", File(5, "a"), link).With(("pieces", new byte[20])));
        metainfo.Layout.Geometry.TotalLength.ShouldBe(5);
        metainfo.Layout.Files[1].SymlinkTarget.ShouldBe("t/a");
    }

    [Fact]
    public void A_link_without_a_target_is_an_ordinary_file()
    {
        var metainfo = ParseInfo(FolderInfo("t", File(5, "a").With(("attr", "l"))));
        metainfo.Layout.Files[0].SymlinkTarget.ShouldBeNull();
        metainfo.Layout.Files[0].Length.ShouldBe(5);
    }

    [Fact]
    public void Nothing_lies_below_a_link()
    {
        var link = D(("attr", "l"), ("path", L("a")), ("symlink path", L("b")));
        var metainfo = ParseInfo(FolderInfo("t", link, File(1, "a", "x"), File(1, "b", "y")));
        Paths(metainfo).ShouldBe(["t/a.1", "t/a/x", "t/b/y"]);
    }

    [Fact]
    public void A_hundred_thousand_files_of_one_name_take_linear_time()
    {
        var files = Enumerable.Range(0, 100_000).Select(i => File(1, "d", i % 2 == 0 ? "same.txt" : $"same.{i}.txt")).ToArray();
        var clock = Stopwatch.StartNew();
        var metainfo = ParseInfo(FolderInfo("t", files));
        // Quadratic would be billions of tries, many minutes; linear is less than a second, and a busy machine is granted the rest.
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(60));
        Paths(metainfo).Distinct(StringComparer.OrdinalIgnoreCase).Count().ShouldBe(100_000);
    }

    private static string[] Paths(TorrentMetainfo metainfo) => [.. metainfo.Layout.Files.Select(file => file.Path)];
}
