namespace Swarm.TestKit;

/// <summary>Waiting for something else than a message.</summary>
public abstract partial class TestKitBase
{
    /// <summary>
    /// Waits until the condition holds. Under a simulation it is asked before every step, so that the test goes on at the very step that made it true; on real threads every
    /// <see cref="TestKitSettings.PollInterval"/>.
    /// </summary>
    /// <param name="conditionIsFulfilled">Only looks: it may not wait, and what it tells has no sender.</param>
    /// <param name="max">How long; null is what is left of <c>Within</c>, or the default.</param>
    /// <param name="message">For the failure's text.</param>
    public void AwaitCondition(Func<bool> conditionIsFulfilled, TimeSpan? max = null, string? message = null) => AwaitCondition(conditionIsFulfilled, max, null, message);

    /// <summary>Waits until the condition holds.</summary>
    /// <param name="conditionIsFulfilled">With an interval it may wait itself.</param>
    /// <param name="max">How long; null is what is left of <c>Within</c>, or the default.</param>
    /// <param name="interval">How often it is asked; null is as above.</param>
    /// <param name="message">For the failure's text.</param>
    public void AwaitCondition(Func<bool> conditionIsFulfilled, TimeSpan? max, TimeSpan? interval, string? message = null)
    {
        var limit = RemainingOrDilated(max);
        if (!InternalAwait(conditionIsFulfilled, limit, interval)) throw Failed($"the condition to hold {InTime(limit)}", "one that does not", message);
    }

    /// <summary>As <see cref="AwaitCondition(Func{bool}, TimeSpan?, string)"/>, but says whether it holds.</summary>
    public bool AwaitConditionNoThrow(Func<bool> conditionIsFulfilled, TimeSpan max, TimeSpan? interval = null) => InternalAwait(conditionIsFulfilled, Wait(max), interval);

    /// <summary>Tries an assertion until it does not throw. Under a simulation it is tried before anything happens, after all that happens without time passing, and then from interval to interval.</summary>
    /// <param name="assertion">May itself expect messages.</param>
    /// <param name="duration">How long; null is what is left of <c>Within</c>, or the default. When it is over, what the assertion threw last is thrown on.</param>
    /// <param name="interval">From one attempt to the next; null is <see cref="TestKitSettings.PollInterval"/>.</param>
    public void AwaitAssert(Action assertion, TimeSpan? duration = null, TimeSpan? interval = null)
    {
        ArgumentNullException.ThrowIfNull(assertion);
        var every = Interval(interval);
        var stop = Now + RemainingOrDilated(duration);
        for (var tried = false; ; tried = true)
        {
            try
            {
                assertion();
                return;
            }
            catch (Exception) when (Now < stop)
            {
                Clock.Pass(tried ? Earlier(stop - Now, every) : TimeSpan.Zero);
            }
        }
    }

    /// <summary>
    /// Waits until a task has ended, such as an <c>Ask</c> or a <c>GracefulStop</c>. To await it instead would be to wait for ever under a simulation, for nobody would run it.
    /// </summary>
    /// <param name="task">What it failed with is thrown on as it is.</param>
    /// <param name="max">How long; null is what is left of <c>Within</c>, or the default.</param>
    /// <returns>Its result.</returns>
    public T AwaitResult<T>(Task<T> task, TimeSpan? max = null)
    {
        AwaitResult((Task)task, max);
        return task.GetAwaiter().GetResult();
    }

    /// <summary>As above, for a task without a result.</summary>
    public void AwaitResult(Task task, TimeSpan? max = null)
    {
        ArgumentNullException.ThrowIfNull(task);
        var limit = RemainingOrDilated(max);
        if (!Clock.Until(task, limit < TimeSpan.Zero ? TimeSpan.Zero : limit)) throw Failed($"a task to end {InTime(limit)}", "one that goes on");
        task.GetAwaiter().GetResult();
    }

    private bool InternalAwait(Func<bool> condition, TimeSpan max, TimeSpan? interval)
    {
        ArgumentNullException.ThrowIfNull(condition);
        var limit = max < TimeSpan.Zero ? TimeSpan.Zero : max;
        if (Clock.IsSimulated && interval is null) return Clock.Until(condition, limit);
        var every = Interval(interval);
        var stop = Now + limit;
        while (!condition())
        {
            var left = stop - Now;
            if (left <= TimeSpan.Zero) return false;
            Clock.Pass(Earlier(left, every));
        }

        return true;
    }

    private TimeSpan Interval(TimeSpan? interval)
    {
        var every = interval ?? TestKitSettings.PollInterval;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(every, TimeSpan.Zero, nameof(interval));
        return every;
    }
}
