using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Krpc;

/// <summary>
/// A reply of ours, to be written by <see cref="KrpcEncoder"/>. Slices are the caller's. Lists may be longer than what fits: the encoder takes of the own family's nodes, then of the samples,
/// then of the peers, then of the other family's nodes as many as there is room for, from the front.
/// </summary>
public readonly ref struct KrpcReply
{
    /// <summary>The query's transaction id.</summary>
    public required ReadOnlySpan<byte> TransactionId { get; init; }

    /// <summary>Our id.</summary>
    public required NodeId Id { get; init; }

    /// <summary>Where the query came from (BEP 42). Its family is the own family.</summary>
    public required UdpAddress Querier { get; init; }

    /// <summary>Whether to send "nodes", be there none.</summary>
    public bool HasNodes { get; init; }

    /// <summary>IPv4 nodes, compact, closest first.</summary>
    public ReadOnlySpan<byte> Nodes { get; init; }

    /// <summary>Whether to send "nodes6", be there none.</summary>
    public bool HasNodes6 { get; init; }

    /// <summary>IPv6 nodes, compact, closest first.</summary>
    public ReadOnlySpan<byte> Nodes6 { get; init; }

    /// <summary>The write token, or empty.</summary>
    public ReadOnlySpan<byte> Token { get; init; }

    /// <summary>Peers of the own family, compact, one after the other; empty: no "values".</summary>
    public ReadOnlySpan<byte> Peers { get; init; }

    /// <summary>Filter of the seeds, 256 bytes, or empty (BEP 33).</summary>
    public ReadOnlySpan<byte> SeedFilter { get; init; }

    /// <summary>Filter of the other peers, 256 bytes, or empty (BEP 33).</summary>
    public ReadOnlySpan<byte> PeerFilter { get; init; }

    /// <summary>The item's value, bencoded, or empty (BEP 44).</summary>
    public ReadOnlySpan<byte> Value { get; init; }

    /// <summary>The item's public key, or empty.</summary>
    public ReadOnlySpan<byte> PublicKey { get; init; }

    /// <summary>The item's signature, or empty.</summary>
    public ReadOnlySpan<byte> Signature { get; init; }

    /// <summary>The mutable item's sequence number.</summary>
    public long? Sequence { get; init; }

    /// <summary>Whether to send "samples", "num" and "interval" (BEP 51).</summary>
    public bool HasSamples { get; init; }

    /// <summary>Info-hashes, twenty bytes each.</summary>
    public ReadOnlySpan<byte> Samples { get; init; }

    /// <summary>Info-hashes in all.</summary>
    public int SampleTotal { get; init; }

    /// <summary>Seconds until there are new samples.</summary>
    public int SampleInterval { get; init; }
}
