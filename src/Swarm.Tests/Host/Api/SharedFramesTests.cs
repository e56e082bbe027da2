using Swarm.Host.Api.Catalogue;
using Swarm.Host.Api.Events;

namespace Swarm.Tests.Host.Api;

public sealed class SharedFramesTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TorrentCatalogue _catalogue = new(CatalogueSettings.Default, TimeProvider.System);

    [Fact]
    public async Task Who_waits_at_different_revisions_goes_on_together_from_one_frame()
    {
        var frames = new SharedFrames(_catalogue, TimeSpan.Zero, TimeProvider.System, TestContext.Current.CancellationToken);
        var behind = _catalogue.Revision;
        var first = frames.AfterAsync(behind, TestContext.Current.CancellationToken);
        Put(1, 2, 3);
        var frame = await first.WaitAsync(Patience, TestContext.Current.CancellationToken);

        var others = await Task.WhenAll(Enumerable.Range(0, (int)(frame.To - frame.From)).Select(step => frames.AfterAsync(frame.From + step, TestContext.Current.CancellationToken)));

        others.ShouldAllBe(other => ReferenceEquals(other, frame));
    }

    [Fact]
    public async Task Frames_follow_each_other_without_a_gap()
    {
        var frames = new SharedFrames(_catalogue, TimeSpan.Zero, TimeProvider.System, TestContext.Current.CancellationToken);
        var at = _catalogue.Revision;
        for (var round = 0; round < 20; round++)
        {
            var next = frames.AfterAsync(at, TestContext.Current.CancellationToken);
            Put(round, round + 1);
            var frame = await next.WaitAsync(Patience, TestContext.Current.CancellationToken);
            frame.From.ShouldBe(at);
            at = frame.To;
        }
    }

    [Fact]
    public async Task Who_is_further_behind_than_what_is_kept_gets_all_of_it_at_once()
    {
        var frames = new SharedFrames(_catalogue, TimeSpan.Zero, TimeProvider.System, TestContext.Current.CancellationToken);
        var beginning = _catalogue.Revision;
        var at = beginning;
        for (var round = 0; round < 20; round++)
        {
            Put(round);
            at = (await frames.AfterAsync(at, TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken)).To;
        }

        var late = await frames.AfterAsync(beginning, TestContext.Current.CancellationToken);

        (late.From, late.To).ShouldBe((beginning, _catalogue.Revision));
    }

    private void Put(params int[] numbers) => _catalogue.Put([.. numbers.Select(number => Rows.Row(number))]);
}
