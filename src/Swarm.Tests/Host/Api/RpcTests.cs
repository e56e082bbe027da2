using System.Net;
using System.Text.Json;
using Swarm.Actors.Torrents;
using Swarm.Host;
using Swarm.Host.Api.Catalogue;
using Swarm.Host.Api.Transmission;
using Swarm.Protocol.Picking;

namespace Swarm.Tests.Host.Api;

/// <summary>Transmission's RPC in both dialects over a fake node. The real tool speaks to a real node in the tests with real clients.</summary>
public sealed class RpcTests
{
    private const string Magnet = "magnet:?xt=urn:btih:c12fe1c06bba254a9dc9f519b335aa7c1367a88a&dn=linux";

    [Fact]
    public async Task A_request_without_the_sessions_id_is_told_it()
    {
        await using var api = await ApiFixture.StartAsync();
        using var first = await api.SendAsync(HttpMethod.Post, "/transmission/rpc", """{"method":"session-get"}""");
        using var get = await api.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/transmission/rpc"));

        first.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        first.Headers.GetValues("X-Transmission-Session-Id").Single().Length.ShouldBe(48);
        get.StatusCode.ShouldBe(HttpStatusCode.Conflict);
    }

    [Theory]
    [InlineData("hashString", "hash_string")]
    [InlineData("download-dir", "download_dir")]
    [InlineData("isUTP", "is_utp")]
    [InlineData("seedRatioLimited", "seed_ratio_limited")]
    [InlineData("id", "id")]
    [InlineData("peer-limit-per-torrent", "peer_limit_per_torrent")]
    [InlineData("total_size", "total_size")]
    public void Old_spellings_are_read(string old, string snake) => RpcNames.ToSnake(old).ShouldBe(snake);

    [Theory]
    [InlineData("torrent_get", "hash_string", "hashString")]
    [InlineData("torrent_get", "is_utp", "isUTP")]
    [InlineData("torrent_get", "file_count", "file-count")]
    [InlineData("session_get", "download_dir", "download-dir")]
    [InlineData("session_get", "seed_ratio_limit", "seedRatioLimit")]
    [InlineData("session_stats", "torrent_count", "torrentCount")]
    [InlineData("session_stats", "cumulative_stats", "cumulative-stats")]
    [InlineData("torrent_add", "torrent_added", "torrent-added")]
    [InlineData("torrent_add", "hash_string", "hashString")]
    [InlineData("free_space", "size_bytes", "size-bytes")]
    [InlineData("free_space", "total_size", "total_size")]
    public void Old_spellings_are_written(string method, string snake, string old) => RpcNames.ToLegacy(method, snake).ShouldBe(old);

    [Fact]
    public async Task Torrents_are_told_in_both_dialects()
    {
        await using var api = await ApiFixture.StartAsync();
        api.Put(1, 2);
        var rpc = new RpcClient(api);

        var old = await rpc.CallAsync("""{"method":"torrent-get","arguments":{"fields":["id","name","hashString","percentDone","nonsense"]},"tag":7}""");
        var now = await rpc.CallAsync("""{"jsonrpc":"2.0","method":"torrent_get","params":{"fields":["id","name","hash_string","percent_done"]},"id":"x"}""");

        old.GetProperty("result").GetString().ShouldBe("success");
        old.GetProperty("tag").GetInt32().ShouldBe(7);
        old.GetProperty("arguments").GetProperty("torrents").ToString().ShouldBe(
            $$"""[{"id":1,"name":"torrent 1","hashString":"{{Rows.Hash(1)}}","percentDone":0},{"id":2,"name":"torrent 2","hashString":"{{Rows.Hash(2)}}","percentDone":0}]""");
        now.GetProperty("id").GetString().ShouldBe("x");
        now.GetProperty("result").GetProperty("torrents")[1].ToString().ShouldBe($$"""{"id":2,"name":"torrent 2","hash_string":"{{Rows.Hash(2)}}","percent_done":0}""");
    }

    [Fact]
    public async Task A_table_has_its_columns_first_and_then_a_row_a_torrent()
    {
        await using var api = await ApiFixture.StartAsync();
        api.Put(1, 2);
        var answer = await new RpcClient(api).CallAsync("""{"method":"torrent-get","arguments":{"fields":["id","labels","hashString","files"],"format":"table","ids":[2]}}""");

        answer.GetProperty("arguments").GetProperty("torrents").ToString().ShouldBe($$"""[["id","labels","hashString","files"],[2,[],"{{Rows.Hash(2)}}",[]]]""");
    }

    [Fact]
    public async Task Every_field_is_written_for_a_torrent_with_everything_and_for_one_with_nothing()
    {
        await using var api = await ApiFixture.StartAsync();
        api.Catalogue.Put([Rows.Row(1) with { ConnectedPeers = 1 }, Rows.Row(2, TorrentState.FetchingMetadata) with { HasMetadata = false }]);
        api.Node.Details = row => row.ConnectedPeers == 0
            ? Rows.Details(row)
            : Rows.Details(row) with
            {
                Files = [new FileLine("a", 5, 3, PiecePriority.High), new FileLine("b", 5, 3, PiecePriority.Skip)],
                Peers = [Rows.Peer(1, incoming: true)],
                Trackers = [new TrackerDetails("http://tracker.example.org/announce", 0, null, 1, 2, 3, 4, DateTime.UnixEpoch.AddSeconds(9).Ticks, 0), new TrackerDetails("udp://b:1", 1, "x", -1, -1, -1, 0, 0, 0)],
                Pieces = [0xff],
            };
        string[] fields =
        [
            "activityDate", "addedDate", "bandwidthPriority", "comment", "corruptEver", "creator", "dateCreated", "desiredAvailable", "doneDate", "downloadDir", "downloadedEver", "downloadLimit",
            "downloadLimited", "editDate", "error", "errorString", "eta", "etaIdle", "file-count", "files", "fileStats", "group", "hashString", "haveUnchecked", "haveValid", "honorsSessionLimits", "id",
            "isFinished", "isPrivate", "isStalled", "labels", "leftUntilDone", "magnetLink", "manualAnnounceTime", "maxConnectedPeers", "metadataPercentComplete", "name", "peers", "peersConnected",
            "peersFrom", "peersGettingFromUs", "peersSendingToUs", "percentComplete", "percentDone", "pieces", "pieceCount", "pieceSize", "priorities", "queuePosition", "rateDownload", "rateUpload",
            "recheckProgress", "secondsDownloading", "secondsSeeding", "seedRatioLimit", "seedRatioMode", "seedIdleLimit", "seedIdleMode", "sizeWhenDone", "startDate", "status", "trackers", "trackerList",
            "trackerStats", "totalSize", "torrentFile", "uploadedEver", "uploadLimit", "uploadLimited", "uploadRatio", "wanted", "webseeds", "webseedsSendingToUs", "peer-limit", "primary-mime-type", "availability",
        ];
        var answer = await new RpcClient(api).CallAsync(JsonSerializer.Serialize(new { method = "torrent-get", arguments = new { fields } }));

        var torrents = answer.GetProperty("arguments").GetProperty("torrents");
        foreach (var field in fields)
        {
            torrents[0].TryGetProperty(field, out _).ShouldBeTrue(field);
            torrents[1].TryGetProperty(field, out _).ShouldBeTrue(field);
        }

        torrents[0].GetProperty("priorities").ToString().ShouldBe("[1,0]");
        torrents[0].GetProperty("wanted").ToString().ShouldBe("[1,0]");
        torrents[0].GetProperty("trackerList").GetString().ShouldBe("http://tracker.example.org/announce\n\nudp://b:1");
        torrents[0].GetProperty("trackerStats")[0].GetProperty("lastAnnounceSucceeded").GetBoolean().ShouldBeTrue();
        torrents[0].GetProperty("trackers")[0].GetProperty("sitename").GetString().ShouldBe("example");
        torrents[0].GetProperty("peers")[0].GetProperty("flagStr").GetString().ShouldBe("I");
        torrents[0].GetProperty("files")[0].ToString().ShouldStartWith("""{"bytesCompleted":3,"length":5,"name":"a",""");
        torrents[0].GetProperty("peersFrom").GetProperty("fromIncoming").GetInt32().ShouldBe(1);
    }

    [Theory]
    [InlineData(TorrentState.Loading, -1, 0, 1)]
    [InlineData(TorrentState.Checking, -1, 0, 2)]
    [InlineData(TorrentState.Queued, 2, 0, 3)]
    [InlineData(TorrentState.Downloading, -1, 0, 4)]
    [InlineData(TorrentState.FetchingMetadata, -1, 0, 4)]
    [InlineData(TorrentState.Queued, 2, 1_000, 5)]
    [InlineData(TorrentState.Seeding, -1, 1_000, 6)]
    [InlineData(TorrentState.Waiting, 2, 0, 0)]
    [InlineData(TorrentState.Failed, -1, 0, 0)]
    [InlineData(TorrentState.Stopped, -1, 0, 0)]
    public void A_state_is_one_of_transmissions(TorrentState state, int queue, long verified, int expected) =>
        new RpcTorrent(new(1, Rows.Row(1, state) with { QueuePosition = queue, VerifiedLength = verified }, 1, 1), null).Status.ShouldBe(expected);

    [Fact]
    public async Task A_torrent_is_added_once_and_is_a_duplicate_then()
    {
        await using var api = await ApiFixture.StartAsync();
        var rpc = new RpcClient(api);
        var call = $$"""{"method":"torrent-add","arguments":{"filename":"{{Magnet}}","paused":true,"labels":["x"]} }""";

        var first = (await rpc.CallAsync(call)).GetProperty("arguments");
        var second = (await rpc.CallAsync(call)).GetProperty("arguments");
        var file = (await rpc.CallAsync($$"""{"jsonrpc":"2.0","id":1,"method":"torrent_add","params":{"metainfo":"{{Convert.ToBase64String(TorrentFiles.Make("one"))}}","files_unwanted":[0]} }""")).GetProperty("result");

        first.GetProperty("torrent-added").ToString().ShouldBe("""{"hashString":"c12fe1c06bba254a9dc9f519b335aa7c1367a88a","id":1,"name":"linux"}""");
        second.GetProperty("torrent-duplicate").GetProperty("id").GetInt32().ShouldBe(1);
        file.GetProperty("torrent_added").GetProperty("id").GetInt32().ShouldBe(2);
        api.Node.Added[0].Options.Paused.ShouldBeTrue();
        api.Node.Commands.ShouldHaveSingleItem().ShouldBeOfType<TorrentsActor.Configure>().Changes.FilePriorities!.ShouldBe([new(0, PiecePriority.Skip)]);
    }

    [Fact]
    public async Task The_default_folder_is_no_wish_also_where_it_is_a_link()
    {
        using var scratch = new Scratch();
        Directory.CreateDirectory(scratch["disk"]);
        Directory.CreateSymbolicLink(scratch["link"], scratch["disk"]);
        await using var api = await ApiFixture.StartAsync(ApiFixture.Settings with { ContentRoots = [scratch["link"]] });
        var rpc = new RpcClient(api);
        var usual = (await rpc.CallAsync("""{"method":"session-get","arguments":{"fields":["download-dir"]}}""")).GetProperty("arguments").GetProperty("download-dir").GetString();

        await rpc.CallAsync($$"""{"method":"torrent-add","arguments":{"filename":"{{Magnet}}","download-dir":"{{usual}}"} }""");
        await rpc.CallAsync($$"""{"method":"torrent-add","arguments":{"filename":"magnet:?xt=urn:btih:{{Rows.Hash(7)}}","download-dir":"{{usual}}/below"} }""");

        api.Node.Added.Select(added => added.Options.Folder).ShouldBe([scratch["link"], scratch["disk/below"]]);
    }

    [Theory]
    [InlineData("torrent-start", "", typeof(TorrentsActor.Resume))]
    [InlineData("torrent-start-now", "", typeof(TorrentsActor.Resume))]
    [InlineData("torrent-stop", "", typeof(TorrentsActor.Pause))]
    [InlineData("torrent-verify", "", typeof(TorrentsActor.Recheck))]
    [InlineData("torrent-reannounce", "", typeof(TorrentsActor.Reannounce))]
    [InlineData("torrent-remove", ",\"delete-local-data\":true", typeof(TorrentsActor.Remove))]
    [InlineData("queue-move-top", "", typeof(TorrentsActor.Configure))]
    [InlineData("queue-move-up", "", typeof(TorrentsActor.Configure))]
    [InlineData("queue-move-down", "", typeof(TorrentsActor.Configure))]
    [InlineData("queue-move-bottom", "", typeof(TorrentsActor.Configure))]
    public async Task Each_action_reaches_the_node_in_both_dialects(string method, string more, Type command)
    {
        await using var api = await ApiFixture.StartAsync();
        api.Catalogue.Put([Rows.Row(1) with { QueuePosition = 3 }, Rows.Row(2)]);
        var rpc = new RpcClient(api);
        var old = await rpc.CallAsync($$"""{"method":"{{method}}","arguments":{"ids":[1]{{more}} } }""");
        old.GetProperty("result").GetString().ShouldBe("success");
        api.Node.Commands.ShouldHaveSingleItem().ShouldBeOfType(command);

        api.Catalogue.Put([Rows.Row(1) with { QueuePosition = 3 }]);
        var id = api.Catalogue.Find(Rows.Hash(1))!.Id;
        var now = await rpc.CallAsync($$"""{"jsonrpc":"2.0","id":1,"method":"{{method.Replace('-', '_')}}","params":{"ids":[{{id}}]{{more.Replace('-', '_')}} } }""");
        now.GetProperty("result").ToString().ShouldBe("{}");
        api.Node.Commands.Length.ShouldBe(2);
    }

    [Fact]
    public async Task Settings_of_a_torrent_are_changed()
    {
        await using var api = await ApiFixture.StartAsync();
        api.Put(1);
        api.Node.Details = row => Rows.Details(row) with
        {
            Files = [.. Enumerable.Range(0, 4).Select(i => new FileLine($"{i}", 1, 0, PiecePriority.Normal))],
            Trackers = [new TrackerDetails("http://a/announce", 0, null, 0, 0, 0, 0, 0, 0), new TrackerDetails("http://b/announce", 1, null, 0, 0, 0, 0, 0, 0)],
        };
        var answer = await new RpcClient(api).CallAsync(
            """{"method":"torrent-set","arguments":{"ids":[1],"downloadLimit":100,"downloadLimited":true,"uploadLimited":false,"files-unwanted":[0],"priority-high":[1],"labels":["b","a"],"seedRatioLimit":2,"seedRatioMode":1,"trackerAdd":["udp://c:1"],"trackerRemove":[0],"peer-limit":7,"queuePosition":2}}""");

        answer.GetProperty("result").GetString().ShouldBe("success");
        var changes = api.Node.Commands.ShouldHaveSingleItem().ShouldBeOfType<TorrentsActor.Configure>().Changes;
        changes.DownloadLimit.ShouldBe(100_000);
        changes.UploadLimit.ShouldBe(0);
        changes.FilePriorities!.ShouldBe([new(0, PiecePriority.Skip), new(1, PiecePriority.High)]);
        changes.Labels!.Value.ShouldBe(["a", "b"]);
        changes.RatioGoal.ShouldBe(2);
        changes.TrackerTiers!.Value.Select(tier => string.Join(' ', tier)).ShouldBe(["http://b/announce", "udp://c:1"]);
        changes.MaxConnections.ShouldBe(7);
        changes.QueuePosition.ShouldBe(2);
    }

    [Theory]
    [InlineData("{\"seed_ratio_mode\":2}", 0.0)]
    [InlineData("{\"seed_ratio_mode\":0}", -1.0)]
    [InlineData("{\"seed_ratio_mode\":1,\"seed_ratio_limit\":3}", 3.0)]
    [InlineData("{\"seed_ratio_limit\":3}", 3.0)]
    [InlineData("{\"seed_ratio_mode\":0,\"seed_ratio_limit\":3}", -1.0)]
    [InlineData("{\"labels\":[]}", null)]
    public void A_goal_is_its_own_the_nodes_or_none(string arguments, double? expected) =>
        RpcTorrentChanges.Of(new RpcArguments(JsonDocument.Parse(arguments).RootElement, isLegacy: false), now: null, wanted: null).RatioGoal.ShouldBe(expected);

    // What a cluster wants holds where the torrent does not run too; what this node knows of its own copy comes second.
    [Theory]
    [InlineData("""{"download_limited":true}""", 500_000L, 500_000L)]
    [InlineData("""{"download_limited":true}""", 0L, 100_000L)]
    [InlineData("""{"download_limited":false}""", 500_000L, 0L)]
    [InlineData("""{"download_limit":300}""", 500_000L, 300_000L)]
    [InlineData("""{"download_limit":300}""", 0L, null)]
    [InlineData("""{"download_limited":true,"download_limit":300}""", 0L, 300_000L)]
    public void A_limit_of_a_torrent_that_runs_elsewhere_is_switched_by_what_the_cluster_wants_of_it(string arguments, long wanted, long? expected)
    {
        var both = arguments.Replace("download", "upload", StringComparison.Ordinal);
        RpcTorrentChanges.Of(new RpcArguments(JsonDocument.Parse(arguments).RootElement, isLegacy: false), now: null, new PlacedOptions(false, wanted, 7)).DownloadLimit.ShouldBe(expected);
        RpcTorrentChanges.Of(new RpcArguments(JsonDocument.Parse(both).RootElement, isLegacy: false), now: null, new PlacedOptions(false, 7, wanted)).UploadLimit.ShouldBe(expected);
    }

    [Fact]
    public async Task A_folder_of_a_torrent_is_renamed_with_all_that_is_in_it()
    {
        await using var api = await ApiFixture.StartAsync();
        api.Catalogue.Put([Rows.Row(1) with { Folder = api.Root, Name = "top" }]);
        api.Node.Details = row => Rows.Details(row) with { Files = [new FileLine("top/a", 1, 0, PiecePriority.Normal), new FileLine("top/sub/b", 1, 0, PiecePriority.Normal), new FileLine("topping", 1, 0, PiecePriority.Normal)] };
        var answer = await new RpcClient(api).CallAsync("""{"method":"torrent-rename-path","arguments":{"ids":[1],"path":"top/sub","name":"new"}}""");

        answer.GetProperty("arguments").ToString().ShouldBe("""{"id":1,"name":"new","path":"top/sub"}""");
        api.Node.Commands.ShouldBe([new TorrentsActor.RenameFile(Rows.Hash(1), 1, "top/new/b")]);
    }

    [Fact]
    public async Task The_session_is_told_limited_and_nothing_else_is_changed()
    {
        await using var api = await ApiFixture.StartAsync();
        api.Put(1);
        var rpc = new RpcClient(api);

        var set = await rpc.CallAsync("""{"method":"session-set","arguments":{"speed-limit-down":50,"speed-limit-down-enabled":true,"dht-enabled":true}}""");
        var other = await rpc.CallAsync("""{"method":"session-set","arguments":{"dht-enabled":false}}""");
        var session = (await rpc.CallAsync("""{"method":"session-get"}""")).GetProperty("arguments");
        var some = (await rpc.CallAsync("""{"method":"session-get","arguments":{"fields":["version","download-dir"]}}""")).GetProperty("arguments");
        var statistics = (await rpc.CallAsync("""{"method":"session-stats"}""")).GetProperty("arguments");
        var space = (await rpc.CallAsync($$"""{"method":"free-space","arguments":{"path":"{{api.Root}}"} }""")).GetProperty("arguments");

        set.GetProperty("result").GetString().ShouldBe("success");
        api.Node.Facts.DownloadLimit.ShouldBe(50_000);
        other.GetProperty("result").GetString()!.ShouldContain("dht_enabled");
        session.GetProperty("rpc-version").GetInt32().ShouldBe(18);
        session.GetProperty("rpc-version-semver").GetString().ShouldBe("6.0.0");
        session.GetProperty("speed-limit-down").GetInt32().ShouldBe(50);
        session.GetProperty("units").GetProperty("speed-bytes").GetInt32().ShouldBe(1_000);
        session.GetProperty("seedRatioLimited").GetBoolean().ShouldBeFalse();
        some.EnumerateObject().Select(member => member.Name).Order().ShouldBe(["download-dir", "version"]);
        statistics.GetProperty("torrentCount").GetInt32().ShouldBe(1);
        statistics.GetProperty("cumulative-stats").GetProperty("uploadedBytes").GetInt64().ShouldBe(0);
        space.GetProperty("size-bytes").GetInt64().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task A_port_is_known_to_be_open_by_who_came_through_it()
    {
        await using var api = await ApiFixture.StartAsync();
        var rpc = new RpcClient(api);
        var unknown = await rpc.CallAsync("""{"method":"port-test"}""");
        api.Catalogue.Put([Rows.Row(1) with { ConnectedPeers = 1 }]);
        api.Node.Details = row => Rows.Details(row) with { Peers = [Rows.Peer(1, incoming: true) with { Remote = IPEndPoint.Parse("8.8.8.8:6881") }] };
        var open = await rpc.CallAsync("""{"method":"port-test"}""");

        unknown.GetProperty("result").GetString().ShouldNotBe("success");
        open.GetProperty("arguments").GetProperty("port-is-open").GetBoolean().ShouldBeTrue();
    }

    [Theory]
    [InlineData("no json", -32700)]
    [InlineData("[]", -32600)]
    [InlineData("7", -32600)]
    [InlineData("""{"jsonrpc":"1.0","method":"session_get","id":1}""", -32600)]
    [InlineData("""{"jsonrpc":"2.0","id":1}""", -32600)]
    [InlineData("""{"jsonrpc":"2.0","method":"nothing","id":1}""", -32601)]
    [InlineData("""{"jsonrpc":"2.0","method":"torrent-get","id":1}""", -32601)]
    [InlineData("""{"jsonrpc":"2.0","method":"torrent_get","params":[],"id":1}""", -32602)]
    [InlineData("""{"jsonrpc":"2.0","method":"torrent_get","params":{},"id":1}""", -32602)]
    [InlineData("""{"jsonrpc":"2.0","method":"torrent_get","params":{"fields":7},"id":1}""", -32602)]
    [InlineData("""{"jsonrpc":"2.0","method":"torrent_get","params":{"fields":["id"],"ids":{}},"id":1}""", -32602)]
    [InlineData("""{"jsonrpc":"2.0","method":"torrent_add","params":{"filename":"magnet:?"},"id":1}""", 9)]
    [InlineData("""{"jsonrpc":"2.0","method":"torrent_set_location","params":{"location":"/etc"},"id":1}""", 3)]
    public async Task An_error_has_its_code(string json, int code)
    {
        await using var api = await ApiFixture.StartAsync();
        api.Put(1);
        var answer = await new RpcClient(api).CallAsync(json);

        answer.GetProperty("error").GetProperty("code").GetInt32().ShouldBe(code, answer.ToString());
        answer.GetProperty("error").GetProperty("data").GetProperty("error_string").GetString().ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task What_the_node_does_not_tell_of_a_torrent_is_as_if_there_were_none()
    {
        await using var api = await ApiFixture.StartAsync();
        api.Put(1);
        api.Node.Details = _ => throw new SwarmException("it is being moved");
        var answer = await new RpcClient(api).CallAsync("""{"method":"torrent-get","arguments":{"ids":[1],"fields":["id","files"]}}""");

        answer.GetProperty("arguments").GetProperty("torrents").ToString().ShouldBe("""[{"id":1,"files":[]}]""");
    }

    [Fact]
    public async Task Random_calls_are_answered_or_refused_and_break_nothing()
    {
        // A fuzz test: whatever JSON comes, there is an answer with a status of ours.
        await using var api = await ApiFixture.StartAsync();
        api.Put(1, 2);
        var rpc = new RpcClient(api);
        string[] parts = ["torrent_get", "torrent-get", "torrent_set", "session_set", "session_get", "ids", "fields", "params", "arguments", "method", "jsonrpc", "2.0", "id", "labels", "speed_limit_down", "tracker_replace", "files_wanted"];
        var random = new Random(1);
        for (var i = 0; i < 300; i++)
        {
            using var response = await rpc.SendAsync(Json(3));
            ((int)response.StatusCode).ShouldBeOneOf(200, 204);
        }

        string Json(int depth) => random.Next(depth > 0 ? 7 : 4) switch
        {
            0 => random.Next(-2, 3).ToString(),
            1 => "true",
            2 or 3 => $"\"{parts[random.Next(parts.Length)]}\"",
            4 => "[" + string.Join(',', Enumerable.Range(0, random.Next(4)).Select(_ => Json(depth - 1))) + "]",
            _ => "{" + string.Join(',', parts.OrderBy(_ => random.Next()).Take(random.Next(6)).Select(part => $"\"{part}\":{(part == "method" ? $"\"{parts[random.Next(5)]}\"" : part == "jsonrpc" ? "\"2.0\"" : Json(depth - 1))}")) + "}",
        };
    }
}
