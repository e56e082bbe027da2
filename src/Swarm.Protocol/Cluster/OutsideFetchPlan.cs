using System.Collections.Immutable;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Cluster;

/// <summary>
/// Which pieces one replica of a torrent fetches from outside the cluster; the rest it takes from the other replicas. Ranges of pieces are drawn by rendezvous among the replicas that are not complete and get on, so that each node finds out its own share
/// by itself, and when one drops out only its ranges change hands. Pure; moments are ticks of the node's monotonic clock. Owned by the torrent's piece manager, which sees by bit fields and haves how far the others are, and by blocks whether they give.
/// <para>Always holds, where all see the same replicas: each piece has at most <see cref="OutsideFetchSettings.FetchersPerPiece"/> fetchers, and at least one.</para>
/// <para>
/// Nobody waits for ever. A piece is closed outside for one of two reasons: a replica that gives has it, or it is in the share of a replica that gets on. One that has verified nothing for <see cref="OutsideFetchSettings.ShareTimeout"/> loses its share; one that has sent nothing
/// for as long, of what it has and is needed, is asked outside for that too; and whose own share has come to its end takes over, after <see cref="OutsideFetchSettings.TakeOverAfter"/>, a quarter of what nobody has yet. Replicas that cannot reach each other so fetch everything from outside.
/// </para>
/// </summary>
public sealed class OutsideFetchPlan(InfoHash torrent, int pieceCount, string self, OutsideFetchSettings settings)
{
    private readonly SortedDictionary<string, (int Verified, long GrewAt)> _sharers = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _gaveAt = new(StringComparer.Ordinal);
    private readonly Bitfield _takenOver = new(pieceCount);
    private readonly ulong _torrent = ClusterHash.Of(torrent);
    private ImmutableArray<string> _dividedAmong = [];
    private Bitfield? _share;
    private long? _idleSince;

    /// <summary>Takes how many pieces each replica that is not complete has verified, oneself included.</summary>
    public void Update(IReadOnlyCollection<(string Storage, int Verified)> incomplete, long nowTicks)
    {
        foreach (var gone in _sharers.Keys.Where(storage => incomplete.All(each => each.Storage != storage)).ToArray()) _sharers.Remove(gone);
        foreach (var (storage, verified) in incomplete)
        {
            if (!_sharers.TryGetValue(storage, out var known) || verified > known.Verified) _sharers[storage] = (verified, nowTicks);
        }
    }

    /// <summary>A replica has sent something.</summary>
    public void Gave(string storage, long nowTicks) => _gaveAt[storage] = nowTicks;

    /// <summary>Whether what this replica has is waited for: it has sent something lately, or was not asked.</summary>
    public bool Gives(string storage, long nowTicks) => _gaveAt.TryGetValue(storage, out var gaveAt) && nowTicks - gaveAt <= settings.ShareTimeout.Ticks;

    /// <summary>The pieces to be fetched from outside by this replica whatever anybody has: all, where it is alone. Not to be changed.</summary>
    public Bitfield Share(long nowTicks)
    {
        // Oneself always takes part: to wait for others is the others' business.
        ImmutableArray<string> sharers = [.. _sharers.Where(each => each.Key == self || nowTicks - each.Value.GrewAt <= settings.ShareTimeout.Ticks).Select(static each => each.Key).Append(self).Distinct(StringComparer.Ordinal)];
        if (_share is not null && sharers.SequenceEqual(_dividedAmong)) return _share;
        _dividedAmong = sharers;
        _share = new Bitfield(pieceCount);
        for (var first = 0; first < pieceCount; first += settings.PiecesPerRange)
        {
            if (!IsMine(first / settings.PiecesPerRange, sharers)) continue;
            for (var piece = first; piece < Math.Min(pieceCount, first + settings.PiecesPerRange); piece++) _share.Add(new PieceIndex(piece));
        }

        return _share;
    }

    /// <summary>
    /// The pieces that may be asked of peers outside now. <paramref name="needed"/>: wanted and not verified here. <paramref name="held"/>: what each replica with a connection has, complete ones too. The result is the caller's.
    /// </summary>
    public Bitfield Open(Bitfield needed, IReadOnlyCollection<(string Storage, Bitfield Pieces)> held, long nowTicks)
    {
        var inside = new Bitfield(pieceCount);
        var notGiven = new Bitfield(pieceCount);
        foreach (var gone in _gaveAt.Keys.Where(storage => held.All(each => each.Storage != storage)).ToArray()) _gaveAt.Remove(gone);
        foreach (var (storage, pieces) in held)
        {
            // Who has nothing that is needed owes nothing.
            if (!_gaveAt.ContainsKey(storage) || !pieces.Overlaps(needed)) _gaveAt[storage] = nowTicks;
            (Gives(storage, nowTicks) ? inside : notGiven).UnionWith(pieces);
        }

        var open = new Bitfield(Share(nowTicks));
        open.UnionWith(_takenOver);
        open.UnionWith(notGiven);
        open.ExceptWith(inside);
        TakeOver(needed, open, inside, nowTicks);
        return open;
    }

    private void TakeOver(Bitfield needed, Bitfield open, Bitfield inside, long nowTicks)
    {
        if (open.Overlaps(needed))
        {
            _idleSince = null;
            return;
        }

        _idleSince ??= nowTicks;
        if (nowTicks - _idleSince < settings.TakeOverAfter.Ticks) return;
        _idleSince = nowTicks;
        var waiting = new Bitfield(needed);
        waiting.ExceptWith(inside);
        var least = (waiting.Count + 3) / 4;
        // By score of a range no other replica would begin with: two that take over at the same time take different pieces for the most part.
        foreach (var range in Ranges(waiting).OrderByDescending(range => Score(range, self)))
        {
            for (var piece = range * settings.PiecesPerRange; piece < Math.Min(pieceCount, (range + 1) * settings.PiecesPerRange) && least > 0; piece++)
            {
                if (!waiting[new PieceIndex(piece)]) continue;
                _takenOver.Add(new PieceIndex(piece));
                open.Add(new PieceIndex(piece));
                least--;
            }
        }
    }

    private IEnumerable<int> Ranges(Bitfield pieces)
    {
        var last = -1;
        for (var piece = pieces.NextSet(0); piece >= 0; piece = pieces.NextSet(piece + 1))
        {
            if (piece / settings.PiecesPerRange == last) continue;
            last = piece / settings.PiecesPerRange;
            yield return last;
        }
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
