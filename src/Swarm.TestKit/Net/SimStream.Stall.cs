namespace Swarm.TestKit.Net;

/// <summary>What a stream does when segments are lost, when nothing passes, and at its end.</summary>
internal sealed partial class SimStream
{
    private const int EndOfStream = 0;
    private static readonly long LongestRetry = TimeSpan.FromSeconds(30).Ticks;

    private ITimer? _retry;
    private long _stalledSince = -1;
    private long _retryAfter;
    private int _lostBytes;
    private int _heldAcks;
    private bool _endWanted;
    private bool _endSent;
    private bool _endLost;
    private bool _isResetComing;
    private bool _awaitsAcks;
    private long _lastAckDue;

    private bool IsStalled => _stalledSince >= 0;

    private bool HasOutstanding => _unacked > 0 || !Outbox.IsEmpty || _endLost;

    private bool IsPassable => _to.Host.IsUp && !_path.IsDead && !_back.IsDead;

    private int Window => (int)Math.Min(_congestionWindow, _network.Settings.WindowBytes);

    private int WindowLeft => (int)(Window - _unacked);

    // A sender waits until the window has opened by a good part, or segments would become ever smaller.
    private int LeastWindow => (int)Math.Min(Math.Max(1, Window / 4), Outbox.WireBytes);

    private long RetransmitAfter => Math.Max(LeastRetransmit, 2 * RoundTrip);

    private long RoundTrip => _network.Latency(_path) + _network.Latency(_back);

    /// <summary>Ends the stream when everything queued is out.</summary>
    public void End()
    {
        _endWanted = true;
        Wake();
    }

    /// <summary>The way was cut: whoever waits for an answer now waits in vain.</summary>
    public void OnCut()
    {
        if (!_isOver && HasOutstanding && !IsPassable) Stall();
    }

    private void StopBeingDry()
    {
        if (!_dry || _quota.Available == 0) return;
        _dry = false;
        Wake();
    }

    private void TrySendEnd()
    {
        if (!_endWanted || _endSent || _isTaking || _sending.IsServed) return;
        _endSent = true;
        SendEnd();
    }

    private void SendEnd()
    {
        _network.Note(NetEvent.End, _from.Host, _to.Host, 0);
        if (_path.IsDead || !TryDelayOfLoss(1, out var delay))
        {
            _endLost = true;
            Stall();
            return;
        }

        PutUnderWay(EndOfStream, Now + _network.LatencyWithJitter(_path) + delay);
    }

    private void SendAck(int bytes)
    {
        if (!_blocked) TakeAcks();
        _lastAckDue = Math.Max(_lastAckDue, Now + _network.Latency(_back));
        _acks.Enqueue((bytes, _lastAckDue));
        if (_blocked) AwaitAcks();
    }

    private void TakeAcks()
    {
        while (_acks.TryPeek(out var ack) && ack.DueAt <= Now)
        {
            _acks.Dequeue();
            _unacked -= ack.Bytes;
            _congestionWindow += _congestionWindow < _threshold ? ack.Bytes : FairLink.PacketBytes * ack.Bytes / _congestionWindow;
        }

        _congestionWindow = Math.Min(_congestionWindow, _network.Settings.WindowBytes);
    }

    private void AwaitAcks()
    {
        if (_awaitsAcks) return;
        long open = WindowLeft;
        foreach (var (bytes, dueAt) in _acks)
        {
            open += bytes;
            if (open < LeastWindow) continue;
            _awaitsAcks = true;
            _ackTimer ??= _network.CreateTimer(static stream => ((SimStream)stream!).OnAcks(), this);
            _network.Arm(_ackTimer, dueAt);
            return;
        }
    }

    private void OnAcks()
    {
        _awaitsAcks = _blocked = false;
        Wake();
    }

    // False: the segment is lost again and again.
    private bool TryDelayOfLoss(int bytes, out long delay)
    {
        delay = 0;
        var loss = _path.Loss;
        if (loss == 0) return true;
        var packets = (bytes + FairLink.PacketBytes - 1) / FairLink.PacketBytes;
        if (_network.Random.NextDouble() >= 1 - Math.Pow(1 - loss, packets)) return true;
        _network.Counters.Retransmissions++;
        _congestionWindow = _threshold = Math.Max(2 * FairLink.PacketBytes, _congestionWindow / 2);
        delay = packets > 3 ? RoundTrip : RetransmitAfter;
        for (var again = RetransmitAfter; _network.Random.NextDouble() < loss; again *= 2)
        {
            delay += again;
            if (delay > _network.Settings.RetransmitTimeout.Ticks) return false;
        }

        return true;
    }

    private void Stall()
    {
        if (IsStalled || _isOver || !_from.IsAlive) return;
        _network.Note(NetEvent.Stall, _from.Host, _to.Host, _lostBytes);
        _stalledSince = Now;
        _retryAfter = RetransmitAfter;
        _retry ??= _network.CreateTimer(static stream => ((SimStream)stream!).OnRetry(), this);
        _network.Arm(_retry, Now + _retryAfter);
    }

    private void OnRetry()
    {
        var giveUpAt = _stalledSince + _network.Settings.RetransmitTimeout.Ticks;
        if (_isOver || !_from.IsAlive) return;
        if (IsPassable)
        {
            Resume();
        }
        else if (!HasOutstanding)
        {
            _stalledSince = -1;
        }
        else if (Now >= giveUpAt)
        {
            GiveUp();
        }
        else
        {
            _retryAfter = Math.Min(_retryAfter * 2, LongestRetry);
            _network.Arm(_retry!, Math.Min(Now + _retryAfter, giveUpAt));
        }
    }

    private void Resume()
    {
        _stalledSince = -1;
        if (!_to.IsOpen)
        {
            AnswerReset();
            return;
        }

        var (lost, acks) = (_lostBytes, _heldAcks);
        _lostBytes = _heldAcks = 0;
        if (acks > 0) SendAck(acks);
        if (lost > 0) Send(lost);
        if (_endLost && !IsStalled)
        {
            _endLost = false;
            SendEnd();
        }

        Wake();
    }

    private void GiveUp()
    {
        _network.Counters.TimeOuts++;
        _stalledSince = -1;
        _endLost = false;
        Outbox.Drop();
        _from.Fail(NetReasons.TimedOut);
    }

    // Who sends to an end that is not there any more is told so, if the way back is open.
    private void AnswerReset()
    {
        if (_isResetComing || !_from.IsOpen) return;
        if (_back.IsDead)
        {
            Stall();
            return;
        }

        _isResetComing = true;
        _network.Simulation.Schedule(new TimeSpan(_network.Latency(_back)), () => _from.FailByReset());
    }
}
