namespace Swarm.Protocol.Cluster;

/// <summary>What a node may do by its session.</summary>
public enum SessionState
{
    /// <summary>It has none, or its last one ran out.</summary>
    None,

    /// <summary>It may write.</summary>
    Writing,

    /// <summary>It must stop what it writes: the session ends soon and was not renewed.</summary>
    Stopping,
}

/// <summary>
/// Until when this node may write, by its own monotonic clock alone. A renewal counts from the moment it was asked for, so however long the answer took, the database's session ends later than ours; and by so much less as clocks may drift.
/// <para>Always holds: while it says <see cref="SessionState.Writing"/>, the session in the table has at least the margin left, whatever clocks show and however late answers are.</para>
/// </summary>
public sealed class SessionLease(MembershipSettings settings)
{
    private readonly long _writing = settings.WritingTime.Ticks;
    private readonly long _whole = (settings.SessionLease * (1 - settings.MaxClockDrift)).Ticks;
    private long? _askedAt;
    private long? _unbrokenSince;

    /// <summary>A renewal was granted that was asked for at this moment (ticks of the node's monotonic clock). Older answers than the last change nothing.</summary>
    public void Granted(long askedAtTicks)
    {
        if (_askedAt is null || askedAtTicks > _askedAt + _writing) _unbrokenSince = askedAtTicks;
        if (_askedAt is null || askedAtTicks > _askedAt) _askedAt = askedAtTicks;
    }

    /// <summary>The session is over, whatever its time.</summary>
    public void End()
    {
        _askedAt = null;
        _unbrokenSince = null;
    }

    /// <summary>The moment at which the session ends by our clock, the margin for stopping included: from then on somebody else may write. Null: there is none.</summary>
    public long? EndsAt => _askedAt + _whole;

    /// <summary>What holds at a moment.</summary>
    public SessionState At(long nowTicks) =>
        _askedAt is not { } asked || nowTicks >= asked + _whole ? SessionState.None
        : nowTicks >= asked + _writing ? SessionState.Stopping
        : SessionState.Writing;

    /// <summary>
    /// Whether others may be judged by the end of their sessions: ours was renewed without a gap for a whole lease and the grace. Else the database may just have come back, and nobody else has had time to renew.
    /// </summary>
    public bool MayJudge(long nowTicks) => At(nowTicks) == SessionState.Writing && _unbrokenSince is { } since && nowTicks - since >= (settings.SessionLease + settings.ExpiryGrace).Ticks;
}
