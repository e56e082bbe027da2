using System.Net;
using Swarm.Api.Contracts;
using Swarm.Host.Api.Security;
using Swarm.Pbm;
using Swarm.Protocol.Cluster;
using Swarm.Tests.Pbm;

namespace Swarm.Tests.Host.Api.Clusters;

/// <summary>What is shown of a cluster, and to whom.</summary>
public sealed class ClusterEndpointTests
{
    public static TheoryData<string, string> Operations => new()
    {
        { "GET", "/api/v1/cluster" }, { "GET", "/api/v1/cluster/members" }, { "POST", "/api/v1/cluster/members/n1:9120/drain" }, { "GET", "/api/v1/cluster/leases" }, { "GET", "/api/v1/cluster/torrents" },
        { "GET", "/api/v1/cluster/torrents/changes?since=0" }, { "GET", "/api/v1/cluster/torrents/0123456789" }, { "POST", "/api/v1/cluster/torrents/0123456789/pause" }, { "DELETE", "/api/v1/cluster/torrents/0123456789" },
        { "GET", "/api/v1/cluster/placement" }, { "GET", "/api/v1/cluster/rebalance" }, { "POST", "/api/v1/cluster/rebalance" }, { "GET", "/api/v1/cluster/bans" },
    };

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task A_node_without_a_cluster_says_so(string method, string path)
    {
        await using var api = await ApiFixture.StartAsync();
        using var response = await api.SendAsync(new HttpMethod(method), path, "");
        (await ApiFixture.ProblemAsync(response, HttpStatusCode.Conflict)).Detail.ShouldContain("in no cluster");
    }

    [Fact]
    public async Task A_node_without_a_cluster_adds_no_replicas()
    {
        await using var api = await ApiFixture.StartAsync();
        using var response = await api.SendAsync(HttpMethod.Post, "/api/v1/torrents", $$"""{"metainfo":"{{Convert.ToBase64String(TorrentFiles.Make("x.iso"))}}","replicas":2}""");
        (await ApiFixture.ProblemAsync(response, HttpStatusCode.Conflict)).Detail.ShouldContain("in no cluster");
        api.Node.Added.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(Scope.Viewer, "GET", "/api/v1/cluster", HttpStatusCode.OK)]
    [InlineData(Scope.Viewer, "GET", "/api/v1/cluster/bans", HttpStatusCode.OK)]
    [InlineData(Scope.Viewer, "POST", "/api/v1/cluster/torrents/0123456789/pause", HttpStatusCode.Forbidden)]
    [InlineData(Scope.Viewer, "DELETE", "/api/v1/cluster/torrents/0123456789", HttpStatusCode.Forbidden)]
    [InlineData(Scope.Operator, "POST", "/api/v1/cluster/torrents/0123456789/pause", HttpStatusCode.NotFound)]
    [InlineData(Scope.Operator, "POST", "/api/v1/cluster/members/n1:9120/drain", HttpStatusCode.Forbidden)]
    [InlineData(Scope.Operator, "POST", "/api/v1/cluster/rebalance", HttpStatusCode.Forbidden)]
    [InlineData(Scope.Admin, "POST", "/api/v1/cluster/rebalance", HttpStatusCode.OK)]
    [InlineData(Scope.Admin, "POST", "/api/v1/cluster/members/n1:9120/drain", HttpStatusCode.OK)]
    internal async Task A_key_opens_what_its_scope_covers(Scope scope, string method, string path, HttpStatusCode status)
    {
        await using var cluster = await ClusterFixture.StartAsync(1, new ApiKeys([ApiKeys.Keep("key", scope, "swarm_0123456789abcdef0123456789abcdef")]));
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Authorization = new("Bearer", "swarm_0123456789abcdef0123456789abcdef");
        using var response = await cluster.Nodes[0].Api.SendAsync(request);
        response.StatusCode.ShouldBe(status, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_overview_names_the_planner_the_members_and_what_they_have()
    {
        await using var cluster = await ClusterFixture.StartAsync(2);
        await ClusterFixture.AddAsync(cluster.Nodes[0], "first.iso", replicas: 2);

        foreach (var node in cluster.Nodes)
        {
            var seen = await node.BecomesAsync("/api/v1/cluster", ApiJson.Default.ClusterOverview, seen => seen is { Planner: not null, Totals.Torrents: 1, Totals.BelowReplicas: 0, CaughtUp: true } && seen.Items.All(member => member.Torrents == 1));
            seen.Name.ShouldBe("tests");
            seen.EndPoint.ShouldBe(node.EndPoint);
            seen.Session.ShouldBe("writing");
            seen.Totals.Bytes.ShouldBe(16);
            seen.Items.Single(member => member.Self).EndPoint.ShouldBe(node.EndPoint);
            seen.Items.ShouldAllBe(member => member.Replicas["complete"] == 1 && member.Roles.Contains("storage") && member.FreeBytes == 1L << 50 && member.SessionSeconds > 0);
            var lease = (await node.GetAsync("/api/v1/cluster/leases", ApiJson.Default.ClusterLeaseList)).Items.ShouldHaveSingleItem();
            lease.ShouldBe(new ClusterLease("planner", seen.Planner!, seen.Items.Single(member => member.EndPoint == seen.Planner).Generation, lease.Token, Held: true));
            var placement = await node.GetAsync("/api/v1/cluster/placement", ApiJson.Default.PlacementView);
            placement.Items.Select(storage => (storage.Storage, storage.State, storage.Wanted, storage.Complete, storage.CompleteBytes)).ShouldBe([("n1", "here", 1, 1, 16), ("n2", "here", 1, 1, 16)]);
        }
    }

    [Fact]
    public async Task A_placement_is_explained_with_what_comes_next()
    {
        await using var cluster = await ClusterFixture.StartAsync(2);
        var hash = await ClusterFixture.AddAsync(cluster.Nodes[0], "first.iso", replicas: 2);
        var explained = await cluster.Nodes[1].BecomesAsync($"/api/v1/cluster/torrents/{hash[..8]}", ApiJson.Default.PlacementExplained, seen => seen.Torrent.Complete == 2);
        explained.Next.ShouldBe("2 of 2 replicas are complete, and it is where it should be.");
        explained.Items.Select(site => (site.Rank, site.Desired, site.Replica)).ShouldBe([(1, true, "complete"), (2, true, "complete")]);
        using var response = await cluster.Nodes[0].Api.SendAsync(HttpMethod.Put, $"/api/v1/cluster/torrents/{hash}/replicas", """{"replicas":3}""");
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await cluster.Nodes[0].GetAsync($"/api/v1/cluster/torrents/{hash}", ApiJson.Default.PlacementExplained)).Next.ShouldBe("2 of 3 replicas are complete; there is no other storage here that has room for it.");
    }

    [Fact]
    public async Task A_plan_is_shown_and_nothing_is_done_until_the_planner_may()
    {
        // Nobody plans: what would be done stays to be done.
        await using var cluster = await ClusterFixture.StartAsync(2, roles: MemberRoles.Storage);
        var body = $$"""{"metainfo":"{{Convert.ToBase64String(TorrentFiles.Make("first.iso"))}}","replicas":2}""";
        await cluster.Nodes[0].PostAsync("/api/v1/cluster/torrents", HttpStatusCode.Created, body);
        var plan = await cluster.Nodes[1].BecomesAsync("/api/v1/cluster/rebalance", ApiJson.Default.RebalancePlan, plan => plan.Items.Count == 2);
        plan.Steps.ShouldBe(new Dictionary<string, int> { ["first"] = 2 });
        plan.CopyBytes.ShouldBe(32);
        plan.Told.ShouldBeFalse();
        (await cluster.Nodes[1].PostAsync("/api/v1/cluster/rebalance")).ShouldContain("\"told\":true");
        using var many = await cluster.Nodes[0].Api.Client.GetAsync(new Uri("/api/v1/cluster/rebalance?limit=1001", UriKind.Relative), TestContext.Current.CancellationToken);
        await ApiFixture.ProblemAsync(many, HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Whoever_plans_looks_at_everything_when_somebody_asks_for_it_at_another_node()
    {
        await using var cluster = await ClusterFixture.StartAsync(2);
        var room = PlacementSettings.Default.MinFreeBytes;
        // Some room, so that the storages are the same to the planner before and after, but less than the torrent takes.
        cluster.FreeBytes = room + 8;
        await FreeBecomesAsync(cluster);
        await cluster.Nodes[0].PostAsync("/api/v1/cluster/torrents", HttpStatusCode.Created, $$"""{"metainfo":"{{Convert.ToBase64String(TorrentFiles.Make("first.iso"))}}","replicas":2}""");
        cluster.FreeBytes = room + 1_000;
        await FreeBecomesAsync(cluster);
        var seen = await cluster.Nodes[0].BecomesAsync("/api/v1/cluster", ApiJson.Default.ClusterOverview, seen => seen is { Planner: not null, Totals.Torrents: 1 });
        seen.Totals.WithoutCopy.ShouldBe(1);
        var other = cluster.Nodes.Single(node => node.EndPoint != seen.Planner);
        (await other.GetAsync("/api/v1/cluster/rebalance", ApiJson.Default.RebalancePlan)).Steps.ShouldBe(new Dictionary<string, int> { ["first"] = 2 });

        await other.PostAsync("/api/v1/cluster/rebalance");
        await other.BecomesAsync("/api/v1/cluster/torrents", ApiJson.Default.PlacementPage, page => page.Items is [{ Complete: 2 }]);
    }

    private static async Task FreeBecomesAsync(ClusterFixture cluster)
    {
        foreach (var node in cluster.Nodes) await node.BecomesAsync("/api/v1/cluster/members", ApiJson.Default.ClusterMemberList, list => list.Items.All(member => member.FreeBytes == cluster.FreeBytes));
    }

    [Fact]
    public async Task A_ban_at_one_node_holds_at_all()
    {
        await using var cluster = await ClusterFixture.StartAsync(2);
        await cluster.Nodes[0].PostAsync("/api/v1/cluster/bans", body: """{"address":"192.0.2.7","seconds":600,"reason":"it lied"}""");
        foreach (var node in cluster.Nodes)
        {
            var bans = await node.BecomesAsync("/api/v1/cluster/bans", ApiJson.Default.ClusterBanList, bans => bans.Items.Count == 1);
            bans.Items[0].Address.ShouldBe("192.0.2.7");
            bans.Items[0].SecondsLeft.ShouldBeInRange(1, 600);
            bans.Items[0].Reason.ShouldBe("it lied");
            bans.Items[0].By.ShouldBe("n1:9120");
            (bans.Items[0].Until - DateTimeOffset.UtcNow).TotalSeconds.ShouldBeInRange(1, 610);
        }

        // It is in the tables, so who starts later has it; and lifted anywhere it is lifted everywhere.
        (await (await cluster.StartOneMoreAsync()).BecomesAsync("/api/v1/cluster/bans", ApiJson.Default.ClusterBanList, bans => bans.Items.Count == 1)).Items[0].Address.ShouldBe("192.0.2.7");
        using var lifted = await cluster.Nodes[1].Api.SendAsync(new HttpRequestMessage(HttpMethod.Delete, "/api/v1/cluster/bans/192.0.2.7"));
        lifted.StatusCode.ShouldBe(HttpStatusCode.OK);
        foreach (var node in cluster.Nodes) await node.BecomesAsync("/api/v1/cluster/bans", ApiJson.Default.ClusterBanList, bans => bans.Items.Count == 0);
        using var again = await cluster.Nodes[1].Api.SendAsync(new HttpRequestMessage(HttpMethod.Delete, "/api/v1/cluster/bans/192.0.2.7"));
        await ApiFixture.ProblemAsync(again, HttpStatusCode.NotFound);
        using var name = await cluster.Nodes[1].Api.SendAsync(new HttpRequestMessage(HttpMethod.Delete, "/api/v1/cluster/bans/example.org"));
        await ApiFixture.ProblemAsync(name, HttpStatusCode.BadRequest);

        await cluster.Nodes[0].PostAsync("/api/v1/cluster/bans", HttpStatusCode.BadRequest, """{"address":"example.org"}""");
        await cluster.Nodes[0].PostAsync("/api/v1/cluster/bans", HttpStatusCode.BadRequest, """{"address":"192.0.2.8","seconds":604801}""");
    }

    [Fact]
    public async Task A_hundred_thousand_torrents_are_listed_page_by_page_and_by_difference()
    {
        const int Many = 100_000;
        // It only steers, so nothing is placed.
        await using var cluster = await ClusterFixture.StartAsync(1, roles: MemberRoles.None);
        var node = cluster.Nodes[0];
        cluster.Store.Do([.. Enumerable.Range(0, Many).Select(number => new ClusterCommand.AddTorrent(new WantedTorrent { Torrent = Rows.Hash(number), Name = $"torrent {number}", Replicas = 2, Length = number }, [1]))]);

        var page = await node.BecomesAsync("/api/v1/cluster/torrents?sort=-totalBytes&limit=1000", ApiJson.Default.PlacementPage, page => page.Matches == Many);
        page.Items.Select(item => item.TotalBytes).ShouldBe(Enumerable.Range(0, 1_000).Select(i => (long)(Many - 1 - i)));
        (await node.GetAsync($"/api/v1/cluster/torrents?sort=-totalBytes&limit=1000&cursor={page.Next}", ApiJson.Default.PlacementPage)).Items[0].TotalBytes.ShouldBe(Many - 1_001);
        (await node.GetAsync("/api/v1/torrents?text=torrent 99999", ApiJson.Default.TorrentPage)).Items.ShouldHaveSingleItem().State.ShouldBe(TorrentPhase.Queued);
        (await node.GetAsync("/api/v1/cluster/torrents?below=true&limit=1", ApiJson.Default.PlacementPage)).Matches.ShouldBe(Many);
        (await node.GetAsync("/api/v1/cluster/torrents?storage=n1&limit=1", ApiJson.Default.PlacementPage)).Matches.ShouldBe(0);
        using var tooMany = await node.Api.Client.GetAsync(new Uri("/api/v1/cluster/torrents?limit=1001", UriKind.Relative), TestContext.Current.CancellationToken);
        await ApiFixture.ProblemAsync(tooMany, HttpStatusCode.BadRequest);

        await node.PostAsync($"/api/v1/cluster/torrents/{Rows.Hash(7)}/pause");
        var delta = await node.BecomesAsync($"/api/v1/cluster/torrents/changes?since={page.Revision}", ApiJson.Default.PlacementDelta, delta => delta.Changed.Count > 0);
        delta.Changed.ShouldHaveSingleItem().ShouldSatisfyAllConditions(item => item.Hash.ShouldBe(Rows.Hash(7).ToString()), item => item.Paused.ShouldBeTrue());
    }

    [Fact]
    public async Task Pbm_shows_and_steers_the_cluster()
    {
        await using var cluster = await ClusterFixture.StartAsync(2);
        var file = Path.Combine(cluster.Nodes[0].Api.Root, "first.torrent");
        await File.WriteAllBytesAsync(file, TorrentFiles.Make("first.iso"), TestContext.Current.CancellationToken);
        (await RunAsync(cluster.Nodes[0], ExitCodes.Done, "torrents", "add", file, "--replicas", "2", "--wait", "2", "--timeout", "90")).ShouldContain("first.iso");

        (await RunAsync(cluster.Nodes[1], ExitCodes.Done, "cluster", "status")).ShouldContain("writing");
        (await RunAsync(cluster.Nodes[1], ExitCodes.Done, "cluster", "members")).ShouldContain("n1:9120");
        (await RunAsync(cluster.Nodes[1], ExitCodes.Done, "cluster", "members", "--json")).ShouldContain("\"endPoint\":\"n2:9120\"");
        (await RunAsync(cluster.Nodes[1], ExitCodes.Done, "cluster", "leases")).ShouldContain("planner");
        (await RunAsync(cluster.Nodes[1], ExitCodes.Done, "cluster", "placement")).ShouldContain("here");
        // The other node's view may be a read behind that of the one which answered.
        var hash = (await cluster.Nodes[1].BecomesAsync("/api/v1/cluster/torrents", ApiJson.Default.PlacementPage, page => page.Items is [{ Complete: 2 }])).Items[0].Hash;
        (await RunAsync(cluster.Nodes[1], ExitCodes.Done, "cluster", "explain", hash)).ShouldContain("where it should be");
        await RunAsync(cluster.Nodes[1], ExitCodes.Done, "cluster", "replicas", hash, "1");
        await cluster.Nodes[0].BecomesAsync("/api/v1/cluster/torrents", ApiJson.Default.PlacementPage, page => page.Items is [{ Wanted: 1, Replicas.Count: 1 }]);
        await RunAsync(cluster.Nodes[1], ExitCodes.Done, "cluster", "rebalance");
        await RunAsync(cluster.Nodes[1], ExitCodes.Done, "cluster", "ban", "192.0.2.7", "--time", "1h");
        (await RunAsync(cluster.Nodes[1], ExitCodes.Done, "cluster", "bans")).ShouldContain("192.0.2.7");
        (await RunAsync(cluster.Nodes[0], ExitCodes.Done, "cluster", "unban", "192.0.2.7")).ShouldContain("192.0.2.7");
        await RunAsync(cluster.Nodes[1], ExitCodes.Failed, "cluster", "drain", "nobody:1");
        await RunAsync(cluster.Nodes[0], ExitCodes.Done, "cluster", "drain", "n2:9120", "--yes");
        await RunAsync(cluster.Nodes[0], ExitCodes.Done, "cluster", "up", "n2:9120");
    }

    private static async Task<string> RunAsync(ClusterFixture.Node node, int code, params string[] args)
    {
        var (ended, text, error) = await new PbmRun(NodeClient.Handler).RunAsync([.. args, "--address", node.Api.Client.BaseAddress!.ToString()]);
        ended.ShouldBe(code, $"pbm {string.Join(' ', args)}: {error}{text}");
        return text;
    }
}
