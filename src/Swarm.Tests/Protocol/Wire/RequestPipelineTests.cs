using Swarm.Protocol.Wire;

namespace Swarm.Tests.Protocol.Wire;

public class RequestPipelineTests
{
    [Fact]
    public void Depth_grows_with_every_block_at_first()
    {
        var pipeline = new RequestPipeline(WireSettings.Default, 0);
        pipeline.Depth.ShouldBe(WireSettings.Default.MinOutstandingRequests);
        pipeline.BlockArrived(16384, 0, 1);
        pipeline.Depth.ShouldBe(WireSettings.Default.MinOutstandingRequests + 1);
    }

    [Theory]
    [InlineData(100_000, 50)]
    [InlineData(1_000_000, 20)]
    [InlineData(2_000_000, 200)]
    public void Depth_settles_at_what_the_peer_delivers_in_the_latency_and_the_slack(int rateBytesPerSecond, int latencyMilliseconds)
    {
        var pipeline = new RequestPipeline(WireSettings.Default, 0);
        pipeline.LimitTo(10_000);
        Deliver(pipeline, rateBytesPerSecond, latencyMilliseconds, TimeSpan.FromSeconds(60));

        var expected = rateBytesPerSecond * ((2 * latencyMilliseconds / 1000.0) + 1) / PieceGeometry.BlockSize;
        pipeline.Depth.ShouldBeInRange((int)(expected * 0.7), (int)(expected * 1.4) + 1);
        pipeline.RateBytesPerSecond.ShouldBe(rateBytesPerSecond, rateBytesPerSecond * 0.3);
    }

    [Fact]
    public void Depth_stays_between_the_bounds_of_ours_and_the_peers()
    {
        var fast = new RequestPipeline(WireSettings.Default, 0);
        fast.LimitTo(10_000);
        Deliver(fast, 500_000_000, 1, TimeSpan.FromSeconds(1));
        fast.Depth.ShouldBe(WireSettings.Default.MaxOutstandingRequests);
        fast.LimitTo(60);
        fast.Depth.ShouldBe(60);
        fast.LimitTo(0);
        fast.Depth.ShouldBe(1);

        var slow = new RequestPipeline(WireSettings.Default, 0);
        Deliver(slow, 3_000, 10, TimeSpan.FromMinutes(5));
        slow.Depth.ShouldBe(WireSettings.Default.MinOutstandingRequests);
    }

    [Fact]
    public void Peer_that_does_not_say_gets_the_default_queue()
    {
        var pipeline = new RequestPipeline(WireSettings.Default, 0);
        Deliver(pipeline, 500_000_000, 1, TimeSpan.FromSeconds(1));
        pipeline.Depth.ShouldBe(WireSettings.Default.DefaultPeerQueue);
    }

    [Fact]
    public void Bitcomet_is_asked_for_no_more_than_it_bears()
    {
        var pipeline = new RequestPipeline(WireSettings.Default, 0);
        pipeline.LimitTo(500);
        pipeline.LearnClient("BitComet 2.05");
        Deliver(pipeline, 500_000_000, 1, TimeSpan.FromSeconds(1));
        pipeline.Depth.ShouldBe(WireSettings.Default.BitCometPeerQueue);
        pipeline.LearnClient(null);
        pipeline.LearnClient("qBittorrent");
        pipeline.Depth.ShouldBe(WireSettings.Default.BitCometPeerQueue);
    }

    [Fact]
    public void Snubbed_peer_gets_one_request_until_it_delivers()
    {
        var pipeline = new RequestPipeline(WireSettings.Default, 0);
        var end = Deliver(pipeline, 10_000_000, 20, TimeSpan.FromSeconds(5));
        pipeline.Snub();
        pipeline.Snubbed.ShouldBeTrue();
        pipeline.Depth.ShouldBe(1);
        pipeline.BlockArrived(16384, end, end + 1);
        pipeline.Snubbed.ShouldBeFalse();
        pipeline.Depth.ShouldBe(WireSettings.Default.MinOutstandingRequests + 1);
    }

    [Fact]
    public void Rate_falls_when_nothing_arrives()
    {
        var pipeline = new RequestPipeline(WireSettings.Default, 0);
        var now = Deliver(pipeline, 10_000_000, 20, TimeSpan.FromSeconds(5));
        var before = pipeline.RateBytesPerSecond;
        for (var i = 1; i <= 10; i++) pipeline.Tick(now += TimeSpan.FromSeconds(1).Ticks);
        pipeline.RateBytesPerSecond.ShouldBeLessThan(before / 10);
        pipeline.Depth.ShouldBeLessThan(100);
    }

    /// <summary>A peer that sends blocks evenly, each asked for a latency ago.</summary>
    private static long Deliver(RequestPipeline pipeline, int rateBytesPerSecond, int latencyMilliseconds, TimeSpan duration)
    {
        var step = TimeSpan.TicksPerSecond * PieceGeometry.BlockSize / rateBytesPerSecond;
        var now = 0L;
        while ((now += Math.Max(step, 1)) < duration.Ticks)
        {
            pipeline.BlockArrived(PieceGeometry.BlockSize, now - (latencyMilliseconds * TimeSpan.TicksPerMillisecond), now);
            pipeline.Tick(now);
        }

        return now;
    }
}
