using System.Security.Cryptography;
using Swarm.Actors.Ports;

namespace Swarm.Tests.Io.Disk;

/// <summary>What a subclass brings, and the steps that tests are made of.</summary>
public abstract partial class DiskConformance
{
    private long _lastStorage;
    private long _lastTag;

    private protected abstract IDisk Disk { get; }

    private protected abstract string Root { get; }

    private protected abstract int SlabsOutstanding { get; }

    private protected Inbox Owner { get; } = Inbox.Create();

    private protected abstract SlabSlice Slice(ReadOnlySpan<byte> bytes);

    private protected abstract TestContent Content(int pieceLength, params (string Path, int Length)[] files);

    private protected abstract void Lay(TestContent content);

    private protected abstract void Remove(string path);

    private protected abstract void Cut(string path, int length);

    private protected abstract void Flip(string path, int offset);

    private protected abstract byte[]? Show(string path);

    private protected virtual void Settle() { }

    private protected virtual long NowTicks => TimeProvider.System.GetElapsedTime(0).Ticks;

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing) => SlabsOutstanding.ShouldBe(0, "every slab reference must be given back");

    private protected StorageSpec Spec(TestContent content, FileAllocation allocation = FileAllocation.Sparse) => new(content.Layout, Root, content.Hashes, allocation);

    private protected StorageId Open(TestContent content, FileAllocation allocation = FileAllocation.Sparse)
    {
        var storage = new StorageId(++_lastStorage);
        Disk.Open(storage, Spec(content, allocation), Owner.Ref);
        Next<IDisk.Opened>().Storage.ShouldBe(storage);
        return storage;
    }

    private protected T Next<T>()
        where T : class
    {
        Settle();
        return Owner.Next<T>();
    }

    private protected BlockWrite Block(TestContent content, int piece, int block, bool isSplit = false, bool isWrong = false)
    {
        var request = content.Layout.Geometry.RequestFor(new PieceIndex(piece), new BlockIndex(block));
        var bytes = content.BytesOf(request).ToArray();
        if (isWrong) bytes[bytes.Length / 2] ^= 0xFF;
        var cut = isSplit && bytes.Length > 2 ? bytes.Length / 3 : bytes.Length;
        return new BlockWrite(request, Slice(bytes.AsSpan(0, cut)), cut < bytes.Length ? Slice(bytes.AsSpan(cut)) : default);
    }

    private protected void WritePiece(StorageId storage, TestContent content, int piece) =>
        Disk.Write(storage, Enumerable.Range(0, content.Layout.Geometry.BlocksIn(new PieceIndex(piece))).Select(block => Block(content, piece, block)).ToArray());

    private protected IDisk.Flushed Flush(StorageId storage)
    {
        Disk.Flush(storage, ++_lastTag);
        var flushed = Next<IDisk.Flushed>();
        flushed.Tag.ShouldBe(_lastTag);
        return flushed;
    }

    private protected List<PieceResult> Results(StorageId storage)
    {
        Flush(storage);
        return [.. Owner.TakeAll<IDisk.Written>().SelectMany(w => w.Pieces).OrderBy(p => p.Piece)];
    }

    private protected List<PieceResult> Check(StorageId storage, TestContent content)
    {
        var all = new Bitfield(content.Layout.Geometry.PieceCount);
        all.Fill();
        Disk.Check(storage, all);
        Settle();
        Owner.Find(m => m is IDisk.Checked { Finished: true });
        return [.. Owner.TakeAll<IDisk.Checked>().SelectMany(m => m.Pieces).OrderBy(result => result.Piece)];
    }

    private protected void Close(StorageId storage)
    {
        Disk.Close(storage);
        Next<IDisk.StorageClosed>().Storage.ShouldBe(storage);
    }

    private TestContent Draw(Random random)
    {
        int[] pieceLengths = [1 << 14, 1 << 15, 1 << 16, 5_000, 16_385, 50_000];
        int[] lengths = [1, 13, 4_095, 4_096, 16_383, 16_384, 16_385, 70_000, 150_000];
        var files = Enumerable.Range(0, random.Next(1, 9)).Select(i => (random.Next(2) == 0 ? $"{i}" : $"a/{i}.x", lengths[random.Next(lengths.Length)]));
        return Content(pieceLengths[random.Next(pieceLengths.Length)], [.. files, ("last", random.Next(1, 30_000))]);
    }

    private static Bytes20 HashOf(TestContent content, int piece, int block) =>
        new(SHA1.HashData(content.BytesOf(content.Layout.Geometry.RequestFor(new PieceIndex(piece), new BlockIndex(block)))));
}
