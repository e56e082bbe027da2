using System.Collections.Immutable;
using System.Net;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Cluster;

/// <summary>Limits of the bans that a cluster shares.</summary>
public sealed record BanSettings
{
    /// <summary>What a cluster uses unless configured otherwise.</summary>
    public static BanSettings Default { get; } = new();

    /// <summary>Addresses at most, 1 to 1,000,000; the one that ends soonest makes room.</summary>
    public int Capacity { get; init => field = Setting.InRange(value, 1, 1_000_000); } = 10_000;

    /// <summary>The longest ban, 1 s to 365 days; what others say beyond it is cut.</summary>
    public TimeSpan Longest { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromDays(365)); } = TimeSpan.FromDays(7);
}

/// <summary>A ban on its way between nodes: what is left of it, not when it ends, because no two clocks agree.</summary>
public sealed record Ban(IPAddress Address, TimeSpan Left, string Reason)
{
    /// <summary>Who gave it, as people know him: a member's end point, perhaps with the name of a key. Not on the wire: there it is whoever sent it.</summary>
    public string By { get; init; } = "";
}

/// <summary>
/// A ban as the tables hold it, for all members and whoever joins later. Moments are ticks of the database's clock. <paramref name="UntilTicks"/>: until when it holds; one that was lifted has ended. <paramref name="KeptUntilTicks"/>: until when the row stays, which is as
/// long as any member may still believe in the ban: so whoever was away while it was lifted learns of it, or has seen it end. <paramref name="Change"/>: the change of the bans by which it became so.
/// </summary>
public sealed record SharedBan(IPAddress Address, long UntilTicks, long KeptUntilTicks, string Reason, string By, long Change)
{
    /// <summary>What rows are known by.</summary>
    public string Key => Address.ToString();
}

/// <summary>
/// Addresses that no node of the cluster deals with, each until a moment. Merging is by the later end, so it does not matter in which order, how often and by which way bans arrive; only <see cref="Lift"/> makes one end sooner. Pure; moments are ticks of the node's monotonic clock.
/// </summary>
public sealed class BanList(BanSettings settings)
{
    private readonly SortedDictionary<string, (Ban Ban, long UntilTicks)> _bans = new(StringComparer.Ordinal);

    /// <summary>How many there are, ended ones that nobody has asked for included.</summary>
    public int Count => _bans.Count;

    /// <summary>Bans that made room for others, ever.</summary>
    public long Evicted { get; private set; }

    /// <summary>Takes bans in; those that are new or end later than before come back, to be acted on.</summary>
    public ImmutableArray<Ban> Merge(IEnumerable<Ban> bans, long nowTicks)
    {
        var news = ImmutableArray.CreateBuilder<Ban>();
        foreach (var ban in bans)
        {
            if (ban.Left <= TimeSpan.Zero) continue;
            var key = ban.Address.ToString();
            var until = nowTicks + Math.Min(ban.Left.Ticks, settings.Longest.Ticks);
            // A second is what the way between two nodes may take: not every echo is news.
            if (_bans.TryGetValue(key, out var known) && known.UntilTicks + TimeSpan.TicksPerSecond >= until) continue;
            if (known.Ban is null && !MakeRoom(until, nowTicks)) continue;
            _bans[key] = (ban, until);
            news.Add(ban with { Left = TimeSpan.FromTicks(until - nowTicks) });
        }

        return news.ToImmutable();
    }

    /// <summary>Ends a ban now. Whether there was one.</summary>
    public bool Lift(IPAddress address) => _bans.Remove(address.ToString());

    /// <summary>Whether an address is banned.</summary>
    public bool IsBanned(IPAddress address, long nowTicks) => _bans.TryGetValue(address.ToString(), out var ban) && ban.UntilTicks > nowTicks;

    /// <summary>All bans that hold, with what is left of them, sorted by address.</summary>
    public ImmutableArray<Ban> All(long nowTicks) => [.. _bans.Values.Where(ban => ban.UntilTicks > nowTicks).Select(ban => ban.Ban with { Left = TimeSpan.FromTicks(ban.UntilTicks - nowTicks) })];

    private bool MakeRoom(long until, long nowTicks)
    {
        if (_bans.Count < settings.Capacity) return true;
        foreach (var ended in _bans.Where(each => each.Value.UntilTicks <= nowTicks).Select(static each => each.Key).ToArray()) _bans.Remove(ended);
        if (_bans.Count < settings.Capacity) return true;
        var soonest = _bans.MinBy(static each => each.Value.UntilTicks);
        if (soonest.Value.UntilTicks >= until) return false;
        Evicted++;
        return _bans.Remove(soonest.Key);
    }
}
