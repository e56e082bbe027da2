using System.Net.Sockets;
using Swarm.Actors.Ports;

namespace Swarm.Io.Net;

/// <summary>
/// The receiving side of a link: waits for bytes without a buffer, reads them into the rest of its slab or a new one, and tells the owner once for each read.
/// <para>
/// Turns. A turn runs on an engine's thread when the socket is readable, reads at most a settings' worth, and ends in one of: waiting again; parked without quota
/// (<see cref="Grant"/> goes on); parked without slab (<see cref="OnSlab"/> goes on); over. A parked turn touches nothing of the reader any more, for the next one may
/// begin on another thread at once. The slab and the position in it belong to the turn while one runs, and to the lock otherwise.
/// </para>
/// <para>
/// Where blocks lie. A slab is given up only when less than an eighth of it is left, so every slab takes at least 28 KiB of the stream before the next one
/// begins, more than a block with its header (16,397 bytes): a block lies in at most two slabs. The one exception is an idle slab of which nobody else holds a byte: then
/// no part of an unfinished block is in it, and the guarantee stands.
/// </para>
/// </summary>
internal sealed class LinkReader : ISlabReceiver
{
    private readonly TcpLink _link;
    private readonly NetContext _context;
    private readonly Lock _gate = new();
    private readonly SlabAccount _account;
    private Quota _quota;
    private Slab? _slab;
    private int _position;
    private long _slabSince;
    private SlabClass _size = SlabClass.Small;
    private bool _started;
    private bool _running;
    private bool _dry;
    private bool _touched;
    private bool _closed;

    public LinkReader(TcpLink link, NetContext context)
    {
        _link = link;
        _context = context;
        _account = context.Slabs.OpenAccount(this);
    }

    /// <summary>Begins to read; only the first call does anything.</summary>
    public void Start()
    {
        lock (_gate)
        {
            if (_started || _closed) return;
            _started = true;
        }

        _link.Socket.WaitReadable();
    }

    public void Limit(bool limited)
    {
        lock (_gate)
        {
            _quota.SetLimited(limited);
            if (!StopsBeingDry()) return;
        }

        _link.Socket.WaitReadable();
    }

    public void Grant(int bytes)
    {
        lock (_gate)
        {
            _quota.Grant(bytes);
            if (!StopsBeingDry()) return;
        }

        _link.Socket.WaitReadable();
    }

    /// <summary>A turn. The link counts it as active, so it is not closed under it. True: the socket is to be waited for again.</summary>
    public bool Turn()
    {
        lock (_gate) _running = _touched = true;
        Interlocked.Increment(ref _context.Tally.ReadTurns);
        for (var budget = _context.Settings.ReadTurnBytes; budget > 0 && _link.IsOpen;)
        {
            if (!TryRoom(out var room) || !TryHaveSlab()) return false;
            var wanted = Math.Min(room, _slab!.Buffer.Length - _position);
            var count = _link.Socket.Receive(_slab.Buffer.AsSpan(_position, wanted), out var error);
            Interlocked.Increment(ref _context.Tally.ReceiveCalls);
            if (count == 0)
            {
                if (error != SocketError.WouldBlock) _link.Abort(NetReasons.Lost(error));
                break;
            }

            Interlocked.Add(ref _context.Tally.BytesReceived, count);
            budget -= count;
            Deliver(count);
            if (count < wanted || count == room) break;
        }

        // A slab that was rented for nothing is not kept by an idle link.
        var unused = _slab is not null && _position == 0 ? TakeOutSlab() : null;
        lock (_gate) _running = false;
        unused?.Release();
        return _link.IsOpen;
    }

    /// <summary>The slab that a parked turn waits for: the socket has bytes, so the next turn is due.</summary>
    public void OnSlab(Slab slab)
    {
        lock (_gate)
        {
            if (!_closed)
            {
                (_slab, _position, _slabSince, _touched) = (slab, 0, Environment.TickCount64, true);
                slab = null!;
            }
        }

        if (slab is null) _link.Socket.WaitReadable();
        else slab.Release();
    }

    /// <summary>
    /// After a turn of the owner: gives back a slab of which nobody holds a byte any more. So a link that says little holds none while it is silent, and a thousand that are greeted one after the other use the same few.
    /// </summary>
    public void LetGoOfConsumed()
    {
        Slab? consumed = null;
        lock (_gate)
        {
            if (!_running && _slab is { References: 1 }) consumed = TakeOutSlab();
        }

        consumed?.Release();
    }

    /// <summary>Gives back the slab of a link that has not read for a whole sweep, unless somebody still holds bytes of it.</summary>
    public void Sweep()
    {
        Slab? idle = null;
        lock (_gate)
        {
            if (_running || _slab is null) return;
            if (!_touched && _slab.References == 1) idle = TakeOutSlab();
            _touched = false;
        }

        idle?.Release();
    }

    /// <summary>After the last turn: gives everything back.</summary>
    public void Close()
    {
        Slab? last;
        _context.Slabs.Close(_account);
        lock (_gate)
        {
            _closed = true;
            last = TakeOutSlab();
        }

        last?.Release();
    }

    private bool StopsBeingDry()
    {
        if (!_dry || _quota.Available == 0) return false;
        _dry = false;
        return true;
    }

    // False: parked.
    private bool TryRoom(out int room)
    {
        lock (_gate)
        {
            room = (int)Math.Min(_quota.Available, int.MaxValue);
            if (room > 0) return true;
            _dry = true;
            _running = false;
            _link.Tell(TcpLink.DownloadQuotaSpent);
            return false;
        }
    }

    // False: parked.
    private bool TryHaveSlab()
    {
        if (_slab is not null) return true;
        lock (_gate) _running = false;
        var slab = _context.Slabs.TryRent(_account, _size);
        if (slab is null) return false;
        lock (_gate)
        {
            _running = true;
            (_slab, _position, _slabSince) = (slab, 0, Environment.TickCount64);
        }

        return true;
    }

    private void Deliver(int count)
    {
        var slice = new SlabSlice(_slab, _position, count);
        _slab!.Retain();
        _position += count;
        lock (_gate) _quota.Spend(count);
        var isFull = _slab.Buffer.Length - _position < _slab.Buffer.Length / 8;
        if (isFull) ChooseNextSize();
        var full = isFull ? TakeOutSlab() : null;
        _link.Tell(new IPeerLink.Received(slice));
        full?.Release();
    }

    // The size of the next slab follows the rate at which this one filled.
    private void ChooseNextSize()
    {
        var milliseconds = Math.Max(1, Environment.TickCount64 - _slabSince);
        var fast = _position * 1000L / milliseconds >= _context.Settings.LargeSlabRateBytesPerSecond;
        _size = fast ? SlabClass.Large : SlabClass.Small;
    }

    // The caller releases it outside of the lock, for that may bring another link its slab.
    private Slab? TakeOutSlab()
    {
        var slab = _slab;
        (_slab, _position) = (null, 0);
        return slab;
    }
}
