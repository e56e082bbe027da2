using System.Runtime.InteropServices;

namespace Swarm.Io.Time;

/// <summary>
/// A clock whose monotonic time also counts while the machine is suspended (CLOCK_BOOTTIME), for a node that must know that its session has run out before it writes anything: the usual monotonic clock of Linux stands still meanwhile.
/// <para>Timers are the system's and wake late after a suspension; whoever looks at the clock then sees how late. Elsewhere than on 64-bit Linux it is the system's clock: on Windows that counts suspensions too, on others a machine of a cluster must not be suspended.</para>
/// </summary>
public sealed partial class BootClock : TimeProvider
{
    private const int ClockBootTime = 7;

    private BootClock()
    {
    }

    /// <summary>The clock of this machine.</summary>
    public static TimeProvider Instance { get; } = OperatingSystem.IsLinux() && Environment.Is64BitProcess && ClockGetTime(ClockBootTime, out _) == 0 ? new BootClock() : System;

    /// <inheritdoc/>
    public override long TimestampFrequency => 1_000_000_000;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The kernel has no such clock any more.</exception>
    public override long GetTimestamp() => ClockGetTime(ClockBootTime, out var now) == 0 ? (now.Seconds * TimestampFrequency) + now.Nanoseconds : throw new InvalidOperationException("CLOCK_BOOTTIME is gone");

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGetTime(int clock, out Moment now);

    // struct timespec where time_t has 64 bits.
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Moment
    {
        public readonly long Seconds;
        public readonly long Nanoseconds;
    }
}
