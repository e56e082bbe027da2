namespace Swarm.TestKit;

/// <summary>
/// Counts down from what actors under test do, and lets the test wait for the last of it. <c>CreateTestLatch</c> makes it. There is no barrier beside it: under a simulation nothing runs
/// beside the test that it could meet.
/// </summary>
public sealed class TestLatch
{
    private readonly TestKitBase _kit;
    private readonly int _count;
    private int _left;

    internal TestLatch(TestKitBase kit, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        _kit = kit;
        _count = _left = count;
    }

    /// <summary>Whether it was counted down to zero.</summary>
    public bool IsOpen => Volatile.Read(ref _left) <= 0;

    /// <summary>One less. Any thread.</summary>
    public void CountDown()
    {
        Interlocked.Decrement(ref _left);
        _kit.Clock.Changed();
    }

    /// <summary>Opens it at once.</summary>
    public void Open()
    {
        Volatile.Write(ref _left, 0);
        _kit.Clock.Changed();
    }

    /// <summary>Begins anew.</summary>
    public void Reset() => Volatile.Write(ref _left, _count);

    /// <summary>Waits until it is open, for <see cref="TestKitSettings.DefaultTimeout"/>.</summary>
    /// <exception cref="TimeoutException">It did not open in time.</exception>
    public void Ready() => Ready(_kit.TestKitSettings.DefaultTimeout);

    /// <summary>Waits until it is open.</summary>
    /// <exception cref="TimeoutException">It did not open in time.</exception>
    public void Ready(TimeSpan timeout)
    {
        if (_kit.Clock.Until(() => IsOpen, _kit.Dilated(TestKitBase.Wait(timeout)))) return;
        throw new TimeoutException($"The latch was counted down {_count - Volatile.Read(ref _left)} of {_count} times within {timeout}. {_kit.Clock.When}");
    }
}
