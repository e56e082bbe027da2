using System.Collections.Immutable;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Dht.Security;
using Swarm.Protocol.Dht.Storage;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Lookups;

/// <summary>
/// One iterative lookup (BEP 5, "Routing Table"; Kademlia): asks ever closer nodes until the closest there are have answered. A plain object of the DHT's actor, which adds the nodes to begin with, sends what <see cref="NextQueries"/>
/// names, and hands in what became of each query: <see cref="Receive"/>, <see cref="Stalled"/>, <see cref="Failed"/>. What is found streams into <see cref="Results"/>; at the end <see cref="ClosestNodes"/> has the nodes to announce to.
/// <para>
/// A few queries are in flight at a time. One that takes longer than answers commonly do has stalled: somebody else is asked in its place, but until it fails its answer counts. When nobody else is left, the closest of those who stall
/// are asked once more, and again: a datagram may have got lost. The pacer keeps queries to one host apart over all lookups; a node that has to wait is asked later. Nodes without an id (bootstrap routers) are asked when nobody else
/// is left, and never count themselves.
/// </para>
/// <para>
/// What others tell may be lies: see <see cref="LookupCandidates"/> for how a crowd of invented nodes is kept small, and kept from being all there is. A node that answers under another id than it was named with, or with a false item, has failed.
/// </para>
/// Always holds: every node is asked at most <see cref="LookupSettings.MaxTries"/> times; it ends, with <see cref="End"/> saying why, at the latest when limits of queries or time are reached. Times are TimeSpan ticks of a monotonic clock.
/// </summary>
public sealed class Lookup
{
    private readonly LookupSettings _settings;
    private readonly AddressFilter _filter;
    private readonly NodeId _own;
    private readonly long _startedAt;
    private readonly LookupCandidates _candidates;
    private readonly Dictionary<UdpAddress, LookupParty> _routers = [];

    // In the order they were given: the dictionary is never walked.
    private readonly List<UdpAddress> _routerOrder = [];
    private int _stalled;
    private long _lastAskedAt;

    /// <summary>A lookup that knows nobody yet.</summary>
    public Lookup(LookupRequest request, NodeId own, AddressFilter filter, IItemSignatures signatures, LookupSettings settings, long nowTicks)
    {
        Request = request;
        _own = own;
        _filter = filter;
        _settings = settings;
        _startedAt = nowTicks;
        _lastAskedAt = nowTicks;
        _candidates = new LookupCandidates(request.Target, settings);
        Results = new LookupResults(request, settings, filter, signatures);
    }

    /// <summary>The most routers that a lookup takes.</summary>
    public const int MaxRouters = 16;

    /// <summary>What it is for.</summary>
    public LookupRequest Request { get; }

    /// <summary>What it has found.</summary>
    public LookupResults Results { get; }

    /// <summary>Why it ended; <see cref="LookupEnd.None"/> as long as it goes on.</summary>
    public LookupEnd End { get; private set; }

    /// <summary>Queries sent.</summary>
    public int Queries { get; private set; }

    /// <summary>Queries in flight, those that stalled not counted.</summary>
    public int InFlight { get; private set; }

    /// <summary>Nodes that answered.</summary>
    public int Answers { get; private set; }

    /// <summary>Nodes that answered under another id, or with a false item.</summary>
    public int Liars { get; private set; }

    /// <summary>The most hops to one of the closest nodes.</summary>
    public int Hops { get; private set; }

    /// <summary>Nodes that were told of and found no room.</summary>
    public long DroppedNodes => _candidates.Dropped;

    /// <summary>A node to begin with, from the routing table.</summary>
    public void AddNode(NodeContact contact)
    {
        if (contact.Id != _own) _candidates.Add(contact, hops: 1);
    }

    /// <summary>A node to begin with whose id is not known. False if there are too many.</summary>
    public bool AddRouter(UdpAddress address)
    {
        if (_routerOrder.Count == MaxRouters || !_routers.TryAdd(address, new LookupParty())) return false;
        _routerOrder.Add(address);
        return true;
    }

    /// <summary>
    /// Fills <paramref name="addresses"/> with the nodes to send <see cref="Query"/> to now, and returns how many; each then counts as asked. Call after everything that happened, and now and then; see <see cref="End"/> after it.
    /// </summary>
    public int NextQueries(long nowTicks, QueryPacer pacer, Span<UdpAddress> addresses)
    {
        if (End == LookupEnd.None && nowTicks - _startedAt >= _settings.MaxDuration.Ticks) Finish(LookupEnd.TooLong);
        if (End != LookupEnd.None) return 0;
        var closest = _candidates.Closest();
        var round = new Round(nowTicks, pacer, addresses);
        foreach (var candidate in closest) AskIf(CandidatePhase.Fresh, candidate, candidate.Contact.Address, ref round);
        // Enough have answered; or nobody is left to ask and nothing more can come, not even late.
        if (closest.Count >= _settings.Closest && closest.TrueForAll(candidate => candidate.Phase == CandidatePhase.Answered)) Finish(LookupEnd.Complete);
        else if (round.IsIdle && InFlight == 0) AskOthers(ref round);
        if (End == LookupEnd.None && InFlight == 0 && !round.IsWaiting && addresses.Length > 0 && !IsWorthWaiting(nowTicks)) Finish(Queries >= _settings.MaxQueries ? LookupEnd.TooManyQueries : LookupEnd.Complete);
        return round.Count;
    }

    /// <summary>The query to send to every node.</summary>
    public KrpcQuery Query(ReadOnlySpan<byte> transactionId, bool isReadOnly) => new()
    {
        Method = Request.Method,
        TransactionId = transactionId,
        Id = _own,
        IsReadOnly = isReadOnly,
        Target = Request.Target,
        Want = Request.Want,
        Scrape = Request.Scrape,
        NoSeed = Request.NoSeed,
        Sequence = Request.KnownSequence,
    };

    /// <summary>An answer came to a query of this lookup, matched by its transaction: a reply, or an error, which is a failure. True if it was a reply to be believed.</summary>
    public bool Receive(UdpAddress from, in KrpcMessage reply)
    {
        if (End != LookupEnd.None) return false;
        var candidate = _candidates.At(from);
        var isRouter = candidate?.Phase is not (CandidatePhase.Asked or CandidatePhase.Stalled);
        if (isRouter && _routers.GetValueOrDefault(from)?.Phase is not (CandidatePhase.Asked or CandidatePhase.Stalled)) return false;
        var isHonest = reply.Kind == KrpcKind.Reply && reply.Id is { } id && (isRouter || id == candidate!.Contact.Id) && Results.Take(from, reply);
        if (!isHonest)
        {
            if (reply.Kind == KrpcKind.Reply) Liars++;
            Enter(from, CandidatePhase.Failed);
            return false;
        }

        Answers++;
        Enter(from, CandidatePhase.Answered);
        if (!isRouter)
        {
            candidate!.Token = [.. reply.Token];
            candidate.Sequence = reply.Sequence;
        }

        TakeNodes(_filter.Family == AddressFamily.InterNetwork ? reply.Nodes : reply.Nodes6, from, isRouter ? 1 : candidate!.Hops + 1);
        if (Request is { Method: KrpcMethod.Get, ForPut: false } && Results.Item is { IsMutable: false }) Finish(LookupEnd.Found);
        return true;
    }

    /// <summary>A query takes long: somebody else is asked as well.</summary>
    public void Stalled(UdpAddress address) => Enter(address, CandidatePhase.Stalled);

    /// <summary>A query timed out or could not be sent.</summary>
    public void Failed(UdpAddress address)
    {
        // A later query to the same may still be answered.
        if (AskedAt(address) is { } party && --party.Open == 0) Enter(address, CandidatePhase.Failed);
    }

    /// <summary>The closest nodes that answered, the closest first, no more than <see cref="LookupSettings.Closest"/>.</summary>
    public ImmutableArray<LookupNode> ClosestNodes() => [.. NodesToStoreAt().Take(_settings.Closest)];

    /// <summary>Where to announce to, those of them with a token: the closest nodes that answered, and after them secure ones if there are fewer than <see cref="LookupSettings.LeastSecure"/> among the closest.</summary>
    public ImmutableArray<LookupNode> NodesToStoreAt() =>
        [.. _candidates.ClosestAnswered().Select(candidate => new LookupNode(candidate.Contact, candidate.Token, candidate.Hops, candidate.Sequence))];

    // Nobody of the closest is left to ask: routers are; then, once more, those who are slow.
    private void AskOthers(ref Round round)
    {
        foreach (var router in _routerOrder) AskIf(CandidatePhase.Fresh, _routers[router], router, ref round);
        if (!round.IsIdle || _stalled == 0) return;
        foreach (var candidate in _candidates.ClosestHoped()) AskIf(CandidatePhase.Stalled, candidate, candidate.Contact.Address, ref round);
        if (Answers > 0) return;
        foreach (var router in _routerOrder) AskIf(CandidatePhase.Stalled, _routers[router], router, ref round);
    }

    private void AskIf(CandidatePhase phase, LookupParty party, UdpAddress address, ref Round round)
    {
        if (party.Phase != phase || party.Tries >= _settings.MaxTries || round.IsFull || InFlight >= _settings.MaxParallel || Queries >= _settings.MaxQueries || !round.TryAdd(address)) return;
        if (phase == CandidatePhase.Stalled) _stalled--;
        party.Phase = CandidatePhase.Asked;
        party.Tries++;
        party.Open++;
        InFlight++;
        Queries++;
        _lastAskedAt = round.NowTicks;
    }

    // All that is left is slow. What they have others have as well, or nobody.
    private bool IsWorthWaiting(long nowTicks) => _stalled > 0 && (Answers == 0 || nowTicks - _lastAskedAt < _settings.Patience.Ticks);

    // Who has been asked at an address and has not answered or failed.
    private LookupParty? AskedAt(UdpAddress address)
    {
        LookupParty? party = _candidates.At(address);
        if (party?.Phase is not (CandidatePhase.Asked or CandidatePhase.Stalled)) party = _routers.GetValueOrDefault(address);
        return party?.Phase is CandidatePhase.Asked or CandidatePhase.Stalled ? party : null;
    }

    // What became of a query in flight.
    private void Enter(UdpAddress address, CandidatePhase phase)
    {
        if (AskedAt(address) is not { } party || party.Phase == phase) return;
        if (party.Phase == CandidatePhase.Asked) InFlight--;
        else _stalled--;
        if (phase == CandidatePhase.Stalled) _stalled++;
        party.Phase = phase;
    }

    // Only the closest few of a reply: who tells of more wants to flood us.
    private void TakeNodes(CompactNodes nodes, UdpAddress from, int hops)
    {
        List<NodeContact> told = [];
        foreach (var node in nodes)
        {
            if (node.Id != _own && _filter.Accepts(node.Address, from)) told.Add(node);
        }

        if (told.Count > _settings.MaxNodesPerReply)
        {
            told.Sort((one, other) => one.Id.DistanceTo(Request.Target).CompareTo(other.Id.DistanceTo(Request.Target)));
            CollectionsMarshal.SetCount(told, _settings.MaxNodesPerReply);
        }

        foreach (var node in told) _candidates.Add(node, hops);
    }

    private void Finish(LookupEnd end)
    {
        foreach (var candidate in _candidates.ClosestAnswered().Take(_settings.Closest)) Hops = Math.Max(Hops, candidate.Hops);
        End = end == LookupEnd.Complete && Answers == 0 ? LookupEnd.NoAnswer : end;
    }

    // Whom to ask now.
    private ref struct Round(long nowTicks, QueryPacer pacer, Span<UdpAddress> addresses)
    {
        private readonly Span<UdpAddress> _addresses = addresses;

        public long NowTicks { get; } = nowTicks;

        public int Count { get; private set; }

        /// <summary>Somebody is to be asked as soon as its host may be.</summary>
        public bool IsWaiting { get; private set; }

        public readonly bool IsFull => Count == _addresses.Length;

        public readonly bool IsIdle => Count == 0 && !IsWaiting;

        public bool TryAdd(UdpAddress address)
        {
            if (!pacer.TryPass(address, NowTicks))
            {
                IsWaiting = true;
                return false;
            }

            _addresses[Count++] = address;
            return true;
        }
    }
}
