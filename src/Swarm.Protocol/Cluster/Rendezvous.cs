using System.Collections.Immutable;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Cluster;

/// <summary>A storage as placement sees it. <paramref name="Weight"/>: its share relative to others, above 0. <paramref name="Zone"/>: what fails together.</summary>
public sealed record StorageSite(string Storage, string Zone, double Weight);

/// <summary>
/// Weighted rendezvous hashing: for each torrent every storage draws a number that depends on nothing but the two and its weight, and the greatest win. A storage that comes takes exactly what it wins, one that goes leaves exactly what it held, and
/// nothing moves between the others. No table, no order of arrival, the same at every node.
/// </summary>
public static class Rendezvous
{
    /// <summary>All sites, the best for the torrent first.</summary>
    public static ImmutableArray<StorageSite> Rank(InfoHash torrent, IEnumerable<StorageSite> sites)
    {
        var hash = ClusterHash.Of(torrent);
        return [.. sites.Select(site => (Site: site, Score: Score(hash, site))).OrderByDescending(static each => each.Score).ThenBy(static each => each.Site.Storage, StringComparer.Ordinal).Select(static each => each.Site)];
    }

    /// <summary>
    /// The sites for so many replicas: in the order of rank, every zone once before any zone twice. Fewer where there are fewer. Those in <paramref name="taken"/> are not chosen, and their zones count as had.
    /// </summary>
    public static ImmutableArray<StorageSite> Choose(IReadOnlyList<StorageSite> ranked, int count, IReadOnlyCollection<StorageSite> taken)
    {
        var chosen = ImmutableArray.CreateBuilder<StorageSite>(count);
        var inZone = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var site in taken) inZone[site.Zone] = inZone.GetValueOrDefault(site.Zone) + 1;
        while (chosen.Count < count)
        {
            StorageSite? best = null;
            var least = int.MaxValue;
            foreach (var site in ranked)
            {
                var had = inZone.GetValueOrDefault(site.Zone);
                if (had >= least || chosen.Contains(site) || taken.Contains(site)) continue;
                best = site;
                least = had;
            }

            if (best is null) break;
            chosen.Add(best);
            inZone[best.Zone] = least + 1;
        }

        return chosen.ToImmutable();
    }

    // Of variables with exponential distribution at rates that are the weights, each is the least with a chance that is its share of all weights.
    private static double Score(ulong torrent, StorageSite site)
    {
        var drawn = ClusterHash.Combine(torrent, ClusterHash.Of(site.Storage));
        var uniform = ((drawn >> 11) + 0.5) / (1UL << 53);
        return -site.Weight / Math.Log(uniform);
    }
}
