using Swarm.Io.Disk;

namespace Swarm.Tests.Io.Disk;

public sealed class WriteBatchingTests
{
    private static readonly DiskSettings Settings = new() { TurnBytes = 1 << 20, GatherBytes = 8 << 20, GatherTime = TimeSpan.FromSeconds(2), LowWaterBytes = 16 << 20 };

    [Theory]
    [InlineData("Auto", "Unknown", false)]
    [InlineData("Auto", "Solid", false)]
    [InlineData("Auto", "Rotational", true)]
    [InlineData("Solid", "Rotational", false)]
    [InlineData("Solid", "Unknown", false)]
    [InlineData("Rotational", "Solid", true)]
    [InlineData("Rotational", "Unknown", true)]
    public void A_device_is_written_to_as_what_it_is_or_as_what_its_user_says(string choice, string device, bool hasHead)
    {
        var batching = WriteBatching.For(Enum.Parse<DeviceKind>(device), Settings with { Device = Enum.Parse<DeviceChoice>(choice) });
        batching.ShouldBe(hasHead ? new WriteBatching(8 << 20, TimeSpan.FromSeconds(2), 16 << 20, HasOneWorker: true) : new WriteBatching(1 << 20, TimeSpan.Zero, 16 << 20, HasOneWorker: false));
        batching.Holds.ShouldBe(hasHead);
    }

    [Fact]
    public void A_device_with_a_head_is_never_given_less_at_once_than_another() =>
        WriteBatching.For(DeviceKind.Rotational, Settings with { TurnBytes = 16 << 20 }).GatherBytes.ShouldBe(16 << 20);

    [Theory]
    [InlineData(16 << 10, 0, 16 << 10, false, true, "a block that just came")]
    [InlineData((8 << 20) - 1, 0, 8 << 20, false, true, "almost as much as is gathered")]
    [InlineData(8 << 20, 0, 8 << 20, false, false, "as much as is gathered")]
    [InlineData(16 << 10, 1_999, 16 << 10, false, true, "almost as long as a block is held")]
    [InlineData(16 << 10, 2_000, 16 << 10, false, false, "as long")]
    [InlineData(16 << 10, 0, 16 << 20, false, true, "others wait, up to where the disk counts as drained")]
    [InlineData(16 << 10, 0, (16 << 20) + 1, false, false, "one past it somebody may wait for less")]
    [InlineData(16 << 10, 0, 16 << 10, true, false, "links wait for slabs")]
    public void Blocks_are_held_within_every_limit(long bytes, int milliseconds, long queued, bool isDry, bool mayHold, string why) =>
        WriteBatching.For(DeviceKind.Rotational, Settings).MayHold(new GatheredWrites(bytes, TimeSpan.FromMilliseconds(milliseconds), queued, isDry)).ShouldBe(mayHold, why);

    [Fact]
    public void A_device_without_a_head_holds_nothing() =>
        WriteBatching.For(DeviceKind.Solid, Settings).MayHold(new GatheredWrites(1, TimeSpan.Zero, 1, IsDry: false)).ShouldBeFalse();
}
