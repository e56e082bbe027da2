using System.Net;
using Swarm.Actors.Ports;
using Swarm.TestKit.Disk;
using Swarm.TestKit.Memory;

namespace Swarm.TestKit.Net;

/// <summary>What an end of a connection tells who uses it.</summary>
internal interface IEndUser
{
    /// <summary>Bytes can be read, or the end of the stream has come.</summary>
    void OnReadable();

    /// <summary>Something went out.</summary>
    void OnSent(SendTally tally);

    /// <summary>There is something to send and no quota left.</summary>
    void OnUploadDry();

    /// <summary>The end is over, not by its user's own doing.</summary>
    void OnClosed(string reason);
}

/// <summary>Two ends and the two streams between them. It is over, and nothing of it is left, when both ends are closed.</summary>
internal sealed class SimConnection
{
    private readonly SimNetwork _network;
    private readonly IDisposable? _resetTimer;
    private readonly Action _over;

    public SimConnection(SimNetwork network, long number, SimEnd dialer, SimEnd listener, Action over)
    {
        _network = network;
        _over = over;
        Number = number;
        Dialer = dialer;
        Listener = listener;
        dialer.Join(this, listener, new SimStream(network, dialer, listener, dialer.Blocks));
        listener.Join(this, dialer, new SimStream(network, listener, dialer, listener.Blocks));
        if (network.Settings.MeanTimeToReset == TimeSpan.Zero) return;
        var lifetime = -Math.Log(1 - network.Random.NextDouble()) * network.Settings.MeanTimeToReset;
        _resetTimer = network.Simulation.Schedule(lifetime, Break);
    }

    public long Number { get; }

    public SimEnd Dialer { get; }

    public SimEnd Listener { get; }

    /// <summary>Both ends learn of a reset at once, as if something between them had sent it.</summary>
    public void Break()
    {
        Dialer.FailByReset();
        Listener.FailByReset();
    }

    public void OnEndClosed()
    {
        if (Dialer.IsOpen || Listener.IsOpen) return;
        _resetTimer?.Dispose();
        Dialer.Out.Drop();
        Listener.Out.Drop();
        _over();
        _network.Forget(this);
    }
}

/// <summary>
/// One end of a connection: what its user, a link or a script, reads from and writes to. It is open until it is closed in one of the ways below; each of them lets go of what lies unread. Only
/// <see cref="Vanish"/> leaves the other end without a word.
/// </summary>
internal sealed class SimEnd(SimHost host, IPEndPoint local, IPEndPoint remote, SlabLedger slabs, IBlockReader? blocks)
{
    private SimConnection _connection = null!;
    private SimEnd _other = null!;

    public SimHost Host { get; } = host;

    public IPEndPoint Local { get; } = local;

    public IPEndPoint Remote { get; } = remote;

    public SlabLedger Slabs { get; } = slabs;

    public IBlockReader? Blocks { get; } = blocks;

    /// <summary>Who uses it; nobody before it is accepted, and after its end.</summary>
    public IEndUser? User { get; set; }

    /// <summary>Nobody has ended it.</summary>
    public bool IsOpen { get; private set; } = true;

    /// <summary>Its host has not crashed since.</summary>
    public bool IsAlive { get; private set; } = true;

    /// <summary>Where its bytes go.</summary>
    public SimStream Out { get; private set; } = null!;

    /// <summary>Where its bytes come from.</summary>
    public SimStream In => _other.Out;

    public void Join(SimConnection connection, SimEnd other, SimStream output) => (_connection, _other, Out) = (connection, other, output);

    /// <summary>Reads at least one byte of those that are readable, and at most so many.</summary>
    public SlabSlice Read(int most)
    {
        var slice = In.Inbox.Read(Math.Min(most, In.Readable));
        In.Acknowledge(slice.Length);
        return slice;
    }

    /// <summary>Closes: what is queued is dropped, the other side learns of it after what is under way.</summary>
    public void Close()
    {
        if (!IsOpen) return;
        Out.Outbox.Drop();
        CloseAfterSending();
    }

    /// <summary>Closes when what is queued is out. Nothing is read any more.</summary>
    public void CloseAfterSending()
    {
        if (!IsOpen) return;
        Host.Network.Note(NetEvent.Close, Host, _other.Host, 0);
        IsOpen = false;
        User = null;
        In.Discard();
        Out.End();
        _connection.OnEndClosed();
    }

    /// <summary>As <see cref="Close"/>, and the user is told.</summary>
    public void End(string reason)
    {
        var user = User;
        Close();
        user?.OnClosed(reason);
    }

    /// <summary>Breaks off: the other side is told if the way is open.</summary>
    public void Reset()
    {
        if (!IsOpen) return;
        var path = Host.Network.Path(Host, _other.Host);
        if (!path.IsDead) Host.Network.Simulation.Schedule(new TimeSpan(Host.Network.Latency(path)), _other.FailByReset);
        Leave();
    }

    /// <summary>A reset came.</summary>
    public void FailByReset()
    {
        if (!IsOpen) return;
        Host.Network.Counters.Resets++;
        Fail(NetReasons.Reset);
    }

    /// <summary>It is over for this side alone.</summary>
    public void Fail(string reason)
    {
        if (!IsOpen) return;
        var user = User;
        Leave();
        user?.OnClosed(reason);
    }

    /// <summary>Its host crashed.</summary>
    public void Vanish()
    {
        IsAlive = false;
        if (!IsOpen) return;
        Leave();
        if (_other.User is Nobody) _other.Close();
        else _other.Out.OnCut();
    }

    private void Leave()
    {
        Host.Network.Note(NetEvent.Lost, Host, _other.Host, 0);
        IsOpen = false;
        User = null;
        Out.Outbox.Drop();
        In.Discard();
        _connection.OnEndClosed();
    }
}

/// <summary>The user of an end that was never accepted: reads nothing, and lets go when the other side does.</summary>
internal sealed class Nobody(SimEnd end) : IEndUser
{
    /// <inheritdoc/>
    public void OnReadable()
    {
        if (end.In.HasEnd) end.Close();
    }

    /// <inheritdoc/>
    public void OnSent(SendTally tally) => throw new InvalidOperationException("Nobody sends nothing.");

    /// <inheritdoc/>
    public void OnUploadDry() => throw new InvalidOperationException("Nobody sends nothing.");

    /// <inheritdoc/>
    public void OnClosed(string reason) => end.Host.Network.Note(NetEvent.Lost, end.Host, end.Host, 0);
}
