using Swarm.Actors.Torrents;
using Swarm.Api.Contracts;
using Swarm.Host.Api.Catalogue;
using Swarm.Protocol.Metainfo;

namespace Swarm.Host.Api.Torrents;

/// <summary>A list as it is asked for, in words: see <see cref="TorrentListing"/>.</summary>
internal sealed record TorrentQuery(string? State, string? Label, string? Category, string? Tracker, string? Text, string? Sort, string? Cursor, int? Limit);

/// <summary>Answers what is asked of the list of torrents, in the words of the API.</summary>
internal sealed class TorrentListing(TorrentCatalogue catalogue)
{
    /// <summary>A page.</summary>
    /// <exception cref="ApiException">Something asked for is not known.</exception>
    public TorrentPage Page(TorrentQuery query)
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

        var filter = new CatalogueFilter { States = States(query.State), Label = query.Label, Category = query.Category, Tracker = query.Tracker, Text = query.Text };
        var page = catalogue.Page(filter, order, after, limit);
        return new TorrentPage
        {
            Items = [.. page.Entries.Select(TorrentMapping.ItemOf)],
            Matches = page.Matches,
            Next = page.Next is { } next ? PageCursor.Write(order, next) : null,
            Revision = page.Revision,
        };
    }

    private static int States(string? text)
    {
        var states = 0;
        foreach (var name in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (char.IsAsciiDigit(name[0]) || !Enum.TryParse<TorrentState>(name, ignoreCase: true, out var state)) throw ApiException.BadRequest($"There is no state '{TorrentText.Clean(name)}'. There are: {string.Join(", ", Enum.GetNames<TorrentState>().Select(word => char.ToLowerInvariant(word[0]) + word[1..]))}.");
            states |= CatalogueFilter.BitOf(state);
        }

        return states;
    }
}
