using System.Collections.Immutable;

namespace Swarm.Protocol.Cluster;

// Bans that all members share. They have numbers of changes of their own: members of a version that knows no bans in the tables read torrents as before.
public sealed partial record ClusterTables
{
    /// <summary>The bans, lifted and ended ones included until they are purged; by address.</summary>
    public ImmutableSortedDictionary<string, SharedBan> Bans { get; private init; } = ImmutableSortedDictionary.Create<string, SharedBan>(StringComparer.Ordinal);

    /// <summary>How many rows there are, also those that are not loaded.</summary>
    public int BanRows { get; private init; }

    private ClusterTables SetBan(Ban ban, long nowTicks, out ClusterOutcome outcome)
    {
        var until = nowTicks + ban.Left.Ticks;
        var known = Bans.GetValueOrDefault(ban.Address.ToString());
        outcome = new ClusterOutcome.Done();
        // What is left of it, said twice, ends a little later the second time: a second is no news.
        return known?.UntilTicks + TimeSpan.TicksPerSecond > until ? this : With(new SharedBan(ban.Address, until, Math.Max(until, known?.KeptUntilTicks ?? 0), ban.Reason, ban.By, 0), out outcome);
    }

    private ClusterTables LiftBan(ClusterCommand.LiftBan lift, long nowTicks, out ClusterOutcome outcome)
    {
        var known = Bans.GetValueOrDefault(lift.Address.ToString());
        outcome = new ClusterOutcome.Done();
        // One that has ended may have been heard of anew from a member that does not write its bans here.
        var keptUntil = nowTicks + lift.Remembered.Ticks;
        return With(new SharedBan(lift.Address, nowTicks, Math.Max(keptUntil, known?.KeptUntilTicks ?? 0), known?.Reason ?? "", lift.By, 0), out outcome);
    }

    private ClusterTables With(SharedBan ban, out ClusterOutcome outcome)
    {
        outcome = new ClusterOutcome.Done();
        var bans = Bans;
        var rows = BanRows;
        if (!bans.ContainsKey(ban.Key))
        {
            if (rows >= ClusterLimits.MaxBans)
            {
                var first = bans.Values.MinBy(static each => (each.KeptUntilTicks, each.Change))!;
                if (first.KeptUntilTicks >= ban.KeptUntilTicks)
                {
                    outcome = new ClusterOutcome.Refused($"there are {rows} bans already");
                    return this;
                }

                bans = bans.Remove(first.Key);
                rows--;
            }

            rows++;
        }

        var change = Numbers.LastBan + 1;
        return this with { Bans = bans.SetItem(ban.Key, ban with { Change = change }), BanRows = rows, Numbers = Numbers with { LastBan = change } };
    }

    private ClusterTables PurgeBans(int limit, long nowTicks)
    {
        string[] ended = [.. Bans.Values.Where(ban => ban.KeptUntilTicks <= nowTicks).OrderBy(static ban => (ban.KeptUntilTicks, ban.Change)).Take(limit).Select(static ban => ban.Key)];
        return ended.Length == 0 ? this : this with { Bans = Bans.RemoveRange(ended), BanRows = BanRows - ended.Length };
    }

    private (ImmutableArray<SharedBan> Bans, long UpTo) BansAfter(long change, int limit)
    {
        if (change >= Numbers.LastBan) return ([], change);
        ImmutableArray<SharedBan> bans = [.. Bans.Values.Where(ban => ban.Change > change).OrderBy(static ban => ban.Change).Take(limit)];
        // The last one may have been purged: a page that is not full is the last.
        return (bans, bans.Length == limit ? bans[^1].Change : Numbers.LastBan);
    }
}
