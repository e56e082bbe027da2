using Swarm.Protocol.Picking;

namespace Swarm.Tests.Protocol.Picking;

/// <summary>What must always hold inside a picker, and between it and the model.</summary>
internal static class PickerInvariants
{
    public static void ShouldAgree(PiecePicker picker, PickerModel model)
    {
        var (ranking, _, begun) = picker.Parts;
        foreach (var piece in model.Pieces)
        {
            var isBegun = model.IsBegun(piece);
            ranking.Has(piece).ShouldBe(model.Verified.Contains(piece));
            ranking.IsNeeded(piece).ShouldBe(model.IsNeeded(piece));
            ranking.IsOpen(piece).ShouldBe(model.IsNeeded(piece) && !isBegun);
            ranking.Availability(piece).ShouldBe(model.Availability(piece));
            picker.PriorityOf(new PieceIndex(piece)).Value.ShouldBe(model.Priority[piece]);
            (begun.Find(piece) is not null).ShouldBe(isBegun);
            if (begun.Find(piece) is { } there) ShouldAgree(there, model);
        }

        foreach (var (key, peer) in model.Peers)
        {
            picker.IsInteresting(key).ShouldBe(model.IsInteresting(peer));
            picker.RequestsOf(key).ShouldBe(peer.Requests.Count);
            picker.PeerPieceCount(key).ShouldBe(peer.Has.Count);
            picker.PeerIsSeed(key).ShouldBe(peer.Has.Count == picker.Geometry.PieceCount);
        }

        var needed = model.Pieces.Where(model.IsNeeded).ToList();
        picker.OutstandingRequests.ShouldBe(model.Peers.Values.Sum(peer => peer.Requests.Count));
        picker.WantedPiecesLeft.ShouldBe(needed.Count);
        picker.WantedBytesLeft.ShouldBe(needed.Sum(piece => (long)picker.Geometry.PieceSize(new PieceIndex(piece))));
        picker.VerifiedBytes.ShouldBe(model.Verified.Sum(piece => (long)picker.Geometry.PieceSize(new PieceIndex(piece))));
        picker.BegunCount.ShouldBe(model.Pieces.Count(model.IsBegun));
        picker.IsEndgame.ShouldBe(!model.AnyFree && picker.OutstandingRequests > 0);
        ShouldBeOrdered(ranking);
        ShouldBeListed(picker);
    }

    private static void ShouldAgree(BegunPiece begun, PickerModel model)
    {
        for (var i = 0; i < begun.BlockCount; i++)
        {
            var block = (begun.Piece, i);
            var requests = model.RequestsFor(block);
            var expected = model.Written.Contains(block) ? BlockState.Written
                : model.Received.ContainsKey(block) ? BlockState.Writing
                : requests > 0 ? BlockState.Requested : BlockState.Free;
            begun[i].State.ShouldBe(expected);
            ((int)begun[i].Requests).ShouldBe(requests);
            if (expected >= BlockState.Writing) begun[i].Sender.ShouldBe(model.Received[block]);
        }

        var states = Enumerable.Range(0, begun.BlockCount).Select(i => begun[i].State).ToList();
        begun.FreeCount.ShouldBe(states.Count(state => state == BlockState.Free));
        begun.RequestedCount.ShouldBe(states.Count(state => state == BlockState.Requested));
        begun.WrittenCount.ShouldBe(states.Count(state => state == BlockState.Written));
        begun.FirstFree().ShouldBe(states.IndexOf(BlockState.Free));
        begun.LastFree().ShouldBe(states.LastIndexOf(BlockState.Free));
    }

    private static void ShouldBeOrdered(PieceRanking ranking)
    {
        var open = 0;
        for (var priority = 1; priority <= PiecePriority.Highest; priority++)
        {
            var order = ranking.Level(priority).Order.ToArray();
            open += order.Length;
            order.All(piece => ranking.IsOpen(piece) && ranking.Priority(piece) == priority).ShouldBeTrue();
            order.Select(ranking.Holders).ShouldBeInOrder();
        }

        open.ShouldBe(ranking.Open.Count);
    }

    private static void ShouldBeListed(PiecePicker picker)
    {
        var (ranking, peers, begun) = picker.Parts;
        var listed = new HashSet<int>();
        foreach (var list in peers.All.Select(peer => peer.Reserved).Prepend(begun.Shared))
        {
            for (var piece = list.First; piece is not null; piece = piece.Next)
            {
                piece.FreeCount.ShouldBePositive();
                piece.List.ShouldBeSameAs(list);
                (piece.Holder?.Reserved ?? begun.Shared).ShouldBeSameAs(list);
                listed.Add(piece.Piece).ShouldBeTrue();
            }
        }

        listed.Count.ShouldBe(begun.WithFreeBlocks);
        var withFree = Enumerable.Range(0, ranking.Have.Length).Count(piece => begun.Find(piece) is { FreeCount: > 0 });
        withFree.ShouldBe(listed.Count);
    }
}
