using System.Collections.Immutable;
using Swarm.Actors.Cluster;
using Swarm.Host.Watching;
using Swarm.Protocol.Cluster;

namespace Swarm.Tests.Host.Cluster;

/// <summary>What a member's view comes to in figures.</summary>
public sealed class ClusterFiguresTests
{
    [Fact]
    public void Members_replicas_and_what_is_missing_are_counted()
    {
        var self = new MemberId("s0", 1);
        var view = ClusterView.Empty.With(new ClusterOutcome.View(
            NowTicks: TimeSpan.TicksPerHour, Version: 3, [Member(self, MemberState.Up), Member(new MemberId("s1", 2), MemberState.Draining), Member(new MemberId("s2", 3), MemberState.Down), Member(new MemberId("s3", 4), MemberState.Down, sinceTicks: TimeSpan.TicksPerHour - 1)],
            [
                Torrent(1, wanted: 2, isRemoved: false, ReplicaState.Complete, ReplicaState.Complete),
                Torrent(2, wanted: 2, isRemoved: false, ReplicaState.Complete, ReplicaState.Assigned),
                Torrent(3, wanted: 1, isRemoved: false, ReplicaState.Failed),
                Torrent(4, wanted: 2, isRemoved: true, ReplicaState.Dropping),
                // At one that is lost, one that is only away, and one that nobody knows.
                Torrent(5, wanted: 2, isRemoved: false, ReplicaState.Assigned, ReplicaState.Complete, ReplicaState.Complete),
                Torrent(6, wanted: 2, isRemoved: false, ReplicaState.Complete, ReplicaState.Failed, ReplicaState.Failed, ReplicaState.Complete),
                Torrent(7, wanted: 1, isRemoved: false, ReplicaState.Failed, ReplicaState.Failed, ReplicaState.Complete, ReplicaState.Failed, ReplicaState.Complete),
            ],
            UpToChange: 9, HasMore: false));
        var figures = ClusterFigures.Of(new ClusterStatus(self, SessionState.Writing, Plans: true, view, [], []), new ClusterActor.LinkCounters(0, 0, 0, ImmutableSortedDictionary<ClusterRefusal, long>.Empty), new TableActor.Counters(), link: null);
        (figures.State, figures.Plans, figures.Torrents, figures.Short, figures.Lost).ShouldBe((MemberState.Up, true, 6, 4, 2));
        (figures.Members[(int)MemberState.Up], figures.Members[(int)MemberState.Draining], figures.Members[(int)MemberState.Down], figures.Members[(int)MemberState.Joining]).ShouldBe((1, 1, 2, 0));
        figures.Replicas[1..].ShouldBe([2, 9, 6, 1]);
    }

    private static Member Member(MemberId id, MemberState state, long sinceTicks = 0) => new(id, new MemberTraits { Storage = id.EndPoint }, state, sinceTicks, 1_000, 0, []);

    private static PlacedTorrent Torrent(byte number, int wanted, bool isRemoved, params ReplicaState[] replicas) => new(
        new WantedTorrent { Torrent = new InfoHash([number, .. new byte[19]]), Replicas = wanted, IsRemoved = isRemoved }, [.. replicas.Select((state, i) => new Replica($"s{i}", state))], number);
}
