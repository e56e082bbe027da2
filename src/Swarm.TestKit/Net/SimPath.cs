namespace Swarm.TestKit.Net;

/// <summary>One way from a host to another: its rule, and what the links of both add to it.</summary>
public sealed class SimPath
{
    private readonly SimNetwork _network;
    private long _freeAt;
    private long _lastDatagramAt;
    private int _cutVersion = -1;
    private bool _isCut;

    internal SimPath(SimNetwork network, SimHost from, SimHost to)
    {
        _network = network;
        From = from;
        To = to;
    }

    /// <summary>Where it begins.</summary>
    public SimHost From { get; }

    /// <summary>Where it ends.</summary>
    public SimHost To { get; }

    /// <summary>What it does beyond the links of both; may be changed at any time.</summary>
    public PathRule Rule { get; set; } = PathRule.None;

    /// <summary>Whether nothing passes.</summary>
    internal bool IsDead => IsCut || Loss >= 1;

    /// <summary>The chance that a packet is lost somewhere.</summary>
    internal double Loss => From == To ? 0 : 1 - ((1 - From.Link.Loss) * (1 - Rule.Loss) * (1 - To.Link.Loss));

    private bool IsCut
    {
        get
        {
            if (_cutVersion == _network.CutVersion) return _isCut;
            (_cutVersion, _isCut) = (_network.CutVersion, _network.IsCut(From, To));
            return _isCut;
        }
    }

    /// <summary>When so many bytes that begin now have passed the path's own rate.</summary>
    internal long PassAt(long now, int bytes)
    {
        if (Rule.BytesPerSecond == 0) return now;
        _freeAt = Math.Max(_freeAt, now) + (bytes * TimeSpan.TicksPerSecond / Rule.BytesPerSecond);
        return _freeAt;
    }

    /// <summary>When a datagram arrives that would at <paramref name="at"/>: not before those sent earlier.</summary>
    internal long InOrder(long at) => _lastDatagramAt = Math.Max(_lastDatagramAt, at);
}
