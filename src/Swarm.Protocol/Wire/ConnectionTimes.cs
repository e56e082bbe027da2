namespace Swarm.Protocol.Wire;

/// <summary>When a connection last did what, and what is due therefore. Owned by <see cref="PeerWireState"/>; ticks are passed in.</summary>
internal sealed class ConnectionTimes
{
    private readonly WireSettings _settings;
    private long _receivedTicks;
    private long _sentTicks;
    private long _progressTicks;

    public ConnectionTimes(WireSettings settings, long nowTicks)
    {
        _settings = settings;
        _receivedTicks = _sentTicks = _progressTicks = nowTicks;
    }

    public void Received(long nowTicks) => _receivedTicks = nowTicks;

    public void Sent(long nowTicks) => _sentTicks = nowTicks;

    /// <summary>A wanted block has brought bytes.</summary>
    public void BlockReceived(long nowTicks) => _progressTicks = nowTicks;

    public WireError? IdleError(long nowTicks) =>
        nowTicks - _receivedTicks >= _settings.IdleTimeout.Ticks ? new WireError(WireErrorKind.Idle, $"nothing came for {_settings.IdleTimeout}") : null;

    public bool KeepAliveIsDue(long nowTicks) => nowTicks - _sentTicks >= _settings.KeepAliveInterval.Ticks;

    /// <summary>Whether the peer owes blocks and has brought none for too long.</summary>
    public bool BlocksAreOverdue(OutstandingRequests requests, long nowTicks) =>
        requests.OldestTicks is { } oldest && nowTicks - Math.Max(oldest, _progressTicks) >= _settings.RequestTimeout.Ticks;

    public long NextDeadline(OutstandingRequests requests)
    {
        var next = Math.Min(_receivedTicks + _settings.IdleTimeout.Ticks, _sentTicks + _settings.KeepAliveInterval.Ticks);
        if (requests.OldestTicks is not { } oldest) return next;
        var noProgress = Math.Max(oldest, _progressTicks) + _settings.RequestTimeout.Ticks;
        return Math.Min(next, Math.Min(noProgress, oldest + _settings.MaxRequestAge.Ticks));
    }
}
