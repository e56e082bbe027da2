using System.Collections.Immutable;

namespace Swarm.Protocol.Cluster;

/// <summary>How much of something there is: torrents, and bytes as far as lengths are known.</summary>
public readonly record struct Amount(int Torrents, long Bytes)
{
    internal Amount Plus(long bytes) => new(Torrents + 1, Bytes + bytes);
}

/// <summary>
/// A storage, what it should have and what it has. <paramref name="Wanted"/>: the replicas that placement would have there if nothing stood in the way. <paramref name="Complete"/>, <paramref name="Assigned"/>, <paramref name="Failed"/>, <paramref name="Dropping"/>: the
/// replicas there are, by their states.
/// </summary>
public sealed record StorageSurvey(StorageSite Site, SiteState State, long FreeBytes, Amount Wanted, Amount Complete, Amount Assigned, Amount Failed, Amount Dropping);

/// <summary>
/// The whole placement of a view, and what the planner would do next about each torrent: a dry run, in which nothing is done. Pure, and as costly as a look at every torrent, so callers keep it as long as the view is the same.
/// </summary>
public sealed record PlacementSurvey
{
    /// <summary>Torrents, and bytes of one copy of each.</summary>
    public Amount All { get; private init; }

    /// <summary>Those with fewer complete replicas than wanted; replicas at storages that are lost do not count.</summary>
    public Amount BelowWanted { get; private init; }

    /// <summary>Those without any complete replica, likewise.</summary>
    public Amount WithoutCopy { get; private init; }

    /// <summary>Copies that are being made, a torrent counted once for each.</summary>
    public Amount UnderWay { get; private init; }

    /// <summary>Next steps by their reason; those with none are absent.</summary>
    public ImmutableSortedDictionary<PlanReason, Amount> Next { get; private init; } = ImmutableSortedDictionary<PlanReason, Amount>.Empty;

    /// <summary>The first of those steps, in the order of hashes, at most as many as were asked for.</summary>
    public ImmutableArray<PlanStep> Steps { get; private init; } = [];

    /// <summary>The storages by name, those that only replicas name last.</summary>
    public ImmutableArray<StorageSurvey> Storages { get; private init; } = [];

    /// <summary>Looks at everything. <paramref name="limit"/>: steps to keep.</summary>
    public static PlacementSurvey Of(ClusterView view, PlacementSettings settings, int limit)
    {
        var sites = new SiteTable(view, settings);
        var storages = new SortedDictionary<string, StorageSurvey>(StringComparer.Ordinal);
        foreach (var (site, state, freeBytes) in sites.All) storages.Add(site.Storage, new StorageSurvey(site, state, freeBytes, default, default, default, default, default));
        var next = new SortedDictionary<PlanReason, Amount>();
        var steps = ImmutableArray.CreateBuilder<PlanStep>();
        Amount all = default, below = default, without = default, underWay = default;
        foreach (var placed in view.Torrents.Values)
        {
            var bytes = placed.Wanted.Length;
            foreach (var replica in placed.Replicas)
            {
                storages[replica.Storage] = Counted(storages.GetValueOrDefault(replica.Storage) ?? Lost(replica.Storage), replica.State, bytes);
                if (replica.State == ReplicaState.Assigned && sites.StateOf(replica.Storage) == SiteState.Here) underWay = underWay.Plus(bytes);
            }

            if (placed.Wanted.IsRemoved) continue;
            all = all.Plus(bytes);
            var complete = sites.CompleteOf(placed);
            if (complete < placed.Wanted.Replicas) below = below.Plus(bytes);
            if (complete == 0) without = without.Plus(bytes);
            foreach (var site in PlacementRule.Desired(placed, sites, Rendezvous.Rank(placed.Wanted.Torrent, sites.Here), settings))
            {
                storages[site.Storage] = storages[site.Storage] with { Wanted = storages[site.Storage].Wanted.Plus(bytes) };
            }

            foreach (var step in PlacementRule.Steps(placed, sites, settings))
            {
                next[step.Reason] = next.GetValueOrDefault(step.Reason).Plus(bytes);
                if (steps.Count < limit) steps.Add(step);
            }
        }

        return new PlacementSurvey
        {
            All = all,
            BelowWanted = below,
            WithoutCopy = without,
            UnderWay = underWay,
            Next = next.ToImmutableSortedDictionary(),
            Steps = steps.ToImmutable(),
            Storages = [.. storages.Values.OrderBy(each => sites.Find(each.Site.Storage) is null)],
        };
    }

    private static StorageSurvey Lost(string storage) => new(new StorageSite(storage, "", 0), SiteState.Lost, 0, default, default, default, default, default);

    private static StorageSurvey Counted(StorageSurvey storage, ReplicaState state, long bytes) => state switch
    {
        ReplicaState.Complete => storage with { Complete = storage.Complete.Plus(bytes) },
        ReplicaState.Assigned => storage with { Assigned = storage.Assigned.Plus(bytes) },
        ReplicaState.Failed => storage with { Failed = storage.Failed.Plus(bytes) },
        _ => storage with { Dropping = storage.Dropping.Plus(bytes) },
    };
}
