using System.Net;
using System.Text.Json;
using Swarm.Actors.Torrents;
using Swarm.Api.Contracts;
using Swarm.Host.Api.Clusters;

namespace Swarm.Tests.Host.Api.Clusters;

/// <summary>Three members: whatever is done at one is seen, and undone, at another.</summary>
public sealed class OneFaceTests
{
    [Fact]
    public async Task What_is_added_at_one_node_is_seen_at_all_with_where_it_is()
    {
        await using var cluster = await ClusterFixture.StartAsync(3);
        var hash = await ClusterFixture.AddAsync(cluster.Nodes[0], "first.iso", replicas: 2);

        foreach (var node in cluster.Nodes)
        {
            var page = await node.BecomesAsync("/api/v1/cluster/torrents", ApiJson.Default.PlacementPage, page => page.Items is [{ Complete: 2 }]);
            page.Items[0].ShouldSatisfyAllConditions(
                item => item.Hash.ShouldBe(hash), item => item.Name.ShouldBe("first.iso"), item => item.State.ShouldBe(TorrentPhase.Seeding), item => item.TotalBytes.ShouldBe(16), item => item.Nodes.Count.ShouldBe(2));
            var listed = (await node.GetAsync("/api/v1/torrents", ApiJson.Default.TorrentPage)).Items.ShouldHaveSingleItem();
            listed.Progress.ShouldBe(1);
            listed.Placement!.Here.ShouldBe(page.Items[0].Nodes.Contains(node.EndPoint));
            (await node.GetAsync("/api/v1/statistics", ApiJson.Default.Statistics)).ByState["seeding"].ShouldBe(1);
            (await node.GetAsync("/api/v1/node", ApiJson.Default.NodeView)).Torrents.ShouldBe(listed.Placement.Here ? 1 : 0);
        }
    }

    [Fact]
    public async Task A_plain_addition_at_a_member_is_the_clusters_unless_it_is_for_this_node_alone()
    {
        await using var cluster = await ClusterFixture.StartAsync(3);
        var node = cluster.Nodes[0];
        var file = Convert.ToBase64String(TorrentFiles.Make("plain.iso"));
        await node.PostAsync("/api/v1/torrents", HttpStatusCode.Created, $$"""{"metainfo":"{{file}}"}""");
        await node.BecomesAsync("/api/v1/cluster/torrents", ApiJson.Default.PlacementPage, page => page.Items is [{ Wanted: 2, Complete: 2 }]);
        node.Api.Node.Added.ShouldBeEmpty();
        (await node.PostAsync("/api/v1/torrents", HttpStatusCode.OK, $$"""{"metainfo":"{{file}}"}""")).ShouldContain("\"wasThere\":true");

        var own = Convert.ToBase64String(TorrentFiles.Make("own.iso"));
        await node.PostAsync("/api/v1/torrents", HttpStatusCode.Created, $$"""{"metainfo":"{{own}}","local":true,"labels":["x"]}""");
        node.Api.Node.Added.ShouldHaveSingleItem();
        (await node.GetAsync("/api/v1/cluster/torrents", ApiJson.Default.PlacementPage)).Matches.ShouldBe(1);
        var hash = node.Api.Node.Added[0].Source.Torrent.ToString();
        (await node.PostAsync("/api/v1/cluster/torrents", HttpStatusCode.Conflict, $$"""{"metainfo":"{{own}}"}""")).ShouldContain(hash);
    }

    [Theory]
    [InlineData("\"replicas\":33", "replicas")]
    [InlineData("\"replicas\":2,\"acknowledged\":3", "acknowledged")]
    [InlineData("\"replicas\":2,\"timeoutSeconds\":0", "timeoutSeconds")]
    [InlineData("\"labels\":[\"x\"]", "labels")]
    [InlineData("\"select\":[\"*.iso\"]", "select")]
    public async Task What_a_cluster_cannot_keep_is_refused_and_not_lost(string members, string named)
    {
        await using var cluster = await ClusterFixture.StartAsync(1);
        (await cluster.Nodes[0].PostAsync("/api/v1/torrents", HttpStatusCode.BadRequest, $$"""{"metainfo":"{{Convert.ToBase64String(TorrentFiles.Make("x.iso"))}}",{{members}}}""")).ShouldContain(named);
        cluster.Store.Tables.Torrents.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_addition_that_is_not_replicated_in_time_says_that_it_is_durable()
    {
        await using var cluster = await ClusterFixture.StartAsync(1);
        var body = $$"""{"metainfo":"{{Convert.ToBase64String(TorrentFiles.Make("late.iso"))}}","replicas":2,"acknowledged":2,"timeoutSeconds":1}""";
        (await cluster.Nodes[0].PostAsync("/api/v1/cluster/torrents", HttpStatusCode.GatewayTimeout, body)).ShouldContain("It is in the cluster");
        cluster.Store.Tables.Torrents.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_torrent_is_paused_and_resumed_from_a_node_that_does_not_run_it()
    {
        await using var cluster = await ClusterFixture.StartAsync(3);
        var hash = await ClusterFixture.AddAsync(cluster.Nodes[0], "first.iso", replicas: 2);
        var (onlooker, runner) = await OnlookerAndRunnerAsync(cluster, hash);

        await onlooker.PostAsync("/api/v1/torrents/pause", body: $$"""{"hashes":["{{hash}}"]}""");
        foreach (var node in cluster.Nodes) await node.BecomesAsync("/api/v1/torrents", ApiJson.Default.TorrentPage, page => page.Items is [{ State: TorrentPhase.Paused }]);
        cluster.Store.Tables.Torrents.Values.Single().Wanted.IsPaused.ShouldBeTrue();
        // Nothing was told to the node itself, which the cluster would undo.
        runner.Api.Node.Commands.ShouldBeEmpty();

        await onlooker.PostAsync($"/api/v1/cluster/torrents/{hash}/resume");
        foreach (var node in cluster.Nodes) await node.BecomesAsync("/api/v1/torrents", ApiJson.Default.TorrentPage, page => page.Items is [{ State: TorrentPhase.Seeding }]);
    }

    [Fact]
    public async Task Limits_and_the_order_of_pieces_are_changed_from_anywhere_and_reach_every_replica()
    {
        await using var cluster = await ClusterFixture.StartAsync(3);
        var hash = await ClusterFixture.AddAsync(cluster.Nodes[0], "first.iso", replicas: 2);
        var (onlooker, runner) = await OnlookerAndRunnerAsync(cluster, hash);

        using (var patched = await onlooker.Api.SendAsync(HttpMethod.Patch, $"/api/v1/torrents/{hash}", """{"downloadLimit":1000,"sequential":true}""")) patched.StatusCode.ShouldBe(HttpStatusCode.OK);
        // Who asks next, at the same node, sees it.
        (await onlooker.GetAsync("/api/v1/cluster/torrents", ApiJson.Default.PlacementPage)).Items[0].ShouldSatisfyAllConditions(item => item.DownloadLimit.ShouldBe(1_000), item => item.Sequential.ShouldBeTrue(), item => item.UploadLimit.ShouldBe(0));
        using (var patched = await runner.Api.SendAsync(HttpMethod.Patch, "/api/v1/torrents", $$"""{"hashes":["{{hash}}"],"change":{"uploadLimit":2000} }""")) patched.StatusCode.ShouldBe(HttpStatusCode.OK);
        foreach (var node in cluster.Nodes) await node.BecomesAsync("/api/v1/cluster/torrents", ApiJson.Default.PlacementPage, page => page.Items is [{ DownloadLimit: 1_000, UploadLimit: 2_000, Sequential: true }]);
        runner.Api.Node.Commands.ShouldBeEmpty();
        foreach (var node in cluster.Nodes.Where(node => node != onlooker))
            await node.BecomesAsync("/api/v1/cluster", ApiJson.Default.ClusterOverview, _ => node.Ways.Configured.LastOrDefault() is { Changes: { DownloadLimit: 1_000, UploadLimit: 2_000, Sequential: true } });
        onlooker.Ways.Configured.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("name", "\"x\"")]
    [InlineData("category", "\"x\"")]
    [InlineData("labels", "[\"x\"]")]
    [InlineData("maxConnections", "7")]
    [InlineData("filePriorities", "{\"0\":\"skip\"}")]
    [InlineData("trackerTiers", "[[\"http://t/announce\"]]")]
    [InlineData("ratioGoal", "2")]
    [InlineData("seedSecondsGoal", "9")]
    [InlineData("queuePosition", "0")]
    public async Task A_change_that_the_cluster_does_not_keep_is_refused_whole(string member, string value)
    {
        await using var cluster = await ClusterFixture.StartAsync(1);
        var hash = await ClusterFixture.AddAsync(cluster.Nodes[0], "first.iso", replicas: 1);
        using var patched = await cluster.Nodes[0].Api.SendAsync(HttpMethod.Patch, $"/api/v1/torrents/{hash}", $$"""{"downloadLimit":1000,"{{member}}":{{value}} }""");
        (await ApiFixture.ProblemAsync(patched, HttpStatusCode.Conflict)).Detail.ShouldContain($"'{member}' is for a torrent of one node");
        cluster.Store.Tables.Torrents.Values.Single().Wanted.DownloadLimit.ShouldBe(0);
        cluster.Nodes[0].Api.Node.Commands.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_torrent_is_removed_everywhere_from_anywhere()
    {
        await using var cluster = await ClusterFixture.StartAsync(3);
        var hash = await ClusterFixture.AddAsync(cluster.Nodes[0], "first.iso", replicas: 2);
        var (onlooker, _) = await OnlookerAndRunnerAsync(cluster, hash);
        var revision = onlooker.Api.Catalogue.Revision;

        await onlooker.PostAsync("/api/v1/torrents/remove", body: $$"""{"hashes":["{{hash}}"],"deleteData":true}""");
        foreach (var node in cluster.Nodes) await node.BecomesAsync("/api/v1/torrents", ApiJson.Default.TorrentPage, page => page.Matches == 0);
        (await onlooker.GetAsync($"/api/v1/cluster/torrents/changes?since={revision}", ApiJson.Default.PlacementDelta)).Removed.ShouldBe([hash]);
        cluster.Store.Tables.Torrents.Values.Single().Wanted.ShouldSatisfyAllConditions(wanted => wanted.IsRemoved.ShouldBeTrue(), wanted => wanted.DeletesData.ShouldBeTrue());
    }

    [Fact]
    public async Task More_replicas_are_asked_for_anywhere()
    {
        await using var cluster = await ClusterFixture.StartAsync(3);
        var hash = await ClusterFixture.AddAsync(cluster.Nodes[0], "first.iso", replicas: 1);
        using var response = await cluster.Nodes[2].Api.SendAsync(HttpMethod.Put, $"/api/v1/cluster/torrents/{hash}/replicas", """{"replicas":3}""");
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        await cluster.Nodes[1].BecomesAsync("/api/v1/cluster/torrents", ApiJson.Default.PlacementPage, page => page.Items is [{ Wanted: 3, Complete: 3 }]);
    }

    [Fact]
    public async Task A_draining_member_loses_its_replica_and_can_be_had_back()
    {
        await using var cluster = await ClusterFixture.StartAsync(3);
        var hash = await ClusterFixture.AddAsync(cluster.Nodes[0], "first.iso", replicas: 2);
        var (onlooker, runner) = await OnlookerAndRunnerAsync(cluster, hash);

        await onlooker.PostAsync($"/api/v1/cluster/members/{Uri.EscapeDataString(runner.EndPoint)}/drain");
        await onlooker.BecomesAsync("/api/v1/cluster/members", ApiJson.Default.ClusterMemberList, list => list.Items.Single(member => member.EndPoint == runner.EndPoint).State == "draining");
        var item = (await onlooker.BecomesAsync("/api/v1/cluster/torrents", ApiJson.Default.PlacementPage, page => page.Items is [{ Complete: 2 } only] && !only.Nodes.Contains(runner.EndPoint))).Items[0];
        item.Nodes.ShouldContain(onlooker.EndPoint);
        await onlooker.PostAsync($"/api/v1/cluster/members/{runner.EndPoint}/up");
        await runner.BecomesAsync("/api/v1/cluster/members", ApiJson.Default.ClusterMemberList, list => list.Items.All(member => member.State == "up"));
        (await onlooker.PostAsync("/api/v1/cluster/members/nobody:1/drain", HttpStatusCode.Conflict)).ShouldContain("no such member");
    }

    [Fact]
    public async Task What_only_a_runner_knows_is_asked_of_it_and_a_runner_that_does_not_answer_is_a_problem_that_says_so()
    {
        await using var cluster = await ClusterFixture.StartAsync(3);
        var hash = await ClusterFixture.AddAsync(cluster.Nodes[0], "first.iso", replicas: 1);
        var runner = cluster.At((await cluster.Nodes[0].GetAsync("/api/v1/cluster/torrents", ApiJson.Default.PlacementPage)).Items[0].Nodes.Single());
        var onlooker = cluster.Nodes.First(node => node != runner);
        await onlooker.BecomesAsync("/api/v1/torrents", ApiJson.Default.TorrentPage, page => page.Matches == 1);
        runner.Api.Node.Details = row => Rows.Details(row) with { Peers = [Rows.Peer(7)] };

        (await onlooker.GetAsync($"/api/v1/torrents/{hash}/peers", ApiJson.Default.PeerList)).Items.ShouldHaveSingleItem().Address.ShouldBe("192.0.2.1:1007");
        (await onlooker.GetAsync($"/api/v1/torrents/{hash}", ApiJson.Default.TorrentView)).Torrent.Folder.ShouldContain(hash);
        (await onlooker.GetAsync($"/api/v1/torrents/{hash}/explain", ApiJson.Default.Explained)).Name.ShouldBe("first.iso");
        cluster.Calls.Calls.ShouldBe(3);
        (await runner.GetAsync($"/api/v1/torrents/{hash}/peers", ApiJson.Default.PeerList)).Items.Count.ShouldBe(1);
        cluster.Calls.Calls.ShouldBe(3);
        await onlooker.PostAsync("/api/v1/torrents/recheck", body: $$"""{"hashes":["{{hash}}"]}""");
        runner.Api.Node.Commands.ShouldBe([new TorrentsActor.Recheck(runner.Api.Catalogue.Walk().Single().Row.Torrent)]);

        cluster.Calls.Cut(runner.EndPoint);
        using var response = await onlooker.Api.Client.GetAsync(new Uri($"/api/v1/torrents/{hash}/peers", UriKind.Relative), TestContext.Current.CancellationToken);
        (await ApiFixture.ProblemAsync(response, HttpStatusCode.ServiceUnavailable)).Detail.ShouldContain($"{runner.EndPoint} does not answer");
        response.Headers.RetryAfter.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_runner_that_hangs_is_not_waited_for_for_long()
    {
        await using var cluster = await ClusterFixture.StartAsync(2);
        var hash = await ClusterFixture.AddAsync(cluster.Nodes[0], "first.iso", replicas: 1);
        var runner = cluster.At((await cluster.Nodes[0].GetAsync("/api/v1/cluster/torrents", ApiJson.Default.PlacementPage)).Items[0].Nodes.Single());
        var onlooker = cluster.Nodes.Single(node => node != runner);
        await onlooker.BecomesAsync("/api/v1/torrents", ApiJson.Default.TorrentPage, page => page.Matches == 1);
        cluster.Calls.Hang(runner.EndPoint);
        using var response = await onlooker.Api.Client.GetAsync(new Uri($"/api/v1/torrents/{hash}/files", UriKind.Relative), TestContext.Current.CancellationToken);
        await ApiFixture.ProblemAsync(response, HttpStatusCode.ServiceUnavailable);
        OtherNodes.Patience.ShouldBeLessThan(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task What_one_node_can_do_alone_is_refused_with_where_to_do_it()
    {
        await using var cluster = await ClusterFixture.StartAsync(3);
        var hash = await ClusterFixture.AddAsync(cluster.Nodes[0], "first.iso", replicas: 1);
        var runner = cluster.At((await cluster.Nodes[0].GetAsync("/api/v1/cluster/torrents", ApiJson.Default.PlacementPage)).Items[0].Nodes.Single());
        var onlooker = cluster.Nodes.First(node => node != runner);
        await onlooker.BecomesAsync("/api/v1/torrents", ApiJson.Default.TorrentPage, page => page.Matches == 1);
        (await onlooker.PostAsync($"/api/v1/torrents/{hash}/peers", HttpStatusCode.Conflict, """{"peers":["192.0.2.1:1"]}""")).ShouldContain(runner.EndPoint);
        (await onlooker.PostAsync("/api/v1/torrents/move", body: $$"""{"hashes":["{{hash}}"],"folder":"{{onlooker.Api.Root}}"}""")).ShouldContain("\"done\":false");
    }

    [Fact]
    public async Task Events_of_other_nodes_come_on_the_stream_with_the_node_they_are_of()
    {
        await using var cluster = await ClusterFixture.StartAsync(3);
        var hash = await ClusterFixture.AddAsync(cluster.Nodes[0], "first.iso", replicas: 1);
        var runner = cluster.At((await cluster.Nodes[0].GetAsync("/api/v1/cluster/torrents", ApiJson.Default.PlacementPage)).Items[0].Nodes.Single());
        var onlooker = cluster.Nodes.First(node => node != runner);
        await onlooker.BecomesAsync("/api/v1/torrents", ApiJson.Default.TorrentPage, page => page.Matches == 1);
        using var stream = new StreamReader(await onlooker.Api.Client.GetStreamAsync(new Uri("/api/v1/events", UriKind.Relative), TestContext.Current.CancellationToken));

        // Told again until it is heard: who listens is asked for only from time to time.
        var torrent = runner.Api.Catalogue.Walk().Single().Row.Torrent;
        using var over = new CancellationTokenSource();
        var telling = Task.Run(async () =>
        {
            using var beat = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
            while (!over.IsCancellationRequested && await beat.WaitForNextTickAsync(CancellationToken.None)) runner.Torrents.Tell(new PlacedTorrents.Becomes(torrent, TorrentState.Checking), ActorRefs.NoSender);
        }, CancellationToken.None);
        string? line;
        do
        {
            line = await stream.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(90), TestContext.Current.CancellationToken);
        }
        while (line is not null && !line.Contains("\"phase\":\"checking\"", StringComparison.Ordinal));
        await over.CancelAsync();
        await telling;
        var replica = JsonDocument.Parse(line!["data: ".Length..]).RootElement.GetProperty("changed")[0].GetProperty("placement").GetProperty("replicas")[0];
        replica.GetProperty("node").GetString().ShouldBe(runner.EndPoint);
    }

    [Fact]
    public async Task Transmissions_tools_see_and_steer_the_whole_cluster()
    {
        await using var cluster = await ClusterFixture.StartAsync(3);
        var hash = await ClusterFixture.AddAsync(cluster.Nodes[0], "first.iso", replicas: 2);
        var (onlooker, runner) = await OnlookerAndRunnerAsync(cluster, hash);
        var rpc = new RpcClient(onlooker.Api);

        var shown = (await rpc.CallAsync("""{"method":"torrent-get","arguments":{"fields":["id","hashString","name","status","percentDone","peers","files","trackers","pieces","downloadDir"]}}""")).GetProperty("arguments").GetProperty("torrents")[0];
        shown.GetProperty("hashString").GetString().ShouldBe(hash);
        shown.GetProperty("percentDone").GetDouble().ShouldBe(1);
        shown.GetProperty("status").GetInt32().ShouldBe(6);
        (await rpc.CallAsync($$"""{"method":"torrent-stop","arguments":{"ids":["{{hash}}"]} }""")).GetProperty("result").GetString().ShouldBe("success");
        await runner.BecomesAsync("/api/v1/torrents", ApiJson.Default.TorrentPage, page => page.Items is [{ State: TorrentPhase.Paused }]);

        var second = Convert.ToBase64String(TorrentFiles.Make("second.iso"));
        var added = await rpc.CallAsync($$"""{"method":"torrent-add","arguments":{"metainfo":"{{second}}","download-dir":"{{onlooker.Api.Root}}"} }""");
        added.GetProperty("arguments").GetProperty("torrent-added").GetProperty("name").GetString().ShouldBe("second.iso");
        await runner.BecomesAsync("/api/v1/cluster/torrents", ApiJson.Default.PlacementPage, page => page.Matches == 2);
        var third = Convert.ToBase64String(TorrentFiles.Make("third.iso"));
        await rpc.CallAsync($$"""{"method":"torrent-add","arguments":{"metainfo":"{{third}}","labels":["mine"]} }""");
        onlooker.Api.Node.Added.ShouldHaveSingleItem();
    }

    private static async Task<(ClusterFixture.Node Onlooker, ClusterFixture.Node Runner)> OnlookerAndRunnerAsync(ClusterFixture cluster, string hash)
    {
        var nodes = (await cluster.Nodes[0].GetAsync($"/api/v1/cluster/torrents/{hash}", ApiJson.Default.PlacementExplained)).Torrent.Nodes;
        var onlooker = cluster.Nodes.First(node => !nodes.Contains(node.EndPoint));
        await onlooker.BecomesAsync("/api/v1/torrents", ApiJson.Default.TorrentPage, page => page.Items is [{ State: TorrentPhase.Seeding }]);
        return (onlooker, cluster.At(nodes[0]));
    }
}
