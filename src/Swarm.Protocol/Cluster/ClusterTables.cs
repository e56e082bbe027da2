using System.Collections.Immutable;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Cluster;

/// <summary>
/// All tables of a cluster: members, named leases, torrents and where they are. Immutable; a batch that is not to be committed is thrown away. The simulated database runs it, and a real one must do the same (one conformance suite).
/// <para>Always holds: tokens only grow; a lease changes hands only when its owner has left the table or its session has run out; what is written under a token is written under the last one; a replica is not dropped while fewer than the
/// wanted number of others are complete; every change of a torrent has a number of its own, greater than all before; a source is there exactly for the torrents that are not forgotten.</para>
/// <para>A torrent that was removed is forgotten when every storage has said that it has nothing of it, or that storage is given up, because nobody has had it for a retention. The row of a forgotten torrent stays, without its source, until it is purged: who reads by the numbers of changes learns of it. Who was away for longer sees by <see cref="ClusterNumbers.PurgedTo"/> that he may have missed something.
/// The row with the last change is never purged: who has read it has read everything.</para>
/// </summary>
public sealed partial record ClusterTables
{
    /// <summary>The lease of whoever plans placement.</summary>
    public const string PlannerLease = "planner";

    /// <summary>So many of a source's first bytes tell a link from a file.</summary>
    public const int SourceHeadBytes = 7;

    /// <summary>Tables of a cluster without members or torrents.</summary>
    public static ClusterTables Empty { get; } = new();

    /// <summary>The members.</summary>
    public MembershipTable Membership { get; private init; } = MembershipTable.Empty;

    /// <summary>Named leases: who took each last, and under which token.</summary>
    public ImmutableSortedDictionary<string, (MemberId Owner, long Token)> Leases { get; private init; } = ImmutableSortedDictionary.Create<string, (MemberId, long)>(StringComparer.Ordinal);

    /// <summary>The torrents, forgotten ones included.</summary>
    public ImmutableSortedDictionary<InfoHash, PlacedTorrent> Torrents { get; private init; } = ImmutableSortedDictionary<InfoHash, PlacedTorrent>.Empty;

    /// <summary>What they count.</summary>
    public ClusterNumbers Numbers { get; private init; } = ClusterNumbers.None;

    /// <summary>The number of the last change of a torrent.</summary>
    public long LastChange => Numbers.LastChange;

    /// <summary>The last token that was given.</summary>
    public long LastToken => Numbers.LastToken;

    /// <summary>The .torrent files and links of the torrents that are not forgotten.</summary>
    public ImmutableSortedDictionary<InfoHash, ImmutableArray<byte>> Sources { get; private init; } = ImmutableSortedDictionary<InfoHash, ImmutableArray<byte>>.Empty;

    /// <summary>Peers that the links of those torrents named, where there are any: <c>host:port</c>, each once, those of the last link first.</summary>
    public ImmutableSortedDictionary<InfoHash, ImmutableArray<string>> Hints { get; private init; } = ImmutableSortedDictionary<InfoHash, ImmutableArray<string>>.Empty;

    private ImmutableSortedDictionary<long, InfoHash> Changes { get; init; } = ImmutableSortedDictionary<long, InfoHash>.Empty;

    /// <summary>
    /// Tables as a database holds them, or the part of them that commands to come need: a member, lease, torrent or source that is left out counts as one that there is not, and of a source that is only to be there the first <see cref="SourceHeadBytes"/> bytes do. A page of torrents, for a <see cref="ClusterCommand.Read"/>,
    /// is whole if it has as many as are to be read and one for each that the commands before the read may change or purge; likewise of bans. Of bans, a command needs its own and as many of those that are kept least long as the batch may take out; <paramref name="banRows"/> is how many there are in all.
    /// </summary>
    public static ClusterTables Of(
        MembershipTable membership,
        IEnumerable<KeyValuePair<string, (MemberId Owner, long Token)>> leases,
        IEnumerable<PlacedTorrent> torrents,
        IEnumerable<KeyValuePair<InfoHash, ImmutableArray<byte>>> sources,
        IEnumerable<KeyValuePair<InfoHash, ImmutableArray<string>>> hints,
        IEnumerable<SharedBan> bans,
        int banRows,
        ClusterNumbers numbers)
    {
        var byTorrent = torrents.ToImmutableSortedDictionary(static torrent => torrent.Wanted.Torrent, static torrent => torrent);
        return Empty with
        {
            Membership = membership,
            Leases = Empty.Leases.AddRange(leases),
            Torrents = byTorrent,
            Changes = byTorrent.ToImmutableSortedDictionary(static torrent => torrent.Value.Change, static torrent => torrent.Key),
            Sources = Empty.Sources.AddRange(sources),
            Hints = Empty.Hints.AddRange(hints),
            Bans = Empty.Bans.AddRange(bans.Select(static ban => KeyValuePair.Create(ban.Key, ban))),
            BanRows = banRows,
            Numbers = numbers,
        };
    }

    /// <summary>Does commands in order, at one moment of the database's clock, with one outcome for each.</summary>
    public ClusterTables Do(ImmutableArray<ClusterCommand> commands, long nowTicks, out ImmutableArray<ClusterOutcome> outcomes)
    {
        var tables = this;
        var done = ImmutableArray.CreateBuilder<ClusterOutcome>(commands.Length);
        foreach (var command in commands)
        {
            tables = tables.Do(command, nowTicks, out var outcome);
            done.Add(outcome);
        }

        outcomes = done.MoveToImmutable();
        return tables;
    }

    /// <summary>Does one command.</summary>
    public ClusterTables Do(ClusterCommand command, long nowTicks, out ClusterOutcome outcome)
    {
        switch (command)
        {
            case ClusterCommand.AcquireLease acquire: return Acquire(acquire, nowTicks, out outcome);
            case ClusterCommand.ReleaseLease release:
                outcome = new ClusterOutcome.Done();
                return Leases.TryGetValue(release.Name, out var held) && held.Token == release.Token ? this with { Leases = Leases.Remove(release.Name) } : this;
            case ClusterCommand.AddTorrent add: return Add(add, out outcome);
            case ClusterCommand.ChangeTorrent change: return Change(change, out outcome);
            case ClusterCommand.Describe describe: return Describe(describe, out outcome);
            case ClusterCommand.LoadSource load:
                outcome = new ClusterOutcome.Source(Sources.GetValueOrDefault(load.Torrent, [])) { Hints = Hints.GetValueOrDefault(load.Torrent, []) };
                return this;
            case ClusterCommand.Assign assign: return Assign(assign, out outcome);
            case ClusterCommand.Drop drop: return Drop(drop, out outcome);
            case ClusterCommand.Report report: return Report(report, out outcome);
            case ClusterCommand.ReportGone gone: return ReportGone(gone, out outcome);
            case ClusterCommand.SetBan set: return SetBan(set.Ban, nowTicks, out outcome);
            case ClusterCommand.LiftBan lift: return LiftBan(lift, nowTicks, out outcome);
            case ClusterCommand.Purge purge: return Purge(purge, nowTicks, out outcome);
            case ClusterCommand.Read read:
                outcome = Read(read, nowTicks);
                return this;
            default: return this with { Membership = Membership.Do(command, nowTicks, out outcome) };
        }
    }

    private ClusterTables Acquire(ClusterCommand.AcquireLease acquire, long nowTicks, out ClusterOutcome outcome)
    {
        outcome = new ClusterOutcome.Ended();
        if (Membership.WithSession(acquire.Member, nowTicks) is null) return this;
        if (Leases.TryGetValue(acquire.Name, out var held))
        {
            // Until its session has run out an owner may be writing, whatever others have voted.
            if (held.Owner != acquire.Member && Membership.Members.TryGetValue(held.Owner, out var owner) && owner.State != MemberState.Left && owner.HasSession(nowTicks))
            {
                outcome = new ClusterOutcome.HeldBy(held.Owner);
                return this;
            }

            if (held.Owner == acquire.Member)
            {
                outcome = new ClusterOutcome.Leased(held.Token);
                return this;
            }
        }

        var token = Math.Max(LastToken, acquire.LastToken) + 1;
        outcome = new ClusterOutcome.Leased(token);
        return this with { Numbers = Numbers with { LastToken = token }, Leases = Leases.SetItem(acquire.Name, (acquire.Member, token)) };
    }

    private ClusterTables Add(ClusterCommand.AddTorrent add, out ClusterOutcome outcome)
    {
        var torrent = add.Wanted.Torrent;
        if (add.Source.Length is 0 or > ClusterLimits.MaxSourceBytes)
        {
            outcome = new ClusterOutcome.Refused($"the torrent's source has {add.Source.Length} bytes, not 1 to {ClusterLimits.MaxSourceBytes}");
            return this;
        }

        outcome = new ClusterOutcome.Done();
        var known = Torrents.GetValueOrDefault(torrent);
        var isKept = IsLink(add.Source) && Sources.TryGetValue(torrent, out var there) && !IsLink(there);
        var wanted = known is { Wanted.IsRemoved: false } ? known.Wanted with { Replicas = add.Wanted.Replicas } : add.Wanted with { IsRemoved = false, DeletesData = false };
        // Who has not heard yet what the file says does not take it back.
        if (wanted.Length == 0) wanted = wanted with { Length = isKept && known is not null ? known.Wanted.Length : add.Wanted.Length };
        wanted = wanted with { Name = (isKept ? known?.Wanted.Name : null) ?? wanted.Name ?? add.Wanted.Name };
        var hinted = WithHints(torrent, add.Hints);
        if (isKept && known?.Wanted == wanted) return hinted;
        var tables = isKept ? hinted : hinted with { Sources = Sources.SetItem(torrent, add.Source) };
        return tables.With(known is null ? new PlacedTorrent(wanted, [], 0) : known with { Wanted = wanted });
    }

    // Nobody dials what is none, and it may be a text that a database does not take: whoever named it, everything else of the batch would fail with it.
    private ClusterTables WithHints(InfoHash torrent, ImmutableArray<string> hints)
    {
        var known = Hints.GetValueOrDefault(torrent, []);
        ImmutableArray<string> all = [.. hints.Concat(known).Where(static hint => HostEndPoint.TryParse(hint, out _)).Distinct(StringComparer.Ordinal).Take(ClusterLimits.MaxHints)];
        return all.SequenceEqual(known) ? this : this with { Hints = Hints.SetItem(torrent, all) };
    }

    private ClusterTables Change(ClusterCommand.ChangeTorrent change, out ClusterOutcome outcome)
    {
        outcome = new ClusterOutcome.Refused($"the cluster has no torrent {change.Torrent}");
        if (Torrents.GetValueOrDefault(change.Torrent) is not { } known || (known.Wanted.IsRemoved && change.Changes.Removal is null)) return this;
        outcome = known is { Wanted.IsRemoved: true, IsForgotten: false } && change.Changes.Removal != known.Wanted.DeletesData
            ? new ClusterOutcome.Refused($"the torrent is being removed already, {(known.Wanted.DeletesData ? "with" : "without")} its files")
            : new ClusterOutcome.Done();
        var wanted = known.Wanted.IsRemoved ? known.Wanted : change.Changes.Of(known.Wanted);
        return wanted == known.Wanted ? this : With(known with { Wanted = wanted });
    }

    private ClusterTables Describe(ClusterCommand.Describe describe, out ClusterOutcome outcome)
    {
        outcome = new ClusterOutcome.Ended();
        if (!Membership.Members.TryGetValue(describe.Member, out var member) || !member.IsLive) return this;
        outcome = new ClusterOutcome.Refused($"the torrent's source has {describe.Source.Length} bytes, more than {ClusterLimits.MaxSourceBytes}");
        if (describe.Source.Length > ClusterLimits.MaxSourceBytes) return this;
        outcome = new ClusterOutcome.Done();
        if (Torrents.GetValueOrDefault(describe.Torrent) is not { Wanted.IsRemoved: false } known || !Sources.TryGetValue(describe.Torrent, out var there) || !IsLink(there)) return this;
        var wanted = known.Wanted with { Name = describe.Name, Length = describe.Length };
        if (wanted == known.Wanted && describe.Source.IsEmpty) return this;
        var hinted = WithHints(describe.Torrent, describe.Hints);
        var tables = describe.Source.IsEmpty ? hinted : hinted with { Sources = Sources.SetItem(describe.Torrent, describe.Source) };
        return tables.With(known with { Wanted = wanted });
    }

    /// <summary>Whether a source is a link; else it is a file.</summary>
    public static bool IsLink(ImmutableArray<byte> source) => source.AsSpan().StartsWith("magnet:"u8);

    private ClusterTables Assign(ClusterCommand.Assign assign, out ClusterOutcome outcome)
    {
        if (ToPlan(assign.Torrent, assign.Token, out outcome) is not { } torrent) return this;
        if (torrent.At(assign.Storage) is { State: not ReplicaState.Dropping }) return this;
        if (!torrent.Wanted.IsRemoved && torrent.Replicas.Length < ClusterLimits.MaxReplicaRows) return With(torrent.With(new Replica(assign.Storage, ReplicaState.Assigned)));
        outcome = new ClusterOutcome.Refused(torrent.Wanted.IsRemoved ? "the torrent is being removed" : $"the torrent has {torrent.Replicas.Length} replicas already");
        return this;
    }

    private ClusterTables Drop(ClusterCommand.Drop drop, out ClusterOutcome outcome)
    {
        if (ToPlan(drop.Torrent, drop.Token, out outcome) is not { } torrent) return this;
        if (torrent.At(drop.Storage) is not { } replica || replica.State == ReplicaState.Dropping) return this;
        var others = torrent.Without(drop.Storage).CompleteReplicas;
        if (!replica.IsPinned && others >= torrent.Wanted.Replicas) return With(torrent.With(replica with { State = ReplicaState.Dropping, Reason = null }));
        outcome = new ClusterOutcome.Refused(replica.IsPinned ? "the replica is its user's own" : $"only {others} others are complete, and {torrent.Wanted.Replicas} are wanted");
        return this;
    }

    private ClusterTables Report(ClusterCommand.Report report, out ClusterOutcome outcome)
    {
        outcome = new ClusterOutcome.Ended();
        if (!Speaks(report.Member, report.Replica.Storage)) return this;
        outcome = new ClusterOutcome.Refused("the torrent is not placed there");
        if (Torrents.GetValueOrDefault(report.Torrent) is not { } torrent) return this;
        var placed = torrent.At(report.Replica.Storage);
        // What is the user's own may be where nobody has placed it.
        if ((placed is null && !report.Replica.IsPinned) || placed is { State: ReplicaState.Dropping } || torrent.Wanted.IsRemoved) return this;
        outcome = new ClusterOutcome.Done();
        return placed == report.Replica ? this : With(torrent.With(report.Replica));
    }

    private ClusterTables ReportGone(ClusterCommand.ReportGone gone, out ClusterOutcome outcome)
    {
        outcome = new ClusterOutcome.Ended();
        if (!Membership.Members.TryGetValue(gone.Member, out var member) || !member.IsLive) return this;
        outcome = new ClusterOutcome.Done();
        if (Torrents.GetValueOrDefault(gone.Torrent) is not { } torrent || torrent.At(member.Traits.Storage) is not { } replica) return this;
        // It was taken back meanwhile: the storage is to have it after all.
        return replica.State == ReplicaState.Dropping || torrent.Wanted.IsRemoved ? With(torrent.Without(member.Traits.Storage)) : this;
    }

    private ClusterTables Purge(ClusterCommand.Purge purge, long nowTicks, out ClusterOutcome outcome)
    {
        if (!IsPlanners(purge.Token))
        {
            outcome = new ClusterOutcome.Fenced();
            return this;
        }

        return PurgeBans(purge.Limit, nowTicks).PurgeTorrents(purge, nowTicks, out outcome);
    }

    private ClusterTables PurgeTorrents(ClusterCommand.Purge purge, long nowTicks, out ClusterOutcome outcome)
    {
        outcome = new ClusterOutcome.Purged(0, HasMore: false);
        if (Numbers.MarkedTicks != 0 && nowTicks - Numbers.MarkedTicks < purge.Retention.Ticks) return this;
        var old = Changes.TakeWhile(each => each.Key <= Numbers.MarkedChange && each.Key < LastChange).Where(each => Torrents[each.Value].IsForgotten).Take(purge.Limit + 1).ToArray();
        var hasMore = old.Length > purge.Limit;
        if (hasMore) old = old[..purge.Limit];
        var tables = this with
        {
            Torrents = Torrents.RemoveRange(old.Select(static each => each.Value)),
            Changes = Changes.RemoveRange(old.Select(static each => each.Key)),
            Numbers = old.Length > 0 ? Numbers with { PurgedTo = Math.Max(Numbers.PurgedTo, old[^1].Key) } : Numbers,
        };
        tables = tables.GiveUp(purge, nowTicks, out var givenUp, ref hasMore);
        outcome = new ClusterOutcome.Purged(old.Length, hasMore) { GivenUp = givenUp };
        return hasMore ? tables : tables with { Numbers = tables.Numbers with { MarkedChange = tables.LastChange, MarkedTicks = nowTicks } };
    }

    // Of torrents that have been going for a retention: replicas at storages that nobody has had for as long, for who would say that they have gone does not come. Those that are waited for are told as changed once more, so that whoever has them
    // tries again; and so that they stand behind the others, and a purge always comes to the next.
    private ClusterTables GiveUp(ClusterCommand.Purge purge, long nowTicks, out int givenUp, ref bool hasMore)
    {
        givenUp = 0;
        var going = Changes.TakeWhile(each => each.Key <= Numbers.MarkedChange).Where(each => Torrents[each.Value] is { Wanted.IsRemoved: true, IsForgotten: false }).Take(purge.Limit + 1).ToArray();
        if (going.Length == 0) return this;
        hasMore |= going.Length > purge.Limit;
        var waitedFor = Membership.Members.Values.Where(member => member.IsLive || nowTicks - member.SinceTicks < purge.Retention.Ticks).Select(static member => member.Traits.Storage).ToHashSet(StringComparer.Ordinal);
        var tables = this;
        foreach (var (_, torrent) in going.Take(purge.Limit))
        {
            var placed = Torrents[torrent];
            ImmutableArray<Replica> left = [.. placed.Replicas.Where(replica => waitedFor.Contains(replica.Storage))];
            givenUp += placed.Replicas.Length - left.Length;
            tables = tables.With(placed with { Replicas = left });
        }

        return tables;
    }

    private ClusterOutcome.View Read(ClusterCommand.Read read, long nowTicks)
    {
        var changed = ImmutableArray.CreateBuilder<PlacedTorrent>();
        var upTo = read.AfterChange;
        foreach (var (change, torrent) in ChangesAfter(read.AfterChange).Take(read.Limit))
        {
            changed.Add(Torrents[torrent]);
            upTo = change;
        }

        var (bans, upToBan) = BansAfter(read.AfterBan, read.Limit);
        return new ClusterOutcome.View(nowTicks, Membership.Version, [.. Membership.Members.Values], changed.ToImmutable(), upTo, upTo < LastChange || upToBan < Numbers.LastBan)
        {
            Bans = bans,
            UpToBan = upToBan,
            Leases = [.. Leases.Select(static lease => new NamedLease(lease.Key, lease.Value.Owner, lease.Value.Token))],
            LastChange = LastChange,
            LastBan = Numbers.LastBan,
            PurgedTo = Numbers.PurgedTo,
        };
    }

    private IEnumerable<KeyValuePair<long, InfoHash>> ChangesAfter(long change) => change >= LastChange ? [] : Changes.SkipWhile(each => each.Key <= change);

    private bool Speaks(MemberId id, string storage) => Membership.Members.TryGetValue(id, out var member) && member.IsLive && member.Traits.Storage == storage;

    private bool IsPlanners(long token) => Leases.TryGetValue(PlannerLease, out var held) && held.Token == token && Membership.Members.TryGetValue(held.Owner, out var owner) && owner.IsLive;

    private PlacedTorrent? ToPlan(InfoHash torrent, long token, out ClusterOutcome outcome)
    {
        if (!IsPlanners(token))
        {
            outcome = new ClusterOutcome.Fenced();
            return null;
        }

        var placed = Torrents.GetValueOrDefault(torrent);
        outcome = placed is null ? new ClusterOutcome.Refused($"there is no torrent {torrent}") : new ClusterOutcome.Done();
        return placed;
    }

    private ClusterTables With(PlacedTorrent torrent)
    {
        var change = LastChange + 1;
        var placed = torrent with { Change = change };
        return this with
        {
            Numbers = Numbers with { LastChange = change },
            Torrents = Torrents.SetItem(torrent.Wanted.Torrent, placed),
            Sources = placed.IsForgotten ? Sources.Remove(torrent.Wanted.Torrent) : Sources,
            Hints = placed.IsForgotten ? Hints.Remove(torrent.Wanted.Torrent) : Hints,
            Changes = Changes.Remove(torrent.Change).Add(change, torrent.Wanted.Torrent),
        };
    }
}
