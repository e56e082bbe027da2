using System.Net;

namespace Swarm.Actors.Ports;

/// <summary>
/// TCP as actors see it. Calls return at once, never throw for what the network does, and never answer inline: answers are messages.
/// </summary>
public interface ITcp
{
    /// <summary>
    /// Listens on <paramref name="local"/> (port 0: any free one). Answers <paramref name="owner"/> with <see cref="Listening"/> or
    /// <see cref="ListenFailed"/>, then with one <see cref="Accepted"/> for each connection that comes in.
    /// </summary>
    void Listen(IPEndPoint local, IActorRef owner);

    /// <summary>Stops every listener of <paramref name="owner"/>. Links already accepted live on.</summary>
    void StopListening(IActorRef owner);

    /// <summary>
    /// Opens a connection, from <paramref name="bind"/> if given. Answers <paramref name="replyTo"/> with <see cref="Connected"/> or
    /// <see cref="ConnectFailed"/>, carrying <paramref name="dial"/>, within <paramref name="timeout"/>.
    /// </summary>
    void Connect(long dial, IPEndPoint remote, IPAddress? bind, TimeSpan timeout, IActorRef replyTo);

    /// <summary>A listener stands at <paramref name="Local"/>, its real port filled in.</summary>
    sealed record Listening(IPEndPoint Requested, IPEndPoint Local);

    /// <summary>No listener at <paramref name="Requested"/>; <paramref name="Reason"/> is one line for people.</summary>
    sealed record ListenFailed(IPEndPoint Requested, string Reason);

    /// <summary>A connection came in. Nothing is read before <see cref="IPeerLink.Start"/>; who does not want it closes it.</summary>
    sealed record Accepted(IPeerLink Link);

    /// <summary>The connection asked for as <paramref name="Dial"/> stands.</summary>
    sealed record Connected(long Dial, IPeerLink Link);

    /// <summary>It does not; <paramref name="Reason"/> is one line for people.</summary>
    sealed record ConnectFailed(long Dial, IPEndPoint Remote, string Reason);
}

/// <summary>Which way bytes go, as this node sees it.</summary>
public enum TransferDirection
{
    /// <summary>Into this node.</summary>
    Download,

    /// <summary>Out of this node.</summary>
    Upload,
}

/// <summary>
/// One live byte stream to a peer. Order of <see cref="Send"/> and <see cref="SendBlock"/> is the order on the wire. Reading is driven by the
/// link: it reads while slabs are to be had and its owner's quota lasts, so a slow owner slows the other side and nothing grows.
/// After <see cref="Closed"/> no message follows. Used by one owner at a time.
/// </summary>
public interface IPeerLink
{
    /// <summary>The other side's address.</summary>
    IPEndPoint Remote { get; }

    /// <summary>This side's address.</summary>
    IPEndPoint Local { get; }

    /// <summary>Begins to read; <paramref name="owner"/> gets every message from now on. A second call hands the link to another owner: messages already sent stay with the first.</summary>
    void Start(IActorRef owner);

    /// <summary>Copies and queues bytes. False: more than the link's limit is queued, nothing was taken, and the owner should close.</summary>
    bool Send(ReadOnlySpan<byte> bytes);

    /// <summary>
    /// Queues a block as a "piece" message: the 13-byte header, then the bytes straight from the storage's files (BEP 3). False: the queue's limit is
    /// reached, nothing was taken. A block that cannot be read closes the link and tells the storage's owner <see cref="IDisk.ReadFailed"/>.
    /// </summary>
    bool SendBlock(StorageId storage, BlockRequest block);

    /// <summary>Takes a queued block back if none of it has been written. False: it is gone out or never was queued.</summary>
    bool CancelBlock(BlockRequest block);

    /// <summary>
    /// Turns a limit on or off. A limited direction moves bytes only by <see cref="Grant"/>; when it wants to and has none it tells
    /// <see cref="QuotaSpent"/> once for each time it runs dry.
    /// </summary>
    void Limit(TransferDirection direction, bool limited);

    /// <summary>Adds <paramref name="bytes"/> to a limited direction's quota.</summary>
    void Grant(TransferDirection direction, int bytes);

    /// <summary>Closes: what is queued is dropped, <see cref="Closed"/> follows.</summary>
    void Close();

    /// <summary>Bytes came in. The receiver owns the slice's reference. Slices of one link follow each other in the stream without gap.</summary>
    sealed record Received(SlabSlice Data);

    /// <summary>Since the last such message this many whole blocks (their payload bytes) went to the kernel, at least one. Other bytes are not told: there are as many small writes as turns, and nobody waits for one.</summary>
    sealed record Sent(int Blocks, long BlockBytes);

    /// <summary>The direction stands still for want of quota.</summary>
    sealed record QuotaSpent(TransferDirection Direction);

    /// <summary>The link is gone: the other side closed, the network failed, or <see cref="Close"/>. <paramref name="Reason"/> is one line for people.</summary>
    sealed record Closed(string Reason);
}
