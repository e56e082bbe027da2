using System.Net;
using System.Net.Sockets;
using Swarm.Actors.Ports;

namespace Swarm.Io.Net;

/// <summary>
/// A bound UDP socket that several owners share: receives into pooled buffers, sorts datagrams by kind, and tells each owner once for each buffer what is its own. How it waits for datagrams
/// and how it sends is the engine's, a derived class.
/// <para>
/// What always holds: one thread receives at a time; an owner is told nothing before <see cref="IUdp.Opened"/> and nothing after its claim was given up; errors of the network end nothing,
/// only closing does. When all buffers are out nothing is received until one is back.
/// </para>
/// </summary>
internal abstract class UdpSocket : IDisposable
{
    /// <summary>Kinds of datagrams, the unknown included: the size of a table by kind.</summary>
    public const int Kinds = (int)DatagramKind.Utp + 1;

    private readonly Lock _gate = new();
    private readonly UdpClaim?[] _claims = new UdpClaim?[Kinds];
    private readonly NetSettings _settings;
    private long _received;
    private long _sent;
    private long _unsent;
    private long _tooLong;
    private long _unclaimed;
    private long _faults;
    private volatile bool _isClosed;

    /// <summary>Binds; receives nothing before <see cref="Start(IPEndPoint, DatagramKind, IActorRef)"/>.</summary>
    /// <exception cref="SocketException">The address is not to be had.</exception>
    protected UdpSocket(IPEndPoint local, NetSettings settings)
    {
        _settings = settings;
        Buffers = new DatagramBufferPool(settings, Resume);
        Socket = new Socket(local.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            if (local.AddressFamily == AddressFamily.InterNetworkV6) Socket.DualMode = false;
            if (settings.DatagramReceiveBufferBytes > 0) Socket.ReceiveBufferSize = settings.DatagramReceiveBufferBytes;
            if (settings.DatagramSendBufferBytes > 0) Socket.SendBufferSize = settings.DatagramSendBufferBytes;
            Socket.Bind(local);
            Socket.Blocking = false;
            Local = (IPEndPoint)Socket.LocalEndPoint!;
        }
        catch
        {
            Socket.Dispose();
            throw;
        }
    }

    public IPEndPoint Local { get; }

    public DatagramBufferPool Buffers { get; }

    /// <summary>Whether anybody wants what comes in.</summary>
    public bool IsClaimed
    {
        get
        {
            lock (_gate) return _claims.Any(claim => claim is not null);
        }
    }

    protected Socket Socket { get; }

    protected bool IsClosed => _isClosed;

    /// <summary>Begins to receive, for a first owner, whom it tells so: what has come since the socket was bound is its own already.</summary>
    /// <exception cref="SocketException">The system has no room for it; the owner was told nothing.</exception>
    public void Start(IPEndPoint requested, DatagramKind kind, IActorRef owner)
    {
        // What is received meanwhile is told when the gate is left, and so after this.
        lock (_gate)
        {
            var claim = new UdpClaim(this, kind, owner, _settings.DatagramBatch);
            _claims[(int)kind] = claim;
            Start();
            owner.Tell(new IUdp.Opened(requested, claim), ActorRefs.NoSender);
        }
    }

    /// <summary>Sends one datagram. False: it was dropped.</summary>
    public abstract bool Send(UdpAddress remote, ReadOnlySpan<byte> datagram);

    /// <summary>Sends a batch. Returns how many were dropped.</summary>
    public abstract int Send(UdpSendBatch batch);

    /// <summary>Gives a kind to an owner and tells it so. False: another has it.</summary>
    public bool TryClaim(IPEndPoint requested, DatagramKind kind, IActorRef owner)
    {
        lock (_gate)
        {
            if (_claims[(int)kind] is not null) return false;
            var claim = new UdpClaim(this, kind, owner, _settings.DatagramBatch);
            _claims[(int)kind] = claim;
            owner.Tell(new IUdp.Opened(requested, claim), ActorRefs.NoSender);
            return true;
        }
    }

    /// <summary>Ends all claims of an owner.</summary>
    public void GiveUp(IActorRef owner)
    {
        lock (_gate)
        {
            foreach (ref var claim in _claims.AsSpan())
            {
                if (claim is null || !claim.Owner.Equals(owner)) continue;
                claim.Close();
                claim = null;
            }
        }
    }

    public UdpCounters Count() => new(
        Interlocked.Read(ref _received),
        Interlocked.Read(ref _sent),
        Interlocked.Read(ref _unsent),
        Interlocked.Read(ref _tooLong),
        Interlocked.Read(ref _unclaimed),
        KernelDrops(),
        Interlocked.Read(ref _faults));

    public virtual void Dispose()
    {
        _isClosed = true;
        lock (_gate)
        {
            foreach (var claim in _claims) claim?.Close();
            Array.Clear(_claims);
        }

        Socket.Dispose();
    }

    /// <summary>Has datagrams received from now on, on another thread.</summary>
    /// <exception cref="SocketException">The system has no room for it.</exception>
    protected abstract void Start();

    /// <summary>Buffers were out, and one is back. On the thread that released it.</summary>
    protected abstract void Resume();

    /// <summary>Datagrams the kernel dropped because its queue was full; 0 where it does not say.</summary>
    protected virtual long KernelDrops() => 0;

    /// <summary>Keeps a datagram that lies in a slot for the owner of its kind, or drops it.</summary>
    protected void Take(DatagramBuffer buffer, int slot, int length, UdpAddress remote)
    {
        if (length > _settings.MaxDatagramBytes)
        {
            Interlocked.Increment(ref _tooLong);
            return;
        }

        var kind = DatagramClassifier.Classify(buffer.Bytes.AsSpan(slot * buffer.SlotBytes, length));
        if (Volatile.Read(ref _claims[(int)kind]) is { } claim) buffer.Keep(claim, slot, length, remote);
        else Interlocked.Increment(ref _unclaimed);
    }

    /// <summary>
    /// Tells the owners what is in the buffer, and lets go of it. The DHT answers on this thread, if no other has its turn just now: that is a fraction of the work of receiving and sending, and waking a thread for each batch cost more.
    /// uTP and the trackers' client have more to do, and have their turns elsewhere.
    /// </summary>
    protected void Deliver(DatagramBuffer buffer)
    {
        Tell(buffer);
        buffer.Release();
        OwnerTurn.Take();
    }

    private void Tell(DatagramBuffer buffer)
    {
        lock (_gate)
        {
            foreach (var part in buffer.Parts)
            {
                if (part is not { Count: > 0 and var count }) continue;
                if (part.Socket is UdpClaim claim && claim == _claims[(int)claim.Kind])
                {
                    Interlocked.Add(ref _received, count);
                    if (claim.Kind == DatagramKind.Krpc) OwnerTurn.Tell(claim.Owner, part.Received);
                    else claim.Owner.Tell(part.Received, ActorRefs.NoSender);
                }
                else
                {
                    Interlocked.Add(ref _unclaimed, count);
                    part.Release();
                }
            }
        }
    }

    /// <summary>A receive call failed: news of an earlier datagram that found nobody, or the system is short of something. The next may succeed.</summary>
    protected void CountFault() => Interlocked.Increment(ref _faults);

    protected void CountSent(int sent, int dropped)
    {
        if (sent > 0) Interlocked.Add(ref _sent, sent);
        if (dropped > 0) Interlocked.Add(ref _unsent, dropped);
    }
}
