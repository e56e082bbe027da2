using Swarm.Actors.Torrents;
using Swarm.Api.Contracts;
using Swarm.Host.Api.Catalogue;
using Swarm.Host.Api.Clusters;
using Swarm.Protocol.Cluster;
using Swarm.Protocol.Metainfo;

namespace Swarm.Host.Api.Torrents;

/// <summary>A list as it is asked for, in words: see <see cref="TorrentListing"/>.</summary>
internal sealed record TorrentQuery(string? State, string? Label, string? Category, string? Tracker, string? Text, string? Sort, string? Cursor, int? Limit);

/// <summary>A list of the cluster's torrents as it is asked for, in words.</summary>
internal sealed record PlacementQuery(TorrentQuery Torrents, bool? Below, string? Replica, string? Storage, string? Node);

/// <summary>Answers what is asked of the list of torrents, in the words of the API.</summary>
internal sealed class TorrentListing(TorrentCatalogue catalogue)
{
    // A list is a walk over all torrents that keeps a processor for tens of milliseconds. One is left for what must not wait for it, such as events; the processors are the process's, and so is this.
    private static readonly SemaphoreSlim Walks = new(Math.Max(1, Environment.ProcessorCount - 1));

    /// <summary>A page.</summary>
    /// <exception cref="ApiException">Something asked for is not known.</exception>
    public async Task<TorrentPage> PageAsync(TorrentQuery query, CancellationToken cancellation)
    {
        var (page, next) = await FindAsync(FilterOf(query), query, cancellation).ConfigureAwait(false);
        return new TorrentPage { Items = [.. page.Entries.Select(TorrentMapping.ItemOf)], Matches = page.Matches, Next = next, Revision = page.Revision };
    }

    /// <summary>A page of the cluster's torrents.</summary>
    /// <exception cref="ApiException">Something asked for is not known.</exception>
    public async Task<PlacementPage> PageAsync(PlacementQuery query, CancellationToken cancellation)
    {
        var filter = FilterOf(query.Torrents) with { IsPlaced = true, IsBelow = query.Below ?? false, Replica = ReplicaOf(query.Replica), Storage = query.Storage, Node = query.Node };
        var (page, next) = await FindAsync(filter, query.Torrents, cancellation).ConfigureAwait(false);
        return new PlacementPage { Items = [.. page.Entries.Select(ClusterMapping.ItemOf)], Matches = page.Matches, Next = next, Revision = page.Revision };
    }

    private static CatalogueFilter FilterOf(TorrentQuery query) => new() { States = States(query.State), Label = query.Label, Category = query.Category, Tracker = query.Tracker, Text = query.Text };

    private async Task<(CataloguePage Page, string? Next)> FindAsync(CatalogueFilter filter, TorrentQuery query, CancellationToken cancellation)
    {
        var order = CatalogueOrder.ByHash;
        if (query.Sort is { } sort) order = CatalogueOrder.Parse(sort) ?? throw ApiException.BadRequest($"There is no column '{TorrentText.Clean(sort)}' to sort by. There are: {string.Join(", ", CatalogueOrder.Names)}; with a minus before it large comes first.");
        var limit = query.Limit ?? catalogue.Settings.PageDefault;
        if (limit < 1 || limit > catalogue.Settings.PageLimit) throw ApiException.BadRequest($"'limit' is 1 to {catalogue.Settings.PageLimit}.");
        CataloguePosition? after = null;
        if (query.Cursor is { } cursor)
        {
            if (!PageCursor.TryRead(cursor, order, out var position)) throw ApiException.BadRequest("The cursor is of another list. Give the 'next' of a page with the same 'sort', or none to begin.");
            after = position;
        }

        await Walks.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var page = catalogue.Page(filter, order, after, limit);
            return (page, page.Next is { } next ? PageCursor.Write(order, next) : null);
        }
        finally
        {
            Walks.Release();
        }
    }

    private static ReplicaState? ReplicaOf(string? name) => name is null
        ? null
        : !char.IsAsciiDigit(name.FirstOrDefault()) && Enum.TryParse<ReplicaState>(name, ignoreCase: true, out var state) ? state : throw ApiException.BadRequest($"There is no state of a replica '{TorrentText.Clean(name)}'. There are: assigned, complete, failed, dropping.");

    private static int States(string? text)
    {
        var states = 0;
        foreach (var name in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (char.IsAsciiDigit(name[0]) || !Enum.TryParse<TorrentPhase>(name, ignoreCase: true, out var phase)) throw ApiException.BadRequest($"There is no state '{TorrentText.Clean(name)}'. There are: {string.Join(", ", Enum.GetNames<TorrentPhase>().Select(word => char.ToLowerInvariant(word[0]) + word[1..]))}.");
            foreach (var state in Enum.GetValues<TorrentState>().Where(state => TorrentMapping.PhaseOf(state) == phase)) states |= CatalogueFilter.BitOf(state);
        }

        return states;
    }
}
