using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Ports;

namespace Swarm.Io.Net;

/// <summary>
/// One connection: a reader and a writer over one socket, and their common end.
/// <para>
/// Who owns it has its turn on the thread that received or sent, unless it has one elsewhere just now (<see cref="OwnerTurn"/>): its messages are why that thread woke, and waking another costs more than decoding them.
/// </para>
/// <para>
/// The end. Turns of either side count as active. Whoever ends the link (its owner, an error, the end of the stream) marks it closing; the last to leave then
/// returns the slabs, drops the queue, disposes of the socket and tells <see cref="IPeerLink.Closed"/>. Messages come from turns only, so Closed is
/// the last one. An owner to whom the link is handed when all that is over is told Closed too, once: it would wait for ever otherwise.
/// </para>
/// </summary>
internal sealed partial class TcpLink : IPeerLink, ILinkEvents
{
    /// <summary>Messages without content are made once.</summary>
    public static readonly IPeerLink.QuotaSpent DownloadQuotaSpent = new(TransferDirection.Download);

    /// <inheritdoc cref="DownloadQuotaSpent"/>
    public static readonly IPeerLink.QuotaSpent UploadQuotaSpent = new(TransferDirection.Upload);

    private readonly NetContext _context;
    private readonly Lock _gate = new();
    private readonly LinkReader _reader;
    private readonly LinkWriter _writer;
    private IActorRef? _owner;
    private string _reason = "";
    private int _active;
    private volatile bool _closing;
    private bool _finished;

    /// <summary>Takes over a socket and a place in the table, which the link gives back at its end.</summary>
    public TcpLink(LinkSocket socket, NetContext context)
    {
        Socket = socket;
        _context = context;
        _reader = new LinkReader(this, context);
        _writer = new LinkWriter(this, context);
        socket.Events = this;
        context.Links.Add(this);
    }

    public LinkSocket Socket { get; }

    /// <inheritdoc/>
    public IPEndPoint Remote => Socket.Remote;

    /// <inheritdoc/>
    public IPEndPoint Local => Socket.Local;

    /// <summary>Nobody has ended it yet.</summary>
    public bool IsOpen => !_closing;

    /// <inheritdoc/>
    public void Start(IActorRef owner)
    {
        lock (_gate)
        {
            if (owner.Equals(_owner)) return;
            _owner = owner;
            if (_finished)
            {
                TellClosed();
                return;
            }
        }

        _reader.Start();
    }

    /// <inheritdoc/>
    public bool Send(ReadOnlySpan<byte> bytes) => _writer.Send(bytes);

    /// <inheritdoc/>
    public bool SendBlock(StorageId storage, BlockRequest block) => _writer.SendBlock(storage, block);

    /// <inheritdoc/>
    public bool CancelBlock(BlockRequest block) => _writer.CancelBlock(block);

    /// <inheritdoc/>
    public void Limit(TransferDirection direction, bool limited)
    {
        if (direction == TransferDirection.Download) _reader.Limit(limited);
        else _writer.Limit(limited);
    }

    /// <inheritdoc/>
    public void Grant(TransferDirection direction, int bytes)
    {
        if (direction == TransferDirection.Download) _reader.Grant(bytes);
        else _writer.Grant(bytes);
    }

    /// <inheritdoc/>
    public void Close() => Abort(NetReasons.Closed);

    /// <summary>Ends the link for a reason; the first one counts.</summary>
    public void Abort(string reason)
    {
        lock (_gate)
        {
            if (_closing) return;
            _closing = true;
            _reason = reason;
            if (_active > 0) return;
        }

        Finish();
    }

    /// <summary>Tells the owner, whose turn may wait for <see cref="OwnerTurn.Take"/>; only from a turn of the reader or the writer.</summary>
    public void Tell(object message)
    {
        Interlocked.Increment(ref _context.Tally.Messages);
        if (Volatile.Read(ref _owner) is { } owner) OwnerTurn.Tell(owner, message);
    }

    public void Sweep() => _reader.Sweep();

    /// <inheritdoc/>
    public void OnReadable()
    {
        if (!TryEnter()) return;
        var again = false;
        try
        {
            again = _reader.Turn();
        }
        catch (Exception e)
        {
            Fail(e);
        }

        Leave();
        OwnerTurn.Take();
        _reader.LetGoOfConsumed();
        if (again) Socket.WaitReadable();
    }

    /// <inheritdoc/>
    public void OnWritable(int carried, SocketError error)
    {
        if (!TryEnter()) return;
        var next = AfterTurn.Nothing;
        try
        {
            if (error == SocketError.Success) next = _writer.Turn(carried);
            else Abort(NetReasons.Lost(error));
        }
        catch (Exception e)
        {
            Fail(e);
        }

        Leave();
        OwnerTurn.Take();
        if (next == AfterTurn.TurnAgain) Socket.ScheduleWrite();
        else if (next == AfterTurn.WaitWritable) Socket.WaitWritable();
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A link to {Remote} failed by an error of the program and is closed.")]
    private static partial void LogFailed(ILogger log, IPEndPoint remote, Exception exception);

    // A bug must end one link, not the thread that serves all of them.
    private void Fail(Exception exception)
    {
        LogFailed(_context.Log, Remote, exception);
        Abort($"an error of the program: {exception.Message}");
    }

    private bool TryEnter()
    {
        lock (_gate)
        {
            if (_closing) return false;
            _active++;
            return true;
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            _active--;
            if (!_closing || _active > 0) return;
        }

        Finish();
    }

    // Reached once: closing was set once, and nobody enters after it.
    private void Finish()
    {
        _reader.Close();
        _writer.Close();
        Socket.Dispose();
        _context.Links.Remove(this);
        lock (_gate)
        {
            _finished = true;
            TellClosed();
        }
    }

    // From any thread, even an actor's own: the owner has its turn elsewhere.
    private void TellClosed()
    {
        Interlocked.Increment(ref _context.Tally.Messages);
        _owner?.Tell(new IPeerLink.Closed(_reason), ActorRefs.NoSender);
    }
}
