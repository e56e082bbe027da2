using Swarm.Protocol.Bandwidth;

namespace Swarm.Protocol.Swarming;

/// <summary>
/// How many connections the whole node may be making: a limit on those half open, for home routers drop what is too many, and one on dials a second.
/// Owned by the dialer. Always holds: <see cref="HalfOpen"/> is the number of dials begun and not ended, at most <see cref="DialSettings.MaxHalfOpen"/>.
/// Times are TimeSpan ticks of a monotonic clock.
/// </summary>
public sealed class DialBudget
{
    private readonly DialSettings _settings;
    private readonly TokenBucket _tokens;

    /// <summary>A budget with a full burst.</summary>
    public DialBudget(DialSettings settings, long nowTicks)
    {
        _settings = settings;
        _tokens = new TokenBucket(settings.DialsPerSecond, TimeSpan.Zero, settings.DialBurst, nowTicks);
        _tokens.Return(settings.DialBurst);
    }

    /// <summary>Dials begun and not ended.</summary>
    public int HalfOpen { get; private set; }

    /// <summary>Begins a dial if that is allowed now; <see cref="Ended"/> must follow.</summary>
    public bool TryBegin(long nowTicks)
    {
        _tokens.Refill(nowTicks);
        if (HalfOpen >= _settings.MaxHalfOpen || _tokens.Available < 1) return false;
        _tokens.Take(1);
        HalfOpen++;
        return true;
    }

    /// <summary>A dial ended: connected, refused or timed out.</summary>
    public void Ended()
    {
        if (HalfOpen > 0) HalfOpen--;
    }

    /// <summary>When the rate alone allows the next dial, in ticks; not after <paramref name="nowTicks"/> if it does already.</summary>
    public long NextAt(long nowTicks)
    {
        _tokens.Refill(nowTicks);
        return _tokens.Available >= 1 ? nowTicks : nowTicks + (TimeSpan.TicksPerSecond / _settings.DialsPerSecond);
    }
}
