using Swarm.Protocol.Cluster;

namespace Swarm.Tests.Protocol.Cluster;

/// <summary>Torrents that share their lists of replicas.</summary>
public sealed class SharedReplicasTests
{
    [Fact]
    public void Torrents_with_the_same_replicas_share_one_list_and_say_what_they_said()
    {
        var shared = new SharedReplicas();
        var (one, two) = (Placed(1, "a", ReplicaState.Complete), Placed(2, "a", ReplicaState.Complete));
        shared.Share(one).ShouldBeSameAs(one);
        var second = shared.Share(two);
        (second.Replicas == one.Replicas).ShouldBeTrue("it is the same array");
        (second with { Replicas = two.Replicas }).ShouldBe(two);
    }

    [Theory]
    [InlineData("b", ReplicaState.Complete, false, null)]
    [InlineData("a", ReplicaState.Assigned, false, null)]
    [InlineData("a", ReplicaState.Complete, true, null)]
    [InlineData("a", ReplicaState.Complete, false, "why")]
    public void A_list_that_differs_in_anything_is_not_shared(string storage, ReplicaState state, bool isPinned, string? reason)
    {
        var shared = new SharedReplicas();
        shared.Share(Placed(1, "a", ReplicaState.Complete));
        var other = Placed(2, storage, state, isPinned, reason);
        shared.Share(other).ShouldBeSameAs(other);
    }

    [Fact]
    public void More_lists_than_are_remembered_are_told_apart_no_less()
    {
        var shared = new SharedReplicas();
        for (var n = 0; n < (2 * SharedReplicas.MaxLists) + 1; n++) shared.Share(Placed(n, $"s{n}", ReplicaState.Complete)).Replicas[0].Storage.ShouldBe($"s{n}");
        var (one, two) = (shared.Share(Placed(1, "s1", ReplicaState.Complete)), shared.Share(Placed(2, "s1", ReplicaState.Complete)));
        (one.Replicas == two.Replicas).ShouldBeTrue();
    }

    private static PlacedTorrent Placed(int number, string storage, ReplicaState state, bool isPinned = false, string? reason = null) =>
        new(new WantedTorrent { Torrent = Some.Torrent(number) }, [new Replica(storage, state, isPinned, reason)], number);
}
