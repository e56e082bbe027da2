using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Actors.Ports;
using Swarm.Io.Disk;

namespace Swarm.Tests.Io.Disk;

/// <summary>The conformance suite on real files.</summary>
public sealed class DiskEngineConformance : DiskConformance
{
    private readonly string _folder = Directory.CreateTempSubdirectory("swarm-disk-").FullName;
    private readonly TestSlabs _slabs = new(64 << 10);
    private readonly DiskEngine _engine;

    public DiskEngineConformance() => _engine = new DiskEngine(new DiskSettings { Workers = 3 }, _ => _slabs.Rent(), NullLogger<DiskEngine>.Instance);

    private protected override IDisk Disk => _engine;

    private protected override string Root => Path.Combine(_folder, "downloads");

    private protected override int SlabsOutstanding => _slabs.Outstanding;

    private protected override SlabSlice Slice(ReadOnlySpan<byte> bytes) => _slabs.Slice(bytes);

    private protected override TestContent Content(int pieceLength, params (string Path, int Length)[] files) =>
        new(pieceLength, files.Select(file => new ContentFile(file.Path, 0, file.Length)), new Random(1));

    private protected override void Lay(TestContent content) => content.Save(Root);

    private protected override void Remove(string path)
    {
        File.Delete(Path.Combine(Root, path));
        for (var folder = Path.GetDirectoryName(path); !string.IsNullOrEmpty(folder); folder = Path.GetDirectoryName(folder)) Directory.Delete(Path.Combine(Root, folder));
    }

    private protected override void Cut(string path, int length)
    {
        using var file = File.OpenWrite(Path.Combine(Root, path));
        file.SetLength(length);
    }

    private protected override void Flip(string path, int offset)
    {
        using var file = File.OpenHandle(Path.Combine(Root, path), FileMode.Open, FileAccess.ReadWrite);
        var value = new byte[1];
        RandomAccess.Read(file, value, offset);
        value[0] ^= 1;
        RandomAccess.Write(file, value, offset);
    }

    private protected override byte[]? Show(string path) => File.Exists(Path.Combine(Root, path)) ? File.ReadAllBytes(Path.Combine(Root, path)) : null;

    protected override void Dispose(bool disposing)
    {
        _engine.Dispose();
        Directory.Delete(_folder, recursive: true);
        base.Dispose(disposing);
    }
}
