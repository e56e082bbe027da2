namespace Swarm.Protocol.Dht;

/// <summary>
/// How long answers take, smoothed with their variation as TCP does it (RFC 6298), over all nodes together: a lookup asks strangers, so what one node did says little about the next.
/// </summary>
public sealed class RoundTripEstimator(TransactionSettings settings)
{
    private double _smoothed;
    private double _variation;

    /// <summary>Answers measured.</summary>
    public long Samples { get; private set; }

    /// <summary>After this time without an answer it pays to ask somebody else as well, though one may still come.</summary>
    public TimeSpan StallAfter
    {
        get
        {
            if (Samples == 0) return settings.FirstStall;
            var ticks = Math.Clamp(_smoothed + (4 * _variation), settings.LeastStall.Ticks, settings.MostStall.Ticks);
            return TimeSpan.FromTicks((long)ticks);
        }
    }

    /// <summary>An answer came after this time.</summary>
    public void Add(TimeSpan roundTrip)
    {
        double sample = Math.Max(0, roundTrip.Ticks);
        if (Samples++ == 0)
        {
            (_smoothed, _variation) = (sample, sample / 2);
            return;
        }

        _variation += (Math.Abs(_smoothed - sample) - _variation) / 4;
        _smoothed += (sample - _smoothed) / 8;
    }
}
