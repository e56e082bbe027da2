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
/// A few queries are in flight at a time. One that takes longer than answers commonly do has stalled: somebody else is asked in its place and nobody waits for it, but until it fails its answer counts. The pacer keeps queries to one host
/// apart over all lookups; a node that has to wait is asked later. Nodes without an id (bootstrap routers) are asked when nobody else is left, and never count themselves.
/// </para>
/// <para>
/// What others tell may be lies: see <see cref="LookupCandidates"/> for how a crowd of invented nodes is kept small, and kept from being all there is. A node that answers under another id than it was named with, or with a false item, has failed.
/// </para>
/// Always holds: every node is asked once at most; it ends, with <see cref="End"/> saying why, at the latest when limits of queries or time are reached. Times are TimeSpan ticks of a monotonic clock.
/// </summary>
public sealed class Lookup
{
    private readonly LookupSettings _settings;
    private readonly AddressFilter _filter;
    private readonly NodeId _own;
    private readonly long _startedAt;
    private readonly LookupCandidates _candidates;
    private readonly Dictionary<UdpAddress, CandidatePhase> _routers = [];

    // In the order they were given: the dictionary is never walked.
    private readonly List<UdpAddress> _routerOrder = [];
    private int _stalled;

    /// <summary>A lookup that knows nobody yet.</summary>
    public Lookup(LookupRequest request, NodeId own, AddressFilter filter, IItemSignatures signatures, LookupSettings settings, long nowTicks)
    {
        Request = request;
        _own = own;
        _filter = filter;
        _settings = settings;
        _startedAt = nowTicks;
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
        if (_routerOrder.Count == MaxRouters || !_routers.TryAdd(address, CandidatePhase.Fresh)) return false;
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
        var (count, isWaiting) = (0, false);
        foreach (var candidate in closest)
        {
            if (count == addresses.Length || InFlight >= _settings.MaxParallel || Queries >= _settings.MaxQueries) break;
            if (candidate.Phase != CandidatePhase.Fresh) continue;
            if (!pacer.TryPass(candidate.Contact.Address, nowTicks))
            {
                isWaiting = true;
                continue;
            }

            candidate.Phase = CandidatePhase.Asked;
            addresses[count++] = candidate.Contact.Address;
            InFlight++;
            Queries++;
        }

        // Enough have answered; or nobody is left to ask and nothing more can come, not even late.
        if (closest.Count >= _settings.Closest && closest.TrueForAll(candidate => candidate.Phase == CandidatePhase.Answered)) Finish(LookupEnd.Complete);
        else if (count == 0 && InFlight == 0 && !isWaiting) count = AskRouters(nowTicks, pacer, addresses, ref isWaiting);
        if (End == LookupEnd.None && InFlight + _stalled == 0 && !isWaiting && addresses.Length > 0) Finish(Queries >= _settings.MaxQueries ? LookupEnd.TooManyQueries : LookupEnd.Complete);
        return count;
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
        if (isRouter && _routers.GetValueOrDefault(from) is not (CandidatePhase.Asked or CandidatePhase.Stalled)) return false;
        var isHonest = reply.Kind == KrpcKind.Reply && reply.Id is { } id && (isRouter || id == candidate!.Contact.Id) && Results.Take(from, reply);
        if (!isHonest)
        {
            if (reply.Kind == KrpcKind.Reply) Liars++;
            Failed(from);
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
    public void Failed(UdpAddress address) => Enter(address, CandidatePhase.Failed);

    /// <summary>The closest nodes that answered, the closest first, no more than <see cref="LookupSettings.Closest"/>.</summary>
    public ImmutableArray<LookupNode> ClosestNodes() => [.. NodesToStoreAt().Take(_settings.Closest)];

    /// <summary>Where to announce to, those of them with a token: the closest nodes that answered, and after them secure ones if there are fewer than <see cref="LookupSettings.LeastSecure"/> among the closest.</summary>
    public ImmutableArray<LookupNode> NodesToStoreAt() =>
        [.. _candidates.ClosestAnswered().Select(candidate => new LookupNode(candidate.Contact, candidate.Token, candidate.Hops, candidate.Sequence))];

    private int AskRouters(long nowTicks, QueryPacer pacer, Span<UdpAddress> addresses, ref bool isWaiting)
    {
        var count = 0;
        foreach (var router in _routerOrder)
        {
            if (count == addresses.Length || InFlight >= _settings.MaxParallel || Queries >= _settings.MaxQueries) break;
            if (_routers[router] != CandidatePhase.Fresh) continue;
            if (!pacer.TryPass(router, nowTicks))
            {
                isWaiting = true;
                continue;
            }

            _routers[router] = CandidatePhase.Asked;
            addresses[count++] = router;
            InFlight++;
            Queries++;
        }

        return count;
    }

    // Of a query in flight: what became of it.
    private void Enter(UdpAddress address, CandidatePhase phase)
    {
        var candidate = _candidates.At(address);
        var isCandidate = candidate?.Phase is CandidatePhase.Asked or CandidatePhase.Stalled;
        var before = isCandidate ? candidate!.Phase : _routers.GetValueOrDefault(address);
        if (before is not (CandidatePhase.Asked or CandidatePhase.Stalled) || before == phase) return;
        if (before == CandidatePhase.Asked) InFlight--;
        else _stalled--;
        if (phase == CandidatePhase.Stalled) _stalled++;
        if (isCandidate) candidate!.Phase = phase;
        else _routers[address] = phase;
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
}
