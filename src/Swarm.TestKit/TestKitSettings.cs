namespace Swarm.TestKit;

/// <summary>How long a test kit waits and how much it holds, where a call does not say. Under a simulation these are virtual times, which cost nothing.</summary>
public sealed record TestKitSettings
{
    /// <summary>The longest wait of all, a year: a wait has an end.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromDays(365);

    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <summary>What a kit uses unless told otherwise.</summary>
    public static TestKitSettings Default { get; } = new();

    /// <summary>How long an expected message may take outside of <c>Within</c>, 1 ms to 1 h.</summary>
    public TimeSpan SingleExpectDefault { get; init => field = Setting.InRange(value, Shortest, Longest); } = TimeSpan.FromSeconds(3);

    /// <summary>How long no message may come for <c>ExpectNoMsg()</c> outside of <c>Within</c>, 1 ms to 1 h.</summary>
    public TimeSpan ExpectNoMessageDefault { get; init => field = Setting.InRange(value, Shortest, Longest); } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long the events of an <c>EventFilter</c> may take after the action outside of <c>Within</c>, 1 ms to 1 h.</summary>
    public TimeSpan FilterLeeway { get; init => field = Setting.InRange(value, Shortest, Longest); } = TimeSpan.FromSeconds(3);

    /// <summary>How long a latch, a spawned child or a shutdown may take, 1 ms to 1 h.</summary>
    public TimeSpan DefaultTimeout { get; init => field = Setting.InRange(value, Shortest, Longest); } = TimeSpan.FromSeconds(5);

    /// <summary>How often what cannot be waited for is asked again, 1 ms to 1 h: an <c>AwaitAssert</c>, and on real threads an <c>AwaitCondition</c>.</summary>
    public TimeSpan PollInterval { get; init => field = Setting.InRange(value, Shortest, Longest); } = TimeSpan.FromMilliseconds(100);

    /// <summary>What every wait on real threads is multiplied by, 0.1 to 1,000: for machines that are slow. Virtual time is the same on all.</summary>
    public double TestTimeFactor { get; init => field = Setting.InRange(value, 0.1, 1_000); } = 1;

    /// <summary>Messages that a test actor holds before a test takes them, 1 to 10,000,000. One more is refused, and fails the next look at the queue.</summary>
    public int MaxQueuedMessages { get; init => field = Setting.InRange(value, 1, 10_000_000); } = 100_000;
}
