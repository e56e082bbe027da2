using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;
using Swarm.TestKit.Chance;
using Swarm.TestKit.Content;
using Swarm.TestKit.Disk;
using Swarm.TestKit.Net;
using Swarm.TestKit.World;
using Swarm.Tests.TestKit.World;

namespace Swarm.Tests.Simulations;

/// <summary>
/// A service is killed, or loses its power, at a drawn moment while it moves a torrent's files or removes them, and starts again. The torrent is half fetched or whole when it is told to; another torrent and
/// files of nobody's lie in the same folders. Every check of the world watches.
/// </summary>
public sealed class RelocationCrashTests
{
    private const int SeedCount = 40;
    private const string Elsewhere = "/elsewhere";

    // A fence takes longer than anything else here, so that most of the drawn moments lie within it.
    private static readonly SimNodeSettings Service = SimNodeSettings.Default with
    {
        TakesUp = true,
        Link = new LinkProfile { DownBytesPerSecond = 300_000 },
        Disk = SimDiskSettings.Default with { FlushLatency = Latency.Milliseconds(300, 900) },
    };

    private static readonly byte[] Strange = [.. Enumerable.Range(0, 1_000).Select(i => (byte)i)];

    private readonly SimContent _content = new(1, 32_768, [("a", 200_000), ("sub/b", 150_001), ("sub/c", 90_000), ("d/e/f", 10)]);
    private readonly SimContent _neighbour = new(2, 32_768, [("a", 70_000), ("sub/b", 50_000)], name: "neighbour");

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, SeedCount)];

    private string Folder => SimNode.FolderOf(_content);

    private IEnumerable<string> Strangers => [$"{Folder}/content/sub/mine", $"{Folder}/mine", $"{Elsewhere}/content/mine"];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_torrent_whose_move_was_cut_short_is_whole_at_the_old_or_the_new_place(int seed)
    {
        var (world, source, node) = CrashWithin(seed, new TorrentsActor.Move(_content.Torrent, Elsewhere, MoveData: true));
        var record = node.Store.RecordOf(_content.Torrent)!;
        var folder = record.Unfinished is UnfinishedWork.Moving moving ? moving.Folder : record.Folder;
        node.Start();
        world.RunUntil(() => node.Torrents.All(torrent => torrent.IsAdded), Worlds.Patience).ShouldBeTrue();
        node.Tell(new TorrentsActor.AddPeers(_content.Torrent, [source.Address]));
        world.MustConverge(Worlds.Patience);
        world.StopAll();
        record = node.Store.RecordOf(_content.Torrent)!;
        record.Unfinished.ShouldBeNull();
        record.Folder.ShouldBe(folder, "what was on record is done, and nothing else");
        Enumerable.Range(0, _content.Geometry.PieceCount).ShouldAllBe(piece => node.Disk.HoldsDurably(_content, folder, new PieceIndex(piece)));
        FilesBelow(node, folder == Folder ? Elsewhere : Folder).ShouldBeEmpty();
        OthersShouldBeThere(node);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_torrent_whose_removal_was_cut_short_is_whole_or_gone_with_its_files_and_nobody_elses(int seed)
    {
        var (world, source, node) = CrashWithin(seed, new TorrentsActor.Remove(_content.Torrent, DeleteData: true));
        var isMarked = node.Store.RecordOf(_content.Torrent) is null or { Unfinished: UnfinishedWork.Removal };
        if (isMarked) node.Remove(_content);
        node.Start();
        world.RunUntil(() => node.Torrents.All(torrent => torrent.IsAdded), Worlds.Patience).ShouldBeTrue();
        if (!isMarked) node.Tell(new TorrentsActor.AddPeers(_content.Torrent, [source.Address]));
        world.MustConverge(Worlds.Patience);
        if (isMarked) world.RunUntil(() => node.Store.RecordOf(_content.Torrent) is null, Worlds.Patience).ShouldBeTrue();
        world.StopAll();
        if (isMarked) FilesBelow(node, Folder).ShouldBeEmpty();
        else Enumerable.Range(0, _content.Geometry.PieceCount).ShouldAllBe(piece => node.Disk.HoldsDurably(_content, Folder, new PieceIndex(piece)));
        OthersShouldBeThere(node);
    }

    [Fact]
    public void The_drawn_moments_lie_before_within_and_after_a_move()
    {
        var moments = Enumerable.Range(1, SeedCount).Select(seed =>
        {
            var (_, _, node) = CrashWithin(seed, new TorrentsActor.Move(_content.Torrent, Elsewhere, MoveData: true));
            return (Old: FilesBelow(node, Folder).Any(), New: FilesBelow(node, Elsewhere).Any(), IsRecorded: node.Store.RecordOf(_content.Torrent)!.Folder == Elsewhere);
        }).ToList();
        moments.ShouldContain(moment => moment.Old && !moment.New);
        moments.ShouldContain(moment => moment.Old && moment.New);
        moments.ShouldContain(moment => moment.New && !moment.Old && moment.IsRecorded);
    }

    [Fact]
    public void The_drawn_moments_lie_before_within_and_after_a_removal()
    {
        var moments = Enumerable.Range(1, SeedCount).Select(seed =>
        {
            var (_, _, node) = CrashWithin(seed, new TorrentsActor.Remove(_content.Torrent, DeleteData: true));
            return (Files: FilesBelow(node, Folder).Count(), Record: node.Store.RecordOf(_content.Torrent));
        }).ToList();
        moments.ShouldContain(moment => moment.Files == 4 && moment.Record != null);
        moments.ShouldContain(moment => moment.Files > 0 && moment.Files < 4 && moment.Record != null && moment.Record.Unfinished != null);
        moments.ShouldContain(moment => moment.Files == 0 && moment.Record == null);
    }

    private (SimWorld World, SimNode Source, SimNode Node) CrashWithin(int seed, TorrentsActor.ITorrentCommand command)
    {
        var random = new Random(seed);
        var world = new SimWorld(seed);
        var source = world.AddNode("source");
        source.AddSeed(_content);
        var node = world.AddNode("service", Service);
        node.Disk.Put(_neighbour, Folder);
        foreach (var path in Strangers) node.Disk.Overwrite(path, 0, Strange);
        node.Add(_neighbour, options => options with { Folder = Folder, TrustExisting = true, SeedOnly = true });
        node.Add(_content, options => options.Calls(source));
        world.StartAll();
        var pieces = random.Next(1, _content.Geometry.PieceCount + 1);
        world.RunUntil(() => node.Find(_content.Torrent)!.VerifiedNow.Count >= pieces, Worlds.Patience).ShouldBeTrue();
        node.Tell(command);
        // One in four dies before it can have recorded what it was told.
        world.RunFor(TimeSpan.FromMilliseconds(random.Next(4) == 0 ? random.NextDouble() : random.Next(1, 2_000)));
        if (random.Next(2) == 0) node.Kill();
        else node.Crash();
        return (world, source, node);
    }

    // Those of the torrent.
    private IEnumerable<string> FilesBelow(SimNode node, string folder) => _content.Metainfo.Layout.Files.Select(file => $"{folder}/{file.Path}").Where(node.Disk.Files.Contains);

    private void OthersShouldBeThere(SimNode node)
    {
        foreach (var path in Strangers) node.Disk.ReadFile(path).ShouldBe(Strange, path);
        Enumerable.Range(0, _neighbour.Geometry.PieceCount).ShouldAllBe(piece => node.Disk.HoldsDurably(_neighbour, Folder, new PieceIndex(piece)));
    }
}
