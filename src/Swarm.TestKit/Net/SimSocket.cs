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

/// <summary>One end of a connection for code that is no actor: fake peers, fake trackers.</summary>
public sealed class SimSocket
{
    /// <summary>This side's address.</summary>
    public IPEndPoint Local => throw new NotSupportedException();

    /// <summary>The other side's address, as this side sees it.</summary>
    public IPEndPoint Remote => throw new NotSupportedException();

    /// <summary>Whether it stands, so that bytes can be sent.</summary>
    public bool IsOpen => throw new NotSupportedException();

    /// <summary>Whether bytes are read as they come; off, they wait and the other side stops when the window is full.</summary>
    public bool IsReading { get; set; } = true;

    /// <summary>Bytes that were given to <see cref="Send"/> and have not gone out.</summary>
    public int Queued => throw new NotSupportedException();

    /// <summary>Copies and queues bytes. False: more than the limit is queued, or the connection is over; nothing was taken.</summary>
    public bool Send(ReadOnlySpan<byte> bytes) => throw new NotSupportedException();

    /// <summary>Ends the connection after what is queued has gone out; nothing is read any more.</summary>
    public void Close() => throw new NotSupportedException();

    /// <summary>Breaks the connection off; what is under way is lost.</summary>
    public void Reset() => throw new NotSupportedException();
}
