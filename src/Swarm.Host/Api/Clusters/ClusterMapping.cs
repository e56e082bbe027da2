using Swarm.Actors.Cluster;
using Swarm.Api.Contracts;
using Swarm.Host.Api.Catalogue;
using Swarm.Host.Api.Torrents;
using Swarm.Protocol.Cluster;

namespace Swarm.Host.Api.Clusters;

/// <summary>The cluster's records as the API's contracts, field by field.</summary>
internal static class ClusterMapping
{
    /// <summary>The cluster as a whole.</summary>
    public static ClusterOverview OverviewOf(ClusterStatus status, ClusterFacts facts)
    {
        var view = status.View;
        return new ClusterOverview
        {
            Name = facts.Name,
            Self = status.Self.IsNobody ? null : status.Self.ToString(),
            EndPoint = facts.EndPoint,
            Session = Word(status.Session),
            Planner = status.Plans ? facts.EndPoint : view.Leases.FirstOrDefault(lease => lease.Name == ClusterTables.PlannerLease && IsHeld(lease, view))?.Owner.EndPoint,
            Version = view.Version,
            CaughtUp = view.IsCaughtUp,
            Totals = TotalsOf(status),
            Items = MembersOf(status),
        };
    }

    /// <summary>The members, by end point.</summary>
    public static IReadOnlyList<ClusterMember> MembersOf(ClusterStatus status)
    {
        var view = status.View;
        var replicas = new SortedDictionary<string, SortedDictionary<string, int>>(StringComparer.Ordinal);
        foreach (var placed in view.Torrents.Values)
        {
            foreach (var replica in placed.Replicas)
            {
                if (!replicas.TryGetValue(replica.Storage, out var states)) replicas.Add(replica.Storage, states = new SortedDictionary<string, int>(StringComparer.Ordinal));
                var word = Word(replica.State);
                states[word] = states.GetValueOrDefault(word) + 1;
            }
        }

        return [.. view.Members.Select(member =>
        {
            var report = status.Nodes.FirstOrDefault(line => line.Member == member.Id)?.Report;
            return new ClusterMember
            {
                EndPoint = member.Id.EndPoint,
                Generation = member.Id.Generation,
                Self = member.Id == status.Self,
                State = Word(member.State),
                Since = new DateTimeOffset(member.SinceTicks, TimeSpan.Zero),
                SessionSeconds = Math.Round(Math.Max(0, TimeSpan.FromTicks(member.AliveUntilTicks - view.NowTicks).TotalSeconds), 1),
                Roles = [.. Enum.GetValues<MemberRoles>().Where(role => role != MemberRoles.None && member.Traits.Roles.HasFlag(role)).Select(Word)],
                Storage = member.Traits.Storage,
                Zone = member.Traits.Zone,
                Weight = member.Traits.Weight,
                FreeBytes = member.FreeBytes,
                Torrents = report?.Torrents,
                ConnectedPeers = report?.Peers,
                DownloadRate = report?.DownloadRate,
                UploadRate = report?.UploadRate,
                Replicas = replicas.GetValueOrDefault(member.Traits.Storage) ?? [],
                PeerEndPoints = member.Traits.PeerEndPoints,
                MessageVersion = member.Traits.MessageVersion,
            };
        })];
    }

    /// <summary>Named leases.</summary>
    public static ClusterLeaseList LeasesOf(ClusterView view) => new([.. view.Leases.Select(lease => new ClusterLease(lease.Name, lease.Owner.EndPoint, lease.Owner.Generation, lease.Token, IsHeld(lease, view)))]);

    /// <summary>Bans.</summary>
    public static ClusterBanList BansOf(ClusterStatus status) => new([.. status.Bans.Select(ban => new ClusterBan(ban.Address.ToString(), (long)Math.Ceiling(ban.Left.TotalSeconds), ban.Reason)
    {
        Until = new DateTimeOffset(status.View.NowTicks + ban.Left.Ticks, TimeSpan.Zero),
        By = ban.By,
    })]);

    /// <summary>A line of the list of the cluster's torrents; the entry must be of one.</summary>
    public static PlacementItem ItemOf(CatalogueEntry entry)
    {
        var placement = entry.Placement!;
        return new PlacementItem
        {
            Hash = entry.Row.Torrent.ToString(),
            Name = entry.Row.Name,
            State = TorrentMapping.PhaseOf(entry.Row.State),
            TotalBytes = entry.Row.TotalLength,
            Wanted = placement.Wanted,
            Complete = placement.Complete,
            Paused = placement.IsPaused,
            Removing = placement.IsRemoved,
            Sequential = placement.Options.IsSequential,
            DownloadLimit = placement.Options.DownloadLimit,
            UploadLimit = placement.Options.UploadLimit,
            Nodes = [.. placement.Nodes],
            Replicas = ReplicasOf(placement),
            Revision = entry.Revision,
        };
    }

    /// <summary>What a delta tells of the cluster's torrents. One that is no torrent of the cluster's is told as gone, for it may have been one.</summary>
    public static PlacementDelta DeltaOf(CatalogueDelta delta) => new()
    {
        Revision = delta.Revision,
        Changed = [.. delta.Changed.Where(static entry => entry.Placement is not null).Select(ItemOf)],
        Removed = [.. delta.Removed.Select(static tombstone => tombstone.Torrent).Concat(delta.Changed.Where(static entry => entry.Placement is null).Select(static entry => entry.Row.Torrent)).Select(static torrent => torrent.ToString())],
        Resync = delta.Resync,
        More = delta.More,
    };

    /// <summary>The replicas of a torrent.</summary>
    public static IReadOnlyList<ReplicaItem> ReplicasOf(Placement placement) => [.. placement.Replicas.Select(static replica => new ReplicaItem(
        replica.Storage, Word(replica.State), replica.Node, replica.Phase is { } phase ? TorrentMapping.PhaseOf(phase) : null, replica.IsPinned, replica.Reason))];

    /// <summary>Where a torrent is and why.</summary>
    public static PlacementExplained ExplainedOf(PlacementAnswer answer, CatalogueEntry entry) => new(
        ItemOf(entry),
        [.. answer.Ranked.Select((line, rank) => new RankedStorage(
            rank + 1, line.Site.Storage, line.Site.Zone, line.Site.Weight, line.HasRoom, line.IsDesired, line.Runner?.EndPoint, answer.Torrent.At(line.Site.Storage) is { } replica ? Word(replica.State) : null))],
        Sentence(answer),
        answer.Next is { } step ? ItemOf(step) : null);

    /// <summary>What storages should have and have.</summary>
    public static PlacementView ViewOf(PlacementSurvey survey) => new()
    {
        Torrents = survey.All.Torrents,
        Bytes = survey.All.Bytes,
        BelowReplicas = survey.BelowWanted.Torrents,
        WithoutCopy = survey.WithoutCopy.Torrents,
        CopiesUnderWay = survey.UnderWay.Torrents,
        BytesUnderWay = survey.UnderWay.Bytes,
        Next = StepsOf(survey),
        Items = [.. survey.Storages.Select(storage => new StorageItem
        {
            Storage = storage.Site.Storage,
            State = Word(storage.State),
            Zone = storage.Site.Zone,
            Weight = storage.Site.Weight,
            FreeBytes = storage.FreeBytes,
            Wanted = storage.Wanted.Torrents,
            WantedBytes = storage.Wanted.Bytes,
            Complete = storage.Complete.Torrents,
            CompleteBytes = storage.Complete.Bytes,
            Assigned = storage.Assigned.Torrents,
            AssignedBytes = storage.Assigned.Bytes,
            Failed = storage.Failed.Torrents,
            Dropping = storage.Dropping.Torrents,
        })],
    };

    /// <summary>The plan, with at most so many steps.</summary>
    public static RebalancePlan PlanOf(PlacementSurvey survey, PlacementSettings settings, int limit, bool isTold)
    {
        var steps = survey.Steps.Take(limit).ToArray();
        return new RebalancePlan
        {
            Steps = StepsOf(survey),
            CopyBytes = survey.Next.Where(static each => each.Key != PlanReason.Trim).Sum(static each => each.Value.Bytes),
            CopiesUnderWay = survey.UnderWay.Torrents,
            MaxMoves = settings.MaxMoves,
            MovesPerMinute = settings.MovesPerMinute,
            Items = [.. steps.Select(ItemOf)],
            More = survey.Next.Values.Sum(static amount => amount.Torrents) > steps.Length,
            Told = isTold,
        };
    }

    private static ClusterTotals TotalsOf(ClusterStatus status)
    {
        var view = status.View;
        var sites = new SiteTable(view, status.Placement);
        int torrents = 0, paused = 0, below = 0, without = 0, failed = 0, removing = 0;
        long bytes = 0;
        foreach (var placed in view.Torrents.Values)
        {
            if (placed.Wanted.IsRemoved)
            {
                removing++;
                continue;
            }

            torrents++;
            bytes += placed.Wanted.Length;
            if (placed.Wanted.IsPaused) paused++;
            var complete = sites.CompleteOf(placed);
            if (complete < placed.Wanted.Replicas) below++;
            if (complete == 0) without++;
            if (placed.Replicas.Any(static replica => replica.State == ReplicaState.Failed)) failed++;
        }

        return new ClusterTotals
        {
            Members = new SortedDictionary<string, int>(view.Members.GroupBy(static member => member.State).ToDictionary(static group => Word(group.Key), static group => group.Count()), StringComparer.Ordinal),
            Torrents = torrents,
            Bytes = bytes,
            Paused = paused,
            BelowReplicas = below,
            WithoutCopy = without,
            Failed = failed,
            Removing = removing,
            ConnectedPeers = status.Nodes.Sum(static node => node.Report.Peers),
            DownloadRate = status.Nodes.Sum(static node => node.Report.DownloadRate),
            UploadRate = status.Nodes.Sum(static node => node.Report.UploadRate),
        };
    }

    private static SortedDictionary<string, int> StepsOf(PlacementSurvey survey)
    {
        var steps = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var (reason, amount) in survey.Next) steps.Add(Word(reason), amount.Torrents);
        return steps;
    }

    private static PlanItem ItemOf(PlanStep step) => new(step.Torrent.Wanted.Torrent.ToString(), step.Torrent.Wanted.Name ?? step.Torrent.Wanted.Torrent.ToString(), Word(step.Reason), step.Storage, step.Torrent.Wanted.Length);

    private static bool IsHeld(NamedLease lease, ClusterView view) => view.Find(lease.Owner) is { State: not MemberState.Left } owner && owner.HasSession(view.NowTicks);

    private static string Sentence(PlacementAnswer answer)
    {
        var wanted = answer.Torrent.Wanted;
        if (wanted.IsRemoved) return "It is being removed; storages that are here forget it, and the last one takes it out of the tables.";
        var have = $"{answer.Complete} of {wanted.Replicas} replicas are complete";
        var isHere = answer.Torrent.Replicas.Count(replica => replica.State == ReplicaState.Complete && answer.Ranked.Any(line => line.Site.Storage == replica.Storage)) >= wanted.Replicas;
        return answer.Next switch
        {
            { Reason: PlanReason.First } first => $"{have}; next, {first.Storage} gets its first copy.",
            { Reason: PlanReason.Repair } repair => $"{have}; next, {repair.Storage} gets a copy because some are missing.",
            { Reason: PlanReason.Move } move => $"{have}; next, {move.Storage} gets a copy because it should be there.",
            { Reason: PlanReason.Trim } trim => $"{have}; next, {trim.Storage} forgets it because there are more than are wanted.",
            _ when isHere => $"{have}, and it is where it should be.",
            _ when answer.Complete >= wanted.Replicas => $"{have}, but not all at storages that are here to stay: one is away or being drained.",
            _ when answer.Torrent.Replicas.Any(static replica => replica.State == ReplicaState.Assigned) => $"{have}; the others are being made.",
            _ => $"{have}; there is no other storage here that has room for it.",
        };
    }

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
