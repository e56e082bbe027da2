using Swarm.Protocol.Bandwidth;

namespace Swarm.Tests.Protocol.Bandwidth;

public sealed class RateMeterTests
{
    private const long Second = TimeSpan.TicksPerSecond;

    [Fact]
    public void Steady_flow_is_measured_right_from_the_first_second_on()
    {
        var meter = new RateMeter(0);
        for (var i = 1; i <= 400; i++)
        {
            meter.Add(1_000, i * Second / 10);
            if (i >= 10) ((double)meter.BytesPerSecond(i * Second / 10)).ShouldBe(10_000, 300);
        }

        meter.Total.ShouldBe(400_000);
    }

    [Fact]
    public void Rate_falls_to_zero_within_the_window_after_a_stop()
    {
        var meter = new RateMeter(0);
        for (var i = 1; i <= 100; i++) meter.Add(1_000, i * Second / 10);
        meter.BytesPerSecond(12 * Second).ShouldBeInRange(4_000, 7_000);
        meter.BytesPerSecond(15 * Second).ShouldBe(0);
        meter.Total.ShouldBe(100_000);
    }

    [Fact]
    public void Single_burst_at_the_start_is_spread_over_one_slot_at_least()
    {
        var meter = new RateMeter(TimeSpan.FromSeconds(5), 10, 0);
        meter.Add(1_000, 0);
        meter.BytesPerSecond(0).ShouldBe(2_000);
        meter.BytesPerSecond(Second).ShouldBe(1_000);
    }

    [Fact]
    public void Restart_forgets_the_rate_and_keeps_the_total()
    {
        var meter = new RateMeter(0);
        meter.Add(5_000, Second);
        meter.Restart(2 * Second);
        meter.BytesPerSecond(3 * Second).ShouldBe(0);
        meter.Total.ShouldBe(5_000);
    }

    [Fact]
    public void Meter_agrees_with_a_list_of_everything_that_was_added()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            var slots = random.Next(2, 20);
            var slot = random.Next(1, 1_000) * TimeSpan.TicksPerMillisecond;
            long start = random.Next(1_000_000_000), now = start;
            var meter = new RateMeter(new TimeSpan(slot * slots), slots, start);
            var all = new List<(long Slot, long Bytes)>();
            for (var step = 0; step < 300; step++)
            {
                now += random.Next(20) == 0 ? slot * random.Next(40) : random.NextInt64(slot);
                if (random.Next(3) > 0)
                {
                    meter.Add(step, now);
                    all.Add((now / slot, step));
                }

                var oldest = (now / slot) - slots + 1;
                var bytes = all.Where(entry => entry.Slot >= oldest).Sum(entry => entry.Bytes);
                var span = Math.Max(slot, now - Math.Max(start, oldest * slot));
                meter.BytesPerSecond(now).ShouldBe((long)(bytes * (double)Second / span));
            }
        }
    }

    [Fact]
    public void Windows_out_of_range_are_refused()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => new RateMeter(TimeSpan.FromSeconds(1), 1, 0));
        Should.Throw<ArgumentOutOfRangeException>(() => new RateMeter(TimeSpan.FromSeconds(1), 1_001, 0));
        Should.Throw<ArgumentOutOfRangeException>(() => new RateMeter(TimeSpan.FromMilliseconds(9), 10, 0));
    }
}
