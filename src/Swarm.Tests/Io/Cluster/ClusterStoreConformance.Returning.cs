using System.Net;
using Swarm.Protocol.Cluster;
using Swarm.Tests.Protocol.Cluster;

namespace Swarm.Tests.Io.Cluster;

// Who comes back after the tables were set back, and who never does.
public abstract partial class ClusterStoreConformance
{
    [Fact]
    public async Task A_process_that_joins_anew_has_a_greater_generation_than_it_ever_had_and_the_next_one_a_greater_one_still()
    {
        await JoinAsync("n1:1", Some.Traits("n1"));
        (await _two.DoAsync(new ClusterCommand.Join("n1:1", Some.Traits("n1"), Some.Lease, 0) { LastGeneration = 9 })).ShouldBe(new ClusterOutcome.Joined(new MemberId("n1:1", 10)));
        (await JoinAsync("n2:1", Some.Traits("n2"))).ShouldBe(new MemberId("n2:1", 11));
    }

    // What a node that runs finds after a restore.
    [Fact]
    public async Task The_numbers_of_the_last_changes_are_told_with_each_read()
    {
        await _one.DoAsync(new ClusterCommand.AddTorrent(new WantedTorrent { Torrent = Some.Torrent(1) }, [1]), new ClusterCommand.AddTorrent(new WantedTorrent { Torrent = Some.Torrent(2) }, [1]), SetBan(IPAddress.Loopback, 9));
        (await _two.DoAsync(new ClusterCommand.Read(7, 10, 8))).ShouldBeOfType<ClusterOutcome.View>().ShouldSatisfyAllConditions(view => view.LastChange.ShouldBe(2), view => view.LastBan.ShouldBe(1));
    }

    [Fact]
    public async Task A_replica_of_a_removed_torrent_is_given_up_when_nobody_has_had_its_storage_for_a_retention()
    {
        var (one, two) = (await UpAsync(1), await UpAsync(2));
        await _one.DoAsync(new ClusterCommand.AcquireLease(Lease, two));
        for (var i = 1; i <= 4; i++)
        {
            await _one.DoAsync(
                new ClusterCommand.AddTorrent(new WantedTorrent { Torrent = Some.Torrent(i) }, [1]), new ClusterCommand.Assign(Some.Torrent(i), "n1", 1), new ClusterCommand.Assign(Some.Torrent(i), i == 2 ? "n2" : "n1", 1),
                new ClusterCommand.ChangeTorrent(Some.Torrent(i), new WantedChanges { Removal = true }));
        }

        var purge = new ClusterCommand.Purge(TimeSpan.FromSeconds(10), 2, 1);
        Seconds = 1;
        await _one.DoAsync(new ClusterCommand.SetState(one, MemberState.Down, (await _one.ViewAsync()).Version), purge);
        Seconds = 11;
        var before = await _two.ViewAsync();
        // One is wanted again in the same batch; a page is whole whatever is given up before it is read.
        var outcomes = await _two.DoAsync(
            new ClusterCommand.AddTorrent(new WantedTorrent { Torrent = Some.Torrent(3) }, [2]), purge with { Limit = 1 }, new ClusterCommand.Read(0, 3), purge, new ClusterCommand.Read(before.UpToChange, 10));
        outcomes[1].ShouldBe(new ClusterOutcome.Purged(0, HasMore: true) { GivenUp = 1 });
        outcomes[2].ShouldBeOfType<ClusterOutcome.View>().ShouldSatisfyAllConditions(page => page.Torrents.Select(placed => placed.Wanted.Torrent).ShouldBe([Some.Torrent(2), Some.Torrent(4), Some.Torrent(3)]), page => page.HasMore.ShouldBeTrue());
        outcomes[3].ShouldBe(new ClusterOutcome.Purged(0, HasMore: false) { GivenUp = 2 });
        var view = before.With((ClusterOutcome.View)outcomes[4]);
        view.Torrents.Keys.ShouldBe([Some.Torrent(2), Some.Torrent(3)], ignoreOrder: true);
        view.Torrents[Some.Torrent(2)].Replicas.Select(replica => replica.Storage).ShouldBe(["n2"]);
        view.Torrents[Some.Torrent(3)].Replicas.Select(replica => replica.Storage).ShouldBe(["n1"]);
        (await _one.DoAsync(new ClusterCommand.LoadSource(Some.Torrent(1)))).ShouldBeOfType<ClusterOutcome.Source>().Bytes.ShouldBeEmpty();
        (await _one.ViewAsync()).Torrents.Count.ShouldBe(2);
    }
}
