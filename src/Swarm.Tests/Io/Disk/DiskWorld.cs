using System.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Actors.Ports;
using Swarm.Io.Disk;

namespace Swarm.Tests.Io.Disk;

/// <summary>
/// A disk engine on a temporary folder, with an owner that records what it is told and slabs that are counted. Its end asserts that every
/// slab came back and nothing is held any more.
/// </summary>
internal sealed class DiskWorld : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("swarm-disk-").FullName;
    private long _lastStorage;

    public DiskWorld(DiskSettings? settings = null, FileOperations? operations = null, TimeProvider? time = null)
    {
        Operations = new FaultyFileOperations(operations ?? FileOperations.ForThisSystem());
        Engine = new DiskEngine(settings ?? DiskSettings.Default, _ => PoolIsEmpty ? null : Slabs.Rent(), NullLogger.Instance, Operations, time);
        Owner = Inbox.Create();
    }

    public FaultyFileOperations Operations { get; }

    public DiskEngine Engine { get; }

    public Inbox Owner { get; }

    public TestSlabs Slabs { get; } = new(64 << 10);

    public bool PoolIsEmpty { get; set; }

    /// <summary>The folder that torrents lie below. It does not exist until something is written.</summary>
    public string Root => Path.Combine(_folder, "downloads");

    /// <summary>A folder beside it.</summary>
    public string Outside => Path.Combine(_folder, "outside");

    public StorageId Open(TestContent content, FileAllocation allocation = FileAllocation.Sparse)
    {
        var storage = StartOpening(content, allocation);
        Owner.Next<IDisk.Opened>().Storage.ShouldBe(storage);
        return storage;
    }

    public StorageId StartOpening(TestContent content, FileAllocation allocation = FileAllocation.Sparse, string? root = null)
    {
        var storage = new StorageId(++_lastStorage);
        Engine.Open(storage, new StorageSpec(content.Layout, root ?? Root, content.Hashes, allocation), Owner.Ref);
        return storage;
    }

    /// <summary>A block in a slab of its own, or in two.</summary>
    public BlockWrite Block(TestContent content, int piece, int block, bool isSplit = false, bool isWrong = false)
    {
        var request = content.Layout.Geometry.RequestFor(new PieceIndex(piece), new BlockIndex(block));
        var bytes = content.BytesOf(request).ToArray();
        if (isWrong) bytes[bytes.Length / 2] ^= 0xFF;
        var cut = isSplit ? bytes.Length / 3 : bytes.Length;
        return new BlockWrite(request, Slabs.Slice(bytes.AsSpan(0, cut)), cut < bytes.Length ? Slabs.Slice(bytes.AsSpan(cut)) : default);
    }

    public bool Write(StorageId storage, params BlockWrite[] blocks) => Engine.Write(storage, blocks);

    /// <summary>Writes whole pieces in order, without waiting.</summary>
    public void WritePieces(StorageId storage, TestContent content, params int[] pieces)
    {
        foreach (var piece in pieces)
        {
            var count = content.Layout.Geometry.BlocksIn(new PieceIndex(piece));
            Engine.Write(storage, Enumerable.Range(0, count).Select(b => Block(content, piece, b)).ToArray());
        }
    }

    /// <summary>Waits for the fence and gives the pieces' results told before it, in ascending order of piece.</summary>
    public List<PieceResult> FlushAndTakeResults(StorageId storage)
    {
        Engine.Flush(storage, 7);
        Owner.Next<IDisk.Flushed>().Tag.ShouldBe(7);
        return Owner.TakeAll<IDisk.Written>().SelectMany(w => w.Pieces).OrderBy(p => p.Piece).ToList();
    }

    public void Close(StorageId storage)
    {
        Engine.Close(storage);
        Owner.Next<IDisk.StorageClosed>().Storage.ShouldBe(storage);
    }

    /// <summary>Checks pieces and gives the results, in ascending order.</summary>
    public List<PieceResult> Check(StorageId storage, TestContent content)
    {
        var all = new Bitfield(content.Layout.Geometry.PieceCount);
        all.Fill();
        Engine.Check(storage, all);
        var results = new List<PieceResult>();
        while (true)
        {
            var message = Owner.Next<IDisk.Checked>();
            results.AddRange(message.Pieces);
            if (message.Finished) return [.. results.OrderBy(r => r.Piece)];
        }
    }

    public string PathOf(TestContent content, int file) => Path.Combine(Root, content.Layout.Files[file].Path);

    public void Dispose()
    {
        Engine.Dispose();
        Directory.Delete(_folder, recursive: true);
        Slabs.Outstanding.ShouldBe(0, "every slab reference must be given back");
        Engine.Counters.ReorderBytes.ShouldBe(0);
        Engine.Counters.TogetherBytes.ShouldBe(0);
        Engine.Counters.RunningHashes.ShouldBe(0);
        Engine.Counters.QueuedBytes.ShouldBe(0);
        Engine.Counters.OpenFiles.ShouldBe(0);
    }
}

/// <summary>Slabs that are counted while a reference to them is out.</summary>
internal sealed class TestSlabs(int size)
{
    private int _outstanding;

    public int Outstanding => Volatile.Read(ref _outstanding);

    public int Size => size;

    public Slab Rent()
    {
        Interlocked.Increment(ref _outstanding);
        var slab = new Slab(new byte[size], _ => Interlocked.Decrement(ref _outstanding));
        slab.Rent();
        return slab;
    }

    /// <summary>A slice over a copy of the bytes, somewhere in a slab of its own; the receiver owns the one reference.</summary>
    public SlabSlice Slice(ReadOnlySpan<byte> bytes)
    {
        var slab = Rent();
        var offset = (size - bytes.Length) / 2;
        bytes.CopyTo(slab.Buffer.AsSpan(offset));
        return new SlabSlice(slab, offset, bytes.Length);
    }
}

/// <summary>An actor reference that keeps what it is told.</summary>
public class Inbox : DispatchProxy
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly List<object> _messages = [];

    public IActorRef Ref => (IActorRef)(object)this;

    public static Inbox Create() => (Inbox)(object)DispatchProxy.Create<IActorRef, Inbox>();

    /// <summary>Takes the first message of a type out, waiting for it.</summary>
    public T Next<T>()
        where T : class
    {
        lock (_messages)
        {
            var message = (T)Find(m => m is T);
            _messages.Remove(message);
            return message;
        }
    }

    /// <summary>The first message that fits, waiting for it; it is not taken out.</summary>
    public object Find(Predicate<object> fits)
    {
        var deadline = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        lock (_messages)
        {
            while (true)
            {
                if (_messages.Find(fits) is { } message) return message;
                var left = deadline - Environment.TickCount64;
                if (left <= 0 || !Monitor.Wait(_messages, (int)left)) throw new TimeoutException($"The message did not come; there were: {string.Join(", ", _messages)}");
            }
        }
    }

    /// <summary>Takes out every message of a type that is there.</summary>
    public List<T> TakeAll<T>()
    {
        lock (_messages)
        {
            var taken = _messages.OfType<T>().ToList();
            _messages.RemoveAll(m => m is T);
            return taken;
        }
    }

    /// <summary>Every message that was not taken, in order.</summary>
    public List<object> All()
    {
        lock (_messages) return [.. _messages];
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (targetMethod?.Name != nameof(IActorRef.Tell)) throw new NotSupportedException(targetMethod?.Name);
        lock (_messages)
        {
            _messages.Add(args![0]!);
            Monitor.PulseAll(_messages);
        }

        return null;
    }
}
