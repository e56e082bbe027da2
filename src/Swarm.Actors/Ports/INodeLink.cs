using System.Collections.Immutable;

namespace Swarm.Actors.Ports;

/// <summary>
/// Messages between the nodes of a cluster, to whoever listens at an end point now. Whoever sends has been proven to belong to the cluster; whom the message says that it is from is not. A message may be dropped, duplicated and overtaken;
/// none is cut or joined. The actor <c>cluster</c> is the only caller.
/// </summary>
public interface INodeLink
{
    /// <summary>Listens at <paramref name="endPoint"/>, as <c>host:port</c>. Answers <paramref name="receiver"/> with <see cref="Opened"/> or <see cref="OpenFailed"/>, and then tells it <see cref="Received"/>.</summary>
    void Open(string endPoint, IActorRef receiver);

    /// <summary>Sends, if it can. False: too much is on its way to there already, and the message is dropped.</summary>
    bool Send(string endPoint, ImmutableArray<byte> message);

    /// <summary>Stops listening, and lets go of all connections.</summary>
    void Close();

    /// <summary>It listens.</summary>
    sealed record Opened;

    /// <summary>It does not; <paramref name="Reason"/> is one line for people.</summary>
    sealed record OpenFailed(string Reason);

    /// <summary>A message came in.</summary>
    sealed record Received(ImmutableArray<byte> Message);
}
