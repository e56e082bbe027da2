using System.Text.Json;
using Swarm.Host.Api.Catalogue;

namespace Swarm.Host.Api.Transmission;

/// <summary>
/// Which torrents a call is for: its "ids", in all the forms there are. What is not there is passed over, as Transmission does. All torrents are meant only by a call that has no "ids" at all: an empty list
/// and null are nothing, since a tool that sends them has found nothing to send, and "torrent_remove" deletes content.
/// </summary>
internal sealed class RpcSelection(TorrentCatalogue catalogue, TimeProvider clock)
{
    // What "recently active" means to Transmission.
    private static readonly TimeSpan Recent = TimeSpan.FromSeconds(60);

    /// <summary>The torrents in the order of their numbers, and, where the recently active are asked for, the numbers of those recently removed.</summary>
    /// <exception cref="RpcException">It is no form of "ids".</exception>
    public (List<CatalogueEntry> Torrents, List<int>? Removed) Of(RpcArguments arguments)
    {
        if (!arguments.IsGiven("ids")) return (Sorted(catalogue.Walk()), null);
        if (arguments.Raw("ids") is not { } ids) return ([], null);
        switch (ids.ValueKind)
        {
            case JsonValueKind.String when ids.GetString() is "recently_active" or "recently-active":
                var (changed, removed) = catalogue.ChangedSince(clock.GetUtcNow() - Recent);
                return (Sorted(changed), [.. removed.Select(tombstone => tombstone.Id)]);
            case JsonValueKind.Array:
                return (Sorted(ids.EnumerateArray().Select(One).OfType<CatalogueEntry>().Distinct()), null);
            default:
                return (One(ids) is { } entry ? [entry] : [], null);
        }
    }

    private static List<CatalogueEntry> Sorted(IEnumerable<CatalogueEntry> entries) => [.. entries.OrderBy(entry => entry.Id)];

    private CatalogueEntry? One(JsonElement id) => id.ValueKind switch
    {
        JsonValueKind.Number when id.TryGetInt32(out var number) => catalogue.Find(number),
        JsonValueKind.String when Bytes20.TryParseHex(id.GetString(), out var hash) => catalogue.Find(new InfoHash(hash)),
        JsonValueKind.Number or JsonValueKind.String => null,
        _ => throw new RpcException(RpcException.InvalidParameters, "'ids' must be a number, a hash, a list of them, or \"recently_active\""),
    };
}
