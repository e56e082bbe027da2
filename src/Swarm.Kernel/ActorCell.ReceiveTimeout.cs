namespace Swarm.Kernel;

/// <summary>
/// The receive timeout. A message only notes the time; the one timer, when it fires, asks whether the actor was quiet
/// for long enough and otherwise arms itself for what is left. So a busy actor pays for a clock reading, not for a timer.
/// The question travels through the mailbox: messages that wait in it count as not being quiet.
/// </summary>
internal sealed partial class ActorCell
{
    private TimeSpan? _receiveTimeout;
    private ReceiveTimeoutCheck? _receiveTimeoutCheck;
    private long _lastInfluence;

    TimeSpan? IActorContext.ReceiveTimeout => _receiveTimeout;

    public void SetReceiveTimeout(TimeSpan? timeout)
    {
        if (timeout is { } value && value != Timeout.InfiniteTimeSpan && value <= TimeSpan.Zero)
        {
            throw new ArgumentOutOfRangeException(nameof(timeout), timeout, "The receive timeout must be greater than zero.");
        }

        _receiveTimeoutCheck?.Timer?.Dispose();
        _receiveTimeoutCheck = null;
        _receiveTimeout = timeout == Timeout.InfiniteTimeSpan ? null : timeout;
        if (_receiveTimeout is not { } wait)
        {
            return;
        }

        TouchReceiveTimeout();
        var check = new ReceiveTimeoutCheck(Mailbox);
        _receiveTimeoutCheck = check;
        check.Timer = SystemImpl.CreateTimer(
            static state =>
            {
                var it = (ReceiveTimeoutCheck)state!;
                it.Mailbox.Post(it, null, force: true);
            },
            check,
            wait,
            Timeout.InfiniteTimeSpan);
    }

    private void TouchReceiveTimeout() => _lastInfluence = SystemImpl.Settings.TimeProvider.GetTimestamp();

    private void CheckReceiveTimeout(ReceiveTimeoutCheck check)
    {
        if (!ReferenceEquals(check, _receiveTimeoutCheck) || _receiveTimeout is not { } timeout)
        {
            return;
        }

        var left = timeout - SystemImpl.Settings.TimeProvider.GetElapsedTime(_lastInfluence);
        if (left > TimeSpan.Zero)
        {
            check.Rearm(left);
            return;
        }

        try
        {
            _currentMessage = ReceiveTimeout.Instance;
            ReceiveMessage(ReceiveTimeout.Instance);
        }
        finally
        {
            // It stays in effect, unless the handler has changed or ended it.
            if (ReferenceEquals(check, _receiveTimeoutCheck))
            {
                TouchReceiveTimeout();
                check.Rearm(timeout);
            }
        }
    }

    private sealed class ReceiveTimeoutCheck(Mailbox mailbox)
        : IAutoReceivedMessage, INotInfluenceReceiveTimeout, IDeadLetterSuppression
    {
        internal Mailbox Mailbox { get; } = mailbox;

        internal ITimer? Timer { get; set; }

        // A timer of 0.3 ms would fire before it is due where timers count whole milliseconds, and ask in vain.
        internal void Rearm(TimeSpan due) => Timer?.Change(due, Timeout.InfiniteTimeSpan);
    }
}
