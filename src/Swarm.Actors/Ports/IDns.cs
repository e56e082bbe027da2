using System.Collections.Immutable;
using System.Net;

namespace Swarm.Actors.Ports;

/// <summary>Names to addresses.</summary>
public interface IDns
{
    /// <summary>Resolves a host name or address literal. Answers <see cref="Resolved"/> or <see cref="Failed"/> with <paramref name="id"/>.</summary>
    void Resolve(long id, string host, IActorRef replyTo);

    /// <summary>At least one address, in the resolver's order.</summary>
    sealed record Resolved(long Id, string Host, ImmutableArray<IPAddress> Addresses);

    /// <summary>None; <paramref name="Reason"/> is one line for people.</summary>
    sealed record Failed(long Id, string Host, string Reason);
}
