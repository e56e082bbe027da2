namespace Swarm.TestKit;

/// <summary>Bounding what a block of a test takes.</summary>
public abstract partial class TestKitBase
{
    private TimeSpan? _end;

    // A block that ends with "and then nothing" uses up its time, so it is not too late.
    private bool _lastWasNoMsg;

    /// <summary>What is left of the innermost <c>Within</c>; below zero when it is used up.</summary>
    /// <exception cref="InvalidOperationException">There is none around.</exception>
    public TimeSpan Remaining => _end is { } end ? end - Now : throw new InvalidOperationException("Remaining may not be called outside of Within");

    /// <summary>What is left of the innermost <c>Within</c>, or <see cref="TestKitSettings.SingleExpectDefault"/>.</summary>
    public TimeSpan RemainingOrDefault => RemainingOr(Dilated(TestKitSettings.SingleExpectDefault));

    /// <summary>The given time, dilated; null is <see cref="RemainingOrDefault"/>.</summary>
    public TimeSpan RemainingOrDilated(TimeSpan? duration) => duration is { } given ? Dilated(Wait(given)) : RemainingOrDefault;

    /// <summary>The given time, dilated; null is what is left of the innermost <c>Within</c>, or <see cref="TestKitSettings.FilterLeeway"/>. Not below zero.</summary>
    internal TimeSpan RemainingOrLeeway(TimeSpan? duration)
    {
        var left = duration is { } given ? Dilated(Wait(given)) : RemainingOr(Dilated(TestKitSettings.FilterLeeway));
        return left < TimeSpan.Zero ? TimeSpan.Zero : left;
    }

    /// <summary>Runs the action, which may take that long.</summary>
    /// <param name="max">The longest; less if a block around has less left.</param>
    /// <param name="action">In it, expectations that name no time have what is left.</param>
    /// <param name="epsilonValue">How much later its end may be: real machines are not exact. Null is not at all.</param>
    public void Within(TimeSpan max, Action action, TimeSpan? epsilonValue = null) => Within(TimeSpan.Zero, max, action, null, epsilonValue);

    public void Within(TimeSpan min, TimeSpan max, Action action, string? hint = null, TimeSpan? epsilonValue = null)
    {
        ArgumentNullException.ThrowIfNull(action);
        Within(
            min,
            max,
            () =>
            {
                action();
                return true;
            },
            hint,
            epsilonValue);
    }

    public T Within<T>(TimeSpan max, Func<T> function, TimeSpan? epsilonValue = null) => Within(TimeSpan.Zero, max, function, null, epsilonValue);

    /// <summary>Runs the function, which must take that long at least and may take that long at most.</summary>
    /// <param name="min">The shortest. It cannot be longer than what a block around has left.</param>
    /// <param name="max">The longest; less if a block around has less left.</param>
    /// <param name="function">In it, expectations that name no time have what is left.</param>
    /// <param name="hint">For the failure's text.</param>
    /// <param name="epsilonValue">How much later its end may be: real machines are not exact. Null is not at all.</param>
    public T Within<T>(TimeSpan min, TimeSpan max, Func<T> function, string? hint = null, TimeSpan? epsilonValue = null)
    {
        ArgumentNullException.ThrowIfNull(function);
        ArgumentOutOfRangeException.ThrowIfLessThan(min, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(max, min);
        var start = Now;
        var limit = Earlier(Dilated(Wait(max)), _end - start);
        if (limit < min) throw Failed($"a block of at least {min}", $"only {limit} left of the block around it", hint);

        _lastWasNoMsg = false;
        var outer = _end;
        _end = start + limit;
        T result;
        try
        {
            result = function();
        }
        finally
        {
            _end = outer;
        }

        var took = Now - start;
        if (took < min) throw Failed($"a block of at least {min}", $"one of {took}", hint);
        if (!_lastWasNoMsg && took > limit + (epsilonValue ?? TimeSpan.Zero)) throw Failed($"a block of at most {limit}", $"one of {took}", hint);
        return result;
    }

    /// <summary>What is left of the innermost <c>Within</c>, or the given time.</summary>
    protected TimeSpan RemainingOr(TimeSpan duration) => _end is { } end ? end - Now : duration;
}
