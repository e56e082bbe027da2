using System.Diagnostics;
using Swarm.Io.Time;

namespace Swarm.Tests.Io.Time;

/// <summary>The clock that counts suspensions too.</summary>
public sealed class BootClockTests
{
    [Fact]
    public void It_goes_forward_at_the_pace_of_the_others_and_is_not_behind_the_monotonic_one()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("the kernel has no such clock");
        var clock = BootClock.Instance;
        clock.ShouldNotBeSameAs(TimeProvider.System);
        var began = clock.GetTimestamp();
        var beganOther = Stopwatch.GetTimestamp();
        // Boot time is monotonic time and all suspensions; both are read again a moment later.
        clock.GetElapsedTime(0).ShouldBeGreaterThanOrEqualTo(Stopwatch.GetElapsedTime(0) - TimeSpan.FromSeconds(10));
        SpinWait.SpinUntil(() => Stopwatch.GetElapsedTime(beganOther) > TimeSpan.FromMilliseconds(50));
        var other = Stopwatch.GetElapsedTime(beganOther);
        clock.GetElapsedTime(began).ShouldBeGreaterThanOrEqualTo(other - TimeSpan.FromMilliseconds(1));
        (clock.GetUtcNow() - DateTimeOffset.UtcNow).Duration().ShouldBeLessThan(TimeSpan.FromSeconds(10));
    }
}
