using System.Collections.Immutable;

namespace Swarm.Protocol.Cluster;

/// <summary>
/// The membership table: what each command does to it at a moment of the database's clock. Immutable; whoever keeps it swaps one for the next. The simulated database runs it; every other one must do the same, and its tests are theirs.
/// <para>Always holds: a generation is given once; down and left are final; every change of a state, and every vote, makes a new version, and was asked for with the version before it; a session is only ever lengthened.</para>
/// </summary>
public sealed record MembershipTable
{
    /// <summary>A table without members.</summary>
    public static MembershipTable Empty { get; } = new();

    /// <summary>Grows with every change but renewals.</summary>
    public long Version { get; private init; }

    /// <summary>The last generation that was given.</summary>
    public long LastGeneration { get; private init; }

    /// <summary>The rows, by identity.</summary>
    public ImmutableSortedDictionary<MemberId, Member> Members { get; private init; } = ImmutableSortedDictionary<MemberId, Member>.Empty;

    /// <summary>The table as a database holds it. A member that is left out counts as one that there is not.</summary>
    public static MembershipTable Of(long version, long lastGeneration, IEnumerable<Member> members) =>
        new() { Version = version, LastGeneration = lastGeneration, Members = members.ToImmutableSortedDictionary(static member => member.Id, static member => member) };

    /// <summary>A member that is live and whose session runs, or null.</summary>
    public Member? WithSession(MemberId id, long nowTicks) => Members.TryGetValue(id, out var member) && member.IsLive && member.HasSession(nowTicks) ? member : null;

    /// <summary>Does a command of <see cref="ClusterCommand"/> that is about members.</summary>
    public MembershipTable Do(ClusterCommand command, long nowTicks, out ClusterOutcome outcome) => command switch
    {
        ClusterCommand.Join join => Do(join, nowTicks, out outcome),
        ClusterCommand.Renew renew => Do(renew, nowTicks, out outcome),
        ClusterCommand.SetState set => Do(set, nowTicks, out outcome),
        ClusterCommand.Suspect suspect => Do(suspect, nowTicks, out outcome),
        ClusterCommand.DeclareExpired declare => Do(declare, nowTicks, out outcome),
        _ => throw new ArgumentException($"{command.GetType().Name} is not about members.", nameof(command)),
    };

    private MembershipTable Do(ClusterCommand.Join join, long nowTicks, out ClusterOutcome outcome)
    {
        var others = Members.RemoveRange(Members.Keys.Where(id => id.EndPoint == join.EndPoint));
        if (others.Count >= ClusterLimits.MaxMembers)
        {
            // Who ended first is remembered least.
            var ended = others.Values.Where(static member => !member.IsLive).OrderBy(static member => member.SinceTicks).FirstOrDefault();
            if (ended is null)
            {
                outcome = new ClusterOutcome.Refused($"the cluster has {others.Count} members, which is the most it can have");
                return this;
            }

            others = others.Remove(ended.Id);
        }

        var id = new MemberId(join.EndPoint, Math.Max(LastGeneration, join.LastGeneration) + 1);
        outcome = new ClusterOutcome.Joined(id);
        var member = new Member(id, join.Traits, MemberState.Joining, nowTicks, nowTicks + join.Lease.Ticks, join.FreeBytes, []);
        return this with { Version = Version + 1, LastGeneration = id.Generation, Members = others.Add(id, member) };
    }

    private MembershipTable Do(ClusterCommand.Renew renew, long nowTicks, out ClusterOutcome outcome)
    {
        outcome = new ClusterOutcome.Ended();
        if (!Members.TryGetValue(renew.Member, out var member) || !member.IsLive) return this;
        outcome = new ClusterOutcome.Done();
        var renewed = member with { AliveUntilTicks = Math.Max(member.AliveUntilTicks, nowTicks + renew.Lease.Ticks), FreeBytes = renew.FreeBytes };
        return this with { Members = Members.SetItem(renew.Member, renewed) };
    }

    private MembershipTable Do(ClusterCommand.SetState set, long nowTicks, out ClusterOutcome outcome)
    {
        if (Find(set.Member, set.Version, out outcome) is not { } member) return this;
        outcome = new ClusterOutcome.Done();
        if (member.State == set.State) return this;
        var mayGo = (member.State, set.State) switch
        {
            (MemberState.Joining, MemberState.Up) => true,
            (MemberState.Up, MemberState.Draining) => true,
            (MemberState.Draining, MemberState.Up) => true,
            (_, MemberState.Down or MemberState.Left) => member.IsLive,
            _ => false,
        };
        if (mayGo) return With(member with { State = set.State, SinceTicks = nowTicks, Suspicions = [] });
        outcome = new ClusterOutcome.Refused($"a member that is {member.State} does not become {set.State}");
        return this;
    }

    private MembershipTable Do(ClusterCommand.Suspect suspect, long nowTicks, out ClusterOutcome outcome)
    {
        if (Find(suspect.Member, suspect.Version, out outcome) is not { } member) return this;
        outcome = new ClusterOutcome.Done();
        if (!member.IsLive) return this;
        if (WithSession(suspect.Voter, nowTicks) is not { IsWorking: true })
        {
            outcome = new ClusterOutcome.Refused($"{suspect.Voter} has no vote: it is not up or its session ran out");
            return this;
        }

        // Those that are fresh and whose voters are still heard, and the new one.
        var fresh = member.Suspicions.Where(old => old.Voter != suspect.Voter && old.AtTicks > nowTicks - suspect.VoteLifetime.Ticks && Members.TryGetValue(old.Voter, out var voter) && voter.IsLive)
            .TakeLast(ClusterLimits.MaxSuspicions - 1).Append(new Suspicion(suspect.Voter, nowTicks)).ToImmutableArray();
        return fresh.Length >= suspect.Quorum ? Down(member, nowTicks) : With(member with { Suspicions = fresh });
    }

    private MembershipTable Do(ClusterCommand.DeclareExpired declare, long nowTicks, out ClusterOutcome outcome)
    {
        if (Find(declare.Member, declare.Version, out outcome) is not { } member) return this;
        outcome = new ClusterOutcome.Done();
        if (!member.IsLive) return this;
        if (WithSession(declare.Judge, nowTicks) is not null && member.AliveUntilTicks + declare.Grace.Ticks <= nowTicks) return Down(member, nowTicks);
        outcome = new ClusterOutcome.Refused($"the session of {member.Id} has not run out long enough, or that of {declare.Judge} has");
        return this;
    }

    private Member? Find(MemberId id, long version, out ClusterOutcome outcome)
    {
        outcome = version == Version ? new ClusterOutcome.Refused($"there is no member {id}") : new ClusterOutcome.Conflict();
        return version == Version ? Members.GetValueOrDefault(id) : null;
    }

    private MembershipTable Down(Member member, long nowTicks) => With(member with { State = MemberState.Down, SinceTicks = nowTicks });

    private MembershipTable With(Member member) => this with { Version = Version + 1, Members = Members.SetItem(member.Id, member) };
}
