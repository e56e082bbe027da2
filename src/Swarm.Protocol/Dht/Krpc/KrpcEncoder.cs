using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Krpc;

/// <summary>
/// Writes KRPC messages as canonical bencoding straight into a caller's span, without allocation. The span's length is the most the message may have; what is written is exactly what is returned,
/// and 0 means that not even the parts that cannot be left out fit.
/// </summary>
public static class KrpcEncoder
{
    private static int PeersFrame => "6:valuesle"u8.Length;

    /// <summary>Our client and version ("v"): "SW", then 0.1.</summary>
    public static ReadOnlySpan<byte> Version => [(byte)'S', (byte)'W', 0, 1];

    /// <summary>Writes a query; returns its bytes.</summary>
    public static int Write(Span<byte> destination, in KrpcQuery query)
    {
        var writer = new KrpcWriter(destination);
        writer.Raw("d1:ad"u8);
        WriteArguments(ref writer, query);
        writer.String("e1:q"u8, NameOf(query.Method));
        if (query.IsReadOnly) writer.Raw("2:roi1e"u8);
        writer.String("1:t"u8, query.TransactionId);
        writer.String("1:v"u8, Version);
        writer.Raw("1:y1:qe"u8);
        return writer.Result;
    }

    /// <summary>Writes a reply, with as much of its lists as fits; returns its bytes.</summary>
    public static int Write(Span<byte> destination, in KrpcReply reply)
    {
        var trimmed = Trim(destination.Length, reply);
        var writer = new KrpcWriter(destination);
        WriteHead(ref writer, reply.Querier);
        writer.Raw("1:rd"u8);
        if (!reply.PeerFilter.IsEmpty) writer.String("4:BFpe"u8, reply.PeerFilter);
        if (!reply.SeedFilter.IsEmpty) writer.String("4:BFsd"u8, reply.SeedFilter);
        WriteId(ref writer, reply.Id);
        if (reply.HasSamples) writer.Integer("8:interval"u8, reply.SampleInterval);
        if (!reply.PublicKey.IsEmpty) writer.String("1:k"u8, reply.PublicKey);
        if (trimmed.Nodes >= 0) writer.String("5:nodes"u8, reply.Nodes[..trimmed.Nodes]);
        if (trimmed.Nodes6 >= 0) writer.String("6:nodes6"u8, reply.Nodes6[..trimmed.Nodes6]);
        if (reply.HasSamples)
        {
            writer.Integer("3:num"u8, reply.SampleTotal);
            if (trimmed.Samples >= 0) writer.String("7:samples"u8, reply.Samples[..trimmed.Samples]);
        }

        if (reply.Sequence is { } sequence) writer.Integer("3:seq"u8, sequence);
        if (!reply.Signature.IsEmpty) writer.String("3:sig"u8, reply.Signature);
        if (!reply.Token.IsEmpty) writer.String("5:token"u8, reply.Token);
        if (!reply.Value.IsEmpty)
        {
            writer.Raw("1:v"u8);
            writer.Raw(reply.Value);
        }

        if (trimmed.Peers > 0) WritePeers(ref writer, reply.Peers[..trimmed.Peers], reply.Querier.CompactSize);
        writer.String("e1:t"u8, reply.TransactionId);
        writer.String("1:v"u8, Version);
        writer.Raw("1:y1:re"u8);
        return writer.Result;
    }

    /// <summary>Bytes of compact peers that a reply of at most <paramref name="size"/> bytes has room for, besides the own family's nodes: more need not be drawn.</summary>
    public static int RoomForPeers(int size, in KrpcReply reply)
    {
        var room = size - SizeWithoutLists(reply);
        TakeOwnNodes(ref room, reply);
        return PeersThatFit(room, reply.Querier.CompactSize) * reply.Querier.CompactSize;
    }

    /// <summary>Writes an error; returns its bytes.</summary>
    public static int WriteError(Span<byte> destination, ReadOnlySpan<byte> transactionId, UdpAddress querier, KrpcErrorCode code, ReadOnlySpan<byte> text)
    {
        var writer = new KrpcWriter(destination);
        writer.Integer("d1:el"u8, (long)code);
        writer.String(text);
        writer.Raw("e"u8);
        WriteAddress(ref writer, querier);
        writer.String("1:t"u8, transactionId);
        writer.String("1:v"u8, Version);
        writer.Raw("1:y1:ee"u8);
        return writer.Result;
    }

    /// <summary>The name of a method on the wire; empty for <see cref="KrpcMethod.Unknown"/>.</summary>
    public static ReadOnlySpan<byte> NameOf(KrpcMethod method) => method switch
    {
        KrpcMethod.Ping => "ping"u8,
        KrpcMethod.FindNode => "find_node"u8,
        KrpcMethod.GetPeers => "get_peers"u8,
        KrpcMethod.AnnouncePeer => "announce_peer"u8,
        KrpcMethod.Get => "get"u8,
        KrpcMethod.Put => "put"u8,
        KrpcMethod.SampleInfohashes => "sample_infohashes"u8,
        _ => [],
    };

    private static void WriteArguments(ref KrpcWriter writer, in KrpcQuery query)
    {
        var (method, isPut) = (query.Method, query.Method == KrpcMethod.Put);
        var isMutable = isPut && !query.PublicKey.IsEmpty;
        var isAnnounce = method == KrpcMethod.AnnouncePeer;
        if (isMutable && query.Cas is { } cas) writer.Integer("3:cas"u8, cas);
        WriteId(ref writer, query.Id);
        if (isAnnounce && query.ImpliedPort) writer.Raw("12:implied_porti1e"u8);
        if (isAnnounce || method == KrpcMethod.GetPeers) WriteTarget(ref writer, "9:info_hash"u8, query.Target);
        if (isMutable) writer.String("1:k"u8, query.PublicKey);
        if (method == KrpcMethod.GetPeers && query.NoSeed) writer.Raw("6:noseedi1e"u8);
        if (isAnnounce) writer.Integer("4:port"u8, query.Port);
        if (isMutable && !query.Salt.IsEmpty) writer.String("4:salt"u8, query.Salt);
        if (method == KrpcMethod.GetPeers && query.Scrape) writer.Raw("6:scrapei1e"u8);
        if (isAnnounce && query.IsSeed) writer.Raw("4:seedi1e"u8);
        if ((isMutable || method == KrpcMethod.Get) && query.Sequence is { } sequence) writer.Integer("3:seq"u8, sequence);
        if (isMutable) writer.String("3:sig"u8, query.Signature);
        if (method is KrpcMethod.FindNode or KrpcMethod.Get or KrpcMethod.SampleInfohashes) WriteTarget(ref writer, "6:target"u8, query.Target);
        if (isAnnounce || isPut) writer.String("5:token"u8, query.Token);
        if (isPut)
        {
            writer.Raw("1:v"u8);
            writer.Raw(query.Value);
        }

        if (query.Want == KrpcWant.Unstated || isAnnounce || isPut || method == KrpcMethod.Ping) return;
        writer.Raw("4:wantl"u8);
        if ((query.Want & KrpcWant.V4) != KrpcWant.Unstated) writer.Raw("2:n4"u8);
        if ((query.Want & KrpcWant.V6) != KrpcWant.Unstated) writer.Raw("2:n6"u8);
        writer.Raw("e"u8);
    }

    private static void WriteHead(ref KrpcWriter writer, UdpAddress querier)
    {
        writer.Raw("d"u8);
        WriteAddress(ref writer, querier);
    }

    private static void WriteAddress(ref KrpcWriter writer, UdpAddress querier)
    {
        Span<byte> compact = stackalloc byte[UdpAddress.CompactSizeV6];
        writer.String("2:ip"u8, compact[..querier.WriteCompact(compact)]);
    }

    private static void WriteId(ref KrpcWriter writer, NodeId id) => WriteTarget(ref writer, "2:id"u8, id);

    private static void WriteTarget(ref KrpcWriter writer, ReadOnlySpan<byte> encodedKey, NodeId target)
    {
        Span<byte> bytes = stackalloc byte[Bytes20.Size];
        target.Value.CopyTo(bytes);
        writer.String(encodedKey, bytes);
    }

    private static void WritePeers(ref KrpcWriter writer, ReadOnlySpan<byte> packed, int entrySize)
    {
        writer.Raw("6:valuesl"u8);
        writer.Strings(packed, entrySize);
        writer.Raw("e"u8);
    }

    // How many bytes of each list fit, -1 where not even its key does.
    private static (int Nodes, int Nodes6, int Peers, int Samples) Trim(int room, in KrpcReply reply)
    {
        room -= SizeWithoutLists(reply);
        var ownIsV4 = reply.Querier.IsIPv4;
        var own = TakeOwnNodes(ref room, reply);
        var (nodes, nodes6) = ownIsV4 ? (own, -1) : (-1, own);
        var samples = reply.HasSamples ? TakePacked(ref room, reply.Samples, Bytes20.Size, "7:samples"u8.Length) : -1;
        var peers = TakePeers(ref room, reply.Peers, reply.Querier.CompactSize);
        if (!ownIsV4 && reply.HasNodes) nodes = TakePacked(ref room, reply.Nodes, NodeContact.CompactSizeV4, "5:nodes"u8.Length);
        if (ownIsV4 && reply.HasNodes6) nodes6 = TakePacked(ref room, reply.Nodes6, NodeContact.CompactSizeV6, "6:nodes6"u8.Length);
        return (nodes, nodes6, peers, samples);
    }

    private static int TakeOwnNodes(ref int room, in KrpcReply reply)
    {
        if (reply.Querier.IsIPv4) return reply.HasNodes ? TakePacked(ref room, reply.Nodes, NodeContact.CompactSizeV4, "5:nodes"u8.Length) : -1;
        return reply.HasNodes6 ? TakePacked(ref room, reply.Nodes6, NodeContact.CompactSizeV6, "6:nodes6"u8.Length) : -1;
    }

    private static int TakePacked(ref int room, ReadOnlySpan<byte> packed, int entrySize, int keySize)
    {
        for (var bytes = packed.Length - (packed.Length % entrySize); bytes >= 0; bytes -= entrySize)
        {
            var size = keySize + KrpcWriter.SizeOf(bytes);
            if (size > room) continue;
            room -= size;
            return bytes;
        }

        return -1;
    }

    private static int TakePeers(ref int room, ReadOnlySpan<byte> packed, int entrySize)
    {
        var fits = Math.Min(packed.Length / entrySize, PeersThatFit(room, entrySize));
        if (fits == 0) return 0;
        room -= PeersFrame + (fits * KrpcWriter.SizeOf(entrySize));
        return fits * entrySize;
    }

    private static int PeersThatFit(int room, int entrySize) => Math.Max(0, (room - PeersFrame) / KrpcWriter.SizeOf(entrySize));

    private static int SizeWithoutLists(in KrpcReply reply)
    {
        var size = "d2:ip1:rd2:ide1:t1:v1:y1:re"u8.Length + KrpcWriter.SizeOf(reply.Querier.CompactSize) + KrpcWriter.SizeOf(Bytes20.Size)
            + KrpcWriter.SizeOf(reply.TransactionId.Length) + KrpcWriter.SizeOf(Version.Length);
        if (!reply.PeerFilter.IsEmpty) size += "4:BFpe"u8.Length + KrpcWriter.SizeOf(reply.PeerFilter.Length);
        if (!reply.SeedFilter.IsEmpty) size += "4:BFsd"u8.Length + KrpcWriter.SizeOf(reply.SeedFilter.Length);
        if (!reply.PublicKey.IsEmpty) size += "1:k"u8.Length + KrpcWriter.SizeOf(reply.PublicKey.Length);
        if (!reply.Signature.IsEmpty) size += "3:sig"u8.Length + KrpcWriter.SizeOf(reply.Signature.Length);
        if (!reply.Token.IsEmpty) size += "5:token"u8.Length + KrpcWriter.SizeOf(reply.Token.Length);
        if (!reply.Value.IsEmpty) size += "1:v"u8.Length + reply.Value.Length;
        if (reply.Sequence is { } sequence) size += "3:seq"u8.Length + IntegerSize(sequence);
        if (reply.HasSamples)
        {
            size += "8:interval3:num"u8.Length + IntegerSize(reply.SampleInterval) + IntegerSize(reply.SampleTotal);
        }

        return size;
    }

    private static int IntegerSize(long value)
    {
        Span<byte> text = stackalloc byte[24];
        var writer = new KrpcWriter(text);
        writer.Integer([], value);
        return writer.Written;
    }
}
