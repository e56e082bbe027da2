using System.Collections.Immutable;

namespace Swarm.Protocol.Cluster;

/// <summary>How a storage is, by the members that have it.</summary>
public enum SiteState
{
    /// <summary>A member that is up has it.</summary>
    Here,

    /// <summary>Nobody has it, but not for long: a process starts again.</summary>
    Away,

    /// <summary>Those that have it are draining.</summary>
    Leaving,

    /// <summary>Nobody has had it for longer than it is waited for, or all left in good order.</summary>
    Lost,
}

/// <summary>
/// The storages of a cluster as the membership table shows them at a moment of the database's clock. Two tables are equal if placement would not tell them apart, so that a whole plan is made anew only when something changed.
/// </summary>
public sealed class SiteTable : IEquatable<SiteTable>
{
    private readonly SortedDictionary<string, (StorageSite Site, SiteState State, long FreeBytes)> _sites = new(StringComparer.Ordinal);
    private readonly long _minFreeBytes;

    /// <summary>The storages of a view.</summary>
    public SiteTable(ClusterView view, PlacementSettings settings)
    {
        _minFreeBytes = settings.MinFreeBytes;
        foreach (var members in view.Members.Where(static member => member.Traits.Roles.HasFlag(MemberRoles.Storage)).GroupBy(static member => member.Traits.Storage, StringComparer.Ordinal))
        {
            var speaker = members.OrderByDescending(static member => member.IsWorking).ThenByDescending(static member => member.Id.Generation).First();
            var site = new StorageSite(members.Key, speaker.Traits.Zone, members.Where(member => member.IsWorking == speaker.IsWorking).Max(static member => member.Traits.Weight));
            _sites.Add(members.Key, (site, StateOf([.. members], view.NowTicks - settings.RepairDelay.Ticks), speaker.FreeBytes));
        }

        Here = [.. _sites.Values.Where(static each => each.State == SiteState.Here).Select(static each => each.Site)];
    }

    /// <summary>Those that are here, by name.</summary>
    public ImmutableArray<StorageSite> Here { get; }

    /// <summary>All of them, by name, with the room there is on each; those that are lost too, as long as somebody who had them is remembered.</summary>
    public IEnumerable<(StorageSite Site, SiteState State, long FreeBytes)> All => _sites.Values;

    /// <summary>How a storage is; one that nobody knows is lost.</summary>
    public SiteState StateOf(string storage) => _sites.TryGetValue(storage, out var found) ? found.State : SiteState.Lost;

    /// <summary>How many replicas of a torrent are complete at storages that are not lost: what people may count on.</summary>
    public int CompleteOf(PlacedTorrent torrent)
    {
        var complete = 0;
        foreach (var replica in torrent.Replicas)
        {
            if (replica.State == ReplicaState.Complete && StateOf(replica.Storage) != SiteState.Lost) complete++;
        }

        return complete;
    }

    /// <summary>A storage, or null.</summary>
    public StorageSite? Find(string storage) => _sites.TryGetValue(storage, out var found) ? found.Site : null;

    /// <summary>Whether so many bytes more fit on a storage and leave the room that must stay.</summary>
    public bool HasRoom(string storage, long length, PlacementSettings settings) => _sites.TryGetValue(storage, out var found) && found.FreeBytes - length >= settings.MinFreeBytes;

    /// <inheritdoc/>
    public bool Equals(SiteTable? other) => other is not null && Seen().SequenceEqual(other.Seen());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SiteTable);

    /// <inheritdoc/>
    public override int GetHashCode() => _sites.Count;

    // How much room there is changes with every block; whether there is any does not.
    private IEnumerable<(StorageSite Site, SiteState State, bool HasAnyRoom)> Seen() => _sites.Values.Select(each => (each.Site, each.State, each.FreeBytes > _minFreeBytes));

    private static SiteState StateOf(ImmutableArray<Member> members, long lostBefore)
    {
        if (members.Any(static member => member.State == MemberState.Up)) return SiteState.Here;
        if (members.Any(static member => member.State == MemberState.Draining)) return SiteState.Leaving;
        if (members.All(static member => member.State == MemberState.Left)) return SiteState.Lost;
        return members.Where(static member => member.State != MemberState.Left).Max(static member => member.SinceTicks) > lostBefore ? SiteState.Away : SiteState.Lost;
    }
}
