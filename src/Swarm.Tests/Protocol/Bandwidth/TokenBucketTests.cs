using Swarm.Protocol.Bandwidth;

namespace Swarm.Tests.Protocol.Bandwidth;

public sealed class TokenBucketTests
{
    private static long Ticks(double seconds) => (long)(seconds * TimeSpan.TicksPerSecond);

    [Fact]
    public void Unlimited_bucket_always_has_enough()
    {
        var bucket = new TokenBucket(null, TimeSpan.FromSeconds(1), 0, 0);
        bucket.Available.ShouldBe(long.MaxValue);
        bucket.Take(long.MaxValue);
        bucket.Available.ShouldBe(long.MaxValue);
    }

    [Theory]
    [InlineData(1_000, 0.5, 500)]
    [InlineData(1_000, 2.0, 1_000)]
    [InlineData(0, 9.0, 0)]
    [InlineData(3, 0.3, 0)]
    [InlineData(3, 0.34, 1)]
    [InlineData(1L << 40, 0.5, 1L << 39)]
    public void Tokens_come_at_the_rate_up_to_the_burst(long rate, double seconds, long expected)
    {
        var bucket = new TokenBucket(rate, TimeSpan.FromSeconds(1), 0, 0);
        bucket.Refill(Ticks(seconds));
        bucket.Available.ShouldBe(expected);
    }

    [Fact]
    public void Bucket_holds_the_least_capacity_at_a_low_rate()
    {
        var bucket = new TokenBucket(10, TimeSpan.FromSeconds(1), 64, 0);
        bucket.Capacity.ShouldBe(64);
        bucket.Refill(Ticks(100));
        bucket.Available.ShouldBe(64);
    }

    [Fact]
    public void No_more_than_available_may_be_taken()
    {
        var bucket = new TokenBucket(100, TimeSpan.FromSeconds(1), 0, 0);
        bucket.Refill(Ticks(0.5));
        bucket.Take(50);
        bucket.Available.ShouldBe(0);
        Should.Throw<ArgumentOutOfRangeException>(() => bucket.Take(1));
        bucket.Return(30);
        bucket.Available.ShouldBe(30);
        bucket.Return(1_000);
        bucket.Available.ShouldBe(100);
    }

    [Fact]
    public void Changed_rate_counts_from_the_change_on()
    {
        var bucket = new TokenBucket(100, TimeSpan.FromSeconds(1), 0, 0);
        bucket.SetRate(1_000, Ticks(0.5));
        bucket.Available.ShouldBe(50);
        bucket.Refill(Ticks(0.6));
        bucket.Available.ShouldBe(150);
        bucket.SetRate(20, Ticks(0.6));
        bucket.Available.ShouldBe(20);
        bucket.SetRate(null, Ticks(0.7));
        bucket.SetRate(20, Ticks(0.8));
        bucket.Available.ShouldBe(0);
    }

    [Fact]
    public void Clock_that_goes_back_brings_nothing()
    {
        var bucket = new TokenBucket(100, TimeSpan.FromSeconds(1), 0, Ticks(5));
        bucket.Refill(Ticks(1));
        bucket.Available.ShouldBe(0);
        bucket.Refill(Ticks(5.1));
        bucket.Available.ShouldBe(10);
    }

    [Fact]
    public void Rate_is_exact_over_a_long_time_however_often_it_is_refilled()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            long rate = random.Next(1, 1_000_000), now = 0, taken = 0;
            var bucket = new TokenBucket(rate, TimeSpan.FromSeconds(1), 10, 0);
            for (var step = 0; step < 5_000; step++)
            {
                now += random.Next(1, 500_000);
                bucket.Refill(now);
                taken += bucket.Available;
                bucket.Take(bucket.Available);
            }

            taken.ShouldBe((long)((Int128)rate * now / TimeSpan.TicksPerSecond));
        }
    }
}
