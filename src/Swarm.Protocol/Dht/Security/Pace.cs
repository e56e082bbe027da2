namespace Swarm.Protocol.Dht.Security;

/// <summary>
/// A rate with a burst, its whole state one number: when the next event would be due at an even pace. Of <c>burst</c> events at once all pass, and over a long time one each interval.
/// </summary>
internal static class Pace
{
    /// <summary>Lets an event pass, or not. <paramref name="due"/> is the state; at first the present.</summary>
    public static bool TryPass(ref long due, long nowTicks, long intervalTicks, int burst)
    {
        var next = Math.Max(due, nowTicks);
        if (next - nowTicks > intervalTicks * (burst - 1)) return false;
        due = next + intervalTicks;
        return true;
    }
}
