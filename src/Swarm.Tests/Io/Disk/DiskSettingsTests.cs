using Swarm.Io.Disk;

namespace Swarm.Tests.Io.Disk;

public class DiskSettingsTests
{
    [Fact]
    public void Values_at_the_ends_of_their_ranges_are_taken_and_one_past_them_is_refused()
    {
        new DiskSettings { Workers = 1 }.Workers.ShouldBe(1);
        new DiskSettings { Workers = 64 }.Workers.ShouldBe(64);
        Should.Throw<ArgumentOutOfRangeException>(() => new DiskSettings { Workers = 0 });
        Should.Throw<ArgumentOutOfRangeException>(() => new DiskSettings { Workers = 65 });
        new DiskSettings { TurnBytes = 16 << 10 }.TurnBytes.ShouldBe(16384);
        Should.Throw<ArgumentOutOfRangeException>(() => new DiskSettings { TurnBytes = (16 << 10) - 1 });
        new DiskSettings { HighWaterBytes = 4L << 30 }.HighWaterBytes.ShouldBe(4L << 30);
        Should.Throw<ArgumentOutOfRangeException>(() => new DiskSettings { HighWaterBytes = (4L << 30) + 1 });
        new DiskSettings { MappedWindowBytes = 64 << 10 }.MappedWindowBytes.ShouldBe(65536);
        Should.Throw<ArgumentOutOfRangeException>(() => new DiskSettings { MappedWindowBytes = (64 << 10) + 4096 });
        Should.Throw<ArgumentOutOfRangeException>(() => new DiskSettings { MappedBytes = -1 });
    }

    [Fact]
    public void A_low_water_mark_above_the_high_one_is_refused()
    {
        var settings = new DiskSettings { HighWaterBytes = 1 << 20, LowWaterBytes = 1 << 20 };
        using (new DiskEngine(settings, _ => null)) { }

        Should.Throw<ArgumentException>(() => new DiskEngine(settings with { LowWaterBytes = (1 << 20) + 1 }, _ => null));
    }
}
