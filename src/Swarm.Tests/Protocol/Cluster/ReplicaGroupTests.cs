using Swarm.Protocol.Cluster;

namespace Swarm.Tests.Protocol.Cluster;

public sealed class ReplicaGroupTests
{
    [Fact]
    public void One_replica_announces_a_complete_one_before_any_other_and_the_next_when_it_is_gone()
    {
        var storages = Enumerable.Range(1, 5).Select(i => $"s{i}").ToArray();
        var none = Placed(storages, _ => ReplicaState.Assigned);
        var first = ReplicaGroup.AnnouncerOf(none, _ => true).ShouldNotBeNull();
        ReplicaGroup.AnnouncerOf(none, storage => storage != first).ShouldNotBe(first);
        foreach (var complete in storages) ReplicaGroup.AnnouncerOf(Placed(storages, storage => storage == complete ? ReplicaState.Complete : ReplicaState.Assigned), _ => true).ShouldBe(complete);
        ReplicaGroup.AnnouncerOf(Placed(storages, storage => storage == first ? ReplicaState.Complete : ReplicaState.Assigned), storage => storage != first).ShouldNotBe(first);
    }

    [Theory]
    [InlineData(ReplicaState.Failed)]
    [InlineData(ReplicaState.Dropping)]
    public void One_that_does_not_work_does_not_announce(ReplicaState state) => ReplicaGroup.AnnouncerOf(Placed(["s1"], _ => state), _ => true).ShouldBeNull();

    [Fact]
    public void Groups_are_the_same_if_they_say_the_same()
    {
        var group = Group("s2", 6881);
        Group("s2", 6881).ShouldBe(group);
        Group("s2", 6881).GetHashCode().ShouldBe(group.GetHashCode());
        Group("s3", 6881).ShouldNotBe(group);
        Group("s2", 6882).ShouldNotBe(group);
        (group with { IsAnnouncer = false }).ShouldNotBe(group);
        (group with { Fetching = group.Fetching with { FetchersPerPiece = 2 } }).ShouldNotBe(group);
    }

    private static ReplicaGroup Group(string other, int port) => new() { Torrent = Some.Torrent(1), Self = "s1", Others = [new ReplicaPeer(other, false, [new(System.Net.IPAddress.Loopback, port)])] };

    private static PlacedTorrent Placed(string[] storages, Func<string, ReplicaState> state) => new(new WantedTorrent { Torrent = Some.Torrent(1) }, [.. storages.Select(storage => new Replica(storage, state(storage)))], 1);
}
