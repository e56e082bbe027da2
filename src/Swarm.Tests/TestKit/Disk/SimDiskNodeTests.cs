using Swarm.Actors.Torrents;
using Swarm.TestKit.Disk;
using Swarm.Tests.Actors.Fakes;

namespace Swarm.Tests.TestKit.Disk;

/// <summary>The production actors on the simulated disk.</summary>
public sealed class SimDiskNodeTests
{
    private readonly FakeContent _content = FakeContent.OneFile(1_300_000);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void A_node_downloads_onto_it_and_what_it_recorded_survives_a_power_loss(int seed)
    {
        SimDisk? disk = null;
        var world = new NodeWorld(seed: seed, disk: node => disk = new SimDisk(node.Sim, new Random(seed), SimDiskSettings.Default, node.Slabs)).Start();
        world.Seed(_content, "10.0.0.2:1");
        world.Add(_content, world.With("10.0.0.2:1") with { DownloadLimit = 40_000 });
        world.Pass(25);
        var recorded = Bitfield.FromWire(world.Store.ProgressOf(_content.Torrent)!.Verified.AsSpan(), _content.Layout.Geometry.PieceCount)!;
        recorded.Count.ShouldBeInRange(1, _content.Layout.Geometry.PieceCount - 1);
        disk!.Crash();
        var bytes = disk.ReadFile($"{NodeWorld.Folder}/{_content.Layout.Files[0].Path}")!;
        for (var piece = recorded.NextSet(0); piece >= 0; piece = recorded.NextSet(piece + 1))
        {
            var (offset, size) = ((int)_content.Layout.Geometry.PieceOffset(new PieceIndex(piece)), _content.Layout.Geometry.PieceSize(new PieceIndex(piece)));
            bytes.AsSpan(offset, size).SequenceEqual(_content.Bytes.AsSpan(offset, size)).ShouldBeTrue($"piece {piece}");
        }
    }

    [Fact]
    public void A_whole_download_is_seeded_stopped_and_leaves_nothing_open()
    {
        SimDisk? disk = null;
        var world = new NodeWorld(disk: node => disk = new SimDisk(node.Sim, new Random(1), SimDiskSettings.Default, node.Slabs)).Start();
        world.Seed(_content, "10.0.0.2:1");
        world.Add(_content, world.With("10.0.0.2:1"));
        world.Pass(20);
        world.Status(_content).State.ShouldBe(TorrentState.Seeding);
        disk!.ReadFile($"{NodeWorld.Folder}/{_content.Layout.Files[0].Path}")!.AsSpan().SequenceEqual(_content.Bytes).ShouldBeTrue();
        disk.Counters.BytesWritten.ShouldBe(_content.Bytes.Length);
        disk.Counters.BytesHashed.ShouldBe(_content.Bytes.Length, "nothing is hashed twice");
        world.Stop(_content).Saved.ShouldBeTrue();
        disk.StoragesOpen.ShouldBeEmpty();
        disk.JobsPending.ShouldBe(0);
    }
}
