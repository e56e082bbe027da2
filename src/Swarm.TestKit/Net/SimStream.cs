using Swarm.TestKit.Disk;

namespace Swarm.TestKit.Net;

/// <summary>
/// One direction of a connection: a bounded pipe that keeps order and loses nothing. Bytes wait in the <see cref="Outbox"/>; the sender's link takes a segment of a size that the seed picks, which is written
/// straight into the other side's <see cref="Inbox"/> at that moment; it is under way for the latency; the receiver's link lets it pass; the reader reads it; and what was read is
/// acknowledged, which opens the window again a latency later. So what is under way or unread never exceeds the window, and who does not read stops who sends.
/// <para>
/// Loss costs time, as in TCP: a segment of which a packet is lost comes a round trip later (a time-out later when it is too short for others to report the loss), and the congestion window halves, to grow again
/// by a packet a round trip. A way that lets nothing pass stalls the stream: it tries again at growing intervals (<see cref="SimStream.Stall"/>) until its time is out.
/// </para>
/// <para>
/// Events: the sender's link, the arrival, the receiver's link, and, only where the window is the limit, the acknowledgement: four for each segment of 64 KiB or so.
/// </para>
/// </summary>
internal sealed partial class SimStream
{
    private const int InitialWindow = 10 * FairLink.PacketBytes;
    private static readonly long LeastRetransmit = TimeSpan.FromMilliseconds(200).Ticks;

    private readonly SimNetwork _network;
    private readonly SimPath _path;
    private readonly SimPath _back;
    private readonly SimEnd _from;
    private readonly SimEnd _to;
    private readonly IBlockReader? _blocks;
    private readonly FairLink _up;
    private readonly FairLink _down;
    private readonly Flow _sending;
    private readonly Flow _receiving;
    private readonly Queue<(int Bytes, long DueAt)> _underWay = new();
    private readonly Queue<int> _atDoor = new();
    private readonly Queue<(int Bytes, long DueAt)> _acks = new();
    private readonly ITimer _arrivals;
    private ITimer? _ackTimer;
    private Quota _quota;
    private bool _dry;
    private bool _blocked;
    private bool _isOver;
    private bool _isTaking;
    private int _passedAtDoor;
    private long _unacked;
    private double _congestionWindow;
    private double _threshold;
    private long _lastDue;

    public SimStream(SimNetwork network, SimEnd from, SimEnd to, IBlockReader? blocks)
    {
        _network = network;
        _from = from;
        _to = to;
        _blocks = blocks;
        _path = network.Path(from.Host, to.Host);
        _back = network.Path(to.Host, from.Host);
        var isLocal = from.Host == to.Host;
        _up = isLocal ? network.Loopback : from.Host.Up;
        _down = isLocal ? network.Loopback : to.Host.Down;
        _sending = new Flow(Take, Depart);
        _receiving = new Flow(TakeArrived, OnPassed);
        _arrivals = network.CreateTimer(static stream => ((SimStream)stream!).OnArrivals(), this);
        _threshold = network.Settings.WindowBytes;
        _congestionWindow = network.Settings.SlowStart ? InitialWindow : _threshold;
        Inbox = new Inbox(to.Slabs, network.Settings.SlabBytes, () => _to.User?.OnReadable());
    }

    /// <summary>What waits to go out.</summary>
    public Outbox Outbox { get; } = new();

    /// <summary>Whether the network looks after its idle slab.</summary>
    public bool IsTidied { get; set; }

    /// <summary>What is on its way and what lies unread.</summary>
    public Inbox Inbox { get; }

    /// <summary>Bytes that came and are not read.</summary>
    public int Readable { get; private set; }

    /// <summary>The end of the stream has come, perhaps before bytes that still wait for the link.</summary>
    public bool HasEnd { get; private set; }

    /// <summary>The sender has ended the stream and everything before that is read.</summary>
    public bool IsAtEnd => HasEnd && Readable == 0 && _atDoor.Count == 0 && !_receiving.IsServed;

    private long Now => _network.Now;

    /// <summary>There may be something to send: joins the line of the sender's link unless something else has to happen first.</summary>
    public void Wake()
    {
        if (_isOver || IsStalled) return;
        if (Outbox.IsEmpty) TrySendEnd();
        else if (!_dry && !_blocked) _up.Join(_sending);
    }

    public void Limit(bool limited)
    {
        _quota.SetLimited(limited);
        StopBeingDry();
    }

    public void Grant(int bytes)
    {
        _quota.Grant(bytes);
        StopBeingDry();
    }

    /// <summary>The reader took bytes, so the sender may send as many more when it learns of it.</summary>
    public void Acknowledge(int bytes)
    {
        Readable -= bytes;
        if (!_from.IsAlive) return;
        if (_back.IsDead)
        {
            _heldAcks += bytes;
            Stall();
            return;
        }

        SendAck(bytes);
    }

    /// <summary>Nobody will read it any more.</summary>
    public void Discard()
    {
        Inbox.Discard();
        Readable = 0;
    }

    /// <summary>Nothing of it goes on: no timer, no slab, nothing queued is left.</summary>
    public void Drop()
    {
        _isOver = true;
        _arrivals.Dispose();
        _ackTimer?.Dispose();
        _retry?.Dispose();
        Outbox.Drop();
        Discard();
    }

    // The sender's link has room for a segment.
    private int Take(int most)
    {
        if (_isOver || IsStalled || Outbox.IsEmpty) return 0;
        TakeAcks();
        if (_quota.Available == 0)
        {
            _dry = true;
            _from.User?.OnUploadDry();
            return 0;
        }

        if (WindowLeft < LeastWindow)
        {
            _blocked = true;
            AwaitAcks();
            return 0;
        }

        most = Math.Min(_network.Random.Next(most) + 1, Math.Min(WindowLeft, _quota.Available));
        var tally = default(SendTally);
        _isTaking = true;
        var taken = Outbox.Take(most, _to.IsOpen ? Inbox : null, _blocks, ref tally, out var unreadable);
        _quota.Spend(taken);
        _unacked += taken;
        if (Inbox.HasSlab) _network.TidyLater(this);
        if (tally != default) _from.User?.OnSent(tally);
        if (unreadable is { } block) _from.End(NetReasons.Unreadable(block));
        _isTaking = false;
        if (taken == 0) TrySendEnd();
        return taken;
    }

    // The sender's link is through with a segment.
    private void Depart(int bytes)
    {
        if (_isOver) return;
        _network.Counters.Segments++;
        Send(bytes);
        Wake();
    }

    private void Send(int bytes)
    {
        _network.Note(NetEvent.Segment, _from.Host, _to.Host, bytes);
        if (_path.IsDead || !TryDelayOfLoss(bytes, out var delay))
        {
            _lostBytes += bytes;
            Stall();
            return;
        }

        var passedAt = _path.PassAt(Now, bytes);
        PutUnderWay(bytes, passedAt + _network.LatencyWithJitter(_path) + delay);
    }

    private void PutUnderWay(int bytes, long dueAt)
    {
        _lastDue = Math.Max(_lastDue, dueAt);
        _underWay.Enqueue((bytes, _lastDue));
        if (_underWay.Count == 1) _network.Arm(_arrivals, _lastDue);
    }

    private void OnArrivals()
    {
        while (!_isOver && _underWay.TryPeek(out var segment) && segment.DueAt <= Now)
        {
            _underWay.Dequeue();
            Arrive(segment.Bytes);
        }

        if (!_isOver && _underWay.TryPeek(out var next)) _network.Arm(_arrivals, next.DueAt);
    }

    private void Arrive(int bytes)
    {
        if (!_to.Host.IsUp)
        {
            if (bytes == EndOfStream) _endLost = true;
            else _lostBytes += bytes;
            Stall();
        }
        else if (!_to.IsOpen)
        {
            AnswerReset();
        }
        else if (bytes == EndOfStream)
        {
            HasEnd = true;
            _to.User?.OnReadable();
        }
        else
        {
            _atDoor.Enqueue(bytes);
            _down.Join(_receiving);
            _down.Serve();
        }
    }

    // The receiver's link has room for a segment.
    private int TakeArrived(int most)
    {
        if (_isOver || !_atDoor.TryPeek(out var bytes)) return 0;
        return Math.Min(bytes - _passedAtDoor, most);
    }

    // The receiver's link is through with it.
    private void OnPassed(int bytes)
    {
        if (_isOver) return;
        _passedAtDoor += bytes;
        if (_passedAtDoor == _atDoor.Peek())
        {
            _atDoor.Dequeue();
            _passedAtDoor = 0;
        }

        if (_atDoor.Count > 0) _down.Join(_receiving);
        _network.Counters.StreamBytes += bytes;
        _network.Note(NetEvent.Arrived, _from.Host, _to.Host, bytes);
        if (!_to.IsOpen)
        {
            AnswerReset();
            return;
        }

        Readable += bytes;
        _to.User?.OnReadable();
    }
}
