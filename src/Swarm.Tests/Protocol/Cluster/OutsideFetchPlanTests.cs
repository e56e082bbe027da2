using Swarm.Protocol.Cluster;

namespace Swarm.Tests.Protocol.Cluster;

public sealed class OutsideFetchPlanTests
{
    private const int Pieces = 400;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(3, 1)]
    [InlineData(5, 2)]
    [InlineData(2, 3)]
    public void Each_piece_is_fetched_from_outside_by_exactly_as_many_as_may(int replicas, int cap)
    {
        var shares = Shares(replicas, cap);
        for (var piece = 0; piece < Pieces; piece++) shares.Count(share => share[new PieceIndex(piece)]).ShouldBe(Math.Min(cap, replicas));
        if (cap == 1) shares.ShouldAllBe(share => share.Count > Pieces / replicas / 2);
    }

    [Fact]
    public void One_that_drops_out_hands_on_its_ranges_and_nothing_else_moves()
    {
        var before = Shares(4, 1);
        var after = Shares(3, 1);
        for (var i = 0; i < 3; i++) before[i].HasAnyNotIn(after[i]).ShouldBeFalse();
    }

    [Fact]
    public void One_that_does_not_get_on_loses_its_share_to_the_others_but_keeps_on_by_itself()
    {
        var own = Plan("s1", 1);
        var other = Plan("s2", 1);
        for (var second = 0; second <= 120; second += 10)
        {
            own.Update([("s1", second), ("s2", 0)], second * Some.Second);
            other.Update([("s1", second), ("s2", 0)], second * Some.Second);
        }

        own.Share(60 * Some.Second).IsFull.ShouldBeFalse();
        own.Share(120 * Some.Second).IsFull.ShouldBeTrue();
        other.Share(120 * Some.Second).IsEmpty.ShouldBeFalse();
    }

    private static Swarm.Protocol.Primitives.Bitfield[] Shares(int replicas, int cap)
    {
        var all = Enumerable.Range(1, replicas).Select(i => ($"s{i}", 0)).ToArray();
        return [.. all.Select(each =>
        {
            var plan = Plan(each.Item1, cap);
            plan.Update(all, 0);
            return plan.Share(1);
        })];
    }

    private static OutsideFetchPlan Plan(string self, int cap) => new(Some.Torrent(1), Pieces, self, OutsideFetchSettings.Default with { FetchersPerPiece = cap });
}
