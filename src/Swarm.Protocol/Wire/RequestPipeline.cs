using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Wire;

/// <summary>
/// How many requests to keep outstanding at one peer. Owned by the <c>peer</c> actor, which tells it of every block that is complete and asks
/// for <see cref="Depth"/> before it asks the picker for more.
/// It begins at <see cref="WireSettings.MinOutstandingRequests"/> and grows by one with every block, which doubles it each round trip, until
/// the measured rate no longer follows. From then on it is rate × (2 × lowest latency + <see cref="WireSettings.PipelineSlack"/>): enough
/// that the peer never waits for us, not more than the peer delivers in that time, so that little is lost when it chokes.
/// A snubbed peer gets one request at a time until it delivers again, then starts slowly once more.
/// Always holds: 1 ≤ depth ≤ the least of our bound, the peer's "reqq" and the client's known bound.
/// </summary>
public sealed class RequestPipeline
{
    private readonly WireSettings _settings;
    private int _limit;
    private int _depth;
    private bool _slowStart = true;
    private bool _measured;
    private double _rate;
    private long _windowStart;
    private long _windowBytes;
    private long _lowestLatency = long.MaxValue;

    /// <summary>A peer that has delivered nothing yet and has not said how many requests it queues.</summary>
    public RequestPipeline(WireSettings settings, long nowTicks)
    {
        _settings = settings;
        _windowStart = nowTicks;
        _depth = settings.MinOutstandingRequests;
        LimitTo(settings.DefaultPeerQueue);
    }

    /// <summary>How many requests to keep outstanding, ≥ 1.</summary>
    public int Depth => Snubbed ? 1 : Math.Min(_depth, _limit);

    /// <summary>Whether the peer owes blocks and brings none.</summary>
    public bool Snubbed { get; private set; }

    /// <summary>What the peer delivers, smoothed, in bytes a second.</summary>
    public double RateBytesPerSecond => _rate;

    /// <summary>The peer says how many requests it queues ("reqq", BEP 10).</summary>
    public void LimitTo(int peerQueue) => _limit = Math.Clamp(peerQueue, 1, _settings.MaxOutstandingRequests);

    /// <summary>The peer's program is known by name, from its peer id or its extension handshake: some are known to stall above a bound.</summary>
    public void LearnClient(string? client)
    {
        if (client?.StartsWith("BitComet", StringComparison.OrdinalIgnoreCase) == true) LimitTo(Math.Min(_limit, _settings.BitCometPeerQueue));
    }

    /// <summary>The peer owes blocks and brings none.</summary>
    public void Snub() => Snubbed = true;

    /// <summary>A wanted block is complete. <paramref name="sentTicks"/> is when it was asked for.</summary>
    public void BlockArrived(int bytes, long sentTicks, long nowTicks)
    {
        if (Snubbed)
        {
            Snubbed = false;
            Restart(nowTicks);
        }

        _lowestLatency = Math.Min(_lowestLatency, Math.Max(nowTicks - sentTicks, 0));
        _windowBytes += bytes;
        if (_slowStart && _depth < _settings.MaxOutstandingRequests) _depth++;
        if (nowTicks - _windowStart >= _settings.RateWindow.Ticks) CloseWindow(nowTicks);
    }

    /// <summary>Lets the rate fall when nothing arrives. To be called now and then.</summary>
    public void Tick(long nowTicks)
    {
        if (nowTicks - _windowStart >= 4 * _settings.RateWindow.Ticks) CloseWindow(nowTicks);
    }

    private void CloseWindow(long nowTicks)
    {
        var current = _windowBytes / TimeSpan.FromTicks(nowTicks - _windowStart).TotalSeconds;
        // A fifth more within a window is growth; less is noise, and then the pipe is full.
        if (_slowStart && _measured && current < _rate * 1.2) _slowStart = false;
        _rate = _measured && !_slowStart ? (_rate * 0.7) + (current * 0.3) : current;
        _measured |= _windowBytes > 0;
        _windowStart = nowTicks;
        _windowBytes = 0;
        if (_slowStart || _lowestLatency == long.MaxValue) return;
        var seconds = (2 * TimeSpan.FromTicks(_lowestLatency).TotalSeconds) + _settings.PipelineSlack.TotalSeconds;
        var blocks = Math.Min(_rate * seconds / PieceGeometry.BlockSize, _settings.MaxOutstandingRequests);
        _depth = Math.Max((int)Math.Ceiling(blocks), _settings.MinOutstandingRequests);
        _depth = Math.Min(_depth, _settings.MaxOutstandingRequests);
    }

    private void Restart(long nowTicks)
    {
        _slowStart = true;
        _measured = false;
        _rate = 0;
        _depth = _settings.MinOutstandingRequests;
        _windowStart = nowTicks;
        _windowBytes = 0;
        _lowestLatency = long.MaxValue;
    }
}
