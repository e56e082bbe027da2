using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Actors.Automation;
using Swarm.Actors.Node;
using Swarm.Actors.Torrents;
using Swarm.Api.Contracts;
using Swarm.Host;
using Swarm.Protocol.Magnets;
using Swarm.Tests.Host.Api;

namespace Swarm.Tests.Host.Automation;

/// <summary>Automation over a whole node in this process, and what the API tells of it.</summary>
public sealed class AutomationNodeTests : IDisposable
{
    private const string Link = "magnet:?xt=urn:btih:0123456789abcdef0123456789abcdef01234567";

    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task What_a_queue_of_an_earlier_run_held_back_goes_on_without_one()
    {
        await using var node = await SwarmNode.StartAsync(_scratch["state"], new NodeSettings { Listen = [new IPEndPoint(IPAddress.Loopback, 0)] }, NullLoggerFactory.Instance);
        MagnetLink.TryParse(Link, out var link, out var error).ShouldBeTrue(error);
        await node.AddAsync(TorrentSource.FromMagnet(link), new TorrentOptions { Folder = _scratch.Root, Queued = true });
        using var feed = node.FollowRows();
        await Until(feed, TorrentState.Queued);
        (await node.PreviewAsync()).ShouldBeNull("no automation is configured");

        await node.ReleaseQueuedAsync(TestContext.Current.CancellationToken);
        await Until(feed, TorrentState.FetchingMetadata);
    }

    [Fact]
    public async Task The_api_tells_what_would_be_done_and_why()
    {
        await using var api = await ApiFixture.StartAsync();
        (await api.GetAsync("/api/v1/automation/preview", ApiJson.Default.AutomationPreview)).Enabled.ShouldBeFalse();
        api.Previewed = new AutomationActor.Previewed([new AutomationStep(Rows.Row(1), AutomationAction.RemoveWithData, "has seeded enough")], DryRun: true, More: false);
        var preview = await api.GetAsync("/api/v1/automation/preview", ApiJson.Default.AutomationPreview);
        preview.ShouldSatisfyAllConditions(
            seen => seen.Enabled.ShouldBeTrue(), seen => seen.DryRun.ShouldBeTrue(),
            seen => seen.Items.ShouldBe([new AutomationItem(Rows.Hash(1).ToString(), "torrent 1", AutomationDeed.RemoveWithData, "has seeded enough")]));
    }

    [Fact]
    public void Every_action_has_a_name_in_the_api() => Enum.GetNames<AutomationDeed>().ShouldBe(Enum.GetNames<AutomationAction>());

    private static async Task Until(RowFeed feed, TorrentState state)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        while ((await feed.ReadAsync(patience.Token)).ShouldNotBeNull().Rows.All(row => row.State != state))
        {
            // Another step on the way.
        }
    }
}
