using System.Collections.Immutable;
using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Lookups;

/// <summary>What a <see cref="Lookup"/> is for.</summary>
/// <param name="Method">find_node, get_peers, get or sample_infohashes: what every node is asked.</param>
/// <param name="Target">Where to go.</param>
public sealed record LookupRequest(KrpcMethod Method, NodeId Target)
{
    /// <summary>The node lists wanted, if not only the own family's (BEP 32).</summary>
    public KrpcWant Want { get; init; }

    /// <summary>get_peers: with filters (BEP 33), from which the size of the swarm is estimated.</summary>
    public bool Scrape { get; init; }

    /// <summary>get_peers: rather no seeds (BEP 33).</summary>
    public bool NoSeed { get; init; }

    /// <summary>get of a mutable item: its salt, which is part of what is signed.</summary>
    public ImmutableArray<byte> Salt { get; init; } = [];

    /// <summary>get: go on when an immutable item was found, because it is to be put and every close node's token is needed.</summary>
    public bool ForPut { get; init; }

    /// <summary>get of a mutable item: only a newer one is wanted.</summary>
    public long? KnownSequence { get; init; }
}

/// <summary>Why a lookup ended.</summary>
public enum LookupEnd : byte
{
    /// <summary>It has not.</summary>
    None,

    /// <summary>The closest nodes there are have all answered.</summary>
    Complete,

    /// <summary>An immutable item was found: no more is to be found.</summary>
    Found,

    /// <summary>Nobody answered.</summary>
    NoAnswer,

    /// <summary>It took <see cref="LookupSettings.MaxQueries"/> queries.</summary>
    TooManyQueries,

    /// <summary>It took <see cref="LookupSettings.MaxDuration"/>.</summary>
    TooLong,
}

/// <summary>A node of a lookup that answered, and the token it gave, empty if none (then it takes no announce).</summary>
/// <param name="Contact">The node.</param>
/// <param name="Token">For announce_peer or put, at this node and this target only.</param>
/// <param name="Hops">How many nodes lead to it: 1 for those the lookup began with.</param>
/// <param name="Sequence">get of a mutable item: the number of what it has, null if nothing.</param>
public sealed record LookupNode(NodeContact Contact, ImmutableArray<byte> Token, int Hops, long? Sequence);
