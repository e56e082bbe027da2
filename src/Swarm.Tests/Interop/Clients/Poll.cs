namespace Swarm.Tests.Interop.Clients;

/// <summary>
/// The one place that asks again and again: for clients that answer questions but tell nothing by themselves (Transmission's RPC, a socket that is not yet listening).
/// Everything else waits for an event, a line of output or the end of a process.
/// </summary>
internal static class Poll
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    public static async Task UntilAsync(Func<Task<bool>> holds, string what, TimeSpan patience)
    {
        using var deadline = new CancellationTokenSource(patience);
        using var timer = new PeriodicTimer(Interval);
        try
        {
            while (!await holds()) await timer.WaitForNextTickAsync(deadline.Token);
        }
        catch (OperationCanceledException late)
        {
            throw new TimeoutException($"not within {patience.TotalSeconds} s: {what}", late);
        }
    }
}
