using Swarm.Actors.Ports;
using Swarm.TestKit.Content;
using Swarm.TestKit.Disk;
using Swarm.Tests.Io.Disk;

namespace Swarm.Tests.TestKit.Disk;

/// <summary>The conformance suite on the simulated disk, which keeps the bytes of what it does not know.</summary>
public class SimDiskConformance : DiskConformance
{
    private readonly Simulation _simulation = new(seed: 1);
    private readonly SlabLedger _slabs = new();

    public SimDiskConformance() => Sim = new SimDisk(_simulation, _simulation.Random, SimDiskSettings.Default, _slabs);

    private protected SimDisk Sim { get; }

    private protected override IDisk Disk => Sim;

    private protected override string Root => "/downloads";

    private protected override int SlabsOutstanding => _slabs.Outstanding;

    private protected override SlabSlice Slice(ReadOnlySpan<byte> bytes) => _slabs.Slice(bytes);

    private protected override TestContent Content(int pieceLength, params (string Path, int Length)[] files) =>
        new(pieceLength, files.Select(file => new ContentFile(file.Path, 0, file.Length)), new Random(1));

    private protected override void Lay(TestContent content)
    {
        for (var file = 0; file < content.Layout.Files.Length; file++) Sim.Overwrite(PathOf(content.Layout.Files[file].Path), 0, content.BytesOfFile(file));
    }

    private protected override void Remove(string path) => Sim.Remove(PathOf(path));

    private protected override void Cut(string path, int length) => Sim.Truncate(PathOf(path), length);

    private protected override void Flip(string path, int offset) => Sim.Rot(PathOf(path), offset, 0);

    private protected override byte[]? Show(string path) => Sim.ReadFile(PathOf(path));

    private protected override long NowTicks => _simulation.Time.GetElapsedTime(0).Ticks;

    private protected override void Settle() => _simulation.AdvanceBy(TimeSpan.FromMinutes(1));

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        Sim.JobsPending.ShouldBe(0);
        Sim.StoragesOpen.ShouldBeEmpty();
        Sim.Counters.BytesQueued.ShouldBe(0);
        _simulation.PendingTimers.ShouldBe(0);
    }

    private string PathOf(string path) => $"{Root}/{path}";
}

/// <summary>The conformance suite on the simulated disk, with contents that it knows and does not keep.</summary>
public sealed class SimDiskConformanceWithKnownContent : SimDiskConformance
{
    private protected override TestContent Content(int pieceLength, params (string Path, int Length)[] files)
    {
        // A torrent puts its files below a folder of its name. The suite says itself where files lie; a storage is known by its hashes, not by its paths.
        var content = new SimContent(1, pieceLength, [.. files.Select(file => (file.Path, (long)file.Length))]);
        Sim.Know(content);
        return new TestContent(content, [.. files.Select(file => file.Path)]);
    }
}
