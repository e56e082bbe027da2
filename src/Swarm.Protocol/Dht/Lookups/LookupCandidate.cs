using System.Collections.Immutable;
using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Dht.Security;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Lookups;

/// <summary>What a lookup knows of a candidate.</summary>
internal enum CandidatePhase : byte
{
    /// <summary>Not asked yet.</summary>
    Fresh,

    /// <summary>Asked.</summary>
    Asked,

    /// <summary>Asked, and slow: somebody else is asked in its place, but its answer still counts.</summary>
    Stalled,

    /// <summary>It answered.</summary>
    Answered,

    /// <summary>It did not, or not what it should.</summary>
    Failed,
}

/// <summary>Whom a lookup asks, and how far that has got.</summary>
internal class LookupParty
{
    public CandidatePhase Phase { get; set; }

    /// <summary>Queries sent to it.</summary>
    public int Tries { get; set; }

    /// <summary>Of those, the ones that have neither been answered nor timed out.</summary>
    public int Open { get; set; }
}

/// <summary>A node that a lookup may ask.</summary>
internal sealed class LookupCandidate(NodeContact contact, NodeId target, int hops) : LookupParty
{
    public NodeContact Contact { get; } = contact;

    public Bytes20 Distance { get; } = contact.Id.DistanceTo(target);

    public UdpAddress Narrow { get; } = NetworkOf.Narrow(contact.Address);

    public UdpAddress Wide { get; } = NetworkOf.Wide(contact.Address);

    public bool IsSecure { get; } = SecureNodeId.Matches(contact.Id, contact.Address);

    public bool IsLocal { get; } = AddressFilter.IsLocal(contact.Address);

    public int Hops { get; } = hops;

    public ImmutableArray<byte> Token { get; set; } = [];

    public long? Sequence { get; set; }
}
