namespace Swarm.TestKit.Net;

/// <summary>What one direction of a link may still move: all, or what was granted and not spent.</summary>
internal struct Quota
{
    private long _left;
    private bool _isLimited;

    /// <summary>Bytes that may be moved now.</summary>
    public readonly int Available => _isLimited ? (int)Math.Clamp(_left, 0, int.MaxValue) : int.MaxValue;

    /// <summary>Turns the limit on, with nothing granted, or off. No change where it is so already.</summary>
    public void SetLimited(bool limited)
    {
        if (limited == _isLimited) return;
        (_isLimited, _left) = (limited, 0);
    }

    /// <summary>Adds to what may be moved; nothing where nothing is limited.</summary>
    public void Grant(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        if (_isLimited) _left += bytes;
    }

    /// <summary>Bytes were moved.</summary>
    public void Spend(int bytes)
    {
        if (_isLimited) _left -= bytes;
    }
}
