using System.Collections.Immutable;

namespace Swarm.Host.Cluster;

/// <summary>Why a request of another was refused.</summary>
internal enum LinkRejection
{
    /// <summary>Not one of the link's addresses or methods.</summary>
    NotOurs,

    /// <summary>Its body is too large.</summary>
    Oversized,

    /// <summary>It came too slowly, or broke off.</summary>
    Incomplete,

    /// <summary>It does not have the form.</summary>
    Malformed,

    /// <summary>Its proof is not one, or the certificate is not that of whom it says it is from.</summary>
    Unproven,

    /// <summary>Of a session that is not known here, as after a restart; the sender proves itself again.</summary>
    UnknownSession,

    /// <summary>It came before.</summary>
    Replayed,

    /// <summary>It is meant for another node, or another cluster.</summary>
    Misdirected,

    /// <summary>Too many are under way.</summary>
    Busy,

    /// <summary>This node is starting or ending.</summary>
    NotOpen,

    /// <summary>A connection too many, from one address or in all.</summary>
    TooManyConnections,
}

/// <summary>
/// What the link has counted. Messages: handed to other nodes; dropped because too many waited (<paramref name="Dropped"/>) or because their node was not reached (<paramref name="Undelivered"/>); taken. Requests: failed ones of ours, and those of others that were
/// refused, by reason. <paramref name="Calls"/> of ours and <paramref name="Served"/> of others. <paramref name="Destinations"/>: nodes that are sent to now. <paramref name="Waiting"/>: bytes that wait for them.
/// </summary>
internal sealed record NodeLinkCounters(long Delivered, long Dropped, long Undelivered, long Received, long Failures, long Calls, long Served, int Destinations, long Waiting, ImmutableArray<long> Rejected)
{
    /// <summary>How many requests were refused for a reason.</summary>
    public long Of(LinkRejection reason) => Rejected[(int)reason];
}

/// <summary>The link's counters; any thread.</summary>
internal sealed class LinkCounting
{
    private readonly long[] _rejected = new long[Enum.GetValues<LinkRejection>().Length];
    private long _delivered;
    private long _dropped;
    private long _undelivered;
    private long _received;
    private long _failures;
    private long _calls;
    private long _served;
    private long _waiting;

    /// <summary>Bytes that wait in all queues.</summary>
    public long Waiting => Interlocked.Read(ref _waiting);

    public void Delivered(int messages) => Interlocked.Add(ref _delivered, messages);

    public void Dropped() => Interlocked.Increment(ref _dropped);

    public void Undelivered(int messages) => Interlocked.Add(ref _undelivered, messages);

    public void Received(int messages) => Interlocked.Add(ref _received, messages);

    public void Failed() => Interlocked.Increment(ref _failures);

    public void Called() => Interlocked.Increment(ref _calls);

    public void Served() => Interlocked.Increment(ref _served);

    public void Waits(long bytes) => Interlocked.Add(ref _waiting, bytes);

    public void Rejected(LinkRejection reason) => Interlocked.Increment(ref _rejected[(int)reason]);

    /// <summary>All of them now.</summary>
    public NodeLinkCounters Read(int destinations) => new(
        Interlocked.Read(ref _delivered), Interlocked.Read(ref _dropped), Interlocked.Read(ref _undelivered), Interlocked.Read(ref _received), Interlocked.Read(ref _failures), Interlocked.Read(ref _calls), Interlocked.Read(ref _served),
        destinations, Waiting, [.. Enumerable.Range(0, _rejected.Length).Select(reason => Interlocked.Read(ref _rejected[reason]))]);
}
