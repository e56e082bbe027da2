using Swarm.Actors.Torrents;

namespace Swarm.Host.Api.Catalogue;

/// <summary>A torrent in the catalogue, as it is between two changes: immutable, so a reader that has it needs no lock.</summary>
/// <param name="Id">A number that no other torrent has had in this run, 1 first.</param>
/// <param name="Row">What it is.</param>
/// <param name="Revision">The catalogue's revision that brought it.</param>
/// <param name="ChangedTicks">When that was, in UTC ticks.</param>
/// <param name="Placement">Where it is in the cluster; null: it is this node's alone.</param>
internal sealed record CatalogueEntry(int Id, TorrentRow Row, long Revision, long ChangedTicks, Placement? Placement = null)
{
    /// <summary>Whether the node runs it, or has it at rest: else the row is what the cluster knows of it.</summary>
    public bool IsHere => Placement is not { IsHere: false };
}

/// <summary>A torrent that is gone.</summary>
internal readonly record struct Tombstone(InfoHash Torrent, int Id, long Revision, long RemovedTicks);

/// <summary>A page, in the order asked for. <paramref name="Next"/>: the place after which the next one begins, null on the last.</summary>
internal sealed record CataloguePage(IReadOnlyList<CatalogueEntry> Entries, int Matches, CataloguePosition? Next, long Revision);

/// <summary>What changed after a revision: oldest change first. With <paramref name="Resync"/> nothing is told, for too much is forgotten; with <paramref name="More"/> there is more at once.</summary>
internal sealed record CatalogueDelta(IReadOnlyList<CatalogueEntry> Changed, IReadOnlyList<Tombstone> Removed, long Revision, bool Resync, bool More);
