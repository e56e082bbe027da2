namespace Swarm.TestKit.Net;

/// <summary>One direction of a connection as a link sees it: asked in its turn for a segment, told when that has passed.</summary>
internal sealed class Flow(Func<int, int> take, Action<int> passed)
{
    /// <summary>Bytes it may take beyond its share because it took less before.</summary>
    public int Credit { get; set; }

    /// <summary>Whether it stands in the link's line.</summary>
    public bool IsWaiting { get; set; }

    /// <summary>Whether a segment of it is passing.</summary>
    public bool IsServed { get; set; }

    /// <summary>Takes up to so many bytes; 0: it has none now, and joins again when it has.</summary>
    public int Take(int most) => take(most);

    /// <summary>That many bytes have passed.</summary>
    public void Passed(int bytes) => passed(bytes);
}

/// <summary>
/// One way of a host's link: lets segments pass one after the other, so that their sum never exceeds the rate, and gives every flow that has something the same share (deficit round
/// robin: who takes less than its share in a round may take the rest in the next).
/// <para>
/// Segments no longer than a packet do not wait for their end: they pass at once and the link is busy afterwards, a few packets ahead at most. That spares an event for each of the many small messages, and
/// keeps the sum.
/// </para>
/// </summary>
internal sealed class FairLink
{
    /// <summary>Payload of a packet.</summary>
    public const int PacketBytes = 1460;

    private const int AheadBytes = 4 * PacketBytes;
    private const int MostShares = 4;
    private const int LeastShare = 16 << 10;
    private static readonly long LongestTurn = TimeSpan.FromMilliseconds(50).Ticks;

    private readonly Simulation _simulation;
    private readonly Func<long> _rate;
    private readonly Func<int> _share;
    private readonly Queue<Flow> _line = new();
    private readonly ITimer _timer;
    private Flow? _passing;
    private int _passingBytes;
    private long _freeAt;
    private long _dueAt = long.MaxValue;
    private bool _running;

    /// <summary>A link of <paramref name="rate"/> bytes a second (0: unlimited), with a <paramref name="share"/> of bytes for each flow in a round, less where that takes the link too long; both are asked each time.</summary>
    public FairLink(Simulation simulation, Func<long> rate, Func<int> share)
    {
        _simulation = simulation;
        _rate = rate;
        _share = share;
        _timer = simulation.Time.CreateTimer(static link => ((FairLink)link!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private long Now => _simulation.Elapsed.Ticks;

    /// <summary>Puts a flow into the line. It is served soon, but not from inside: what its owner adds in the same breath goes along.</summary>
    public void Join(Flow flow)
    {
        if (flow.IsWaiting || flow.IsServed) return;
        flow.IsWaiting = true;
        _line.Enqueue(flow);
        if (!_running && _passing is null) WakeAt(Math.Max(Now, StartAt(_rate())));
    }

    /// <summary>Serves the line as far as time allows.</summary>
    public void Serve()
    {
        if (_running) return;
        _running = true;
        while (_passing is null && _line.Count > 0)
        {
            var rate = _rate();
            if (StartAt(rate) > Now)
            {
                WakeAt(StartAt(rate));
                break;
            }

            ServeNext(rate);
        }

        _running = false;
    }

    /// <summary>Lets a datagram pass beside the flows. False: more than <paramref name="limit"/> bytes would wait, it is to be dropped.</summary>
    public bool TryPass(int bytes, int limit, out long passedAt)
    {
        var rate = _rate();
        passedAt = Now;
        if (rate == 0) return true;
        var begin = Math.Max(_freeAt, Now);
        if (begin - Now > TicksOf(limit, rate)) return false;
        passedAt = _freeAt = begin + TicksOf(bytes, rate);
        return true;
    }

    private static long TicksOf(int bytes, long rate) => (long)((((Int128)bytes * TimeSpan.TicksPerSecond) + rate - 1) / rate);

    private long StartAt(long rate) => rate == 0 ? 0 : _freeAt - TicksOf(AheadBytes, rate);

    private void ServeNext(long rate)
    {
        var flow = _line.Dequeue();
        flow.IsWaiting = false;
        var share = ShareAt(rate);
        var most = Math.Min(flow.Credit + share, MostShares * share);
        var bytes = flow.Take(most);
        flow.Credit = bytes == 0 ? 0 : most - bytes;
        if (bytes == 0) return;
        if (rate > 0) _freeAt = Math.Max(_freeAt, Now) + TicksOf(bytes, rate);
        if (rate == 0 || bytes <= PacketBytes)
        {
            flow.Passed(bytes);
            return;
        }

        flow.IsServed = true;
        (_passing, _passingBytes) = (flow, bytes);
        WakeAt(_freeAt);
    }

    // On a slow link others would wait long for a whole share; the least one bounds the events that a block costs.
    private int ShareAt(long rate) => rate == 0 ? _share() : (int)Math.Min(_share(), Math.Max(LeastShare, rate * LongestTurn / TimeSpan.TicksPerSecond));

    private void OnTimer()
    {
        _dueAt = long.MaxValue;
        if (_passing is { } flow)
        {
            _passing = null;
            flow.IsServed = false;
            _running = true;
            flow.Passed(_passingBytes);
            _running = false;
        }

        Serve();
    }

    private void WakeAt(long at)
    {
        if (_passing is null && at >= _dueAt) return;
        _dueAt = at;
        _timer.Change(new TimeSpan(Math.Max(0, at - Now)), Timeout.InfiniteTimeSpan);
    }
}
