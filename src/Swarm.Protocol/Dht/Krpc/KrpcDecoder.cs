using System.Buffers.Binary;
using Swarm.Protocol.Bencoding;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Krpc;

/// <summary>
/// Reads a datagram as a KRPC message (BEP 5, 32, 33, 42, 43, 44, 51), in place and without allocation. It reads the datagram once: where the parts of the top dictionary stand, and what is in
/// the first of "a" and "r" on the way, because "y", which says what the parts mean, comes last. Only in a message with both is the one that counts read again.
/// <para>
/// Real nodes are sloppy: keys out of order or twice (the first counts), bytes after the dictionary, optional arguments of the wrong type, a reply that also has "q". All that is read as far as it makes sense.
/// Refused, and to be dropped without an answer (anything else would make an amplifier): no bencoded dictionary, no known "y", no usable "t", more than the limits.
/// A query that misses what its method needs is read, with its <see cref="KrpcFault"/>.
/// </para>
/// Never throws; time is linear in the datagram.
/// </summary>
public static class KrpcDecoder
{
    private const int FilterSize = 256;
    private const int PublicKeySize = 32;
    private const int SignatureSize = 64;

    /// <summary>BEP 51's longest interval, in seconds.</summary>
    private const int LongestInterval = 21_600;

    /// <summary>Reads the message. False: drop it.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> datagram, KrpcLimits limits, out KrpcMessage message)
    {
        message = default;
        if (datagram.IsEmpty || datagram[0] != (byte)'d') return false;
        var top = default(Top);
        var body = default(Body);
        var reader = new BencodeReader(datagram, limits.Bencode);
        reader.Read();
        while (reader.Read() && reader.Kind != BencodeTokenKind.End)
        {
            var key = reader.String;
            if (!reader.Read()) return false;
            var isFirstBody = top.Body == 0 && reader.Kind == BencodeTokenKind.Dictionary && key.Length == 1 && key[0] is (byte)'a' or (byte)'r';
            if (isFirstBody)
            {
                var start = reader.TokenStart;
                if (!ReadBody(ref reader, datagram, ref body)) return false;
                top.TakeBody(key[0], datagram[start..reader.Position]);
                continue;
            }

            if (!FinishValue(ref reader, datagram, out var value)) return false;
            if (key.Length == 1) top.Take(key[0], value);
            else if (key.SequenceEqual("ip"u8)) top.Ip = Keep(top.Ip, value.String);
            else if (key.SequenceEqual("ro"u8)) top.ReadOnly |= value.IsInteger && value.Integer == 1;
        }

        if (reader.Error is not null || top.TransactionId.IsEmpty || top.TransactionId.Length > limits.MaxTransactionId) return false;
        if (top.Kind is not { } kind) return false;
        if (kind == KrpcKind.Query && top.Body != (byte)'a') body = ReadBody(top.Arguments, limits);
        if (kind == KrpcKind.Reply && top.Body != (byte)'r') body = ReadBody(top.Reply, limits);
        message = kind switch
        {
            KrpcKind.Query => ReadQuery(ref top, ref body, limits),
            KrpcKind.Reply => ReadReply(ref top, ref body, limits),
            _ => ReadError(top, limits),
        };
        return true;
    }

    private static KrpcMessage ReadQuery(scoped ref Top top, scoped ref Body body, KrpcLimits limits)
    {
        var method = MethodOf(top.Query);
        var target = method is KrpcMethod.GetPeers or KrpcMethod.AnnouncePeer ? body.InfoHash : body.Target;
        if (method == KrpcMethod.Unknown && target.IsEmpty) target = body.InfoHash;
        var message = new KrpcMessage
        {
            Kind = KrpcKind.Query,
            TransactionId = top.TransactionId,
            Version = top.Version,
            ExternalAddress = AddressOf(top.Ip),
            IsReadOnly = top.ReadOnly,
            Method = method,
            Id = IdOf(body.Id),
            Target = IdOf(target),
            Token = body.Token.Length <= limits.MaxToken ? body.Token : [],
            Port = body.Port is > 0 and <= ushort.MaxValue && !body.ImpliedPort ? (int)body.Port : 0,
            ImpliedPort = body.ImpliedPort,
            IsSeed = body.Seed,
            NoSeed = body.NoSeed,
            Scrape = body.Scrape,
            Want = WantOf(body.Want, limits),
            Sequence = body.Sequence,
            Cas = body.Cas,
            PublicKey = OfSize(body.PublicKey, PublicKeySize),
            Signature = OfSize(body.Signature, SignatureSize),
            Salt = body.Salt,
            Value = body.Value,
        };
        // A copy with the fault: everything it depends on stands in the message.
        var fault = top.Query.IsEmpty ? KrpcFault.NoMethod : top.Arguments.IsEmpty ? KrpcFault.NoArguments : FaultOf(message, hasKey: !body.PublicKey.IsEmpty);
        return fault == KrpcFault.None ? message : message with { Fault = fault };
    }

    private static KrpcFault FaultOf(in KrpcMessage query, bool hasKey)
    {
        if (query.Id is null) return KrpcFault.NoId;
        var needsTarget = query.Method is KrpcMethod.FindNode or KrpcMethod.GetPeers or KrpcMethod.AnnouncePeer or KrpcMethod.Get or KrpcMethod.SampleInfohashes;
        if (needsTarget && query.Target is null) return KrpcFault.NoTarget;
        if (query.Method is KrpcMethod.AnnouncePeer or KrpcMethod.Put && query.Token.IsEmpty) return KrpcFault.NoToken;
        if (query is { Method: KrpcMethod.AnnouncePeer, Port: 0, ImpliedPort: false }) return KrpcFault.NoPort;
        if (query.Method != KrpcMethod.Put) return KrpcFault.None;
        if (query.Value.IsEmpty) return KrpcFault.NoValue;
        return hasKey && (query.PublicKey.IsEmpty || query.Signature.IsEmpty || query.Sequence is null or < 0) ? KrpcFault.BadItem : KrpcFault.None;
    }

    private static KrpcMessage ReadReply(scoped ref Top top, scoped ref Body body, KrpcLimits limits)
    {
        return new KrpcMessage
        {
            Kind = KrpcKind.Reply,
            TransactionId = top.TransactionId,
            Version = top.Version,
            ExternalAddress = AddressOf(top.Ip),
            Id = IdOf(body.Id),
            Token = body.Token.Length <= limits.MaxToken ? body.Token : [],
            Sequence = body.Sequence,
            PublicKey = OfSize(body.PublicKey, PublicKeySize),
            Signature = OfSize(body.Signature, SignatureSize),
            Value = body.Value,
            Nodes = new CompactNodes(body.Nodes, NodeContact.CompactSizeV4),
            Nodes6 = new CompactNodes(body.Nodes6, NodeContact.CompactSizeV6),
            Peers = new CompactPeers(body.Values, limits.Bencode),
            SeedFilter = OfSize(body.SeedFilter, FilterSize),
            PeerFilter = OfSize(body.PeerFilter, FilterSize),
            Samples = body.Samples[..(body.Samples.Length - (body.Samples.Length % Bytes20.Size))],
            HasSamples = body.HasSamples,
            SampleTotal = Math.Max(0, body.SampleTotal),
            SampleInterval = (int)Math.Clamp(body.Interval, 0, LongestInterval),
        };
    }

    private static KrpcMessage ReadError(Top top, KrpcLimits limits)
    {
        var code = 0L;
        ReadOnlySpan<byte> text = [];
        var reader = new BencodeReader(top.Error, limits.Bencode);
        var isList = reader.Read() && reader.Kind == BencodeTokenKind.List;
        if (isList && reader.Read() && reader.Kind == BencodeTokenKind.Integer)
        {
            code = reader.Integer;
            if (reader.Read() && reader.Kind == BencodeTokenKind.String) text = reader.String;
        }

        return new KrpcMessage
        {
            Kind = KrpcKind.Error,
            TransactionId = top.TransactionId,
            Version = top.Version,
            ExternalAddress = AddressOf(top.Ip),
            ErrorCode = code is > 0 and < 1_000_000 ? (int)code : 0,
            ErrorText = text,
        };
    }

    private static Body ReadBody(ReadOnlySpan<byte> encoded, KrpcLimits limits)
    {
        var body = default(Body);
        var reader = new BencodeReader(encoded, limits.Bencode);
        if (reader.Read()) ReadBody(ref reader, encoded, ref body);
        return body;
    }

    // Reads a dictionary that has just begun to its end. False: it is broken.
    private static bool ReadBody(scoped ref BencodeReader reader, ReadOnlySpan<byte> data, ref Body body)
    {
        while (reader.Read())
        {
            if (reader.Kind == BencodeTokenKind.End) return true;
            var key = reader.String;
            if (!reader.Read() || !FinishValue(ref reader, data, out var value)) return false;
            body.Take(key, value);
        }

        return false;
    }

    // Reads a value that has just begun to its end: at once for a number or a string, further for a list or dictionary.
    private static bool FinishValue(scoped ref BencodeReader reader, ReadOnlySpan<byte> data, out Part value)
    {
        value = default;
        var (start, kind, depth) = (reader.TokenStart, reader.Kind, reader.Depth);
        if (kind is BencodeTokenKind.List or BencodeTokenKind.Dictionary)
        {
            while (reader.Depth >= depth)
            {
                if (!reader.Read()) return false;
            }
        }

        value = new Part(kind, data[start..reader.Position], kind == BencodeTokenKind.Integer ? reader.Integer : 0, kind == BencodeTokenKind.String ? reader.String : []);
        return true;
    }

    private static KrpcMethod MethodOf(ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual("ping"u8)) return KrpcMethod.Ping;
        if (name.SequenceEqual("find_node"u8)) return KrpcMethod.FindNode;
        if (name.SequenceEqual("get_peers"u8)) return KrpcMethod.GetPeers;
        if (name.SequenceEqual("announce_peer"u8)) return KrpcMethod.AnnouncePeer;
        if (name.SequenceEqual("get"u8)) return KrpcMethod.Get;
        if (name.SequenceEqual("put"u8)) return KrpcMethod.Put;
        return name.SequenceEqual("sample_infohashes"u8) ? KrpcMethod.SampleInfohashes : KrpcMethod.Unknown;
    }

    private static KrpcWant WantOf(ReadOnlySpan<byte> list, KrpcLimits limits)
    {
        var want = KrpcWant.Unstated;
        var reader = new BencodeReader(list, limits.Bencode);
        while (reader.Read())
        {
            if (reader.Kind != BencodeTokenKind.String || reader.Depth != 1) continue;
            if (reader.String.SequenceEqual("n4"u8)) want |= KrpcWant.V4;
            else if (reader.String.SequenceEqual("n6"u8)) want |= KrpcWant.V6;
        }

        return want;
    }

    // 6 or 18 bytes as BEP 42 says, or only the address, as some send it.
    private static UdpAddress? AddressOf(ReadOnlySpan<byte> ip) => ip.Length switch
    {
        4 or 16 => new UdpAddress(ip, 0),
        6 or 18 => new UdpAddress(ip[..^2], BinaryPrimitives.ReadUInt16BigEndian(ip[^2..])),
        _ => null,
    };

    private static NodeId? IdOf(ReadOnlySpan<byte> bytes) => bytes.Length == Bytes20.Size ? new NodeId(bytes) : null;

    private static ReadOnlySpan<byte> OfSize(ReadOnlySpan<byte> bytes, int size) => bytes.Length == size ? bytes : [];

    // Of a key that stands twice the first counts.
    private static ReadOnlySpan<byte> Keep(ReadOnlySpan<byte> known, ReadOnlySpan<byte> value) => known.IsEmpty ? value : known;

    /// <summary>One value: its bytes, and its content if it is a number or a string.</summary>
    private readonly ref struct Part(BencodeTokenKind kind, ReadOnlySpan<byte> raw, long integer, ReadOnlySpan<byte> content)
    {
        public ReadOnlySpan<byte> Raw { get; } = raw;

        public long Integer { get; } = integer;

        public ReadOnlySpan<byte> String { get; } = content;

        public bool IsInteger => kind == BencodeTokenKind.Integer;

        public ReadOnlySpan<byte> DictionaryRaw => kind == BencodeTokenKind.Dictionary ? Raw : [];

        public ReadOnlySpan<byte> ListRaw => kind == BencodeTokenKind.List ? Raw : [];
    }

    /// <summary>Where the parts of the top dictionary stand.</summary>
    private ref struct Top
    {
        public ReadOnlySpan<byte> Arguments;
        public ReadOnlySpan<byte> Reply;
        public ReadOnlySpan<byte> Error;
        public ReadOnlySpan<byte> Query;
        public ReadOnlySpan<byte> TransactionId;
        public ReadOnlySpan<byte> Version;
        public ReadOnlySpan<byte> Type;
        public ReadOnlySpan<byte> Ip;
        public bool ReadOnly;

        /// <summary>Which of "a" and "r" was read on the way; 0: none.</summary>
        public byte Body;

        public void TakeBody(byte key, ReadOnlySpan<byte> raw)
        {
            Body = key;
            if (key == (byte)'a') Arguments = raw;
            else Reply = raw;
        }

        public readonly KrpcKind? Kind => Type.Length != 1 ? null : Type[0] switch
        {
            (byte)'q' => KrpcKind.Query,
            (byte)'r' => KrpcKind.Reply,
            (byte)'e' => KrpcKind.Error,
            _ => null,
        };

        public void Take(byte key, Part value)
        {
            switch (key)
            {
                case (byte)'a': Arguments = Keep(Arguments, value.DictionaryRaw); break;
                case (byte)'r': Reply = Keep(Reply, value.DictionaryRaw); break;
                case (byte)'e': Error = Keep(Error, value.Raw); break;
                case (byte)'q': Query = Keep(Query, value.String); break;
                case (byte)'t': TransactionId = Keep(TransactionId, value.String); break;
                case (byte)'v': Version = Keep(Version, value.String); break;
                case (byte)'y': Type = Keep(Type, value.String); break;
            }
        }
    }

    /// <summary>The arguments of a query, or the values of a reply: their keys do not collide.</summary>
    private ref struct Body
    {
        public ReadOnlySpan<byte> Id;
        public ReadOnlySpan<byte> Target;
        public ReadOnlySpan<byte> InfoHash;
        public ReadOnlySpan<byte> Token;
        public ReadOnlySpan<byte> Want;
        public ReadOnlySpan<byte> PublicKey;
        public ReadOnlySpan<byte> Signature;
        public ReadOnlySpan<byte> Salt;
        public ReadOnlySpan<byte> Value;
        public ReadOnlySpan<byte> Nodes;
        public ReadOnlySpan<byte> Nodes6;
        public ReadOnlySpan<byte> Values;
        public ReadOnlySpan<byte> SeedFilter;
        public ReadOnlySpan<byte> PeerFilter;
        public ReadOnlySpan<byte> Samples;
        public long? Sequence;
        public long? Cas;
        public long Port;
        public long SampleTotal;
        public long Interval;
        public bool ImpliedPort;
        public bool Seed;
        public bool NoSeed;
        public bool Scrape;
        public bool HasSamples;

        public void Take(ReadOnlySpan<byte> key, Part value)
        {
            if (value.IsInteger && TakeNumber(key, value.Integer)) return;
            switch (key.Length)
            {
                case 1 when key[0] == (byte)'k': PublicKey = Keep(PublicKey, value.String); break;
                case 1 when key[0] == (byte)'v': Value = Keep(Value, value.Raw); break;
                case 2 when key.SequenceEqual("id"u8): Id = Keep(Id, value.String); break;
                case 3 when key.SequenceEqual("sig"u8): Signature = Keep(Signature, value.String); break;
                case 4 when key.SequenceEqual("salt"u8): Salt = Keep(Salt, value.String); break;
                case 4 when key.SequenceEqual("want"u8): Want = Keep(Want, value.ListRaw); break;
                case 4 when key.SequenceEqual("BFsd"u8): SeedFilter = Keep(SeedFilter, value.String); break;
                case 4 when key.SequenceEqual("BFpe"u8): PeerFilter = Keep(PeerFilter, value.String); break;
                case 5 when key.SequenceEqual("token"u8): Token = Keep(Token, value.String); break;
                case 5 when key.SequenceEqual("nodes"u8): Nodes = Keep(Nodes, value.String); break;
                case 6 when key.SequenceEqual("nodes6"u8): Nodes6 = Keep(Nodes6, value.String); break;
                case 6 when key.SequenceEqual("target"u8): Target = Keep(Target, value.String); break;
                case 6 when key.SequenceEqual("values"u8): Values = Keep(Values, value.Raw); break;
                case 7 when key.SequenceEqual("samples"u8):
                    HasSamples |= !value.IsInteger;
                    Samples = Keep(Samples, value.String);
                    break;
                case 9 when key.SequenceEqual("info_hash"u8): InfoHash = Keep(InfoHash, value.String); break;
            }
        }

        private bool TakeNumber(ReadOnlySpan<byte> key, long number)
        {
            if (key.SequenceEqual("seq"u8)) Sequence ??= number;
            else if (key.SequenceEqual("cas"u8)) Cas ??= number;
            else if (key.SequenceEqual("port"u8)) Port = Port == 0 ? number : Port;
            else if (key.SequenceEqual("implied_port"u8)) ImpliedPort |= number != 0;
            else if (key.SequenceEqual("seed"u8)) Seed |= number == 1;
            else if (key.SequenceEqual("noseed"u8)) NoSeed |= number == 1;
            else if (key.SequenceEqual("scrape"u8)) Scrape |= number == 1;
            else if (key.SequenceEqual("num"u8)) SampleTotal = number;
            else if (key.SequenceEqual("interval"u8)) Interval = number;
            else return false;
            return true;
        }
    }
}
