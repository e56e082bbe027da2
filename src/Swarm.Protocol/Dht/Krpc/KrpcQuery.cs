using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Krpc;

/// <summary>A query of ours, to be written by <see cref="KrpcEncoder"/>: the method, and of what follows whatever the method has. Slices are the caller's.</summary>
public readonly ref struct KrpcQuery
{
    /// <summary>What it asks for; not <see cref="KrpcMethod.Unknown"/>.</summary>
    public required KrpcMethod Method { get; init; }

    /// <summary>The transaction's id.</summary>
    public required ReadOnlySpan<byte> TransactionId { get; init; }

    /// <summary>Our id.</summary>
    public required NodeId Id { get; init; }

    /// <summary>We answer no queries (BEP 43).</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>find_node, get, sample_infohashes: the target. get_peers, announce_peer: the info-hash.</summary>
    public NodeId Target { get; init; }

    /// <summary>find_node, get_peers, get, sample_infohashes: the lists wanted, if not only the family's own (BEP 32).</summary>
    public KrpcWant Want { get; init; }

    /// <summary>get_peers: with bloom filters (BEP 33).</summary>
    public bool Scrape { get; init; }

    /// <summary>get_peers: rather no seeds (BEP 33).</summary>
    public bool NoSeed { get; init; }

    /// <summary>announce_peer, put: the token the node gave for this target.</summary>
    public ReadOnlySpan<byte> Token { get; init; }

    /// <summary>announce_peer: the port, 1 to 65,535; also sent with <see cref="ImpliedPort"/>, for nodes that do not know that.</summary>
    public int Port { get; init; }

    /// <summary>announce_peer: take the port the datagram comes from.</summary>
    public bool ImpliedPort { get; init; }

    /// <summary>announce_peer: we have everything (BEP 33).</summary>
    public bool IsSeed { get; init; }

    /// <summary>put: the value, one bencoded value as it stands.</summary>
    public ReadOnlySpan<byte> Value { get; init; }

    /// <summary>put of a mutable item: its public key, 32 bytes; else empty.</summary>
    public ReadOnlySpan<byte> PublicKey { get; init; }

    /// <summary>put of a mutable item: its signature, 64 bytes.</summary>
    public ReadOnlySpan<byte> Signature { get; init; }

    /// <summary>put of a mutable item: its salt; empty is none.</summary>
    public ReadOnlySpan<byte> Salt { get; init; }

    /// <summary>put of a mutable item: its number. get: only a newer one is wanted.</summary>
    public long? Sequence { get; init; }

    /// <summary>put of a mutable item: the number it must replace.</summary>
    public long? Cas { get; init; }
}
