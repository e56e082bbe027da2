namespace Swarm.Host.Cluster;

/// <summary>What became of a call. The numbers are on the wire and are never used again.</summary>
internal enum NodeAnswerStatus : byte
{
    /// <summary>It was answered.</summary>
    Done = 1,

    /// <summary>What it asks for is not there.</summary>
    NotFound = 2,

    /// <summary>The other node does not know this call, or not its form: it is older or newer.</summary>
    Unknown = 3,

    /// <summary>Too many are under way, here or there.</summary>
    Busy = 4,

    /// <summary>The other node failed on it, or is starting or ending.</summary>
    Failed = 5,

    /// <summary>The other node was not reached, or did not answer in time; never sent, only found.</summary>
    Unreachable = 6,
}

/// <summary>The answer to a call. Its body is empty unless <see cref="NodeAnswerStatus.Done"/> says otherwise.</summary>
internal sealed record NodeAnswer(NodeAnswerStatus Status, ReadOnlyMemory<byte> Body)
{
    /// <summary>An answer without a body.</summary>
    public static NodeAnswer Of(NodeAnswerStatus status) => new(status, ReadOnlyMemory<byte>.Empty);
}

/// <summary>Answers a call of another member, which has proven that it belongs to the cluster; within the link's time-out for calls, after which the token is cancelled. <paramref name="from"/>: the end point that the caller says it is at.</summary>
internal delegate Task<NodeAnswer> NodeCallHandler(string from, ReadOnlyMemory<byte> body, CancellationToken cancellation);

/// <summary>
/// Calls between the nodes of a cluster: a number that says what is asked, a small body, and an answer; over the same connections, with the same proofs and limits as messages. Any thread.
/// <para>Calls are for what people wait for, such as details of a torrent at another node. Nothing of the cluster's own work depends on one.</para>
/// </summary>
internal interface INodeCalls
{
    /// <summary>Answers calls of a number from now on. Numbers are on the wire and are never used again; each has one handler.</summary>
    /// <exception cref="InvalidOperationException">The number has a handler.</exception>
    void Handle(int call, NodeCallHandler handler);

    /// <summary>Calls a node. Never fails for what the other side or the network does: then the status says so.</summary>
    /// <exception cref="OperationCanceledException">The caller does not want it any more.</exception>
    Task<NodeAnswer> CallAsync(string endPoint, int call, ReadOnlyMemory<byte> body, CancellationToken cancellation);
}
