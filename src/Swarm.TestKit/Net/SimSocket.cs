using System.Net;

namespace Swarm.TestKit.Net;

/// <summary>What a scripted end of a connection learns, in virtual time, on the simulation's thread. May call its socket from inside.</summary>
public interface ISimSocketHandler
{
    /// <summary>The connection stands; told to who dialed and to who accepted. A dial that fails tells <see cref="OnClosed"/> only.</summary>
    void OnConnected();

    /// <summary>Bytes came, cut anywhere. They are gone when the call returns.</summary>
    void OnBytes(ReadOnlySpan<byte> bytes);

    /// <summary>The last call: the connection is over, or never was. Not told to who ended it.</summary>
    void OnClosed(string reason);
}

/// <summary>One end of a connection for code that is no actor: fake peers, fake trackers. It takes what comes at once, unless told not to read.</summary>
public sealed class SimSocket : IEndUser
{
    private ISimSocketHandler _handler;
    private SimEnd? _end;
    private bool _givenUp;
    private bool _reads;

    /// <summary>One that is on its way.</summary>
    internal SimSocket(IPEndPoint remote, ISimSocketHandler handler)
    {
        Remote = remote;
        _handler = handler;
    }

    /// <summary>This side's address; nothing in particular before it stands.</summary>
    public IPEndPoint Local => _end?.Local ?? new IPEndPoint(IPAddress.Any, 0);

    /// <summary>The other side's address, as this side sees it.</summary>
    public IPEndPoint Remote { get; }

    /// <summary>Whether it stands, so that bytes can be sent.</summary>
    public bool IsOpen => _end is { IsOpen: true };

    /// <summary>Whether bytes are read as they come; off, they wait and the other side stops when the window is full.</summary>
    public bool IsReading
    {
        get;
        set
        {
            field = value;
            if (value && IsOpen) _end!.Host.Network.Simulation.Schedule(TimeSpan.Zero, ((IEndUser)this).OnReadable);
        }
    } = true;

    /// <summary>Bytes that were given to <see cref="Send"/> and have not gone out.</summary>
    public int Queued => _end?.Out.Outbox.OtherBytes ?? 0;

    /// <summary>Copies and queues bytes. False: more than the limit is queued, or the connection does not stand; nothing was taken.</summary>
    public bool Send(ReadOnlySpan<byte> bytes)
    {
        if (_end is not { IsOpen: true } end || !end.Out.Outbox.TryAppend(bytes, end.Host.Network.Settings)) return false;
        end.Out.Wake();
        return true;
    }

    /// <summary>Ends the connection after what is queued has gone out; nothing is read any more. One that is on its way is given up.</summary>
    public void Close()
    {
        _givenUp = true;
        _end?.CloseAfterSending();
    }

    /// <summary>Breaks the connection off; what is under way is lost.</summary>
    public void Reset()
    {
        _givenUp = true;
        _end?.Reset();
    }

    /// <inheritdoc/>
    void IEndUser.OnReadable()
    {
        if (_reads || !IsReading) return;
        _reads = true;
        while (IsReading && IsOpen && (_end!.In.Readable > 0 || _end.In.IsAtEnd))
        {
            if (_end.In.Readable == 0)
            {
                _end.End(NetReasons.Ended);
                break;
            }

            var data = _end.Read(int.MaxValue);
            _handler.OnBytes(data.Span);
            data.Release();
        }

        _reads = false;
    }

    /// <inheritdoc/>
    void IEndUser.OnSent(SendTally tally)
    {
        // A script looks at what is queued when it wants to know.
    }

    /// <inheritdoc/>
    void IEndUser.OnUploadDry() => throw new InvalidOperationException("A script's end has no quota.");

    /// <inheritdoc/>
    void IEndUser.OnClosed(string reason) => _handler.OnClosed(reason);

    internal static void Accept(SimEnd end, Func<SimSocket, ISimSocketHandler?> accept)
    {
        var socket = new SimSocket(end.Remote, Unheard.Instance) { _end = end };
        if (accept(socket) is { } handler)
        {
            socket._handler = handler;
            if (!end.IsOpen) return;
            end.User = socket;
            handler.OnConnected();
        }
        else
        {
            end.Reset();
        }
    }

    internal void OnConnected(SimEnd end)
    {
        _end = end;
        if (_givenUp)
        {
            end.Close();
            return;
        }

        end.User = this;
        _handler.OnConnected();
    }

    internal void OnFailed(string reason)
    {
        if (!_givenUp) _handler.OnClosed(reason);
    }

    /// <summary>Stands for the handler of a connection that is being accepted.</summary>
    private sealed class Unheard : ISimSocketHandler
    {
        public static readonly Unheard Instance = new();

        public void OnConnected() => throw new InvalidOperationException("Not accepted yet.");

        public void OnBytes(ReadOnlySpan<byte> bytes) => throw new InvalidOperationException("Not accepted yet.");

        public void OnClosed(string reason) => throw new InvalidOperationException("Not accepted yet.");
    }
}
