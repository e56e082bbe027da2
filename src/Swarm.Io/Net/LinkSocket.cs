using System.Net;
using System.Net.Sockets;

namespace Swarm.Io.Net;

/// <summary>
/// One connected socket as links drive it: reads and writes that never wait, and a way to be called when they would succeed.
/// Each direction has at most one wait or schedule outstanding; the callback ends it. Callbacks come on the engine's threads, never inside of the call that asked.
/// </summary>
internal abstract class LinkSocket : IDisposable
{
    protected LinkSocket(IPEndPoint remote, IPEndPoint local)
    {
        Remote = remote;
        Local = local;
    }

    public IPEndPoint Remote { get; }

    public IPEndPoint Local { get; }

    /// <summary>Who is called; set once, before anything is waited for.</summary>
    public ILinkEvents? Events { get; set; }

    /// <summary>Bytes read, at least 1; 0 with Success: the stream ended; 0 with WouldBlock: nothing there; 0 with another error: the connection is lost.</summary>
    public abstract int Receive(Span<byte> buffer, out SocketError error);

    /// <summary>Bytes the kernel took, perhaps fewer than given, 0 with WouldBlock when it takes none; another error: the connection is lost.</summary>
    public abstract int Send(ReadOnlySpan<byte> bytes, out SocketError error);

    /// <summary>Whether <see cref="Send(ReadOnlySpan{Native.IoVector}, out SocketError)"/> works.</summary>
    public virtual bool SendsVectors => false;

    /// <summary>As <see cref="Send(ReadOnlySpan{byte}, out SocketError)"/>, from several places. Fault with 0: the first of them cannot be read, and nothing went.</summary>
    public virtual int Send(ReadOnlySpan<Native.IoVector> vectors, out SocketError error) => throw new NotSupportedException();

    /// <summary>Once, after the first block: makes the kernel's queue for this connection no deeper than the path needs, where that is known.</summary>
    public virtual void FitSendBuffer()
    {
    }

    /// <summary>Calls <see cref="ILinkEvents.OnReadable"/> once when there is something to read, be it an end or an error.</summary>
    public abstract void WaitReadable();

    /// <summary>
    /// Before <see cref="WaitWritable"/>: gives the socket the bytes that did not go. Returns how many of the first it keeps a copy of and will send itself;
    /// they count as under way. An engine that can wait without sending keeps none.
    /// </summary>
    public abstract int Carry(ReadOnlySpan<byte> rest);

    /// <summary>Calls <see cref="ILinkEvents.OnWritable"/> once when the kernel takes bytes again.</summary>
    public abstract void WaitWritable();

    /// <summary>Calls <see cref="ILinkEvents.OnWritable"/> once, soon, on a thread that may write.</summary>
    public abstract void ScheduleWrite();

    public abstract void Dispose();
}

/// <summary>What a socket calls.</summary>
internal interface ILinkEvents
{
    void OnReadable();

    /// <summary><paramref name="carried"/> bytes of those the socket kept were sent; <paramref name="error"/> other than Success: the connection is lost.</summary>
    void OnWritable(int carried, SocketError error);
}

/// <summary>Makes link sockets and opens connections; one for a process is enough.</summary>
internal interface ISocketEngine : IDisposable
{
    /// <summary>Takes over a connected socket that no asynchronous operation was ever started on.</summary>
    LinkSocket Attach(Socket socket, IPEndPoint remote);

    /// <summary>
    /// Connects; <paramref name="done"/> is called once, from any thread, unless the socket is disposed of before. May be called inside of this call. What is answered lets go of what the engine holds for the
    /// way there, and is to be disposed of with the socket by whoever gives up, for a closed socket is reported by nobody; null: nothing is held.
    /// </summary>
    IDisposable? Connect(Socket socket, IPEndPoint remote, Action<SocketError> done);
}
