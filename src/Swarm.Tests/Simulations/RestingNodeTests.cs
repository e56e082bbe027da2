using Swarm.Actors.Torrents;
using Swarm.TestKit.Content;
using Swarm.TestKit.Net;
using Swarm.TestKit.World;
using Swarm.Tests.TestKit.World;

namespace Swarm.Tests.Simulations;

/// <summary>A service and its torrents over many seeds: it is killed, loses its power, starts again, lets them rest and wakes them, with every check of the world watching.</summary>
public sealed class RestingNodeTests
{
    private static readonly TorrentSettings Restless = TorrentSettings.Default with { RestAfter = TimeSpan.FromSeconds(5) };
    private static readonly SimNodeSettings Service = SimNodeSettings.Default with { TakesUp = true, Torrent = Restless };

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 12)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Resting_torrents_are_woken_by_who_lacks_them_and_rest_again(int seed)
    {
        var world = new SimWorld(seed);
        var contents = Contents(3);
        var node = world.AddNode("service", Service);
        foreach (var content in contents) node.AddSeed(content);
        node.Start();
        world.RunUntil(() => node.Torrents.All(torrent => torrent.IsComplete), Worlds.Patience).ShouldBeTrue();
        world.RunFor(TimeSpan.FromMinutes(2));
        AtWork(node).ShouldBe(0);
        if (seed % 3 == 1) node.Restart();
        if (seed % 3 == 2) node.Crash();
        if (seed % 3 == 2) node.Start();
        world.RunFor(TimeSpan.FromMinutes(1));
        AtWork(node).ShouldBe(0, "what was complete rests from the start");
        var leecher = world.AddNode("leecher");
        leecher.Add(contents[seed % 3], options => options.Calls(node));
        leecher.Start();
        world.MustConverge(Worlds.Patience);
        world.RunFor(TimeSpan.FromMinutes(2));
        AtWork(node).ShouldBe(0);
        world.StopAll();
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_torrent_whose_addition_was_cut_short_is_there_or_not_and_what_was_acknowledged_is_there(int seed)
    {
        var random = new Random(seed);
        var world = new SimWorld(seed);
        var contents = Contents(4);
        var source = world.AddNode("source");
        foreach (var content in contents) source.AddSeed(content);
        var node = world.AddNode("service", Service with { Link = new LinkProfile { DownBytesPerSecond = 200_000 } });
        foreach (var content in contents) node.Add(content, options => options.Calls(source));
        world.StartAll();
        for (var life = 0; life < 4; life++)
        {
            world.RunFor(TimeSpan.FromMilliseconds(random.Next(1, life == 0 ? 120 : 6_000)));
            var acknowledged = node.Torrents.Where(torrent => torrent.IsAdded).ToList();
            if (random.Next(2) == 0) node.Kill();
            else node.Crash();
            foreach (var torrent in acknowledged) node.Store.RecordOf(torrent.Content.Torrent).ShouldNotBeNull("it was acknowledged");
            foreach (var content in contents)
            {
                if (node.Store.RecordOf(content.Torrent) is { } record) record.Metainfo.IsEmpty.ShouldBeFalse("a torrent is recorded whole or not at all");
            }

            node.Start();
        }

        // The source's address is of one run only, and trackers there are none: it is told again.
        world.RunUntil(() => node.Torrents.All(torrent => torrent.IsAdded), Worlds.Patience).ShouldBeTrue();
        foreach (var content in contents) node.Tell(new TorrentsActor.AddPeers(content.Torrent, [source.Address]));
        world.MustConverge(Worlds.Patience);
        world.StopAll();
    }

    private static List<SimContent> Contents(int count) => [.. Enumerable.Range(0, count).Select(i => SimContent.OneFile((10 * 65_536) + 12_345, 65_536, seed: i + 1))];

    private static int AtWork(SimNode node) => ActorTree.Walk(node.System!).Count(actor => actor.Path.ToString().Contains("/torrent-", StringComparison.Ordinal));
}
