namespace Swarm.Io.Net;

/// <summary>
/// What one direction of a link may still move. Not limited: everything. Limited: what was granted and not spent.
/// May go below zero when a limit is turned on while bytes are under way; later grants pay that back, so that the sum stays exact.
/// Not safe from several threads; its owner's lock guards it.
/// </summary>
internal struct Quota
{
    private long _left;

    public bool Limited { get; private set; }

    /// <summary>Bytes that may be moved now, from 0.</summary>
    public readonly long Available => Limited ? Math.Max(0, _left) : long.MaxValue;

    /// <summary>Turns the limit on, with nothing granted, or off. No change where it is so already.</summary>
    public void SetLimited(bool limited)
    {
        if (limited == Limited) return;
        Limited = limited;
        _left = 0;
    }

    /// <summary>Adds to what may be moved; nothing where nothing is limited.</summary>
    public void Grant(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        if (Limited) _left += bytes;
    }

    public void Spend(int bytes)
    {
        if (Limited) _left -= bytes;
    }
}
