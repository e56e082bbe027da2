using System.Collections.Immutable;

namespace Swarm.Protocol.Cluster;

/// <summary>
/// What one member makes of the heartbeats: whom it pings, whom it misses, and whether it is the right one to accuse anybody. Pure; moments are ticks of the node's monotonic clock.
/// <para>Its contacts are those that it pings and those that ping it. Who, itself counted, does not hear from more than half of that circle keeps quiet: the fault may be its own. In a cluster of up to 2 × monitored + 1 members the circle is everybody, and so the
/// smaller side of a partition, and either of two halves, accuses nobody; in a larger one the circle is a sample of it.</para>
/// <para>A node that stood still has heard of nobody meanwhile, and that was not theirs to answer for: after a gap between its own beats all count as heard.</para>
/// </summary>
public sealed class HeartbeatMonitor(MembershipSettings settings)
{
    private readonly SortedDictionary<MemberId, long> _heardAt = [];
    private readonly SortedSet<MemberId> _reallyHeard = [];
    private ImmutableArray<MemberId> _watchers = [];
    private long? _beatAt;

    /// <summary>Whom it pings.</summary>
    public ImmutableArray<MemberId> Watched { get; private set; } = [];

    /// <summary>Forgets whom it has heard: what was shown by one identity is not shown by the next.</summary>
    public void Reset()
    {
        _heardAt.Clear();
        _reallyHeard.Clear();
    }

    /// <summary>Takes the members that work, and oneself; who is new has from now on to be heard.</summary>
    public void SetMembers(MemberId self, IEnumerable<MemberId> working, long nowTicks)
    {
        var members = working.Where(member => member.EndPoint != self.EndPoint).ToList();
        Watched = NeighbourRing.After(self, members, settings.Monitored);
        _watchers = NeighbourRing.Before(self, members, settings.Monitored);
        var contacts = Watched.Union(_watchers).ToHashSet();
        foreach (var gone in _heardAt.Keys.Where(member => !contacts.Contains(member)).ToArray())
        {
            _heardAt.Remove(gone);
            _reallyHeard.Remove(gone);
        }

        foreach (var contact in contacts) _heardAt.TryAdd(contact, nowTicks);
    }

    /// <summary>A member pinged us, or answered.</summary>
    public void Heard(MemberId member, long nowTicks)
    {
        if (!_heardAt.ContainsKey(member)) return;
        _heardAt[member] = nowTicks;
        _reallyHeard.Add(member);
    }

    /// <summary>Its own beat, once every interval, before anything is asked.</summary>
    public void Beat(long nowTicks)
    {
        var stoodStill = _beatAt is { } last && nowTicks - last > settings.SuspectAfter.Ticks / 2;
        _beatAt = nowTicks;
        if (!stoodStill) return;
        foreach (var member in _heardAt.Keys.ToArray()) _heardAt[member] = nowTicks;
    }

    /// <summary>Whom it accuses now, in order: those it watches and has not heard for too long; nobody, while it is not the one to accuse.</summary>
    public ImmutableArray<MemberId> Accused(long nowTicks) => HearsMost(nowTicks) ? [.. Watched.Where(member => !IsHeard(member, nowTicks)).Order()] : [];

    /// <summary>Whether, itself counted, it hears from more than half of its circle.</summary>
    public bool HearsMost(long nowTicks) => IsMost(_heardAt.Keys.Count(member => IsHeard(member, nowTicks)));

    /// <summary>The same, of those that it has heard at least once: what a member that joins must have shown.</summary>
    public bool HasBeenHeardByMost => IsMost(_reallyHeard.Count);

    /// <summary>How many votes a member takes: no more than there are others that watch it.</summary>
    public int QuorumFor(MemberId member, IEnumerable<MemberId> working) => Math.Max(1, Math.Min(settings.VotesToDown, NeighbourRing.Before(member, working, settings.Monitored).Length));

    private bool IsMost(int heard) => (heard + 1) * 2 > _heardAt.Count + 1;

    private bool IsHeard(MemberId member, long nowTicks) => nowTicks - _heardAt[member] <= settings.SuspectAfter.Ticks;
}
