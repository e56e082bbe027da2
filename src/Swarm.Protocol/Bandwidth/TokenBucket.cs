namespace Swarm.Protocol.Bandwidth;

/// <summary>
/// A limit on a rate: tokens (bytes) come at the rate, are kept up to a burst, and are taken by who transfers. Fractions of a token are carried, so the rate over
/// a long time is exact however often it is refilled. In any span no more than rate × span + burst can be taken. Without a limit there are always enough.
/// Times are TimeSpan ticks of a monotonic clock; one that goes back brings nothing.
/// </summary>
public sealed class TokenBucket
{
    private readonly TimeSpan _burst;
    private readonly long _leastCapacity;
    private long _refilledAt;
    private long _tokens;
    private long _fraction;

    /// <summary>
    /// An empty bucket. <paramref name="bytesPerSecond"/> is null (unlimited) or ≥ 0; it holds what comes in <paramref name="burst"/>, but at least <paramref name="leastCapacity"/> bytes.
    /// </summary>
    public TokenBucket(long? bytesPerSecond, TimeSpan burst, long leastCapacity, long nowTicks)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(burst, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfNegative(leastCapacity);
        _burst = burst;
        _leastCapacity = leastCapacity;
        _refilledAt = nowTicks;
        SetRate(bytesPerSecond, nowTicks);
    }

    /// <summary>Bytes a second, or null without a limit.</summary>
    public long? BytesPerSecond { get; private set; }

    /// <summary>The most that can be saved up, in bytes.</summary>
    public long Capacity { get; private set; }

    /// <summary>Bytes that may be taken now; <see cref="long.MaxValue"/> without a limit.</summary>
    public long Available => BytesPerSecond is null ? long.MaxValue : _tokens;

    /// <summary>Changes the rate from now on; null is unlimited. What was saved up is kept within the new capacity.</summary>
    public void SetRate(long? bytesPerSecond, long nowTicks)
    {
        if (bytesPerSecond is { } rate) ArgumentOutOfRangeException.ThrowIfNegative(rate, nameof(bytesPerSecond));
        Refill(nowTicks);
        if (BytesPerSecond is null || bytesPerSecond is null) _tokens = 0;
        BytesPerSecond = bytesPerSecond;
        Capacity = (long)Math.Min(long.MaxValue / 2, Math.Max(_leastCapacity, (bytesPerSecond ?? 0) * _burst.TotalSeconds));
        _tokens = Math.Min(_tokens, Capacity);
        _fraction = 0;
    }

    /// <summary>Adds what came since the last time.</summary>
    public void Refill(long nowTicks)
    {
        var elapsed = nowTicks - _refilledAt;
        if (elapsed <= 0) return;
        _refilledAt = nowTicks;
        if (BytesPerSecond is not { } rate) return;
        var earned = ((Int128)rate * elapsed) + _fraction;
        var tokens = _tokens + (earned / TimeSpan.TicksPerSecond);
        var isFull = tokens >= Capacity;
        _tokens = isFull ? Capacity : (long)tokens;
        _fraction = isFull ? 0 : (long)(earned % TimeSpan.TicksPerSecond);
    }

    /// <summary>Takes bytes, at most <see cref="Available"/>.</summary>
    public void Take(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, Available);
        if (BytesPerSecond is not null) _tokens -= bytes;
    }

    /// <summary>Gives back bytes that were taken and not used, as far as there is room.</summary>
    public void Return(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        if (BytesPerSecond is not null) _tokens += Math.Min(bytes, Capacity - _tokens);
    }
}
