using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Krpc;

/// <summary>
/// A KRPC message as a view of a datagram: numbers and ids by value, everything else a slice. Made by <see cref="KrpcDecoder"/>, must not outlive the bytes, costs no allocation.
/// What the other side left out, or sent in a form that cannot be used, is absent here: an empty slice, null, false. A query that misses what its method needs
/// says so in <see cref="Fault"/>.
/// </summary>
public readonly ref struct KrpcMessage
{
    /// <summary>Query, reply or error.</summary>
    public KrpcKind Kind { get; init; }

    /// <summary>The transaction's id ("t"): 1 to <see cref="KrpcLimits.MaxTransactionId"/> bytes.</summary>
    public ReadOnlySpan<byte> TransactionId { get; init; }

    /// <summary>The sender's client and version ("v"); often absent, not always text.</summary>
    public ReadOnlySpan<byte> Version { get; init; }

    /// <summary>Our own address as the sender sees it ("ip", BEP 42); the port is 0 if only the address was sent.</summary>
    public UdpAddress? ExternalAddress { get; init; }

    /// <summary>The sender answers no queries ("ro", BEP 43): it must not be added to a routing table.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>Of a query: what it asks for.</summary>
    public KrpcMethod Method { get; init; }

    /// <summary>Of a query: what makes it invalid.</summary>
    public KrpcFault Fault { get; init; }

    /// <summary>The sender's id; null only with <see cref="KrpcFault.NoId"/> (or before), in errors and in broken replies.</summary>
    public NodeId? Id { get; init; }

    /// <summary>Of a query: the target or info-hash, whichever its method has.</summary>
    public NodeId? Target { get; init; }

    /// <summary>The write token.</summary>
    public ReadOnlySpan<byte> Token { get; init; }

    /// <summary>Of an announce: the peer's port; 0 with <see cref="ImpliedPort"/>.</summary>
    public int Port { get; init; }

    /// <summary>Of an announce: the port is the one the datagram came from.</summary>
    public bool ImpliedPort { get; init; }

    /// <summary>Of an announce: the peer has everything (BEP 33).</summary>
    public bool IsSeed { get; init; }

    /// <summary>Of get_peers: rather no seeds (BEP 33).</summary>
    public bool NoSeed { get; init; }

    /// <summary>Of get_peers: with bloom filters (BEP 33).</summary>
    public bool Scrape { get; init; }

    /// <summary>Which node lists the query wants (BEP 32).</summary>
    public KrpcWant Want { get; init; }

    /// <summary>Sequence number of a mutable item (BEP 44).</summary>
    public long? Sequence { get; init; }

    /// <summary>The sequence number that a put expects to overwrite (BEP 44).</summary>
    public long? Cas { get; init; }

    /// <summary>The public key of a mutable item: 32 bytes, or absent.</summary>
    public ReadOnlySpan<byte> PublicKey { get; init; }

    /// <summary>The signature of a mutable item: 64 bytes, or absent.</summary>
    public ReadOnlySpan<byte> Signature { get; init; }

    /// <summary>The salt of a mutable item.</summary>
    public ReadOnlySpan<byte> Salt { get; init; }

    /// <summary>The value of an item as it stands, bencoded.</summary>
    public ReadOnlySpan<byte> Value { get; init; }

    /// <summary>IPv4 nodes of a reply.</summary>
    public CompactNodes Nodes { get; init; }

    /// <summary>IPv6 nodes of a reply (BEP 32).</summary>
    public CompactNodes Nodes6 { get; init; }

    /// <summary>Peers of a reply.</summary>
    public CompactPeers Peers { get; init; }

    /// <summary>Filter of the seeds of a reply (BEP 33): 256 bytes, or absent.</summary>
    public ReadOnlySpan<byte> SeedFilter { get; init; }

    /// <summary>Filter of the other peers of a reply (BEP 33): 256 bytes, or absent.</summary>
    public ReadOnlySpan<byte> PeerFilter { get; init; }

    /// <summary>Info-hashes of a reply (BEP 51), twenty bytes each; see <see cref="HasSamples"/>.</summary>
    public ReadOnlySpan<byte> Samples { get; init; }

    /// <summary>Whether the reply has samples, be there none: its sender knows BEP 51.</summary>
    public bool HasSamples { get; init; }

    /// <summary>Info-hashes that the sender of a reply has in all (BEP 51).</summary>
    public long SampleTotal { get; init; }

    /// <summary>Seconds until the sender has new samples, 0 to 21,600 (BEP 51).</summary>
    public int SampleInterval { get; init; }

    /// <summary>Of an error: its code, 0 if it had none.</summary>
    public int ErrorCode { get; init; }

    /// <summary>Of an error: its text.</summary>
    public ReadOnlySpan<byte> ErrorText { get; init; }
}
