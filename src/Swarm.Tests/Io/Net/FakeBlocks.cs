using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;
using Swarm.Actors.Ports;
using Swarm.Io;
using Swarm.Io.Disk;

namespace Swarm.Tests.Io.Net;

/// <summary>Storages made of one temporary file each, pieces of 1 MiB, with a pad of zeros behind where asked for.</summary>
internal sealed class FakeBlocks : IBlockSource, IDisposable
{
    public const int PieceLength = 1 << 20;

    private readonly ConcurrentDictionary<StorageId, (SafeFileHandle Handle, long Length, int Pad)> _storages = new();
    private readonly List<string> _paths = [];
    private readonly DiskTally _tally = new();
    private int _timesDry;

    public FakeBlocks() => Windows = new FileWindows(new DiskSettings { MappedBytes = 1 << 20, MappedWindowBytes = 256 << 10 }, _tally);

    /// <summary>Small, so that sends cross their bounds and they are put out again and again.</summary>
    public FileWindows Windows { get; set; }

    /// <summary>Sends that were not mapped for want of a window.</summary>
    public long MapRefusals => Volatile.Read(ref _tally.MapRefusals);

    public BlockingCollection<(StorageId Storage, BlockRequest Block, DiskError Error)> Failures { get; } = new();

    /// <summary>Called before each look-up.</summary>
    public Action<BlockRequest>? OnLocate { get; set; }

    /// <summary>Makes a storage of <paramref name="content"/>, told to be <paramref name="claimed"/> bytes long, the last <paramref name="pad"/> of which are a pad file.</summary>
    public StorageId Add(byte[] content, long? claimed = null, int pad = 0)
    {
        var path = Path.GetTempFileName();
        _paths.Add(path);
        File.WriteAllBytes(path, content);
        var id = new StorageId(_storages.Count + 1);
        _storages[id] = (File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete), claimed ?? content.Length, pad);
        return id;
    }

    public void Truncate(StorageId storage, long length)
    {
        using var file = File.OpenHandle(_paths[(int)storage.Value - 1], FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        RandomAccess.SetLength(file, length);
    }

    /// <summary>Closes a storage's file; true when no lease keeps it open.</summary>
    public bool CloseHandle(StorageId storage)
    {
        Windows.Forget(_storages[storage].Handle);
        _storages[storage].Handle.Dispose();
        return _storages[storage].Handle.IsClosed;
    }

    public bool TryLocate(StorageId storage, BlockRequest block, List<FileSlice> slices, out DiskError? error)
    {
        OnLocate?.Invoke(block);
        error = new DiskError(DiskErrorKind.NotFound, "", "no such storage or range");
        if (!_storages.TryGetValue(storage, out var found)) return false;
        var offset = ((long)block.Piece.Value * PieceLength) + block.Begin;
        var inFile = found.Length - found.Pad;
        if (offset + block.Length > found.Length) return false;
        if (found.Handle.IsClosed) return false;
        error = null;

        // Two slices where it fits, so that a block of several parts is always tried.
        for (var left = block.Length; left > 0;)
        {
            var isPad = offset >= inFile;
            var take = (int)Math.Min(left, isPad ? left : Math.Min(inFile - offset, Math.Max(1, block.Length / 2)));
            slices.Add(isPad ? new FileSlice(null, 0, take) : new FileSlice(Lease(found.Handle), offset, take));
            offset += take;
            left -= take;
        }

        return true;
    }

    /// <summary>How often the pool was told to be dry.</summary>
    public int TimesDry => Volatile.Read(ref _timesDry);

    public void SlabsRanDry(Func<bool> isDry) => Interlocked.Increment(ref _timesDry);

    public void ReportReadFailure(StorageId storage, BlockRequest block, DiskError error) => Failures.Add((storage, block, error));

    public void Dispose()
    {
        Windows.Dispose();
        foreach (var (_, storage) in _storages) storage.Handle.Dispose();
        foreach (var path in _paths) File.Delete(path);
    }

    private static SafeFileHandle Lease(SafeFileHandle handle)
    {
        var leased = false;
        handle.DangerousAddRef(ref leased);
        return handle;
    }
}
