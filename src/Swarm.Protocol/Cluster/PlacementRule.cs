using System.Collections.Immutable;

namespace Swarm.Protocol.Cluster;

/// <summary>Why a placement changes.</summary>
public enum PlanReason
{
    /// <summary>The torrent is new, and no replica of it has come to anything yet: all that are wanted are made at once, and nobody waits for them.</summary>
    First,

    /// <summary>There are fewer replicas than wanted, and there were more or one is complete.</summary>
    Repair,

    /// <summary>It should be elsewhere.</summary>
    Move,

    /// <summary>There are more replicas than wanted, and enough are complete.</summary>
    Trim,
}

/// <summary>One change of a torrent's placement: a storage gets it, or is to forget it where the reason is <see cref="PlanReason.Trim"/>.</summary>
public sealed record PlanStep(PlacedTorrent Torrent, string Storage, PlanReason Reason);

/// <summary>
/// What to change next about one torrent: one step at a time, so that each is decided by what the one before has led to. A pure function of the torrent, the storages and the settings.
/// <para>Always holds: nothing is dropped while fewer than the wanted number of others are complete at storages that are here; a copy at a storage that is lost is left alone, for it may be the last; what is its user's own is never dropped; when nothing
/// changes any more, the steps come to an end.</para>
/// </summary>
public static class PlacementRule
{
    /// <summary>The next step, or null: it is as it should be, or nothing can be done.</summary>
    public static PlanStep? Next(PlacedTorrent torrent, SiteTable sites, PlacementSettings settings)
    {
        if (torrent.Wanted.IsRemoved) return null;
        var ranked = Rendezvous.Rank(torrent.Wanted.Torrent, sites.Here);
        return Missing(torrent, sites, ranked, settings) ?? Surplus(torrent, sites, ranked, settings) ?? Misplaced(torrent, sites, ranked, settings);
    }

    /// <summary>Where a torrent should be if nothing stood in the way of moving it: storages that are here, and have it or have room for it.</summary>
    public static ImmutableArray<StorageSite> Desired(PlacedTorrent torrent, SiteTable sites, IReadOnlyList<StorageSite> ranked, PlacementSettings settings)
    {
        var able = ranked.Where(site => torrent.At(site.Storage) is { State: ReplicaState.Assigned or ReplicaState.Complete } || (torrent.At(site.Storage) is null && sites.HasRoom(site.Storage, torrent.Wanted.Length, settings))).ToArray();
        var pinned = able.Where(site => torrent.At(site.Storage) is { IsPinned: true }).ToArray();
        return [.. pinned, .. Rendezvous.Choose(able, Math.Max(0, torrent.Wanted.Replicas - pinned.Length), pinned)];
    }

    /// <summary>
    /// The next step, and where that is a copy that is missing, those after it as if it had been done: where the copies go does not follow from what comes of each. So all replicas of a new torrent are placed at once. Empty: it is as it should be, or nothing can be done.
    /// </summary>
    public static ImmutableArray<PlanStep> Steps(PlacedTorrent torrent, SiteTable sites, PlacementSettings settings)
    {
        var steps = ImmutableArray.CreateBuilder<PlanStep>();
        var placed = torrent;
        while (Next(placed, sites, settings) is { } step)
        {
            var isMissing = step.Reason is PlanReason.First or PlanReason.Repair;
            // What was going and is to stay is none that is going any more, but the torrent is no newer for it.
            if (isMissing || steps.Count == 0) steps.Add(step with { Torrent = torrent, Reason = steps.Count > 0 ? steps[0].Reason : step.Reason });
            if (!isMissing) break;
            placed = placed.With(new Replica(step.Storage, ReplicaState.Assigned));
        }

        return steps.ToImmutable();
    }

    private static PlanStep? Missing(PlacedTorrent torrent, SiteTable sites, IReadOnlyList<StorageSite> ranked, PlacementSettings settings)
    {
        // Failed ones and those that go are not counted; those at a storage that is only away are.
        var counted = torrent.Replicas.Where(replica => replica.State is ReplicaState.Assigned or ReplicaState.Complete && sites.StateOf(replica.Storage) is SiteState.Here or SiteState.Away).ToArray();
        if (counted.Length >= torrent.Wanted.Replicas) return null;
        var taken = counted.Select(replica => sites.Find(replica.Storage)).OfType<StorageSite>().ToArray();
        var able = ranked.Where(site => IsFree(torrent, site) && sites.HasRoom(site.Storage, torrent.Wanted.Length, settings)).ToArray();
        return Rendezvous.Choose(able, 1, taken) is [var best] ? new PlanStep(torrent, best.Storage, IsNew(torrent, sites) ? PlanReason.First : PlanReason.Repair) : null;
    }

    // A replica that is lost, failed, going or complete is a sign of an earlier placement.
    private static bool IsNew(PlacedTorrent torrent, SiteTable sites)
    {
        foreach (var replica in torrent.Replicas)
        {
            if (replica.State != ReplicaState.Assigned || sites.StateOf(replica.Storage) != SiteState.Here) return false;
        }

        return true;
    }

    // Where it never was, or is just leaving; not where it has failed.
    private static bool IsFree(PlacedTorrent torrent, StorageSite site) => torrent.At(site.Storage) is null or { State: ReplicaState.Dropping };

    private static PlanStep? Surplus(PlacedTorrent torrent, SiteTable sites, IReadOnlyList<StorageSite> ranked, PlacementSettings settings)
    {
        var complete = torrent.Replicas.Where(replica => replica.State == ReplicaState.Complete && sites.StateOf(replica.Storage) == SiteState.Here).ToArray();
        if (complete.Length < torrent.Wanted.Replicas) return null;
        var desired = Desired(torrent, sites, ranked, settings);
        return torrent.Replicas
            .Where(replica => !replica.IsPinned && replica.State != ReplicaState.Dropping && sites.StateOf(replica.Storage) is SiteState.Here or SiteState.Leaving)
            .Where(replica => complete.Count(other => other != replica) >= torrent.Wanted.Replicas && (replica.State != ReplicaState.Assigned || !IsIn(desired, replica)))
            // First what leaves anyway, then what has failed, then what is not where it should be, and of several the one that ranks last.
            .OrderByDescending(replica => sites.StateOf(replica.Storage) == SiteState.Leaving)
            .ThenByDescending(static replica => replica.State == ReplicaState.Failed)
            .ThenBy(replica => IsIn(desired, replica))
            .ThenByDescending(replica => RankOf(ranked, replica))
            .Select(replica => new PlanStep(torrent, replica.Storage, PlanReason.Trim))
            .FirstOrDefault();
    }

    private static PlanStep? Misplaced(PlacedTorrent torrent, SiteTable sites, IReadOnlyList<StorageSite> ranked, PlacementSettings settings)
    {
        // One thing after the other: whatever is not complete is finished first.
        if (torrent.Replicas.Any(replica => replica.State is ReplicaState.Assigned or ReplicaState.Dropping && sites.StateOf(replica.Storage) != SiteState.Lost)) return null;
        if (torrent.Replicas.Count(replica => replica.State == ReplicaState.Complete && sites.StateOf(replica.Storage) == SiteState.Here) < torrent.Wanted.Replicas) return null;
        var missing = Desired(torrent, sites, ranked, settings).FirstOrDefault(site => torrent.At(site.Storage) is null);
        return missing is null ? null : new PlanStep(torrent, missing.Storage, PlanReason.Move);
    }

    private static bool IsIn(ImmutableArray<StorageSite> sites, Replica replica) => sites.Any(site => site.Storage == replica.Storage);

    private static int RankOf(IReadOnlyList<StorageSite> ranked, Replica replica)
    {
        for (var rank = 0; rank < ranked.Count; rank++)
        {
            if (ranked[rank].Storage == replica.Storage) return rank;
        }

        return ranked.Count;
    }
}
