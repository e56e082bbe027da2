using System.Net;
using System.Text.Json.Nodes;
using Swarm.Host.Api.Security;
using Swarm.Tests.Architecture;
using Swarm.Tests.Host.Api;
using Swarm.Tests.Host.Api.Clusters;
using Swarm.Tests.Interop.Clients;

namespace Swarm.Tests.Interop;

/// <summary>The page at /ui/ in a real browser, over a real node: what people see and click, and what reaches the node. Its parts without a document are tested by Node.js alone.</summary>
[Collection(nameof(RealClients))]
public sealed class PageTests(InstalledClients installed)
{
    private const string Row = "tr[data-hash]";
    private const string Evil = "<img src=x onerror=\"document.title='taken'\">";

    [Fact]
    public async Task The_pure_parts_hold()
    {
        await using var scenario = new Scenario();
        var node = scenario.Start("node", installed.Require("node", "nodejs"), ["--test", "--test-reporter=tap", .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "src", "Swarm.Tests", "Ui"), "*.test.mjs").Order(StringComparer.Ordinal)]);
        var end = await node.ExitAsync(Scenario.Patience);
        node.Lines.ShouldContain("# fail 0");
        node.Lines.ShouldNotContain("# pass 0");
        end.ShouldBe(0);
    }

    [Fact]
    public async Task A_torrent_is_added_fetched_looked_at_changed_and_removed()
    {
        using var content = Contents.Create(Contents.ManyFiles);
        await using var scenario = new Scenario();
        var seed = await SwarmPeer.StartAsync(scenario, IPAddress.Parse("127.0.0.9"), "seed");
        await seed.SeedAsync(content);
        var service = await SwarmService.StartAsync(scenario);
        var browser = await Browser.StartAsync(installed, scenario);
        await browser.OpenAsync(service.Address);
        await browser.ShowsAsync("document.querySelector('.count')?.textContent === '0 torrents' && document.querySelector('.stream.live')");

        await browser.ClickAsync("#add");
        await browser.WriteAsync("dialog textarea", $"magnet:?xt=urn:btih:{content.Metainfo.WireHash}&x.pe={seed.EndPoint}\nnonsense");
        await browser.WriteAsync("dialog input[name=labels]", "one, two words");
        await browser.ClickAsync("dialog button[value=yes]");
        await browser.ShowsAsync($"document.querySelectorAll('{Row}').length === 1");
        // What is wrong is told by the node's own sentence, and what the browser reports of that is the refusal.
        await browser.ShowsAsync("document.querySelector('.notice.wrong')?.textContent.startsWith('nonsense: ')");
        browser.TakeErrors().ShouldAllBe(error => error.Contains("400", StringComparison.Ordinal));

        await browser.ShowsAsync($"document.querySelector('{Row}').textContent.includes('100 %') && document.querySelector('{Row}').textContent.includes('seeding')");
        content.ShouldBeIn(service.Root);

        await browser.ClickAsync($"{Row} td");
        await browser.ShowsAsync($"document.querySelector('.detail dl').textContent.includes('{content.Metainfo.WireHash}')");
        await browser.ClickAsync("[role=tab]", "Files");
        await browser.ShowsAsync($"document.querySelectorAll('.detail tbody tr').length === {content.Metainfo.VisibleFiles.Count()}");
        await browser.ClickAsync("[role=tab]", "Pieces");
        await browser.ShowsAsync("document.querySelector('.detail canvas')");
        await browser.ClickAsync("[role=tab]", "Why");
        await browser.ShowsAsync("document.querySelector('.detail .finding')");
        foreach (var tab in (string[])["Peers", "Trackers"])
        {
            await browser.ClickAsync("[role=tab]", tab);
            await browser.ShowsAsync("document.querySelector('.detail .content').textContent !== '…' && !document.querySelector('.detail .wrong')");
        }

        await browser.ClickAsync("[role=tab]", "General");
        await browser.WriteAsync(".options label:nth-of-type(1) input", "a new name");
        await browser.WriteAsync(".options label:nth-of-type(5) input", "12");
        await browser.ClickAsync(".options button.main");
        await browser.ShowsAsync($"document.querySelector('{Row} .name').textContent === 'a new name'");
        await browser.ShowsAsync("document.querySelector('.options label:nth-of-type(5) input').value === '12'");

        await browser.ClickAsync(".toolbar button", "Pause");
        await browser.ShowsAsync($"document.querySelector('{Row}').textContent.includes('paused')");
        await browser.ClickAsync(".detail button.link", "two words");
        await browser.ShowsAsync("document.querySelector('.toolbar input[type=search]').value === 'label:\"two words\"' && document.querySelector('.count').textContent === '1 torrents'");
        await browser.WriteAsync(".toolbar input[type=search]", "label:three");
        await browser.ShowsAsync("document.querySelector('.count').textContent === '0 torrents'");
        await browser.WriteAsync(".toolbar input[type=search]", "");
        await browser.ClickAsync($"{Row} td");
        await browser.ClickAsync(".toolbar button", "Remove");
        await browser.ClickAsync("dialog input[name=data]");
        await browser.ClickAsync("dialog button[value=yes]");
        await browser.ShowsAsync($"document.querySelectorAll('{Row}').length === 0 && document.querySelector('.count').textContent === '0 torrents'");
        await Poll.UntilAsync(() => Task.FromResult(!Directory.EnumerateFileSystemEntries(service.Root).Any()), "the files are gone", Scenario.Patience);
        browser.TakeErrors().ShouldBeEmpty();
    }

    [Fact]
    public async Task What_a_torrent_says_of_itself_is_text_and_ten_thousand_are_scrolled_through()
    {
        await using var scenario = new Scenario();
        await using var api = await ApiFixture.StartAsync();
        api.Catalogue.Put([.. Enumerable.Range(0, 10_000).Select(i => Rows.Row(i) with { Name = i == 0 ? Evil : $"torrent {i:00000}", Labels = [Evil] })]);
        var browser = await Browser.StartAsync(installed, scenario);
        await browser.OpenAsync(api.Client.BaseAddress!);
        await browser.ClickAsync("th button", "Name");
        await browser.ShowsAsync($"document.querySelector('{Row} .name')?.textContent === {JsonValue.Create(Evil).ToJsonString()}");
        ((int?)await browser.EvaluateAsync($"document.querySelectorAll('{Row}').length")).ShouldNotBeNull().ShouldBeInRange(10, 100);
        ((int?)await browser.EvaluateAsync("document.querySelectorAll('main img').length")).ShouldBe(0);

        // Each end of what is loaded brings more, until all are.
        await browser.ShowsAsync("(e => { e.scrollTop = e.scrollHeight; return document.querySelector('tr[data-hash]:last-child')?.textContent.includes('torrent 09999'); })(document.querySelector('.scroll'))");
        ((int?)await browser.EvaluateAsync($"document.querySelectorAll('{Row}').length")).ShouldNotBeNull().ShouldBeInRange(10, 100);
        ((string?)await browser.EvaluateAsync("document.title")).ShouldNotBe("taken");
        browser.TakeErrors().ShouldBeEmpty();
    }

    [Fact]
    public async Task Beyond_the_nodes_machine_a_key_is_asked_for_and_forgotten_on_demand()
    {
        await using var scenario = new Scenario();
        var key = ApiKeys.NewText();
        await using var api = await ApiFixture.StartAsync(ApiFixture.Settings with { TrustLoopback = false }, new ApiKeys([ApiKeys.Keep("looks", Scope.Viewer, key)]));
        api.Put(1, 2, 3);
        var browser = await Browser.StartAsync(installed, scenario);
        await browser.OpenAsync(api.Client.BaseAddress!);
        await browser.WriteAsync("dialog input[type=password]", "wrong");
        await browser.ClickAsync("dialog button[value=yes]");
        await browser.ShowsAsync("document.querySelector('dialog')?.textContent.includes('The key is not one that this node knows')");
        await browser.WriteAsync("dialog input[type=password]", key);
        await browser.ClickAsync("dialog button[value=yes]");
        await browser.ShowsAsync("document.querySelector('.count')?.textContent === '3 torrents' && document.querySelector('.stream.live')");
        browser.TakeErrors().ShouldAllBe(error => error.Contains("401", StringComparison.Ordinal));

        // Who only looks is told what it takes.
        await browser.ClickAsync($"{Row} td");
        await browser.ClickAsync(".toolbar button", "Pause");
        await browser.ShowsAsync("document.querySelector('.notice.wrong')?.textContent.includes(\"scope 'operator'\")");
        await browser.ClickAsync("header button", "Forget the key");
        await browser.ShowsAsync("document.querySelector('dialog input[type=password]')");
        (await browser.EvaluateAsync("document.querySelector('.count')")).ShouldBeNull();
    }

    [Fact]
    public async Task At_any_member_the_whole_cluster_is_seen_and_steered()
    {
        await using var scenario = new Scenario();
        await using var cluster = await ClusterFixture.StartAsync(3);
        await ClusterFixture.AddAsync(cluster.Nodes[1], "everywhere", 2);
        var browser = await Browser.StartAsync(installed, scenario);
        await browser.OpenAsync(cluster.Nodes[0].Api.Client.BaseAddress!);
        await browser.ShowsAsync($"document.querySelector('{Row}')?.textContent.includes('2 of 2')");
        await browser.ClickAsync($"{Row} td");
        await browser.ClickAsync("[role=tab]", "Where");
        await browser.ShowsAsync("document.querySelector('.detail .content').textContent.includes('2 of 2 copies are complete')");
        await browser.WriteAsync(".detail form input", "3");
        await browser.ClickAsync(".detail form button");
        await browser.ShowsAsync("document.querySelector('.detail .content').textContent.includes('3 of 3 copies are complete')");

        await browser.ClickAsync("nav a", "Cluster");
        await browser.ShowsAsync("document.querySelectorAll('main table')[0]?.tBodies[0].rows.length === 3");
        await browser.ClickAsync("main button", "Ban…");
        await browser.WriteAsync("dialog input[name=address]", "192.0.2.99");
        await browser.ClickAsync("dialog button[value=yes]");
        await browser.ShowsAsync("[...document.querySelectorAll('main td')].some(cell => cell.textContent === '192.0.2.99')");
        await browser.ClickAsync("main button", "Lift");
        await browser.ShowsAsync("![...document.querySelectorAll('main td')].some(cell => cell.textContent === '192.0.2.99')");
        await browser.ClickAsync("main button", "Drain");
        await browser.ClickAsync("dialog button[value=yes]");
        await browser.ShowsAsync("document.querySelector('main table').textContent.includes('draining')");
        browser.TakeErrors().ShouldBeEmpty();
    }

    [Fact]
    public async Task Each_view_is_drawn_without_an_error()
    {
        await using var scenario = new Scenario();
        var service = await SwarmService.StartAsync(scenario);
        var browser = await Browser.StartAsync(installed, scenario);
        await browser.OpenAsync(service.Address);
        await browser.ClickAsync("nav a", "Node");
        await browser.ShowsAsync("document.querySelector('main dl')?.textContent.includes('Version') && document.querySelector('details summary')");
        await browser.WriteAsync(".inline input", "700");
        await browser.ClickAsync(".inline button", "Set");
        await browser.ShowsAsync("document.querySelector('.notice')?.textContent.startsWith('The limits are set')");
        await browser.ClickAsync("nav a", "Log");
        await browser.ShowsAsync("document.querySelector('.stream.live')");
        await browser.ClickAsync("nav a", "Torrents");
        await browser.ShowsAsync("document.querySelector('.stream.live') && document.querySelector('.count')");
        browser.TakeErrors().ShouldBeEmpty();
    }
}
