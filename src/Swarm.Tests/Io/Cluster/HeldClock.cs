namespace Swarm.Tests.Io.Cluster;

/// <summary>
/// A clock for <see cref="PostgresClusterStores.Open"/> at which a transaction stands still: it has loaded what it needs and holds its locks, and has written nothing. One that asks the time is held, until <see cref="Release"/>.
/// </summary>
internal sealed class HeldClock(Func<long, long> clock) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly ManualResetEventSlim _released = new();
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _until;

    /// <summary>The next one to ask is to be held, or that after so many.</summary>
    public void Arm(int looks) => Interlocked.Exchange(ref _until, looks);

    /// <summary>One is held.</summary>
    public Task HeldAsync() => _reached.Task.WaitAsync(Patience);

    /// <summary>It goes on.</summary>
    public void Release() => _released.Set();

    /// <summary>The time.</summary>
    public long Read(long ticks)
    {
        if (Interlocked.Decrement(ref _until) == 0)
        {
            _reached.SetResult();
            _released.Wait(Patience).ShouldBeTrue();
        }

        return clock(ticks);
    }

    public void Dispose()
    {
        Release();
        _released.Dispose();
    }
}
