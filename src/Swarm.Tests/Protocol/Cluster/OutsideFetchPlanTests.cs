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

    [Fact]
    public void What_a_replica_has_is_not_fetched_from_outside_while_it_gives()
    {
        var plan = Plan("s1", 1);
        var had = Of(0, 100);
        plan.Update([("s1", 0), ("s2", 100)], 0);
        Open(plan, 0, ("s2", had)).Overlaps(had).ShouldBeFalse();
        plan.Gave("s2", 50 * Some.Second);
        plan.Update([("s1", 0), ("s2", 101)], 50 * Some.Second);
        Open(plan, 100 * Some.Second, ("s2", had)).Overlaps(had).ShouldBeFalse();
        plan.Update([("s1", 0), ("s2", 102)], 100 * Some.Second);
        // It gets on, and keeps what it has to itself.
        had.HasAnyNotIn(Open(plan, 120 * Some.Second, ("s2", had))).ShouldBeFalse();
        plan.Gave("s2", 121 * Some.Second);
        Open(plan, 122 * Some.Second, ("s2", had)).Overlaps(had).ShouldBeFalse();
    }

    [Fact]
    public void Who_has_nothing_that_is_needed_owes_nothing()
    {
        var plan = Plan("s1", 1);
        var had = Of(0, 100);
        plan.Open(Of(100, 300), [("s2", had)], 0);
        plan.Open(Of(100, 300), [("s2", had)], 500 * Some.Second);
        plan.Gives("s2", 501 * Some.Second).ShouldBeTrue();
        plan.Open(Of(50, 350), [("s2", had)], 520 * Some.Second).Overlaps(had).ShouldBeFalse();
        had.HasAnyNotIn(plan.Open(Of(50, 350), [("s2", had)], 561 * Some.Second)).ShouldBeFalse();
    }

    [Fact]
    public void A_complete_replica_leaves_nothing_to_be_fetched_from_outside()
    {
        var plan = Plan("s1", 1);
        plan.Update([("s1", 0)], 0);
        Open(plan, 0, ("s2", Of(0, Pieces))).IsEmpty.ShouldBeTrue();
        Open(plan, 59 * Some.Second, ("s2", Of(0, Pieces))).IsEmpty.ShouldBeTrue();
        Open(plan, 61 * Some.Second, ("s2", Of(0, Pieces))).IsFull.ShouldBeTrue("it has given nothing");
        Open(plan, 62 * Some.Second).IsFull.ShouldBeTrue("it is gone");
    }

    [Fact]
    public void Whose_share_is_fetched_takes_over_a_quarter_of_what_nobody_has_and_then_a_quarter_of_the_rest()
    {
        var plan = Plan("s1", 1);
        plan.Update([("s1", 0), ("s2", 0)], 0);
        var needed = Of(0, Pieces);
        needed.ExceptWith(plan.Share(0));
        var rest = needed.Count;
        plan.Open(needed, [("s2", new Bitfield(Pieces))], 0).Overlaps(needed).ShouldBeFalse();
        plan.Open(needed, [("s2", new Bitfield(Pieces))], 9 * Some.Second).Overlaps(needed).ShouldBeFalse();
        var open = plan.Open(needed, [("s2", new Bitfield(Pieces))], 10 * Some.Second);
        open.IntersectWith(needed);
        open.Count.ShouldBe((rest + 3) / 4);
        // What the other has by now is not taken over.
        needed.ExceptWith(open);
        plan.Open(needed, [("s2", new Bitfield(needed))], 11 * Some.Second);
        plan.Open(needed, [("s2", new Bitfield(needed))], 30 * Some.Second).Overlaps(needed).ShouldBeFalse();
    }

    [Fact]
    public void Whatever_happens_a_piece_that_is_needed_is_open_after_a_time_or_somebody_got_on()
    {
        for (var seed = 1; seed <= 200; seed++)
        {
            var random = new Random(seed);
            var plan = Plan("s1", 1);
            var had = new Bitfield(Pieces);
            var needed = Of(0, Pieces);
            var now = 0L;
            // Others come, get on and give as they like, and then nothing more happens.
            for (var step = 0; step < 30; step++)
            {
                now += random.Next(1, 40) * Some.Second;
                for (var i = random.Next(20); i > 0; i--) had.Add(new PieceIndex(random.Next(Pieces)));
                if (random.Next(3) == 0) plan.Gave("s2", now);
                if (random.Next(2) == 0) needed.Remove(new PieceIndex(random.Next(Pieces)));
                plan.Update([("s1", Pieces - needed.Count), ("s2", had.Count), ("s3", random.Next(5))], now);
                plan.Open(needed, [("s2", had)], now);
            }

            now += 61 * Some.Second;
            plan.Update([("s1", Pieces - needed.Count), ("s2", had.Count), ("s3", 0)], now);
            needed.HasAnyNotIn(plan.Open(needed, [("s2", had)], now)).ShouldBeFalse($"seed {seed}");
        }
    }

    private static Bitfield Open(OutsideFetchPlan plan, long now, params (string, Bitfield)[] held) => plan.Open(Of(0, Pieces), held, now);

    private static Bitfield Of(int first, int count)
    {
        var set = new Bitfield(Pieces);
        for (var piece = first; piece < first + count; piece++) set.Add(new PieceIndex(piece));
        return set;
    }

    private static Bitfield[] Shares(int replicas, int cap)
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
