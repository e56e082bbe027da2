using System.Collections.Immutable;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Cluster;

/// <summary>How the pieces of a torrent are divided among replicas that fetch it at the same time.</summary>
public sealed record OutsideFetchSettings
{
    /// <summary>What a cluster uses unless configured otherwise.</summary>
    public static OutsideFetchSettings Default { get; } = new();

    /// <summary>Replicas that may fetch the same piece from outside, 1 to 32: the cap for the whole cluster.</summary>
    public int FetchersPerPiece { get; init => field = Setting.InRange(value, 1, ClusterLimits.MaxReplicas); } = 1;

    /// <summary>Pieces in a row that are given to the same replicas, 1 to 1,024.</summary>
    public int PiecesPerRange { get; init => field = Setting.InRange(value, 1, 1_024); } = 4;

    /// <summary>How long a replica may verify nothing before its share is divided among the others, 5 s to 1 h.</summary>
    public TimeSpan ShareTimeout { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(5), TimeSpan.FromHours(1)); } = TimeSpan.FromSeconds(60);
}

/// <summary>
/// Which pieces one replica of a torrent fetches from outside the cluster; the rest it takes from the other replicas. Ranges of pieces are drawn by rendezvous among the replicas that are not complete and get on, so that each node finds out its own share
/// by itself, and when one drops out only its ranges change hands. Pure; moments are ticks of the node's monotonic clock.
/// <para>Always holds, where all see the same replicas: each piece has at most <see cref="OutsideFetchSettings.FetchersPerPiece"/> fetchers, and at least one.</para>
/// </summary>
public sealed class OutsideFetchPlan(InfoHash torrent, int pieceCount, string self, OutsideFetchSettings settings)
{
    private readonly SortedDictionary<string, (int Verified, long GrewAt)> _sharers = new(StringComparer.Ordinal);
    private readonly ulong _torrent = ClusterHash.Of(torrent);

    /// <summary>Takes how many pieces each replica that is not complete has verified, oneself included.</summary>
    public void Update(IReadOnlyCollection<(string Storage, int Verified)> incomplete, long nowTicks)
    {
        foreach (var gone in _sharers.Keys.Where(storage => incomplete.All(each => each.Storage != storage)).ToArray()) _sharers.Remove(gone);
        foreach (var (storage, verified) in incomplete)
        {
            if (!_sharers.TryGetValue(storage, out var known) || verified > known.Verified) _sharers[storage] = (verified, nowTicks);
        }
    }

    /// <summary>The pieces to be fetched from outside by this replica: all, where it is alone.</summary>
    public Bitfield Share(long nowTicks)
    {
        // Oneself always takes part: to wait for others is the others' business.
        var sharers = _sharers.Where(each => each.Key == self || nowTicks - each.Value.GrewAt <= settings.ShareTimeout.Ticks).Select(static each => each.Key).Append(self).Distinct(StringComparer.Ordinal).ToImmutableArray();
        var share = new Bitfield(pieceCount);
        for (var first = 0; first < pieceCount; first += settings.PiecesPerRange)
        {
            if (!IsMine(first / settings.PiecesPerRange, sharers)) continue;
            for (var piece = first; piece < Math.Min(pieceCount, first + settings.PiecesPerRange); piece++) share.Add(new PieceIndex(piece));
        }

        return share;
    }

    private bool IsMine(int range, ImmutableArray<string> sharers)
    {
        var own = Score(range, self);
        var better = 0;
        foreach (var other in sharers)
        {
            if (other != self && Score(range, other) > own && ++better >= settings.FetchersPerPiece) return false;
        }

        return true;
    }

    private ulong Score(int range, string storage) => ClusterHash.Combine(ClusterHash.Combine(_torrent, (ulong)range), ClusterHash.Of(storage));
}
