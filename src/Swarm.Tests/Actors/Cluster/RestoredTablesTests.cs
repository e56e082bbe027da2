using System.Net;
using Swarm.Actors.Cluster;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Cluster;
using Swarm.TestKit.Cluster;
using Swarm.TestKit.Content;
using Swarm.TestKit.Peers;
using Swarm.TestKit.World;
using static Swarm.Tests.Actors.Cluster.MembershipTests;

namespace Swarm.Tests.Actors.Cluster;

/// <summary>The tables are restored from a backup, or a database takes over that had not heard of everything, while members run: whole nodes in virtual time.</summary>
public sealed class RestoredTablesTests
{
    private readonly SimCluster _cluster = Started(3);
    private readonly FakeTracker _tracker;

    public RestoredTablesTests() => _tracker = _cluster.World.AddTracker("tracker");

    [Fact]
    public void Members_that_run_show_what_there_is_and_take_what_is_new()
    {
        Add(1);
        var backup = _cluster.Database.Tables;
        var lost = Add(2);
        for (var i = 0; i < 20; i++) Ask(_cluster.Members[0], new RouterActor.SetPaused(lost, i % 2 == 0));
        _cluster.Restore(backup);
        _cluster.World.RunFor(TimeSpan.FromSeconds(20));
        foreach (var member in _cluster.Members) Status(_cluster, member).View.Torrents.Keys.ShouldBe([Torrent(1)], member.Name);
        var added = Add(3);
        _cluster.World.RunFor(TimeSpan.FromSeconds(5));
        foreach (var member in _cluster.Members) Status(_cluster, member).View.Torrents.Keys.ShouldBe([Torrent(1), added], ignoreOrder: true, member.Name);
        // What was lost is added once more, and is found where it was.
        Add(2).ShouldBe(lost);
    }

    [Fact]
    public void A_process_that_joined_after_the_backup_writes_again()
    {
        var backup = _cluster.Database.Tables;
        for (var i = 0; i < 3; i++)
        {
            _cluster.Members[2].Kill();
            _cluster.Members[2].Start();
            WaitForGeneration(4 + i);
        }

        _cluster.Restore(backup);
        WaitForGeneration(7);
        // Every one of the three has to write it.
        Add(1);
    }

    [Fact]
    public void Bans_that_were_given_before_and_after_hold_at_all()
    {
        var (before, after) = (IPAddress.Parse("192.0.2.1"), IPAddress.Parse("192.0.2.2"));
        Ban(before);
        var backup = _cluster.Database.Tables;
        Ask(_cluster.Members[0], new RouterActor.LiftBan(before, "n"));
        for (var i = 0; i < 5; i++) Ban(IPAddress.Parse($"192.0.2.{10 + i}"));
        _cluster.World.RunFor(TimeSpan.FromSeconds(5));
        _cluster.Restore(backup);
        _cluster.World.RunFor(TimeSpan.FromSeconds(10));
        Ban(after);
        _cluster.World.RunFor(TimeSpan.FromSeconds(10));
        foreach (var member in _cluster.Members)
        {
            var bans = Status(_cluster, member).View.Bans;
            bans["192.0.2.1"].By.ShouldBe("", member.Name);
            bans.ContainsKey("192.0.2.2").ShouldBeTrue(member.Name);
        }
    }

    private void WaitForGeneration(long generation) =>
        _cluster.World.RunUntil(() => Rows(_cluster) is { Length: 3 } rows && rows.Any(row => row.Traits.Storage == "member-3" && row.Id.Generation == generation), TimeSpan.FromMinutes(2)).ShouldBeTrue();

    private static SimContent Content(int number, FakeTracker tracker) => SimContent.OneFile(400_000, 65_536, number, [tracker.Http]);

    private InfoHash Torrent(int number) => Content(number, _tracker).Torrent;

    // On all three, and complete.
    private InfoHash Add(int number)
    {
        var content = Content(number, _tracker);
        if (_cluster.World.Nodes.All(node => node.Name != $"seed-{number}"))
        {
            var seed = _cluster.World.AddNode($"seed-{number}");
            seed.AddSeed(content);
            foreach (var member in _cluster.Members) member.Know(content, SimCluster.FolderOf(content));
            seed.Start();
        }

        Ask(_cluster.Members[number % 3], new RouterActor.Add(TorrentSource.FromFile(content.Metainfo, content.TorrentFile), 3, 3, TimeSpan.FromMinutes(3))).ShouldBe(new RouterActor.Accepted(content.Torrent, 3));
        return content.Torrent;
    }

    private void Ban(IPAddress address) => Ask(_cluster.Members[0], new RouterActor.SetBan(new Ban(address, TimeSpan.FromHours(1), "it lied")));

    private object Ask(SimNode member, object question)
    {
        var answer = MembershipTests.Ask(_cluster, member, question);
        answer.ShouldBeOfType<RouterActor.Accepted>();
        return answer;
    }
}
