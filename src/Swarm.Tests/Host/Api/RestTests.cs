using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Torrents;
using Swarm.Api.Contracts;
using Swarm.Host;
using Swarm.Protocol.Picking;

namespace Swarm.Tests.Host.Api;

public sealed class RestTests
{
    private const string Magnet = "magnet:?xt=urn:btih:c12fe1c06bba254a9dc9f519b335aa7c1367a88a&dn=linux";
    private const string MagnetHash = "c12fe1c06bba254a9dc9f519b335aa7c1367a88a";

    [Fact]
    public async Task Torrents_are_listed_page_by_page()
    {
        await using var api = await ApiFixture.StartAsync();
        api.Put(1, 2, 3);

        var first = await api.GetAsync("/api/v1/torrents?sort=name&limit=2", ApiJson.Default.TorrentPage);
        var second = await api.GetAsync($"/api/v1/torrents?sort=name&limit=2&cursor={first.Next}", ApiJson.Default.TorrentPage);

        first.Items.Select(item => item.Name).ShouldBe(["torrent 1", "torrent 2"]);
        first.Matches.ShouldBe(3);
        second.Items.Select(item => item.Name).ShouldBe(["torrent 3"]);
        second.Next.ShouldBeNull();
        first.Items[0].State.ShouldBe(TorrentPhase.Downloading);
    }

    [Theory]
    [InlineData("sort=nothing", "column")]
    [InlineData("state=nothing", "state")]
    [InlineData("state=3", "state")]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=1001", "limit")]
    [InlineData("limit=x", "limit")]
    [InlineData("cursor=x", "cursor")]
    public async Task A_list_that_makes_no_sense_is_refused_with_what_does(string query, string named)
    {
        await using var api = await ApiFixture.StartAsync();
        using var response = await api.SendAsync(new HttpRequestMessage(HttpMethod.Get, $"/api/v1/torrents?{query}"));

        (await ApiFixture.ProblemAsync(response, HttpStatusCode.BadRequest)).Detail.ShouldContain(named);
    }

    [Fact]
    public async Task A_list_that_is_as_it_was_is_not_sent_again()
    {
        await using var api = await ApiFixture.StartAsync();
        api.Put(1);
        using var first = await api.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/api/v1/torrents"));
        HttpRequestMessage Again() => new(HttpMethod.Get, "/api/v1/torrents") { Headers = { IfNoneMatch = { first.Headers.ETag! } } };

        using var second = await api.SendAsync(Again());
        api.Put(2);
        using var third = await api.SendAsync(Again());

        second.StatusCode.ShouldBe(HttpStatusCode.NotModified);
        third.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Changes_after_a_revision_are_told_and_an_unknown_revision_is_a_resync()
    {
        await using var api = await ApiFixture.StartAsync();
        api.Put(1, 2);
        var page = await api.GetAsync("/api/v1/torrents", ApiJson.Default.TorrentPage);
        api.Catalogue.Remove(Rows.Hash(1));
        api.Put(3);

        var delta = await api.GetAsync($"/api/v1/torrents/changes?since={page.Revision}", ApiJson.Default.TorrentDelta);
        var unknown = await api.GetAsync("/api/v1/torrents/changes?since=7", ApiJson.Default.TorrentDelta);

        delta.Removed.ShouldBe([Rows.Hash(1).ToString()]);
        delta.Changed.Select(item => item.Name).ShouldBe(["torrent 3"]);
        unknown.Resync.ShouldBeTrue();
    }

    [Fact]
    public async Task A_torrent_is_added_by_link_and_a_second_time_it_was_there()
    {
        await using var api = await ApiFixture.StartAsync();
        var request = JsonSerializer.Serialize(new AddTorrent { Source = Magnet, Paused = true, Labels = ["b", "a", "a"], Category = "films", Peers = ["192.0.2.1:6881"], Sequential = true }, ApiJson.Default.AddTorrent);

        using var first = await api.SendAsync(HttpMethod.Post, "/api/v1/torrents", request);
        using var second = await api.SendAsync(HttpMethod.Post, "/api/v1/torrents", request);

        first.StatusCode.ShouldBe(HttpStatusCode.Created);
        first.Headers.Location!.ToString().ShouldBe($"/api/v1/torrents/{MagnetHash}");
        (await first.Content.ReadFromJsonAsync(ApiJson.Default.TorrentAdded)).ShouldBe(new TorrentAdded(MagnetHash, "linux", WasThere: false));
        second.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await second.Content.ReadFromJsonAsync(ApiJson.Default.TorrentAdded))!.WasThere.ShouldBeTrue();
        var added = api.Node.Added.ShouldHaveSingleItem();
        added.Options.Folder.ShouldBe(api.Root);
        added.Options.Sequential.ShouldBeTrue();
        added.Options.Peers.ShouldBe([IPEndPoint.Parse("192.0.2.1:6881")]);
        added.Options.Paused.ShouldBeTrue();
        added.Options.Labels.ShouldBe(["a", "b"]);
        added.Options.Category.ShouldBe("films");
    }

    [Fact]
    public async Task A_torrent_is_added_by_its_file_in_base64_or_as_it_is()
    {
        await using var api = await ApiFixture.StartAsync();
        var (first, second) = (TorrentFiles.Make("one"), TorrentFiles.Make("two"));

        using var inJson = await api.SendAsync(HttpMethod.Post, "/api/v1/torrents", JsonSerializer.Serialize(new AddTorrent { Metainfo = Convert.ToBase64String(first) }, ApiJson.Default.AddTorrent));
        using var asItIs = await api.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/api/v1/torrents/file?paused=true&label=x&label=y")
        {
            Content = new ByteArrayContent(second) { Headers = { ContentType = new MediaTypeHeaderValue("application/x-bittorrent") } },
        });

        inJson.StatusCode.ShouldBe(HttpStatusCode.Created, await inJson.Content.ReadAsStringAsync());
        asItIs.StatusCode.ShouldBe(HttpStatusCode.Created, await asItIs.Content.ReadAsStringAsync());
        api.Node.Added.Select(added => added.Source.Metainfo!.Name).ShouldBe(["one", "two"]);
        api.Node.Added[1].Options.Labels.ShouldBe(["x", "y"]);
        api.Node.Added[1].Options.Paused.ShouldBeTrue();
    }

    [Theory]
    [InlineData("{}", "source")]
    [InlineData("""{"source":"magnet:?xt=urn:btih:c12fe1c06bba254a9dc9f519b335aa7c1367a88a","metainfo":"eHg="}""", "source")]
    [InlineData("""{"source":"magnet:?dn=x"}""", "link")]
    [InlineData("""{"source":"/etc/passwd"}""", "link")]
    [InlineData("""{"source":"file:///etc/passwd"}""", "link")]
    [InlineData("""{"metainfo":"!!"}""", "base64")]
    [InlineData("""{"metainfo":"eHg="}""", ".torrent file")]
    [InlineData("""{"source":"magnet:?xt=urn:btih:c12fe1c06bba254a9dc9f519b335aa7c1367a88a","peers":["example.org:1"]}""", "peer")]
    [InlineData("""{"source":"magnet:?xt=urn:btih:c12fe1c06bba254a9dc9f519b335aa7c1367a88a","trackers":["file:///x"]}""", "tracker")]
    [InlineData("""{"source":"magnet:?xt=urn:btih:c12fe1c06bba254a9dc9f519b335aa7c1367a88a","downloadLimit":-1}""", "limit")]
    [InlineData("{", "JSON")]
    [InlineData("[]", "JSON")]
    [InlineData("""{"source":7}""", "JSON")]
    [InlineData("""{"source":"x","labels":null}""", "JSON")]
    public async Task What_cannot_be_added_is_refused_with_the_reason(string json, string named)
    {
        await using var api = await ApiFixture.StartAsync();
        using var response = await api.SendAsync(HttpMethod.Post, "/api/v1/torrents", json);

        (await ApiFixture.ProblemAsync(response, HttpStatusCode.BadRequest)).Detail.ShouldContain(named);
        api.Node.Added.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_the_node_refuses_is_a_conflict_with_its_reason()
    {
        await using var api = await ApiFixture.StartAsync();
        api.Node.Refuses = _ => "the disk is full";
        using var response = await api.SendAsync(HttpMethod.Post, "/api/v1/torrents", $$"""{"source":"{{Magnet}}"}""");

        (await ApiFixture.ProblemAsync(response, HttpStatusCode.Conflict)).Detail.ShouldBe("the disk is full.");
    }

    [Fact]
    public async Task A_command_for_several_is_told_for_each_what_came_of_it()
    {
        await using var api = await ApiFixture.StartAsync();
        api.Put(1, 2, 3);
        api.Node.Refuses = command => command is TorrentsActor.Pause pause && pause.Torrent == Rows.Hash(2) ? "it is being moved" : null;
        var hashes = new[] { Rows.Hash(1).ToString(), Rows.Hash(2).ToString(), "0000000000", Rows.Hash(3).ToString()[..8] };

        using var response = await api.SendAsync(HttpMethod.Post, "/api/v1/torrents/pause", JsonSerializer.Serialize(new TorrentSelection { Hashes = hashes }, ApiJson.Default.TorrentSelection));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var report = (await response.Content.ReadFromJsonAsync(ApiJson.Default.CommandReport))!;
        report.Items.Select(item => item.Done).ShouldBe([true, false, false, true]);
        report.Items[1].Detail.ShouldBe("it is being moved");
        report.Items[2].Detail!.ShouldContain("no torrent");
        report.Items[3].Hash.ShouldBe(Rows.Hash(3).ToString(), "a beginning is enough");
    }

    [Theory]
    [InlineData("POST", "/api/v1/torrents/resume", "", typeof(TorrentsActor.Resume))]
    [InlineData("POST", "/api/v1/torrents/recheck", "", typeof(TorrentsActor.Recheck))]
    [InlineData("POST", "/api/v1/torrents/reannounce", "", typeof(TorrentsActor.Reannounce))]
    [InlineData("POST", "/api/v1/torrents/remove", ",\"deleteData\":true", typeof(TorrentsActor.Remove))]
    [InlineData("PATCH", "/api/v1/torrents", ",\"change\":{\"category\":\"x\"}", typeof(TorrentsActor.Configure))]
    public async Task Each_command_reaches_the_node(string method, string path, string more, Type command)
    {
        await using var api = await ApiFixture.StartAsync();
        api.Put(1);
        using var response = await api.SendAsync(new HttpMethod(method), path, $$"""{"hashes":["{{Rows.Hash(1)}}"]{{more}}}""");

        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        api.Node.Commands.ShouldHaveSingleItem().ShouldBeOfType(command);
    }

    [Fact]
    public async Task A_patch_changes_what_it_names_and_nothing_else()
    {
        await using var api = await ApiFixture.StartAsync();
        api.Put(1);
        using var response = await api.SendAsync(HttpMethod.Patch, $"/api/v1/torrents/{Rows.Hash(1)}",
            """{"labels":["b","a"],"downloadLimit":5,"filePriorities":{"0":"skip","2":"high"},"trackerTiers":[["http://a.example/announce"],["udp://b.example:1/announce"]],"ratioGoal":2.5,"seedSecondsGoal":60,"queuePosition":1}""");

        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        var changes = api.Node.Commands.ShouldHaveSingleItem().ShouldBeOfType<TorrentsActor.Configure>().Changes;
        changes.Labels!.Value.ShouldBe(["a", "b"]);
        changes.DownloadLimit.ShouldBe(5);
        changes.FilePriorities!.ShouldBe([new(0, PiecePriority.Skip), new(2, PiecePriority.High)]);
        changes.TrackerTiers!.Value.Length.ShouldBe(2);
        changes.RatioGoal.ShouldBe(2.5);
        changes.SeedTimeGoal.ShouldBe(TimeSpan.FromMinutes(1));
        changes.QueuePosition.ShouldBe(1);
        changes.UploadLimit.ShouldBeNull();
        changes.Name.ShouldBeNull();
    }

    [Theory]
    [InlineData("""{"downloadLimit":-1}""")]
    [InlineData("""{"queuePosition":-1}""")]
    [InlineData("""{"filePriorities":{"x":"skip"}}""")]
    [InlineData("""{"filePriorities":{"0":"most"}}""")]
    [InlineData("""{"filePriorities":{"0":3}}""")]
    [InlineData("""{"trackerTiers":[["ftp://x/"]]}""")]
    public async Task A_patch_out_of_range_is_refused(string json)
    {
        await using var api = await ApiFixture.StartAsync();
        api.Put(1);
        using var response = await api.SendAsync(HttpMethod.Patch, $"/api/v1/torrents/{Rows.Hash(1)}", json);

        await ApiFixture.ProblemAsync(response, HttpStatusCode.BadRequest);
        api.Node.Commands.ShouldBeEmpty();
    }

    [Fact]
    public async Task One_torrent_is_shown_with_all_its_parts()
    {
        await using var api = await ApiFixture.StartAsync();
        api.Put(1);
        api.Node.Details = row => Rows.Details(row) with
        {
            Files = [new FileLine("a/b", 100, 50, PiecePriority.High)],
            Peers = [Rows.Peer(1, incoming: true)],
            Trackers = [new TrackerDetails("http://a.example/announce", 0, "timed out", -1, 2, -1, 3, 0, DateTime.UnixEpoch.Ticks)],
            Pieces = [0xff, 0xc0],
        };
        var path = $"/api/v1/torrents/{Rows.Hash(1).ToString()[..6]}";

        (await api.GetAsync(path, ApiJson.Default.TorrentView)).PieceCount.ShouldBe(10);
        (await api.GetAsync($"{path}/files", ApiJson.Default.FileList)).Items.ShouldBe([new FileItem(0, "a/b", 100, 50, 0.5, FilePriority.High)]);
        (await api.GetAsync($"{path}/peers", ApiJson.Default.PeerList)).Items[0].Incoming.ShouldBeTrue();
        var tracker = (await api.GetAsync($"{path}/trackers", ApiJson.Default.TrackerList)).Items[0];
        tracker.Seeders.ShouldBeNull();
        tracker.LastAnnouncedAt.ShouldBeNull();
        tracker.NextAnnounceAt.ShouldBe(DateTimeOffset.UnixEpoch);
        (await api.GetAsync($"{path}/pieces", ApiJson.Default.PieceMap)).Bitfield.ShouldBe("/8A=");
        (await api.GetAsync($"{path}/explain", ApiJson.Default.Explained)).Items.Select(finding => finding.Code).ShouldContain("tracker-error");
    }

    [Theory]
    [InlineData("ffffffffffffffffffffffffffffffffffffffff", HttpStatusCode.NotFound)]
    [InlineData("ffffff", HttpStatusCode.NotFound)]
    [InlineData("fffff", HttpStatusCode.BadRequest)]
    [InlineData("not-a-hash", HttpStatusCode.BadRequest)]
    public async Task A_torrent_that_is_not_there_is_not_found(string hash, HttpStatusCode status)
    {
        await using var api = await ApiFixture.StartAsync();
        using var response = await api.SendAsync(new HttpRequestMessage(HttpMethod.Get, $"/api/v1/torrents/{hash}"));

        await ApiFixture.ProblemAsync(response, status);
    }

    [Fact]
    public async Task Files_are_given_priorities_and_names()
    {
        await using var api = await ApiFixture.StartAsync();
        api.Catalogue.Put([Rows.Row(1) with { Folder = api.Root }]);
        var path = $"/api/v1/torrents/{Rows.Hash(1)}/files/2";
        using var priority = await api.SendAsync(new HttpRequestMessage(HttpMethod.Put, $"{path}/priority/low"));
        using var name = await api.SendAsync(HttpMethod.Put, $"{path}/path", """{"path":"new/name"}""");

        priority.StatusCode.ShouldBe(HttpStatusCode.OK);
        name.StatusCode.ShouldBe(HttpStatusCode.OK);
        api.Node.Commands[0].ShouldBeOfType<TorrentsActor.Configure>().Changes.FilePriorities!.ShouldBe([new(2, PiecePriority.Low)]);
        api.Node.Commands[1].ShouldBe(new TorrentsActor.RenameFile(Rows.Hash(1), 2, "new/name"));
    }

    [Fact]
    public async Task The_node_is_shown_limited_and_drained()
    {
        await using var api = await ApiFixture.StartAsync();
        api.Put(1, 2);

        using var limited = await api.SendAsync(HttpMethod.Patch, "/api/v1/node/limits", """{"downloadLimit":1000}""");
        var node = await api.GetAsync("/api/v1/node", ApiJson.Default.NodeView);
        using var drained = await api.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/api/v1/node/drain"));

        limited.StatusCode.ShouldBe(HttpStatusCode.OK);
        node.Torrents.ShouldBe(2);
        node.Limits.ShouldBe(new NodeLimits(1_000, 0));
        node.ContentRoots.ShouldBe([api.Root]);
        drained.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        api.Node.IsDrained.ShouldBeTrue();
    }

    [Theory]
    [InlineData(NodePhase.Restoring, HttpStatusCode.ServiceUnavailable)]
    [InlineData(NodePhase.Running, HttpStatusCode.OK)]
    [InlineData(NodePhase.Draining, HttpStatusCode.ServiceUnavailable)]
    public async Task The_node_is_ready_when_it_neither_begins_nor_ends(NodePhase phase, HttpStatusCode status)
    {
        await using var api = await ApiFixture.StartAsync();
        api.Node.Facts = api.Node.Facts with { Phase = phase };
        using var ready = await api.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/readyz"));
        using var healthy = await api.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/healthz"));

        ready.StatusCode.ShouldBe(status);
        healthy.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Statistics_actors_dht_log_and_configuration_are_told()
    {
        await using var api = await ApiFixture.StartAsync();
        api.Put(1);
        api.Logs.CreateLogger("Swarm.Test").LogWarning("a line");

        (await api.GetAsync("/api/v1/statistics", ApiJson.Default.Statistics)).ByState.ShouldBe(new Dictionary<string, int> { ["downloading"] = 1 });
        (await api.GetAsync("/api/v1/actors", ApiJson.Default.ActorList)).Items.Count.ShouldBe(2);
        (await api.GetAsync("/api/v1/actors/mailboxes?limit=1", ApiJson.Default.ActorList)).Items[0].Path.ShouldBe("/user/node/trackers");
        (await api.GetAsync("/api/v1/dht", ApiJson.Default.DhtView)).Items.ShouldBeEmpty();
        (await api.GetAsync($"/api/v1/dht/peers/{Rows.Hash(1)}", ApiJson.Default.DhtLookup)).Items.ShouldBe([new DhtPeer("192.0.2.9:6881")]);
        (await api.GetAsync("/api/v1/log?level=warning", ApiJson.Default.LogLines)).Items.Select(line => line.Message).ShouldContain("a line");
        (await api.GetAsync("/api/v1/config?under=swarm.dht", ApiJson.Default.ConfigView)).Items.Select(item => item.Key).ShouldBe(["swarm.dht.enabled"]);
    }

    [Fact]
    public async Task A_level_that_is_set_holds_for_the_category_and_those_below_it()
    {
        await using var api = await ApiFixture.StartAsync();
        var below = api.Logs.CreateLogger("Swarm.Trackers.Udp");
        below.LogDebug("before");

        using var set = await api.SendAsync(HttpMethod.Put, "/api/v1/log/levels", """{"category":"Swarm.Trackers","level":"debug"}""");
        below.LogDebug("after");
        api.Logs.CreateLogger("Swarm.Other").LogDebug("other");

        set.StatusCode.ShouldBe(HttpStatusCode.OK, await set.Content.ReadAsStringAsync());
        api.Log.Last(100, LogLevel.Trace).Select(line => line.Message).ShouldContain("after");
        api.Log.Last(100, LogLevel.Trace).Select(line => line.Message).ShouldNotContain("before");
        api.Log.Last(100, LogLevel.Trace).Select(line => line.Message).ShouldNotContain("other");
    }

    [Fact]
    public async Task An_actor_is_restarted_where_there_is_one()
    {
        await using var api = await ApiFixture.StartAsync();
        using var there = await api.SendAsync(HttpMethod.Post, "/api/v1/actors/restart", """{"path":"/user/node/trackers"}""");
        using var nowhere = await api.SendAsync(HttpMethod.Post, "/api/v1/actors/restart", """{"path":"/user/nobody"}""");

        there.StatusCode.ShouldBe(HttpStatusCode.OK);
        await ApiFixture.ProblemAsync(nowhere, HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task An_address_where_nothing_is_says_so()
    {
        await using var api = await ApiFixture.StartAsync();
        using var response = await api.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/api/v1/nothing"));

        (await ApiFixture.ProblemAsync(response, HttpStatusCode.NotFound)).Detail.ShouldContain("openapi");
    }

    [Fact]
    public async Task A_port_that_is_taken_is_an_error_that_says_what_to_do()
    {
        await using var api = await ApiFixture.StartAsync();
        var at = new IPEndPoint(IPAddress.Loopback, api.Client.BaseAddress!.Port);

        (await Should.ThrowAsync<SwarmException>(() => ApiFixture.StartAsync(ApiFixture.Settings with { Listen = [at] }))).Message.ShouldContain("swarm.api.listen");
    }
}
