using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Lookups;

/// <summary>
/// The nodes that one lookup knows, the closest first. Owned by <see cref="Lookup"/>.
/// <para>
/// Ids and addresses are what others claim, so the closest nodes are chosen with care: on a walk from the closest outward, at most so many of one network, narrow or wide, are taken, and those that failed or stall are passed over.
/// So whoever has few networks gets few of the places however many ids it makes up, and a made-up node blocks no real one for longer than it takes to stall. Whoever has enough networks for all places still has no ids of BEP 42 there:
/// the walk goes on until it has met some that have one, who come in addition. Local addresses are exempt: their networks have no owner but ourselves.
/// </para>
/// Always holds: at most <see cref="LookupSettings.MaxCandidates"/>, one an address, of one narrow network no more than <see cref="LookupSettings.MaxRememberedPerNetwork"/>.
/// </summary>
internal sealed class LookupCandidates(NodeId target, LookupSettings settings)
{
    private readonly List<LookupCandidate> _byDistance = [];
    private readonly Dictionary<UdpAddress, LookupCandidate> _byAddress = [];
    private readonly List<LookupCandidate> _walk = [];

    // Failed ones that gave way: as many as queries at most. They are not asked again, whoever tells of them.
    private readonly HashSet<UdpAddress> _givenUp = [];

    /// <summary>Nodes that found no room, or lost it.</summary>
    public long Dropped { get; private set; }

    public LookupCandidate? At(UdpAddress address) => _byAddress.GetValueOrDefault(address);

    /// <summary>Adds a node unless its address is known or there is no room for one so far away.</summary>
    public void Add(NodeContact contact, int hops)
    {
        if (_byAddress.ContainsKey(contact.Address) || _givenUp.Contains(contact.Address)) return;
        var candidate = new LookupCandidate(contact, target, hops);
        if (!candidate.IsLocal && !MakeRoomInNetwork(candidate))
        {
            Dropped++;
            return;
        }

        if (_byDistance.Count >= settings.MaxCandidates && !MakeRoomFor(candidate, inNetwork: null))
        {
            Dropped++;
            return;
        }

        var at = _byDistance.Count;
        while (at > 0 && candidate.Distance.CompareTo(_byDistance[at - 1].Distance) < 0) at--;
        _byDistance.Insert(at, candidate);
        _byAddress.Add(contact.Address, candidate);
    }

    /// <summary>
    /// The closest nodes that may count, in whatever phase but failed and stalled, the closest first: up to <see cref="LookupSettings.Closest"/> of any kind, and beyond them as many secure ones as it takes to have <see cref="LookupSettings.LeastSecure"/>.
    /// Valid until the next call.
    /// </summary>
    public List<LookupCandidate> Closest() => Walk(candidate => candidate.Phase is not (CandidatePhase.Failed or CandidatePhase.Stalled));

    /// <summary>The closest nodes that answered or still may, those that stall included. Valid until the next call.</summary>
    public List<LookupCandidate> ClosestHoped() => Walk(candidate => candidate.Phase != CandidatePhase.Failed);

    /// <summary>Of those that answered, likewise. Valid until the next call.</summary>
    public List<LookupCandidate> ClosestAnswered() => Walk(candidate => candidate.Phase == CandidatePhase.Answered);

    private List<LookupCandidate> Walk(Predicate<LookupCandidate> mayCount)
    {
        _walk.Clear();
        var secure = 0;
        foreach (var candidate in _byDistance)
        {
            if (!mayCount(candidate) || (_walk.Count >= settings.Closest && !candidate.IsSecure)) continue;
            if (!candidate.IsLocal && (IsFull(candidate, node => node.Narrow == candidate.Narrow, settings.MaxPerNarrowNetwork) || IsFull(candidate, node => node.Wide == candidate.Wide, settings.MaxPerWideNetwork))) continue;
            _walk.Add(candidate);
            if (candidate.IsSecure) secure++;
            if (_walk.Count >= settings.Closest && secure >= settings.LeastSecure) break;
        }

        return _walk;
    }

    private bool IsFull(LookupCandidate candidate, Func<LookupCandidate, bool> isAlike, int limit) => _walk.Count(node => node != candidate && isAlike(node)) >= limit;

    private bool MakeRoomInNetwork(LookupCandidate candidate)
    {
        var alike = _byDistance.Count(node => node.Narrow == candidate.Narrow);
        return alike < settings.MaxRememberedPerNetwork || MakeRoomFor(candidate, candidate.Narrow);
    }

    // The farthest that was not asked, or failed, goes, if it is farther than the newcomer.
    private bool MakeRoomFor(LookupCandidate candidate, UdpAddress? inNetwork)
    {
        var index = _byDistance.FindLastIndex(node => node.Phase is CandidatePhase.Fresh or CandidatePhase.Failed && (inNetwork is null || node.Narrow == inNetwork));
        if (index < 0 || (_byDistance[index].Phase == CandidatePhase.Fresh && _byDistance[index].Distance.CompareTo(candidate.Distance) <= 0)) return false;
        if (_byDistance[index].Phase == CandidatePhase.Failed) _givenUp.Add(_byDistance[index].Contact.Address);
        _byAddress.Remove(_byDistance[index].Contact.Address);
        _byDistance.RemoveAt(index);
        Dropped++;
        return true;
    }
}
