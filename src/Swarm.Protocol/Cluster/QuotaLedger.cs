using System.Collections.Immutable;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Cluster;

/// <summary>How a bandwidth limit of the whole cluster is divided.</summary>
public sealed record QuotaSettings
{
    /// <summary>What a cluster uses unless configured otherwise.</summary>
    public static QuotaSettings Default { get; } = new();

    /// <summary>The part of a limit that is never granted and shared equally by all members, for those that have no grant; 0.01 to 0.5.</summary>
    public double Reserve { get; init => field = Setting.InRange(value, 0.01, 0.5); } = 0.1;

    /// <summary>How long a grant holds, 1 s to 5 min.</summary>
    public TimeSpan GrantTime { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)); } = TimeSpan.FromSeconds(15);

    /// <summary>What a member always gets of a limit without a grant, bytes a second, at least 1.</summary>
    public long FloorOf(long limit, int members) => Math.Max(1, (long)(limit * Reserve / Math.Max(1, members)));
}

/// <summary>
/// Divides a limit among members by what they ask for: each gets what it asks or an equal share of what is left, whichever is less (max-min fairness). Grants are leases: one that was given counts in full until its time is over, whether or not its holder has heard of a
/// smaller one, so a limit holds whatever is lost on the way. Pure; moments are ticks of the granter's monotonic clock.
/// <para>Always holds: at any moment the grants that may be in use sum up to no more than the limit less the reserve.</para>
/// </summary>
public sealed class QuotaLedger(long limitBytesPerSecond, QuotaSettings settings)
{
    private readonly SortedDictionary<MemberId, List<(long Bytes, long UntilTicks)>> _outstanding = [];
    private readonly long _toGrant = limitBytesPerSecond - (long)(limitBytesPerSecond * settings.Reserve);

    /// <summary>The division that demands would have by themselves, bytes a second: max-min fair, in the order given.</summary>
    public static ImmutableArray<long> Split(long limit, ImmutableArray<long> demands)
    {
        var shares = new long[demands.Length];
        var left = limit;
        var order = Enumerable.Range(0, demands.Length).OrderBy(i => demands[i]).ToArray();
        for (var i = 0; i < order.Length; i++)
        {
            var share = Math.Min(demands[order[i]], left / (order.Length - i));
            shares[order[i]] = share;
            left -= share;
        }

        return [.. shares];
    }

    /// <summary>A round of grants for what members ask now; those that ask nothing get nothing. Each holds for <see cref="QuotaSettings.GrantTime"/> of its holder's time from its arrival, which is why it is counted here for twice that.</summary>
    public ImmutableArray<(MemberId Member, long BytesPerSecond)> Grant(ImmutableArray<(MemberId Member, long Demand)> demands, long nowTicks)
    {
        Expire(nowTicks);
        var fair = Split(_toGrant, [.. demands.Select(static each => each.Demand)]);
        var grants = ImmutableArray.CreateBuilder<(MemberId, long)>(demands.Length);
        for (var i = 0; i < demands.Length; i++)
        {
            var member = demands[i].Member;
            var own = InUse(member);
            // What it may use already costs nothing more; more is given only of what nobody else may use.
            var share = Math.Min(fair[i], Math.Max(own, _toGrant - (InUse() - own)));
            if (!_outstanding.TryGetValue(member, out var given)) _outstanding.Add(member, given = []);
            given.Add((share, nowTicks + (2 * settings.GrantTime.Ticks)));
            grants.Add((member, share));
        }

        return grants.MoveToImmutable();
    }

    /// <summary>What all grants that may be in use sum up to, bytes a second.</summary>
    public long InUse() => _outstanding.Keys.Sum(InUse);

    private long InUse(MemberId member) => _outstanding.TryGetValue(member, out var given) && given.Count > 0 ? given.Max(static each => each.Bytes) : 0;

    private void Expire(long nowTicks)
    {
        foreach (var (member, given) in _outstanding.ToArray())
        {
            given.RemoveAll(each => each.UntilTicks <= nowTicks);
            if (given.Count == 0) _outstanding.Remove(member);
        }
    }
}
