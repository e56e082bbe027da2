using System.Net.Sockets;
using Swarm.Actors.Ports;

namespace Swarm.Io.Net;

/// <summary>
/// The sending side of a link: a queue, and turns that compose from it, read the files and send, on an engine's thread.
/// <para>
/// At most one of these holds: idle (empty queue), parked without quota (<see cref="Grant"/> goes on), or busy: a turn runs, is scheduled, or waits until the
/// kernel takes bytes. What the kernel does not take is not kept: the next turn composes it anew, from a file that the system has just read. So a slow link holds no
/// memory but its queue's, and how much is composed at once follows what the kernel took before.
/// </para>
/// </summary>
internal sealed class LinkWriter
{
    private const int LeastFill = 32 << 10;

    private readonly TcpLink _link;
    private readonly NetContext _context;
    private readonly Lock _gate = new();
    private readonly SendQueue _queue;
    private Quota _quota;
    private int _fill;
    private bool _fitted;
    private bool _busy;
    private bool _dry;
    private bool _closed;

    public LinkWriter(TcpLink link, NetContext context)
    {
        _link = link;
        _context = context;
        _queue = new SendQueue(context.Settings.QueuedBytesPerLink, context.Settings.QueuedBlocksPerLink, context.Settings.QueuedBlockBytesPerLink);
        _fill = Math.Min(4 * LeastFill, context.Settings.WriteBufferBytes);
    }

    public bool Send(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            if (_closed) return true;
            if (!_queue.TryAppend(bytes)) return false;
            if (!StartsTurn()) return true;
        }

        _link.Socket.ScheduleWrite();
        return true;
    }

    public bool SendBlock(StorageId storage, BlockRequest block)
    {
        lock (_gate)
        {
            if (_closed) return true;
            if (!_queue.TryAppend(storage, block)) return false;
            if (!StartsTurn()) return true;
        }

        _link.Socket.ScheduleWrite();
        return true;
    }

    public bool CancelBlock(BlockRequest block)
    {
        lock (_gate) return !_closed && _queue.TryCancel(block);
    }

    public void Limit(bool limited)
    {
        lock (_gate)
        {
            _quota.SetLimited(limited);
            if (!StopsBeingDry()) return;
        }

        _link.Socket.ScheduleWrite();
    }

    public void Grant(int bytes)
    {
        lock (_gate)
        {
            _quota.Grant(bytes);
            if (!StopsBeingDry()) return;
        }

        _link.Socket.ScheduleWrite();
    }

    /// <summary>
    /// A turn, after <paramref name="carried"/> bytes that the socket had kept went out. The link counts it as active, and does what is answered when it counts it no
    /// more, for the next turn may begin elsewhere at once.
    /// </summary>
    public AfterTurn Turn(int carried)
    {
        Interlocked.Increment(ref _context.Tally.WriteTurns);
        var plan = _context.Plans.Rent();
        var tally = default(SendTally);
        try
        {
            if (carried > 0) Advance(carried, 0, ref tally);
            return Write(plan, ref tally);
        }
        finally
        {
            _context.Plans.Return(plan);
            TellSent(ref tally);
        }
    }

    /// <summary>After the last turn: drops the queue.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            _queue.Drop();
        }
    }

    private bool StartsTurn()
    {
        if (_busy || _dry) return false;
        _busy = true;
        return true;
    }

    private bool StopsBeingDry()
    {
        if (!_dry || _quota.Available == 0) return false;
        (_dry, _busy) = (false, true);
        return true;
    }

    private AfterTurn Write(SendPlan plan, ref SendTally tally)
    {
        for (var budget = _context.Settings.WriteTurnBytes; budget > 0 && _link.IsOpen;)
        {
            if (!TryCompose(plan, mayRest: tally.Blocks == 0, out var isOver))
            {
                if (isOver) return AfterTurn.Nothing;

                // The owner has more, as a rule: then the turn goes on, instead of ending here and beginning on another thread.
                TellSent(ref tally);
                OwnerTurn.Take();
                continue;
            }

            var sent = Send(plan, out var error, out var fault);
            if (fault is not null)
            {
                _link.Abort(NetReasons.Unreadable(fault));
                _context.Blocks.ReportReadFailure(fault.Storage, fault.Block, fault.Error);
                return AfterTurn.Nothing;
            }

            if (error is not (SocketError.Success or SocketError.WouldBlock))
            {
                _link.Abort(NetReasons.Lost(error));
                return AfterTurn.Nothing;
            }

            Interlocked.Increment(ref _context.Tally.SendCalls);
            Interlocked.Add(ref _context.Tally.BytesSent, sent);
            budget -= sent;
            var waits = sent < plan.Length;
            Advance(sent, waits ? _link.Socket.Carry(plan.Composed[sent..]) : 0, ref tally);
            AdaptFill(sent, plan.Length);
            if (tally.Blocks > 0) FitOnce();
            if (waits) return AfterTurn.WaitWritable;
        }

        return _link.IsOpen ? AfterTurn.TurnAgain : AfterTurn.Nothing;
    }

    // From the mapped files where that works; what the kernel cannot read there is read in the ordinary way, which finds out why.
    private int Send(SendPlan plan, out SocketError error, out BlockFault? fault)
    {
        fault = null;
        if (_link.Socket.SendsVectors && plan.TryMap(_context.Blocks))
        {
            var sent = _link.Socket.Send(plan.Mapped, out error);
            if (error != SocketError.Fault) return sent;
        }

        fault = plan.Fill(_context.Blocks);
        if (fault is null) return _link.Socket.Send(plan.Composed, out error);
        error = SocketError.Success;
        return 0;
    }

    private void TellSent(ref SendTally tally)
    {
        if (tally.Blocks > 0) _link.Tell(new IPeerLink.Sent(tally.Blocks, tally.BlockBytes));
        tally = default;
    }

    // False: parked, or nothing waits. The turn is over then, unless nothing waits and the writer may not rest.
    private bool TryCompose(SendPlan plan, bool mayRest, out bool isOver)
    {
        isOver = true;
        lock (_gate)
        {
            if (_queue.IsEmpty)
            {
                isOver = mayRest;
                _busy = !mayRest;
                return false;
            }

            if (_quota.Available == 0)
            {
                (_busy, _dry) = (false, true);
                _link.Tell(TcpLink.UploadQuotaSpent);
                return false;
            }

            _queue.Compose(plan, (int)Math.Min(_fill, _quota.Available));
            return true;
        }
    }

    private void Advance(int sent, int underWay, ref SendTally tally)
    {
        lock (_gate)
        {
            _quota.Spend(sent);
            _queue.Advance(sent, underWay, ref tally);
        }
    }

    private void FitOnce()
    {
        if (_fitted) return;
        _fitted = true;
        _link.Socket.FitSendBuffer();
    }

    private void AdaptFill(int sent, int composed)
    {
        if (sent < composed) _fill = Math.Max(LeastFill, sent);
        else if (composed == _fill) _fill = Math.Min(_fill * 2, _context.Settings.WriteBufferBytes);
    }
}

/// <summary>What is to be done when a writing turn is over.</summary>
internal enum AfterTurn
{
    /// <summary>Nothing: the queue is empty, the quota spent or the link over.</summary>
    Nothing,

    /// <summary>Another turn, after others had theirs.</summary>
    TurnAgain,

    /// <summary>Another turn when the kernel takes bytes.</summary>
    WaitWritable,
}
