using System.Net;
using System.Net.Sockets;

namespace Swarm.Protocol.Swarming;

/// <summary>
/// The addresses that one torrent knows, and which to dial next. Owned by the torrent's actor: it adds what trackers, the user and peers tell, asks for the
/// next address while <see cref="DialBudget"/> allows, and reports what became of each.
/// <para>
/// An address is idle, being dialled or connected. Next is the idle one with the fewest failures in a row, one never tried before one tried, by source, then by
/// the priority that the caller computed (BEP 40), then by the longest rest. A failure makes it rest, twice as long each time, with some jitter, so that the members
/// of a swarm do not return in step; after too many it is forgotten, unless the user gave it.
/// </para>
/// Always holds: one entry an address (an IPv4 address mapped into IPv6 is that IPv4 address); none is our own, has port 0 or is banned; no more than
/// <see cref="CandidateSettings.MaxCandidates"/>; and <see cref="Connections"/> is the number of addresses being dialled or connected plus the incoming connections.
/// Adding when full and choosing the next look at every address once. Times are TimeSpan ticks of a monotonic clock.
/// </summary>
public sealed class CandidatePeers(CandidateSettings settings, Random random)
{
    private readonly Dictionary<IPEndPoint, Candidate> _byAddress = [];

    // Walks go over this list, never over the dictionary. An entry that goes is replaced by the last.
    private readonly List<Candidate> _all = [];
    private readonly HashSet<IPEndPoint> _own = [];
    private readonly HashSet<IPAddress> _banned = [];
    private readonly Queue<IPAddress> _bannedInOrder = new();
    private int _outgoing;
    private int _incoming;

    /// <summary>Addresses known.</summary>
    public int Count => _all.Count;

    /// <summary>Connections allowed, 1 or more; as the settings say until somebody says otherwise. Fewer than there are: none is made until enough have ended.</summary>
    public int MaxConnections { get; set; } = settings.MaxConnections;

    /// <summary>Connections that count against <see cref="MaxConnections"/>.</summary>
    public int Connections => _outgoing + _incoming;

    /// <summary>Whether one connection more is allowed.</summary>
    public bool HasRoom => Connections < MaxConnections;

    /// <summary>Addresses that were not kept, or gave way, because there was no room.</summary>
    public long Dropped { get; private set; }

    /// <summary>Addresses that were refused: own, port 0, no unicast, banned.</summary>
    public long Refused { get; private set; }

    /// <summary>Bans that ended early because there were too many.</summary>
    public long ForgottenBans { get; private set; }

    /// <summary>
    /// Offers an address. <paramref name="priority"/> is its canonical priority (BEP 40), higher first; <paramref name="isSeed"/> that it is said to have everything. One that its user, or the cluster, names again is dialled again soon, however long it was to rest:
    /// who names it knows that it is there.
    /// </summary>
    public CandidateOutcome Add(IPEndPoint address, PeerSource source, uint priority = 0, bool isSeed = false)
    {
        var key = Normalize(address);
        if (_byAddress.TryGetValue(key, out var known))
        {
            if (source > known.Source) known.Source = source;
            known.Priority = Math.Max(known.Priority, priority);
            known.IsSeed |= isSeed;
            if (source == PeerSource.User && known.WasTried) known.NotBefore = Math.Min(known.NotBefore, known.LastUse + settings.ReconnectDelay.Ticks);
            return CandidateOutcome.Known;
        }

        if (!IsAcceptable(key))
        {
            Refused++;
            return CandidateOutcome.Refused;
        }

        var candidate = new Candidate(key, _all.Count) { Source = source, Priority = priority, IsSeed = isSeed };
        if (_all.Count >= settings.MaxCandidates && !MakeRoomFor(candidate))
        {
            Dropped++;
            return CandidateOutcome.Full;
        }

        candidate.Order = _all.Count;
        _all.Add(candidate);
        _byAddress.Add(key, candidate);
        return CandidateOutcome.Added;
    }

    /// <summary>
    /// The next address to dial, marked as being dialled, or null if there is none now: report <see cref="Connected"/> or <see cref="Failed"/> for it.
    /// With <paramref name="weAreSeed"/> addresses known as seeds are left out: neither side could want anything.
    /// </summary>
    public IPEndPoint? Next(long nowTicks, bool weAreSeed)
    {
        if (!HasRoom) return null;
        Candidate? best = null;
        foreach (var candidate in _all)
        {
            if (!CanDial(candidate, weAreSeed) || candidate.NotBefore > nowTicks) continue;
            if (best is null || Candidate.Compare(candidate, best) < 0) best = candidate;
        }

        if (best is null) return null;
        SetState(best, CandidateState.Dialing);
        best.WasTried = true;
        best.LastUse = nowTicks;
        return best.Address;
    }

    /// <summary>When <see cref="Next"/> may have an address again, in ticks, or null if only a new address or a free connection can change that.</summary>
    public long? NextAt(bool weAreSeed)
    {
        long? earliest = null;
        if (!HasRoom) return null;
        foreach (var candidate in _all)
        {
            if (CanDial(candidate, weAreSeed) && !(candidate.NotBefore >= earliest)) earliest = candidate.NotBefore;
        }

        return earliest;
    }

    /// <summary>Addresses that could be called now, were there room, and never were.</summary>
    public int Untried(long nowTicks, bool weAreSeed) => _all.Count(candidate => !candidate.WasTried && CanDial(candidate, weAreSeed) && candidate.NotBefore <= nowTicks);

    /// <summary>Whether the user named the address.</summary>
    public bool IsUsers(IPEndPoint address) => Find(address) is { Source: PeerSource.User };

    /// <summary>The dialled address answered, and the handshake went through.</summary>
    public void Connected(IPEndPoint address)
    {
        if (Find(address) is not { State: CandidateState.Dialing } candidate) return;
        SetState(candidate, CandidateState.Connected);
        candidate.Failures = 0;
    }

    /// <summary>The dialled address did not answer, or was connected and proved useless (another torrent, a broken protocol): it rests, longer each time.</summary>
    public void Failed(IPEndPoint address, long nowTicks)
    {
        if (Find(address) is not { State: not CandidateState.Idle } candidate) return;
        SetState(candidate, CandidateState.Idle);
        candidate.Failures++;
        if (candidate.Failures >= settings.MaxFailures && candidate.Source != PeerSource.User)
        {
            Remove(candidate);
            return;
        }

        candidate.NotBefore = nowTicks + BackOff(candidate.Failures);
    }

    /// <summary>A connection that worked has ended, by whomever: the address rests a little.</summary>
    public void Disconnected(IPEndPoint address, long nowTicks)
    {
        if (Find(address) is not { State: not CandidateState.Idle } candidate) return;
        SetState(candidate, CandidateState.Idle);
        candidate.NotBefore = nowTicks + settings.ReconnectDelay.Ticks;
    }

    /// <summary>A peer connected to us; false if there is no room, or it is banned. What is true is given back by <see cref="IncomingEnded"/>.</summary>
    public bool TryAcceptIncoming(IPAddress address)
    {
        if (!HasRoom || IsBanned(address)) return false;
        _incoming++;
        return true;
    }

    /// <summary>An incoming connection has ended.</summary>
    public void IncomingEnded()
    {
        if (_incoming > 0) _incoming--;
    }

    /// <summary>Who listens at this address has an incoming connection with us: it is not dialled until <see cref="CallEnded"/>. Nothing if the address is not known.</summary>
    public void CallBegan(IPEndPoint address)
    {
        if (Find(address) is { } candidate) candidate.Calls++;
    }

    /// <summary>That incoming connection has ended: the address rests a little.</summary>
    public void CallEnded(IPEndPoint address, long nowTicks)
    {
        if (Find(address) is not { Calls: > 0 } candidate) return;
        candidate.Calls--;
        candidate.NotBefore = Math.Max(candidate.NotBefore, nowTicks + settings.ReconnectDelay.Ticks);
    }

    /// <summary>Notes whether an address has everything, so that a seed does not dial it.</summary>
    public void SetSeed(IPEndPoint address, bool isSeed)
    {
        if (Find(address) is { } candidate) candidate.IsSeed = isSeed;
    }

    /// <summary>An address turned out to be our own: it is forgotten and never taken again.</summary>
    public void SetOwn(IPEndPoint address)
    {
        var key = Normalize(address);

        // As many as there are candidates at most: each was one, or is an address we listen on.
        if (_own.Count < settings.MaxCandidates) _own.Add(key);
        if (Find(key) is { } candidate) Remove(candidate);
    }

    /// <summary>
    /// Bans every port of an address: all its entries are forgotten. Connections to it are the caller's to close; no report for them is needed any more,
    /// except <see cref="IncomingEnded"/>.
    /// </summary>
    public void Ban(IPAddress address)
    {
        var key = Normalize(address);
        if (!_banned.Add(key)) return;
        _bannedInOrder.Enqueue(key);
        if (_banned.Count > settings.MaxBanned)
        {
            _banned.Remove(_bannedInOrder.Dequeue());
            ForgottenBans++;
        }

        for (var i = _all.Count - 1; i >= 0; i--)
        {
            if (_all[i].Address.Address.Equals(key)) Remove(_all[i]);
        }
    }

    /// <summary>Takes a ban back: the address may be added again.</summary>
    public void Forgive(IPAddress address)
    {
        var key = Normalize(address);
        if (!_banned.Remove(key)) return;
        var others = _bannedInOrder.Where(each => !each.Equals(key)).ToArray();
        _bannedInOrder.Clear();
        foreach (var other in others) _bannedInOrder.Enqueue(other);
    }

    /// <summary>Whether the address is banned.</summary>
    public bool IsBanned(IPAddress address) => _banned.Contains(Normalize(address));

    /// <summary>Whether the address is known and being dialled or connected.</summary>
    public bool IsInUse(IPEndPoint address) => Find(address) is { State: not CandidateState.Idle };

    /// <summary>Adds up to <paramref name="limit"/> addresses that have worked or were never tried, the most promising first: what is worth keeping for the next run.</summary>
    public void AddBestTo(List<IPEndPoint> output, int limit)
    {
        var sorted = new List<Candidate>(_all);
        sorted.Sort(static (a, b) =>
        {
            var result = b.State.CompareTo(a.State);
            if (result == 0) result = Candidate.Compare(a, b);
            return result == 0 ? a.Order.CompareTo(b.Order) : result;
        });
        for (var i = 0; i < sorted.Count && i < limit; i++)
        {
            if (sorted[i].Failures == 0) output.Add(sorted[i].Address);
        }
    }

    private static bool CanDial(Candidate candidate, bool weAreSeed) =>
        candidate.State == CandidateState.Idle && candidate.Calls == 0 && !(weAreSeed && candidate.IsSeed);

    private bool IsAcceptable(IPEndPoint address)
    {
        if (address.Port == 0 || _own.Contains(address) || _banned.Contains(address.Address)) return false;
        var ip = address.Address;
        if (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any) || ip.Equals(IPAddress.Broadcast) || ip.IsIPv6Multicast) return false;
        if (ip.AddressFamily != AddressFamily.InterNetwork) return true;
        Span<byte> bytes = stackalloc byte[4];
        return ip.TryWriteBytes(bytes, out _) && bytes[0] is > 0 and < 224;
    }

    private bool MakeRoomFor(Candidate newcomer)
    {
        Candidate? worst = null;
        foreach (var candidate in _all)
        {
            if (candidate.State != CandidateState.Idle || candidate.Source == PeerSource.User) continue;
            if (worst is null || Candidate.Compare(candidate, worst) > 0) worst = candidate;
        }

        if (worst is null || Candidate.Compare(worst, newcomer) <= 0) return false;
        Dropped++;
        Remove(worst);
        return true;
    }

    private long BackOff(int failures)
    {
        var rest = settings.FirstBackOff.Ticks * Math.Pow(2, Math.Min(failures - 1, 40));
        return (long)(Math.Min(rest, settings.MaxBackOff.Ticks) * (1 + (random.NextDouble() * settings.BackOffJitter)));
    }

    private void SetState(Candidate candidate, CandidateState state)
    {
        if (candidate.State != CandidateState.Idle) _outgoing--;
        candidate.State = state;
        if (state != CandidateState.Idle) _outgoing++;
    }

    private void Remove(Candidate candidate)
    {
        SetState(candidate, CandidateState.Idle);
        _byAddress.Remove(candidate.Address);
        var last = _all[^1];
        _all[candidate.Order] = last;
        last.Order = candidate.Order;
        _all.RemoveAt(_all.Count - 1);
    }

    private Candidate? Find(IPEndPoint address) => _byAddress.GetValueOrDefault(Normalize(address));

    private static IPAddress Normalize(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    /// <summary>A copy of our own, since the caller could change his.</summary>
    private static IPEndPoint Normalize(IPEndPoint address) => new(Normalize(address.Address), address.Port);
}
