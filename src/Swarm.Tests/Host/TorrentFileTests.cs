using System.Text.Json;
using Swarm.Host;
using Swarm.Protocol.Metainfo;

namespace Swarm.Tests.Host;

/// <summary>The verbs that need no node: create, show, verify.</summary>
public sealed class TorrentFileTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task A_created_torrent_shows_what_went_into_it()
    {
        WriteFolder();
        var created = await Create("--tracker", "http://a.example/announce", "--tracker", "udp://b.example:6969", "--web-seed", "http://w.example/", "--private", "--source", "S", "--comment", "C", "--piece-size", "32KiB");
        created.ExitCode.ShouldBe(0, created.Error);
        var shown = (await Invocation.RunAsync("show", _scratch["t.torrent"], "--json")).Json.ShouldHaveSingleItem();
        shown.GetProperty("name").GetString().ShouldBe("content");
        shown.GetProperty("infoHashV1").GetString()!.Length.ShouldBe(40);
        shown.GetProperty("infoHashV2").ValueKind.ShouldBe(JsonValueKind.Null);
        shown.GetProperty("pieceLength").GetInt32().ShouldBe(32_768);
        shown.GetProperty("totalLength").GetInt64().ShouldBe(100_003);
        shown.GetProperty("private").GetBoolean().ShouldBeTrue();
        shown.GetProperty("source").GetString().ShouldBe("S");
        shown.GetProperty("comment").GetString().ShouldBe("C");
        shown.GetProperty("files").EnumerateArray().Select(file => (file.GetProperty("path").GetString(), file.GetProperty("length").GetInt64()))
            .ShouldBe([("empty", 0L), ("sub/ü b.bin", 100_000L), ("x.sh", 3L)]);
        shown.GetProperty("trackers").EnumerateArray().Select(tier => tier.EnumerateArray().Single().GetString()).ShouldBe(["http://a.example/announce", "udp://b.example:6969"]);
        shown.GetProperty("webSeeds").EnumerateArray().Single().GetString().ShouldBe("http://w.example/");
    }

    [Fact]
    public async Task Show_prints_the_same_for_people()
    {
        WriteFolder();
        await Create("--tracker", "http://a.example/announce", "--private");
        var shown = await Invocation.RunAsync("show", _scratch["t.torrent"]);
        shown.ExitCode.ShouldBe(0);
        foreach (var expected in new[] { "content", "100003 bytes", "private", "http://a.example/announce", "sub/ü b.bin", "3 files" }) shown.Out.ShouldContain(expected);
    }

    [Fact]
    public async Task The_same_content_has_the_same_hash_whoever_describes_it_and_how()
    {
        _scratch.Write("file.bin", 70_000);
        (await Invocation.RunAsync("create", _scratch["file.bin"], "-o", _scratch["a.torrent"])).ExitCode.ShouldBe(0);
        (await Invocation.RunAsync("create", _scratch["file.bin"], "-o", _scratch["b.torrent"], "--tracker", "http://t.example/a", "--comment", "other")).ExitCode.ShouldBe(0);
        (await HashOf("a.torrent")).ShouldBe(await HashOf("b.torrent"));
        (await Invocation.RunAsync("create", _scratch["file.bin"], "-o", _scratch["b.torrent"], "--source", "elsewhere")).ExitCode.ShouldBe(0);
        (await HashOf("a.torrent")).ShouldNotBe(await HashOf("b.torrent"));
    }

    [Fact]
    public async Task A_torrent_inside_the_folder_it_describes_is_no_part_of_it()
    {
        WriteFolder();
        var inside = Path.Combine(_scratch["content"], "t.torrent");
        for (var time = 0; time < 2; time++)
        {
            (await Invocation.RunAsync("create", _scratch["content"], "-o", inside)).ExitCode.ShouldBe(0);
            var shown = (await Invocation.RunAsync("show", inside, "--json")).Json.Single();
            shown.GetProperty("files").GetArrayLength().ShouldBe(3);
        }
    }

    [Fact]
    public async Task Links_and_programs_are_recorded_as_what_they_are()
    {
        WriteFolder();
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_scratch["content/x.sh"], UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        File.CreateSymbolicLink(_scratch["content/link"], "x.sh");
        (await Create()).ExitCode.ShouldBe(0);
        MetainfoParser.TryParse(File.ReadAllBytes(_scratch["t.torrent"]), MetainfoLimits.Default, out var metainfo, out _).ShouldBeTrue();
        var files = metainfo!.Layout.Files.ToDictionary(metainfo.PathInTorrent);
        files["link"].SymlinkTarget.ShouldBe("content/x.sh");
        files["x.sh"].IsExecutable.ShouldBe(!OperatingSystem.IsWindows());
        files["sub/ü b.bin"].IsExecutable.ShouldBeFalse();
        (await Invocation.RunAsync("verify", _scratch["t.torrent"], _scratch.Root)).ExitCode.ShouldBe(0);
    }

    [Theory]
    [InlineData("1", ExitCodes.Done)]
    [InlineData("8", ExitCodes.Done)]
    [InlineData("0", ExitCodes.Usage)]
    [InlineData("9", ExitCodes.Usage)]
    public async Task Verify_hashes_with_as_many_threads_as_it_is_told(string threads, int expected)
    {
        WriteFolder();
        (await Create()).ExitCode.ShouldBe(0);
        (await Invocation.RunAsync("verify", _scratch["t.torrent"], _scratch.Root, "--threads", threads)).ExitCode.ShouldBe(expected);
    }

    [Fact]
    public async Task A_magnet_link_shows_what_it_knows_and_null_for_the_rest()
    {
        var ended = await Invocation.RunAsync("show", "magnet:?xt=urn:btih:0123456789abcdef0123456789abcdef01234567&dn=A%20name&tr=udp://t.example:1&tr=http://u.example/a", "--json");
        ended.ExitCode.ShouldBe(0);
        var shown = ended.Json.ShouldHaveSingleItem();
        shown.GetProperty("name").GetString().ShouldBe("A name");
        shown.GetProperty("infoHashV1").GetString().ShouldBe("0123456789abcdef0123456789abcdef01234567");
        foreach (var unknown in new[] { "infoHashV2", "pieceLength", "totalLength", "private" }) shown.GetProperty(unknown).ValueKind.ShouldBe(JsonValueKind.Null);
        shown.GetProperty("files").GetArrayLength().ShouldBe(0);
        shown.GetProperty("trackers").GetArrayLength().ShouldBe(2);
    }

    [Theory]
    [InlineData("magnet:?dn=nothing")]
    [InlineData("magnet:")]
    [InlineData("nowhere.torrent")]
    public async Task What_is_no_torrent_is_one_line_on_standard_error(string torrent)
    {
        var ended = await Invocation.RunAsync("show", torrent, "--json");
        ended.ShouldFailSaying("");
        ended.Out.ShouldBeEmpty();
        ended.Complaints.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_file_that_is_no_torrent_is_refused_by_name()
    {
        var path = _scratch.Write("noise.torrent", 1_000);
        var ended = await Invocation.RunAsync("show", path);
        ended.ShouldFailSaying(path);
        ended.Complaints.ShouldHaveSingleItem();
        (await Invocation.RunAsync("show", _scratch.Root)).ShouldFailSaying("is a folder, not a torrent");
    }

    [Fact]
    public async Task Nothing_and_the_missing_cannot_be_described()
    {
        _scratch.Write("empty", 0);
        (await Invocation.RunAsync("create", _scratch["empty"], "-o", _scratch["t.torrent"])).ShouldFailSaying("holds no bytes");
        (await Invocation.RunAsync("create", _scratch["missing"], "-o", _scratch["t.torrent"])).ShouldFailSaying(_scratch["missing"]);
        _scratch.Write("file", 10);
        (await Invocation.RunAsync("create", _scratch["file"], "-o", _scratch["no/such/folder.torrent"])).ShouldFailSaying("cannot be written");
        (await Invocation.RunAsync("create", _scratch["file"], "-o", _scratch["file"])).ShouldFailSaying("is the content itself");
        Directory.GetFiles(_scratch.Root).Select(Path.GetFileName).Order().ShouldBe(["empty", "file"]);
    }

    [Fact]
    public async Task Verify_says_yes_for_the_folder_above_and_for_the_content_folder()
    {
        WriteFolder();
        await Create();
        foreach (var folder in new[] { _scratch.Root, _scratch["content"] })
        {
            var ended = await Invocation.RunAsync("verify", _scratch["t.torrent"], folder, "--json");
            ended.ExitCode.ShouldBe(0, ended.Error);
            var check = ended.Json.ShouldHaveSingleItem();
            check.GetProperty("complete").GetBoolean().ShouldBeTrue();
            check.GetProperty("validPieces").GetInt32().ShouldBe(check.GetProperty("pieces").GetInt32());
        }
    }

    [Fact]
    public async Task Verify_names_what_is_missing_too_long_or_damaged()
    {
        WriteFolder();
        await Create();
        File.Delete(_scratch["content/empty"]);
        File.AppendAllText(_scratch["content/x.sh"], "more");
        var bytes = File.ReadAllBytes(_scratch["content/sub/ü b.bin"]);
        bytes[0] ^= 1;
        _scratch.Write("content/sub/ü b.bin", bytes);
        var ended = await Invocation.RunAsync("verify", _scratch["t.torrent"], _scratch.Root, "--json");
        ended.ShouldFailSaying("1 of 7 pieces and 3 of 3 files are not right");
        var check = ended.Json.ShouldHaveSingleItem();
        check.GetProperty("complete").GetBoolean().ShouldBeFalse();
        check.GetProperty("validPieces").GetInt32().ShouldBe(6);
        check.GetProperty("files").EnumerateArray().Select(file => file.GetProperty("state").GetString()).ShouldBe(["missing", "damaged", "wrongLength"]);
        (await Invocation.RunAsync("verify", _scratch["t.torrent"], _scratch.Root)).Out.ShouldContain("damaged       sub/ü b.bin");
    }

    private void WriteFolder()
    {
        _scratch.Write("content/sub/ü b.bin", 100_000);
        _scratch.Write("content/x.sh", "hi\n"u8.ToArray());
        _scratch.Write("content/empty", 0);
    }

    private Task<Ended> Create(params string[] options) => Invocation.RunAsync(["create", _scratch["content"], "-o", _scratch["t.torrent"], .. options]);

    private async Task<string> HashOf(string torrent) => (await Invocation.RunAsync("show", _scratch[torrent], "--json")).Json.Single().GetProperty("infoHashV1").GetString()!;
}
