using System.Net.Sockets;
using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Dht.Routing;
using Swarm.Protocol.Dht.Security;
using Swarm.Protocol.Dht.Storage;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht;

/// <summary>
/// Answers the queries of others (BEP 5, 32, 33, 42, 43, 44, 51). Owned by the DHT's actor of one family, which hands in decoded queries of a batch and a span to write each answer to. It reads the routing table that buckets have
/// published, and keeps what is announced and put. An answer allocates nothing; only what is stored does.
/// <para>
/// No answer goes to an address where no node can be, to who sends too many, or from a read-only node. What is sent to an address that has not proven itself is bounded: see <see cref="AmplificationGuard"/>.
/// An item that does not fit is left out, lists are cut, everything else always fits.
/// </para>
/// Times are TimeSpan ticks of a monotonic clock.
/// </summary>
public sealed class DhtResponder
{
    private const int MostPeerBytes = 1_024;

    private readonly ResponderSettings _settings;
    private readonly AddressFilter _filter;
    private readonly QueryLimiter _limiter;
    private readonly AmplificationGuard _guard;
    private readonly TokenIssuer _tokens;
    private readonly InfohashSampler _sampler;
    private readonly long[] _answered = new long[(int)KrpcMethod.SampleInfohashes + 1];

    /// <summary>A responder over a table and stores.</summary>
    public DhtResponder(RoutingTable table, PeerStore peers, ItemStore items, InfohashSampler sampler, TokenIssuer tokens, AddressFilter filter, QueryLimiter limiter, AmplificationGuard guard, ResponderSettings settings)
    {
        Table = table;
        Peers = peers;
        Items = items;
        _sampler = sampler;
        _tokens = tokens;
        _filter = filter;
        _limiter = limiter;
        _guard = guard;
        _settings = settings;
    }

    /// <summary>The own family's table, and with it our id; set anew with every publication of a bucket.</summary>
    public RoutingTable Table { get; set; }

    /// <summary>The other family's table, for who wants its nodes (BEP 32), or null.</summary>
    public RoutingTable? OtherTable { get; set; }

    /// <summary>The peers announced to us.</summary>
    public PeerStore Peers { get; }

    /// <summary>The items put to us.</summary>
    public ItemStore Items { get; }

    /// <summary>We answer nothing (BEP 43).</summary>
    public bool IsReadOnly { get; set; }

    /// <summary>Queries from where no node can be.</summary>
    public long RefusedSources { get; private set; }

    /// <summary>Queries answered with an error.</summary>
    public long Errors { get; private set; }

    /// <summary>Items that were left out of an answer because its limit was too low.</summary>
    public long WithheldItems { get; private set; }

    /// <summary>Queries of a method that were answered.</summary>
    public long Answered(KrpcMethod method) => _answered[(int)method];

    /// <summary>Answers a query that came from <paramref name="source"/> in a datagram of <paramref name="questionBytes"/>; returns the bytes of the answer at the start of <paramref name="destination"/> (of 1,472 bytes), 0 for none.</summary>
    public int Answer(in KrpcMessage query, UdpAddress source, int questionBytes, long nowTicks, Span<byte> destination)
    {
        if (query.Kind != KrpcKind.Query || IsReadOnly) return 0;
        if (_filter.Judge(source, source) != AddressVerdict.Usable)
        {
            RefusedSources++;
            return 0;
        }

        if (!_limiter.Admit(source, nowTicks)) return 0;
        var asked = new Asked(query, source, nowTicks);
        var most = query.Method == KrpcMethod.Get ? _settings.MaxItemReplyBytes : _settings.MaxReplyBytes;
        var written = Dispatch(asked, destination[.._guard.LimitFor(source, questionBytes, Math.Min(most, destination.Length), nowTicks)]);
        _guard.Sent(source, questionBytes, written, nowTicks);
        return written;
    }

    private int Dispatch(in Asked asked, Span<byte> destination)
    {
        if (asked.Query.Fault != KrpcFault.None) return Refuse(asked, destination, KrpcErrorCode.Protocol, TextOf(asked.Query.Fault));
        if (asked.Query is { Method: KrpcMethod.Unknown, Target: null }) return Refuse(asked, destination, KrpcErrorCode.MethodUnknown, "unknown method"u8);
        _answered[(int)asked.Query.Method]++;
        return asked.Query.Method switch
        {
            KrpcMethod.Ping => KrpcEncoder.Write(destination, BareReply(asked)),
            KrpcMethod.GetPeers => GetPeers(asked, destination),
            KrpcMethod.AnnouncePeer => AnnouncePeer(asked, destination),
            KrpcMethod.Get => Get(asked, destination),
            KrpcMethod.Put => Put(asked, destination),
            KrpcMethod.SampleInfohashes => SampleInfohashes(asked, destination),
            _ => WithNodes(asked, BareReply(asked), destination),
        };
    }

    private int GetPeers(in Asked asked, Span<byte> destination)
    {
        var infoHash = new InfoHash(asked.Target.Value);
        Span<byte> token = stackalloc byte[TokenIssuer.TokenSize];
        _tokens.Issue(asked.Source, asked.Target, asked.NowTicks, token);
        ReadOnlySpan<byte> seedFilter = [];
        ReadOnlySpan<byte> peerFilter = [];
        if (asked.Query.Scrape && Peers.TryGetFilters(infoHash, asked.NowTicks, out var seeds, out var others) && destination.Length >= _settings.MaxReplyBytes)
        {
            seedFilter = seeds;
            peerFilter = others;
        }

        return WithNodes(asked, BareReply(asked) with { Token = token, SeedFilter = seedFilter, PeerFilter = peerFilter }, destination);
    }

    private int AnnouncePeer(in Asked asked, Span<byte> destination)
    {
        if (!_tokens.IsValid(asked.Query.Token, asked.Source, asked.Target, asked.NowTicks)) return Refuse(asked, destination, KrpcErrorCode.Protocol, "invalid token"u8);
        _guard.Prove(asked.Source, asked.NowTicks);
        var peer = asked.Query.ImpliedPort ? asked.Source : asked.Source.WithPort(asked.Query.Port);
        if (!_filter.Accepts(peer, asked.Source)) return Refuse(asked, destination, KrpcErrorCode.Protocol, "invalid port"u8);
        Peers.Announce(new InfoHash(asked.Target.Value), peer, asked.Query.IsSeed, Table.Own, asked.NowTicks);
        return KrpcEncoder.Write(destination, BareReply(asked));
    }

    private int Get(in Asked asked, Span<byte> destination)
    {
        Span<byte> token = stackalloc byte[TokenIssuer.TokenSize];
        _tokens.Issue(asked.Source, asked.Target, asked.NowTicks, token);
        var reply = BareReply(asked) with { Token = token };
        if (!Items.TryGet(asked.Target, asked.NowTicks, out var item)) return WithNodes(asked, reply, destination);
        if (item.IsMutable && asked.Query.Sequence >= item.Sequence) return WithNodes(asked, reply with { Sequence = item.Sequence }, destination);
        var whole = reply with { Value = item.Value.AsSpan(), PublicKey = item.PublicKey.AsSpan(), Signature = item.Signature.AsSpan(), Sequence = item.IsMutable ? item.Sequence : null };
        var written = WithNodes(asked, whole, destination);
        if (written > 0) return written;
        WithheldItems++;
        return WithNodes(asked, reply, destination);
    }

    private int Put(in Asked asked, Span<byte> destination)
    {
        if (ItemStore.TargetOf(asked.Query) is not { } target) return Refuse(asked, destination, KrpcErrorCode.SaltTooBig, "salt too big"u8);
        if (!_tokens.IsValid(asked.Query.Token, asked.Source, target, asked.NowTicks)) return Refuse(asked, destination, KrpcErrorCode.Protocol, "invalid token"u8);
        _guard.Prove(asked.Source, asked.NowTicks);
        var error = Items.Put(asked.Query, Table.Own, asked.NowTicks);
        return error is { } code ? Refuse(asked, destination, code, TextOf(code)) : KrpcEncoder.Write(destination, BareReply(asked));
    }

    private int SampleInfohashes(in Asked asked, Span<byte> destination)
    {
        var samples = _sampler.Sample(asked.NowTicks, out var secondsLeft);
        return WithNodes(asked, BareReply(asked) with { HasSamples = true, Samples = samples, SampleTotal = Peers.SwarmCount, SampleInterval = secondsLeft }, destination);
    }

    private int WithNodes(in Asked asked, KrpcReply reply, Span<byte> destination)
    {
        var own = asked.Source.IsIPv4 ? KrpcWant.V4 : KrpcWant.V6;
        var want = asked.Query.Want == KrpcWant.Unstated ? own : asked.Query.Want;
        Span<byte> nodes = stackalloc byte[_settings.Closest * NodeContact.CompactSizeV4];
        Span<byte> nodes6 = stackalloc byte[_settings.Closest * NodeContact.CompactSizeV6];
        var (table, table6) = Table.Family == AddressFamily.InterNetwork ? (Table, OtherTable) : (OtherTable, Table);
        var (hasNodes, hasNodes6) = ((want & KrpcWant.V4) != KrpcWant.Unstated && table is not null, (want & KrpcWant.V6) != KrpcWant.Unstated && table6 is not null);
        if (hasNodes) nodes = nodes[..table!.CopyClosest(asked.Target, _settings.Closest, nodes)];
        if (hasNodes6) nodes6 = nodes6[..table6!.CopyClosest(asked.Target, _settings.Closest, nodes6)];
        var near = reply with { HasNodes = hasNodes, Nodes = nodes, HasNodes6 = hasNodes6, Nodes6 = nodes6 };
        return asked.Query.Method == KrpcMethod.GetPeers ? WithPeers(asked, near, destination) : KrpcEncoder.Write(destination, near);
    }

    private int WithPeers(in Asked asked, KrpcReply reply, Span<byte> destination)
    {
        Span<byte> peers = stackalloc byte[MostPeerBytes];
        peers = peers[..Math.Min(peers.Length, KrpcEncoder.RoomForPeers(destination.Length, reply))];
        peers = peers[..Peers.CopyPeers(new InfoHash(asked.Target.Value), asked.Source.Family, asked.Query.NoSeed, asked.NowTicks, peers)];
        return KrpcEncoder.Write(destination, reply with { Peers = peers });
    }

    private KrpcReply BareReply(in Asked asked) => new() { TransactionId = asked.Query.TransactionId, Id = Table.Own, Querier = asked.Source };

    private int Refuse(in Asked asked, Span<byte> destination, KrpcErrorCode code, ReadOnlySpan<byte> text)
    {
        Errors++;
        return KrpcEncoder.WriteError(destination, asked.Query.TransactionId, asked.Source, code, text);
    }

    private static ReadOnlySpan<byte> TextOf(KrpcFault fault) => fault switch
    {
        KrpcFault.NoMethod => "no method"u8,
        KrpcFault.NoArguments => "no arguments"u8,
        KrpcFault.NoId => "invalid id"u8,
        KrpcFault.NoTarget => "invalid target"u8,
        KrpcFault.NoToken => "no token"u8,
        KrpcFault.NoPort => "invalid port"u8,
        KrpcFault.NoValue => "no value"u8,
        _ => "invalid item"u8,
    };

    private static ReadOnlySpan<byte> TextOf(KrpcErrorCode code) => code switch
    {
        KrpcErrorCode.Server => "no room"u8,
        KrpcErrorCode.ValueTooBig => "value too big"u8,
        KrpcErrorCode.InvalidSignature => "invalid signature"u8,
        KrpcErrorCode.SaltTooBig => "salt too big"u8,
        KrpcErrorCode.CasMismatch => "CAS mismatch"u8,
        KrpcErrorCode.SequenceTooLow => "sequence number too low"u8,
        _ => "invalid value"u8,
    };

    /// <summary>A query, where it came from and when.</summary>
    private readonly ref struct Asked(in KrpcMessage query, UdpAddress source, long nowTicks)
    {
        public readonly KrpcMessage Query = query;

        public UdpAddress Source { get; } = source;

        public long NowTicks { get; } = nowTicks;

        /// <summary>Of a query whose method has one.</summary>
        public NodeId Target => Query.Target.GetValueOrDefault();
    }
}
