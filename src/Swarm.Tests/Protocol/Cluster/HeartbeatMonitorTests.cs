using System.Collections.Immutable;
using Swarm.Protocol.Cluster;

namespace Swarm.Tests.Protocol.Cluster;

public sealed class HeartbeatMonitorTests
{
    private static readonly MembershipSettings Settings = MembershipSettings.Default;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(10)]
    [InlineData(100)]
    public void Everybody_is_watched_by_as_many_as_watch_others(int members)
    {
        var ids = Some.Ids(members);
        var expected = Math.Min(3, members - 1);
        foreach (var id in ids)
        {
            var after = NeighbourRing.After(id, ids, 3);
            after.Length.ShouldBe(expected);
            after.ShouldNotContain(id);
            after.Distinct().Count().ShouldBe(expected);
            NeighbourRing.Before(id, ids, 3).Order().ShouldBe(ids.Where(other => NeighbourRing.After(other, ids, 3).Contains(id)).Order());
        }
    }

    [Fact]
    public void The_ring_does_not_depend_on_the_order_of_the_members()
    {
        var ids = Some.Ids(20);
        NeighbourRing.After(ids[0], ids.Reverse(), 3).ShouldBe(NeighbourRing.After(ids[0], ids, 3));
    }

    [Fact]
    public void Who_does_not_answer_for_too_long_is_accused_by_those_that_watch_it()
    {
        var all = Some.Ids(5);
        var accusers = all.Take(4).Where(self => Accused(self, all, hears: all.Except([all[4]])).Contains(all[4])).ToArray();
        accusers.ShouldBe(NeighbourRing.Before(all[4], all, 3).Order());
    }

    // Whatever the split: the smaller side accuses nobody, and neither half does. Up to seven members see everybody.
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    public void The_smaller_side_of_a_partition_and_either_half_accuse_nobody(int members)
    {
        var all = Some.Ids(members);
        for (var mask = 1; mask < 1 << members; mask++)
        {
            var side = all.Where((_, i) => (mask & (1 << i)) != 0).ToArray();
            foreach (var self in side)
            {
                if (side.Length * 2 <= members) Accused(self, all, side).ShouldBeEmpty($"{members} members, side {mask:b}");
                else Accused(self, all, side).ShouldBe(NeighbourRing.After(self, all, 3).Except(side).Order());
            }
        }
    }

    [Fact]
    public void Who_stood_still_accuses_nobody_for_what_it_did_not_hear()
    {
        var all = Some.Ids(5);
        var monitor = new HeartbeatMonitor(Settings);
        monitor.SetMembers(all[0], all, 0);
        monitor.Beat(0);
        monitor.Beat(60 * Some.Second);
        // Not even when it hears from most of them and from one not.
        foreach (var other in all.Skip(2)) monitor.Heard(other, 60 * Some.Second);
        monitor.Accused(60 * Some.Second).ShouldBeEmpty();
    }

    [Fact]
    public void Who_is_new_has_as_long_as_everybody()
    {
        var all = Some.Ids(4);
        var monitor = new HeartbeatMonitor(Settings);
        monitor.SetMembers(all[0], all.Take(3), 0);
        monitor.SetMembers(all[0], all, 100 * Some.Second);
        foreach (var other in all.Take(3)) monitor.Heard(other, 104 * Some.Second);
        monitor.Accused(104 * Some.Second).ShouldBeEmpty();
        foreach (var other in all.Take(3)) monitor.Heard(other, 106 * Some.Second);
        monitor.Accused(106 * Some.Second).ShouldBe([all[3]]);
    }

    [Fact]
    public void A_vote_takes_two_unless_fewer_watch()
    {
        var monitor = new HeartbeatMonitor(Settings);
        monitor.QuorumFor(Some.Ids(2)[0], Some.Ids(2)).ShouldBe(1);
        monitor.QuorumFor(Some.Ids(3)[0], Some.Ids(3)).ShouldBe(2);
        monitor.QuorumFor(Some.Ids(100)[0], Some.Ids(100)).ShouldBe(2);
    }

    [Fact]
    public void Who_joins_must_have_been_heard_by_most()
    {
        var all = Some.Ids(4);
        var monitor = new HeartbeatMonitor(Settings);
        monitor.SetMembers(all[3], all, 0);
        monitor.HasBeenHeardByMost.ShouldBeFalse();
        monitor.Heard(all[0], 1);
        monitor.HasBeenHeardByMost.ShouldBeFalse();
        monitor.Heard(all[1], 1);
        monitor.HasBeenHeardByMost.ShouldBeTrue();
        monitor.Reset();
        monitor.SetMembers(all[3], all, 0);
        monitor.HasBeenHeardByMost.ShouldBeFalse("what one identity has shown is not shown by the next");
        var alone = new HeartbeatMonitor(Settings);
        alone.SetMembers(all[3], [], 0);
        alone.HasBeenHeardByMost.ShouldBeTrue();
    }

    private static ImmutableArray<MemberId> Accused(MemberId self, ImmutableArray<MemberId> all, IEnumerable<MemberId> hears)
    {
        var monitor = new HeartbeatMonitor(Settings);
        monitor.SetMembers(self, all, 0);
        for (var second = 0; second <= 10; second++)
        {
            monitor.Beat(second * Some.Second);
            foreach (var other in hears) monitor.Heard(other, second * Some.Second);
        }

        return monitor.Accused(10 * Some.Second);
    }
}
