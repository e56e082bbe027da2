using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Swarm.Host;
using Swarm.Tests.EndToEnd;

namespace Swarm.Tests.Host;

/// <summary>The verbs that run a node, over loopback: what they print, when they end, and with what.</summary>
public sealed class GetAndSeedTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task A_folder_that_is_seeded_is_fetched_by_its_magnet_link()
    {
        _scratch.Write("content/a.bin", 300_000);
        _scratch.Write("content/sub/b.bin", 17, seed: 2);
        using var seed = Invocation.Start(["seed", _scratch["content"], "--json", .. _scratch.Node("seed")]);
        var seeding = await seed.LineAsync("seeding");
        var got = await Get(seeding, "--json");
        got.ExitCode.ShouldBe(0, got.Error);
        got.Error.ShouldBeEmpty();
        SameBelow(_scratch["content"], _scratch["out/content"]);
        got.Json[0].GetProperty("type").GetString().ShouldBe("listening");
        got.Json[0].GetProperty("port").GetInt32().ShouldBeGreaterThan(0);
        var done = got.Json[^1];
        done.GetProperty("type").GetString().ShouldBe("done");
        done.GetProperty("length").GetInt64().ShouldBe(300_017);
        done.GetProperty("path").GetString().ShouldBe(_scratch["out/content"]);
        done.GetProperty("piecesFetched").GetInt32().ShouldBe(19);
        got.Json.Where(line => Type(line) == "verified").SelectMany(line => line.GetProperty("pieces").EnumerateArray()).Select(piece => piece.GetInt32()).Order().ShouldBe(Enumerable.Range(0, 19));
        got.Json.ShouldContain(line => Type(line) == "peer" && line.GetProperty("event").GetString() == "connected" && line.GetProperty("client").GetString()!.StartsWith("Swarm"));
        var last = got.Json.Last(line => Type(line) == "progress");
        last.GetProperty("state").GetString().ShouldBe("seeding");
        last.GetProperty("verifiedLength").GetInt64().ShouldBe(300_017);

        var again = await Get(seeding);
        again.ExitCode.ShouldBe(0, again.Error);
        again.Out.ShouldContain("everything is there already: ");
        seed.Signal(15);
        (await seed.EndAsync()).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task A_torrent_from_a_web_server_is_fetched_in_plain_lines()
    {
        _scratch.Write("file.bin", 50_000);
        (await Invocation.RunAsync("create", _scratch["file.bin"], "-o", _scratch["t.torrent"])).ExitCode.ShouldBe(0);
        using var seed = Invocation.Start(["seed", _scratch["file.bin"], "--torrent", _scratch["t.torrent"], "--json", .. _scratch.Node("seed")]);
        var seeding = await seed.LineAsync("seeding");
        using var server = new HttpListener();
        var url = $"http://127.0.0.1:{ListenChoice.Choose(IPAddress.Loopback, 0)[0].Port}/";
        server.Prefixes.Add(url);
        server.Start();
        var serving = Serve(server, File.ReadAllBytes(_scratch["t.torrent"]));
        var got = await Invocation.RunAsync(["get", url + "t.torrent", "--peer", Peer(seeding), "-o", _scratch["out"], .. _scratch.Node("get")]);
        await serving;
        got.ExitCode.ShouldBe(0, got.Error);
        got.Out.ShouldContain("listening for peers on port ");
        got.Out.ShouldContain($"done: 48.8 KiB verified in {_scratch["out/file.bin"]}");
        File.ReadAllBytes(_scratch["out/file.bin"]).ShouldBe(File.ReadAllBytes(_scratch["file.bin"]));
    }

    [Fact]
    public async Task Only_what_is_selected_is_fetched_and_selecting_nothing_is_an_error()
    {
        _scratch.Write("content/a.bin", 65_536);
        _scratch.Write("content/b.bin", 65_536, seed: 2);
        using var seed = Invocation.Start(["seed", _scratch["content"], "--json", .. _scratch.Node("seed")]);
        var seeding = await seed.LineAsync("seeding");
        (await Get(seeding, "--select", "*.txt", "--json")).ShouldFailSaying("--select");
        var got = await Get(seeding, "--select", "b.*", "--json");
        got.ExitCode.ShouldBe(0, got.Error);
        got.Json[^1].GetProperty("length").GetInt64().ShouldBe(65_536);
        File.ReadAllBytes(_scratch["out/content/b.bin"]).ShouldBe(File.ReadAllBytes(_scratch["content/b.bin"]));
    }

    [Theory]
    [InlineData(2, 130)]
    [InlineData(15, 143)]
    public async Task A_download_that_is_interrupted_says_so_by_its_exit_code(int signal, int exitCode)
    {
        using var get = Invocation.Start(["get", "0123456789abcdef0123456789abcdef01234567", "-o", _scratch["out"], "--json", .. _scratch.Node("get")]);
        await get.LineAsync("progress");
        get.Signal(signal);
        var ended = await get.EndAsync();
        ended.ExitCode.ShouldBe(exitCode);
        ended.Error.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_download_goes_on_sharing_until_the_ratio_or_the_end()
    {
        _scratch.Write("file.bin", 40_000);
        using var seed = Invocation.Start(["seed", _scratch["file.bin"], "--json", .. _scratch.Node("seed")]);
        var seeding = await seed.LineAsync("seeding");
        using var first = Invocation.Start(["get", Hash(seeding), "--peer", Peer(seeding), "-o", _scratch["first"], "--seed", "--ratio", "0.9", "--json", .. _scratch.Node("get1")]);
        var port = (await first.LineAsync("listening")).GetProperty("port").GetInt32();
        await first.LineAsync("done");
        seed.Signal(15);
        await seed.EndAsync();
        var second = await Invocation.RunAsync(["get", Hash(seeding), "--peer", $"127.0.0.1:{port}", "-o", _scratch["second"], "--json", .. _scratch.Node("get2")]);
        second.ExitCode.ShouldBe(0, second.Error);
        (await first.EndAsync()).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task A_file_of_something_else_is_not_overwritten()
    {
        _scratch.Write("file.bin", 40_000);
        await Invocation.RunAsync("create", _scratch["file.bin"], "-o", _scratch["t.torrent"]);
        var other = _scratch.Write("out/file.bin", 40_000, seed: 2);
        var before = File.ReadAllBytes(other);
        var ended = await Invocation.RunAsync(["get", _scratch["t.torrent"], "-o", _scratch["out"], "--json", .. _scratch.Node("get")]);
        ended.ShouldFailSaying(other);
        ended.Json.ShouldContain(line => Type(line) == "error" && line.GetProperty("fatal").GetBoolean());
        File.ReadAllBytes(other).ShouldBe(before);
    }

    [Fact]
    public async Task Content_that_has_not_changed_is_not_hashed_again()
    {
        _scratch.Write("content/a.bin", 100_000);
        for (var run = 0; run < 3; run++)
        {
            if (run == 2) _scratch.Write("content/a.bin", 100_000, seed: 9);
            using var seed = Invocation.Start(["seed", _scratch["content"], .. _scratch.Node("seed")]);
            await seed.Out.LineAsync(line => line.StartsWith("magnet link ", StringComparison.Ordinal)).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
            seed.Signal(2);
            var ended = await seed.EndAsync();
            ended.ExitCode.ShouldBe(0, ended.Error);
            ended.Out.Contains("nothing has changed since it was hashed last").ShouldBe(run == 1);
        }
    }

    [Fact]
    public async Task Content_that_is_not_the_torrents_is_not_seeded()
    {
        _scratch.Write("file.bin", 40_000);
        await Invocation.RunAsync("create", _scratch["file.bin"], "-o", _scratch["t.torrent"]);
        _scratch.Write("other.bin", 40_000);
        _scratch.Write("short/file.bin", 39_999);
        _scratch.Write("folder/file.bin/x", 40_000);
        (await Seed("other.bin")).ShouldFailSaying("rename it to 'file.bin'");
        (await Seed("short/file.bin")).ShouldFailSaying("has 39999 bytes, and the torrent says 40000");
        (await Seed("folder/file.bin")).ShouldFailSaying("is a folder, and the torrent describes a single file");
        (await Seed("missing.bin")).ShouldFailSaying(_scratch["missing.bin"]);
    }

    [Fact]
    public async Task A_name_that_is_not_safe_everywhere_is_not_seeded_under_another()
    {
        _scratch.Write("content/a\u202Eb.bin", 1_000);
        (await Invocation.RunAsync(["seed", _scratch["content"], .. _scratch.Node("seed")])).ShouldFailSaying("rename it to 'ab.bin'");
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        _scratch.Write("file.bin", 1_000);
        using var seed = Invocation.Start(["seed", _scratch["file.bin"], "--json", .. _scratch.Node("seed")]);
        var port = (await seed.LineAsync("seeding")).GetProperty("port").GetInt32();
        var second = await Invocation.RunAsync("get", "0123456789abcdef0123456789abcdef01234567", "--bind", "127.0.0.1", "--port", $"{port}", "--no-dht", "--data", _scratch["get"]);
        second.ShouldFailSaying($"{port}");
    }

    [Fact]
    public async Task A_store_that_fails_while_the_program_stops_ends_it_at_once_with_the_reason()
    {
        _scratch.Write("file.bin", 40_000);
        using var seed = Invocation.Start(["seed", _scratch["file.bin"], "--json", .. _scratch.Node("seed")]);
        await seed.LineAsync("seeding");
        BrokenStore.DropTables(_scratch["seed"]);
        seed.Signal(15);
        var began = Stopwatch.GetTimestamp();
        var ended = await seed.EndAsync();
        ended.ExitCode.ShouldBe(1, ended.Error);
        ended.Complaints[^1].ShouldStartWith($"swarm: The store {_scratch["seed/swarm.db"]} failed");
        Stopwatch.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(20), "nobody is left to wait for");
    }

    [Fact]
    public async Task The_demonstration_ends_with_equal_copies()
    {
        var ended = await Invocation.RunAsync("demo", "--size", "2MiB", "--leechers", "2");
        ended.ExitCode.ShouldBe(0, ended.Error);
        ended.Out.ShouldContain("2 leechers fetched 2.00 MiB each in ");
        ended.Out.ShouldContain("every copy is equal to the original, byte for byte");
    }

    private static string Type(JsonElement line) => line.GetProperty("type").GetString()!;

    private static string Hash(JsonElement seeding) => seeding.GetProperty("infoHash").GetString()!;

    private static string Peer(JsonElement seeding) => $"127.0.0.1:{seeding.GetProperty("port").GetInt32()}";

    private static async Task Serve(HttpListener server, byte[] body)
    {
        var context = await server.GetContextAsync();
        await context.Response.OutputStream.WriteAsync(body);
        context.Response.Close();
    }

    private static void SameBelow(string expected, string actual)
    {
        foreach (var file in Directory.EnumerateFiles(expected, "*", SearchOption.AllDirectories))
        {
            File.ReadAllBytes(Path.Combine(actual, Path.GetRelativePath(expected, file))).ShouldBe(File.ReadAllBytes(file), file);
        }
    }

    private Task<Ended> Get(JsonElement seeding, params string[] options) =>
        Invocation.RunAsync(["get", seeding.GetProperty("magnet").GetString()!, "--peer", Peer(seeding), "-o", _scratch["out"], .. options, .. _scratch.Node("get")]);

    private Task<Ended> Seed(string path) => Invocation.RunAsync(["seed", _scratch[path], "--torrent", _scratch["t.torrent"], .. _scratch.Node("seed")]);
}
