using System.Numerics;

namespace Swarm.Protocol.Picking;

/// <summary>
/// Finds the next piece to begin, in a number of steps that does not grow with the number of pieces but for one pass over a bit set,
/// 64 pieces a step.
/// <para>
/// Rarest first: the order of <see cref="PieceRanking"/> is walked from its head, each bucket from a random place, until a piece is found that the peer can serve.
/// A peer that has few pieces could make that walk long, so it ends after <see cref="PickerSettings.RankScanLimit"/> entries, and then
/// the rarest of <see cref="PickerSettings.CandidateScanLimit"/> pieces is taken, from a random place in the intersection of what is open and what the peer
/// has. So a piece is found whenever there is one, and it is the rarest whenever the peer has one of the rarest, or few at all.
/// </para>
/// </summary>
internal sealed class PieceSearch(PieceRanking ranking, PickerSettings settings, Random random)
{
    /// <summary>An open piece of the highest priority that the peer can serve, of these the rarest; or -1.</summary>
    public int Rarest(PickerPeer peer)
    {
        var budget = settings.RankScanLimit;
        for (var priority = (int)PiecePriority.Highest; priority > 0; priority--)
        {
            var level = ranking.Level(priority);
            var order = level.Order;
            for (var start = 0; start < order.Length;)
            {
                var end = level.EndOf(ranking.Holders(order[start]));
                var size = end - start;
                var first = size > 1 ? random.Next(size) : 0;
                for (var i = 0; i < size; i++)
                {
                    if (budget-- == 0) return AmongCandidates(peer, byRarity: true);
                    var at = start + first + i;
                    var piece = order[at < end ? at : at - size];
                    if (peer.CanServe(piece)) return piece;
                }

                start = end;
            }
        }

        return -1;
    }

    /// <summary>A random open piece of a high priority that the peer can serve, or -1.</summary>
    public int AtRandom(PickerPeer peer) => AmongCandidates(peer, byRarity: false);

    /// <summary>
    /// The first open piece that the peer can serve, of the highest priority that any open piece has, and within the window that begins at the first needed
    /// piece of that priority; or -1.
    /// </summary>
    public int InWindow(PickerPeer peer)
    {
        var priority = ranking.TopOpenPriority();
        if (priority == 0) return -1;
        var first = ranking.FirstNeeded(priority);
        for (var piece = ranking.Open.NextSet(first); piece >= 0 && piece - first < settings.SequentialWindow; piece = ranking.Open.NextSet(piece + 1))
        {
            if (ranking.Priority(piece) == priority && peer.CanServe(piece)) return piece;
        }

        return -1;
    }

    private int AmongCandidates(PickerPeer peer, bool byRarity)
    {
        if (ranking.Open.IsEmpty || (!peer.HasAll && peer.Pieces is null)) return -1;
        var open = ranking.Open.Words;
        var offered = peer.HasAll ? open : peer.Pieces!.Words;
        var allowed = peer.Limit is { } limit ? limit.Words : open;
        var start = random.Next(ranking.Open.Length);
        var best = -1;
        var left = settings.CandidateScanLimit;

        // The word in which the walk begins comes twice: its upper part first, its lower part at the end.
        for (var i = 0; i <= open.Length && left > 0; i++)
        {
            var at = ((start >> 6) + i) % open.Length;
            var word = open[at] & offered[at] & allowed[at];
            if (i == 0) word &= ulong.MaxValue << (start & 63);
            else if (i == open.Length) word &= ~(ulong.MaxValue << (start & 63));
            for (; word != 0 && left > 0; word &= word - 1)
            {
                var piece = (at * 64) + BitOperations.TrailingZeroCount(word);
                if (!peer.CanServe(piece)) continue;
                left--;
                if (best < 0 || IsBetter(piece, best, byRarity)) best = piece;
            }
        }

        return best;
    }

    private bool IsBetter(int piece, int than, bool byRarity)
    {
        var order = ranking.Priority(piece) - ranking.Priority(than);
        return order > 0 || (byRarity && order == 0 && ranking.Holders(piece) < ranking.Holders(than));
    }
}
