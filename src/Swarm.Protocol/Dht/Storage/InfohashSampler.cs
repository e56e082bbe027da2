using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Storage;

/// <summary>
/// The samples of BEP 51: some of the info-hashes we have peers for, drawn fairly and then the same for an interval, so that asking again brings nothing. As long as all fit there is nothing to draw: then all are sent, and the interval is 0.
/// Owned by the DHT's actor. Allocates nothing after its making.
/// </summary>
public sealed class InfohashSampler(DhtStorageSettings settings, PeerStore store)
{
    private readonly byte[] _sample = new byte[settings.MaxSamples * Bytes20.Size];
    private int _length;
    private long _drawnAt;
    private bool _isKept;

    /// <summary>The sample now, and the whole seconds until the next. Valid until the next call.</summary>
    public ReadOnlySpan<byte> Sample(long nowTicks, out int secondsLeft)
    {
        var interval = settings.SampleInterval.Ticks;
        var isOver = nowTicks - _drawnAt >= interval;
        if (!_isKept || isOver)
        {
            _length = store.CopySample(_sample);
            _isKept = store.SwarmCount > settings.MaxSamples;
            _drawnAt = nowTicks;
        }

        secondsLeft = _isKept ? (int)((interval - (nowTicks - _drawnAt) + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond) : 0;
        return _sample.AsSpan(0, _length);
    }
}
