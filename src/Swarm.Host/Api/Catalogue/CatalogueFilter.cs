using Swarm.Actors.Torrents;
using Swarm.Protocol.Cluster;

namespace Swarm.Host.Api.Catalogue;

/// <summary>Which torrents are asked for. A member that is null asks for nothing; all that ask must agree. Comparisons do not mind case.</summary>
internal sealed record CatalogueFilter
{
    /// <summary>Everything.</summary>
    public static CatalogueFilter All { get; } = new();

    /// <summary>One of these states, a bit each; 0 for any.</summary>
    public int States { get; init; }

    /// <summary>Has this label.</summary>
    public string? Label { get; init; }

    /// <summary>Is of this category; empty: of none.</summary>
    public string? Category { get; init; }

    /// <summary>Has a tracker on this host.</summary>
    public string? Tracker { get; init; }

    /// <summary>Has this in its name.</summary>
    public string? Text { get; init; }

    /// <summary>Is the cluster's.</summary>
    public bool IsPlaced { get; init; }

    /// <summary>Has fewer complete replicas than wanted.</summary>
    public bool IsBelow { get; init; }

    /// <summary>Has a replica in this state.</summary>
    public ReplicaState? Replica { get; init; }

    /// <summary>Has a replica at this storage.</summary>
    public string? Storage { get; init; }

    /// <summary>Has a replica that this member runs.</summary>
    public string? Node { get; init; }

    /// <summary>The bit of a state in <see cref="States"/>.</summary>
    public static int BitOf(TorrentState state) => 1 << (int)state;

    /// <summary>Whether a torrent is asked for.</summary>
    public bool Lets(CatalogueEntry entry) => Lets(entry.Row) && (!IsPlaced || (entry.Placement is { } placement && Lets(placement)));

    private bool Lets(Placement placement) =>
        (!IsBelow || placement.Complete < placement.Wanted)
        && ((Replica is null && Storage is null && Node is null) || placement.Replicas.Any(replica => (Replica is null || replica.State == Replica) && (Storage is null || replica.Storage == Storage) && (Node is null || replica.Node == Node)));

    private bool Lets(TorrentRow row) =>
        (States == 0 || (States & BitOf(row.State)) != 0)
        && (Category is null || string.Equals(row.Category ?? "", Category, StringComparison.OrdinalIgnoreCase))
        && (Label is null || row.Labels.Contains(Label, StringComparer.OrdinalIgnoreCase))
        && (Tracker is null || HasWord(row.TrackerHosts, Tracker))
        && (Text is null || row.Name.Contains(Text, StringComparison.OrdinalIgnoreCase));

    // Among words with spaces between them.
    private static bool HasWord(string words, string word)
    {
        foreach (var range in words.AsSpan().Split(' '))
        {
            if (words.AsSpan(range).Equals(word, StringComparison.OrdinalIgnoreCase)) return true;
        }

        return false;
    }
}
