using Swarm.Protocol.Wire;

namespace Swarm.Tests.Protocol.Wire;

public sealed class UploadWindowTests
{
    private static readonly WireSettings Settings = new() { MinBlocksInLink = 8, MaxBlocksInLink = 256, UploadAhead = TimeSpan.FromSeconds(1) };

    [Fact]
    public void A_fast_peer_gets_the_most_before_its_first_second_is_over()
    {
        var window = new UploadWindow(Settings, 0);
        window.Blocks.ShouldBe(8);
        for (var sent = 0; sent < 300; sent += window.Blocks) window.Sent(window.Blocks, Milliseconds(sent));
        window.Blocks.ShouldBe(256);
    }

    [Fact]
    public void A_slow_peer_keeps_the_least_so_that_a_choke_soon_takes_effect()
    {
        var window = new UploadWindow(Settings, 0);
        for (var second = 1; second <= 60; second++) window.Sent(2, Milliseconds(1000 * second));
        window.Blocks.ShouldBe(8);
    }

    [Fact]
    public void It_follows_a_rate_down_within_two_spans()
    {
        var window = new UploadWindow(Settings, 0);
        for (var i = 1; i <= 40; i++) window.Sent(50, Milliseconds(100 * i));
        window.Blocks.ShouldBe(256);
        for (var i = 1; i <= 20; i++) window.Sent(2, Milliseconds(4000 + (100 * i)));
        window.Blocks.ShouldBeInRange(18, 22, "it takes twenty a second");
    }

    [Fact]
    public void It_stays_within_its_bounds_whatever_is_sent()
    {
        var random = new Random(1);
        var window = new UploadWindow(Settings, 0);
        var now = 0L;
        for (var i = 0; i < 10_000; i++)
        {
            now += random.Next(0, 30_000_000);
            window.Sent(random.Next(1, 100_000), now);
            window.Blocks.ShouldBeInRange(8, 256);
        }
    }

    private static long Milliseconds(int count) => TimeSpan.FromMilliseconds(count).Ticks;
}
