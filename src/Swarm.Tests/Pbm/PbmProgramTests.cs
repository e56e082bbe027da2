using System.Net;
using Swarm.Api.Contracts;
using Swarm.Pbm;
using Swarm.Tests.Host;

namespace Swarm.Tests.Pbm;

/// <summary>pbm as a whole against a node that is made up: requests, tables, JSON, errors and exit codes.</summary>
public sealed class PbmProgramTests : IDisposable
{
    private const string Hash = "c12fe1c06bba254a9dc9f519b335aa7c1367a88a";

    private const string TwoTorrents =
        $$"""
        {"items":[
          {"hash":"{{Hash}}","name":"debian.iso","state":"downloading","progress":0.4567,"totalBytes":1048576,"downloadRate":2048,"uploadRate":0,"ratio":0.5,"connectedPeers":3,"secondsLeft":90,"revision":4},
          {"hash":"ffffffffffffffffffffffffffffffffffffffff","name":"arch.iso","state":"seeding","progress":1,"totalBytes":734003200,"downloadRate":0,"uploadRate":1536,"ratio":2,"connectedPeers":0,"revision":5}],
         "matches":2,"revision":5}
        """;

    private readonly FakeNode _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task List_is_a_table_without_rules_whose_figures_people_can_read()
    {
        var (code, text, error) = await new PbmRun(_node.Answer("GET", "/api/v1/torrents", TwoTorrents)).RunAsync("torrents", "list");
        error.ShouldBeEmpty();
        code.ShouldBe(ExitCodes.Done);
        var lines = text.TrimEnd().Split(Environment.NewLine);
        lines.Length.ShouldBe(3);
        lines[0].ShouldStartWith("Hash");
        lines[1].ShouldContain("c12fe1c0  debian.iso  downloading   45.6%  1.00 MiB  2.00 KiB/s");
        lines[1].ShouldEndWith("1 min 30 s");
        lines[2].ShouldContain("1.50 KiB/s");
        text.ShouldAllBe(character => character != '\e');
    }

    [Fact]
    public async Task Json_is_one_object_a_line_and_nothing_else()
    {
        var (_, text, _) = await new PbmRun(_node.Answer("GET", "/api/v1/torrents", TwoTorrents)).RunAsync("--json", "torrents", "list");
        var lines = text.TrimEnd().Split(Environment.NewLine);
        lines.Select(line => System.Text.Json.JsonElement.Parse(line).GetProperty("name").GetString()).ShouldBe(["debian.iso", "arch.iso"]);
    }

    [Fact]
    public async Task Pages_are_followed_to_the_last()
    {
        _node.Answer("GET", "/api/v1/torrents?limit=1", """{"items":[{"hash":"aa","name":"first"}],"matches":2,"next":"a b&c","revision":1}""");
        _node.Answer("GET", "/api/v1/torrents?limit=1&cursor=a%20b%26c", """{"items":[{"hash":"bb","name":"second"}],"matches":2,"revision":1}""");
        var (code, text, error) = await new PbmRun(_node).RunAsync("torrents", "list", "--limit", "1");
        error.ShouldBeEmpty();
        code.ShouldBe(ExitCodes.Done);
        text.Split(Environment.NewLine).Count(line => line.StartsWith("Hash", StringComparison.Ordinal)).ShouldBe(1);
        text.ShouldContain("first");
        text.ShouldContain("second");
    }

    [Fact]
    public async Task What_was_typed_goes_into_query_path_and_body_as_its_type_says()
    {
        _node.Answer("PATCH", "/api/v1/torrents", $$"""{"items":[{"hash":"{{Hash}}","done":true}]}""");
        (await new PbmRun(_node).RunAsync("torrents", "limit", "C12FE1", "ffffff", "--down", "1.5M", "--connections", "20")).Error.ShouldBeEmpty();
        _node.Asked.Single().Body.ShouldBe("""{"hashes":["c12fe1","ffffff"],"change":{"downloadLimit":1572864,"maxConnections":20}}""");
        await new PbmRun(_node).RunAsync("torrents", "priority", Hash, "0", "high");
        _node.Asked[^1].ShouldBe(("PUT", $"/api/v1/torrents/{Hash}/files/0/priority/high", ""));
        await new PbmRun(_node).RunAsync("torrents", "list", "--state", "seeding", "--sort", "-uploadRate");
        _node.Asked[^1].Target.ShouldBe("/api/v1/torrents?state=seeding&sort=-uploadRate");
    }

    [Fact]
    public async Task Torrent_file_is_read_here_and_a_link_goes_as_it_is()
    {
        using var scratch = new Scratch();
        await File.WriteAllBytesAsync(scratch["a.torrent"], [1, 2, 3], TestContext.Current.CancellationToken);
        await new PbmRun(_node).RunAsync("torrents", "add", scratch["a.torrent"], "--label", "x", "--label", "y", "--paused");
        _node.Asked[^1].Body.ShouldBe("""{"metainfo":"AQID","paused":true,"labels":["x","y"]}""");
        await new PbmRun(_node).RunAsync("torrents", "add", $"magnet:?xt=urn:btih:{Hash}");
        _node.Asked[^1].Body.ShouldBe($$"""{"source":"magnet:?xt=urn:btih:{{Hash}}"}""");
        var (code, _, error) = await new PbmRun(_node).RunAsync("torrents", "add", scratch["none.torrent"]);
        (code, error).ShouldBe((ExitCodes.Usage, $"pbm: there is no file {scratch["none.torrent"]}{Environment.NewLine}"));
    }

    [Fact]
    public async Task Command_that_was_not_done_for_one_of_several_ends_with_an_error()
    {
        _node.Answer("POST", "/api/v1/torrents/pause", """{"items":[{"hash":"aa","done":true},{"hash":"bb","done":false,"detail":"there is no such torrent"}]}""");
        var (code, text, _) = await new PbmRun(_node).RunAsync("torrents", "pause", "aaaaaa", "bbbbbb");
        code.ShouldBe(ExitCodes.Failed);
        text.ShouldContain("there is no such torrent");
    }

    [Theory]
    [InlineData(404, "no such torrent", ExitCodes.Failed, "pbm: no such torrent")]
    [InlineData(401, "a key is needed", ExitCodes.NotAllowed, "pbm: a key is needed (give an API key with --key-file or $PBM_KEY)")]
    [InlineData(403, "the key's scope is viewer", ExitCodes.NotAllowed, "pbm: the key's scope is viewer")]
    public async Task Nodes_words_are_the_error(int status, string detail, int code, string expected)
    {
        _node.Answer("GET", "/api/v1/node", $$"""{"title":"x","status":{{status}},"detail":"{{detail}}"}""", (HttpStatusCode)status, "application/problem+json");
        var ended = await new PbmRun(_node).RunAsync("node", "status");
        (ended.Code, ended.Error.TrimEnd()).ShouldBe((code, expected));
    }

    [Fact]
    public async Task Where_no_node_answers_there_is_an_exit_code_of_its_own_and_help_all_the_same()
    {
        _node.IsDown = true;
        var (code, _, error) = await new PbmRun(_node).RunAsync("node", "status");
        code.ShouldBe(ExitCodes.Unreachable);
        error.ShouldContain("no node answers at http://127.0.0.1:9110/");
        error.ShouldContain("swarm serve");
        var help = await new PbmRun(_node).RunAsync("--help");
        help.Code.ShouldBe(ExitCodes.Done);
        help.Out.ShouldContain("--address");
    }

    [Fact]
    public async Task Key_and_address_come_from_the_environment_or_a_file()
    {
        using var scratch = new Scratch();
        await File.WriteAllTextAsync(scratch["key"], "from-file\n", TestContext.Current.CancellationToken);
        var run = new PbmRun(_node) { Variables = { ["PBM_KEY"] = "from-environment" } };
        await run.RunAsync("node", "status");
        _node.Key.ShouldBe("from-environment");
        await run.RunAsync("node", "status", "--key-file", scratch["key"]);
        _node.Key.ShouldBe("from-file");
        (await run.RunAsync("node", "status", "--address", "ftp://x")).Code.ShouldBe(ExitCodes.Usage);
        (await run.RunAsync("node", "status", "--key-file", scratch["none"])).Error.ShouldContain("the key file cannot be read");
    }

    [Theory]
    [InlineData("torrents", "limit", "c12fe1", "--down", "fast")]
    [InlineData("torrents", "pause", "xyz")]
    [InlineData("torrents", "pause")]
    [InlineData("torrents", "nothing")]
    [InlineData("torrents", "pause", "c12fe1", "--watch")]
    [InlineData("node", "status", "--interval", "0")]
    public async Task Wrong_usage_is_told_and_nothing_is_asked(params string[] args)
    {
        var (code, _, error) = await new PbmRun(_node).RunAsync(args);
        code.ShouldBe(ExitCodes.Usage);
        error.ShouldStartWith("pbm: ");
        _node.Asked.ShouldBeEmpty();
    }

    [Fact]
    public async Task Command_that_takes_something_away_asks_a_person_and_not_a_script()
    {
        var refused = await new PbmRun(_node).Answering("n").RunAsync("torrents", "remove", "c12fe1");
        refused.Code.ShouldBe(ExitCodes.Failed);
        refused.Error.ShouldContain("nothing was done");
        _node.Asked.ShouldBeEmpty();
        await new PbmRun(_node).Answering("y").RunAsync("torrents", "remove", "c12fe1");
        await new PbmRun(_node).Answering("n").RunAsync("torrents", "remove", "c12fe1", "--yes");
        await new PbmRun(_node).RunAsync("torrents", "remove", "c12fe1");
        _node.Asked.Count.ShouldBe(3);
    }

    [Fact]
    public async Task Newer_node_has_its_commands_shown()
    {
        _node.Book = new PaletteBook("99", [new Palette("cluster", "Nodes.",
        [
            new PaletteCommand
            {
                Name = "members", Description = "All nodes.", Method = "GET", Path = "/api/v9/members/{zone}", Scope = "viewer",
                Arguments = [new PaletteArgument { Name = "zone", Help = "A zone.", Type = "zone-name", Place = ArgumentPlace.Path, Field = "zone", Position = 0, Required = true }],
                Output = new PaletteOutput { Kind = "hologram", Items = "items", Columns = [new PaletteColumn("name", "Node", "shimmering")] },
            },
        ])]);
        _node.Answer("GET", "/api/v9/members/eu%2F1", """{"items":[{"name":"one"}]}""");
        var (code, text, _) = await new PbmRun(_node).RunAsync("cluster", "members", "eu/1");
        code.ShouldBe(ExitCodes.Done);
        _node.Asked.Single().Target.ShouldBe("/api/v9/members/eu%2F1");
        text.ShouldNotBeNull();
        (await new PbmRun(_node).RunAsync("cluster", "--help")).Out.ShouldContain("All nodes.");
    }

    [Fact]
    public async Task Names_cannot_steer_the_terminal()
    {
        _node.Answer("GET", "/api/v1/torrents", """{"items":[{"hash":"aa","name":"evil\u001b[2J\u202ename\nnext"}],"matches":1,"revision":1}""");
        _node.Answer("GET", "/api/v1/torrents", """{"items":[{"hash":"aa","name":"evil\u001b[2J\u009bname\u202e"}],"matches":1,"revision":1}""");
        (await new PbmRun(_node).RunAsync("torrents", "list")).Out.ShouldContain("evil [2J name next");
        var json = (await new PbmRun(_node).RunAsync("torrents", "list", "--json")).Out;
        json.ShouldContain("evil\\u001B[2J\\u009Bname\\u202E");
    }

    [Fact]
    public async Task Stream_is_a_line_an_event_until_the_node_ends_it()
    {
        _node.Answer("GET", "/api/v1/log/stream?level=warning", "event: line\ndata: {\"at\":\"2026-01-02T03:04:05Z\",\"level\":\"warning\",\"category\":\"Swarm.Net\",\"message\":\"slow\"}\n\n: still here\n\ndata: no json\n\n", type: "text/event-stream");
        var (code, text, error) = await new PbmRun(_node).RunAsync("log", "tail", "--level", "warning");
        text.ShouldEndWith("warning  Swarm.Net  slow" + Environment.NewLine);
        text.Split(Environment.NewLine).Length.ShouldBe(2);
        (code, error).ShouldBe((ExitCodes.Unreachable, $"pbm: the node ended the stream{Environment.NewLine}"));
    }

    [Fact]
    public async Task A_stream_that_breaks_off_is_a_line_and_no_bug()
    {
        _node.BreakOff("GET", "/api/v1/log/stream?level=warning", "data: {\"at\":\"2026-01-02T03:04:05Z\",\"level\":\"warning\",\"category\":\"Swarm.Net\",\"message\":\"slow\"}\n\n");
        var (code, text, error) = await new PbmRun(_node).RunAsync("log", "tail", "--level", "warning");
        text.ShouldEndWith("warning  Swarm.Net  slow" + Environment.NewLine);
        code.ShouldBe(ExitCodes.Unreachable);
        error.ShouldContain("broke off: the connection was reset");
    }

    [Fact]
    public async Task Lines_from_a_pipe_are_commands_and_the_first_that_fails_is_the_last()
    {
        _node.Answer("GET", "/api/v1/node", """{"state":"running","version":"9"}""");
        var (code, text, _) = await new PbmRun(_node).Piped("# status first\nnode status\n\ntorrents show c12fe1\nnode status\n").RunAsync();
        code.ShouldBe(ExitCodes.Failed);
        text.ShouldContain("running");
        _node.Asked.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Watching_asks_again_until_it_is_interrupted()
    {
        var time = new HandTimer();
        using var interruption = new CancellationTokenSource();
        for (var i = 0; i < 3; i++) _node.Answer("GET", "/api/v1/node", """{"state":"running"}""");
        var ended = new PbmRun(_node) { Time = time, Interruption = interruption.Token }.RunAsync("node", "status", "--watch", "--interval", "5");
        while (_node.Asked.Count < 3 && !ended.IsCompleted)
        {
            time.Fire();
            await Task.Yield();
        }

        time.Periods.ShouldBe([TimeSpan.FromSeconds(5)]);
        await interruption.CancelAsync();
        (await ended).Code.ShouldBe(ExitCodes.Interrupted);
        _node.Asked.Count.ShouldBeGreaterThanOrEqualTo(3);
    }

    [Fact]
    public async Task Shell_completes_remembers_and_goes_on_after_an_error()
    {
        using var scratch = new Scratch();
        _node.Answer("GET", "/api/v1/node", """{"state":"running"}""");
        _node.Answer("GET", "/api/v1/node", """{"state":"draining"}""");
        var run = new PbmRun(_node) { Variables = { ["XDG_STATE_HOME"] = scratch["state"] } };
        var (code, text, error) = await run.Typing("nod\tstatu\t\nnonsense\n↑↑\nexit\n").RunAsync();
        code.ShouldBe(ExitCodes.Done);
        text.ShouldContain("running");
        text.ShouldContain("draining");
        error.ShouldContain("nonsense");
        (await File.ReadAllLinesAsync(Path.Combine(scratch["state"], "swarm", "pbm_history"), TestContext.Current.CancellationToken)).ShouldBe(["node status ", "nonsense", "node status ", "exit"]);
    }

    [Theory]
    [InlineData("pbm tor", "torrents")]
    [InlineData("pbm torrents expl", "explain")]
    [InlineData("pbm torrents list --state see", "seeding")]
    [InlineData("pbm torrents list --cat", "--category")]
    public async Task Shells_are_given_completions(string line, string expected)
    {
        var (code, text, _) = await new PbmRun(_node).RunAsync($"[suggest:{line.Length}]", line);
        code.ShouldBe(ExitCodes.Done);
        text.Split(Environment.NewLine).ShouldContain(expected);
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task Completion_script_is_printed_without_a_node(string shell)
    {
        _node.IsDown = true;
        var (code, text, _) = await new PbmRun(_node).RunAsync("completion", shell);
        code.ShouldBe(ExitCodes.Done);
        text.ShouldContain("[suggest");
    }
}
