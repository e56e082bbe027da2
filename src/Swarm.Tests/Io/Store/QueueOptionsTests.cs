using Swarm.Actors.Torrents;
using Swarm.Io.Store;

namespace Swarm.Tests.Io.Store;

public sealed class QueueOptionsTests
{
    private static readonly TorrentOptions Options = new() { Folder = "/content" };

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void What_the_queue_said_is_kept_beside_what_the_user_said(bool queued, bool paused)
    {
        var read = OptionsCodec.Decode(OptionsCodec.Encode(Options with { Queued = queued, Paused = paused }, null), "/content")!.Value.Options;
        (read.Queued, read.Paused, read.StandsStill).ShouldBe((queued, paused, true));
    }

    [Fact]
    public void The_last_place_in_the_queue_can_be_read_again()
    {
        var last = Options.With(new TorrentChanges { QueuePosition = int.MaxValue });
        OptionsCodec.Decode(OptionsCodec.Encode(last, null), "/content").ShouldNotBeNull().Options.QueuePosition.ShouldBe(TorrentOptions.LastQueuePosition);
    }
}
