using System.Collections.Immutable;
using System.Security.Cryptography;
using Swarm.Actors.Ports;

namespace Swarm.Tests.Actors.Fakes;

/// <summary>
/// A disk in memory, in virtual time. Jobs are done one after the other, each after <see cref="Delay"/>; a flush takes <see cref="FlushDelay"/>. Files are kept by path, so that a storage
/// opened later finds what an earlier one left.
/// </summary>
internal sealed class FakeDisk(Simulation sim) : IDisk
{
    private readonly Dictionary<StorageId, Storage> _storages = [];
    private TimeSpan _freeAt;

    /// <summary>The files, by full path.</summary>
    public Dictionary<string, FakeFile> Files { get; } = [];

    /// <summary>What was asked for, in order.</summary>
    public List<string> Log { get; } = [];

    public List<StorageId> Opened { get; } = [];

    /// <summary>Who opened the storage opened last.</summary>
    public IActorRef LastOwner { get; private set; } = ActorRefs.Nobody;

    public TimeSpan Delay { get; set; } = TimeSpan.FromMilliseconds(1);

    public TimeSpan FlushDelay { get; set; } = TimeSpan.FromMilliseconds(5);

    /// <summary>Why a write fails, or null.</summary>
    public Func<BlockRequest, DiskErrorKind?> Refuse { get; set; } = _ => null;

    public bool FlushFails { get; set; }

    public bool DeleteFails { get; set; }

    /// <summary>Pieces that cannot be read back when they are whole.</summary>
    public HashSet<PieceIndex> Unreadable { get; } = [];

    /// <summary>Whether the disk says that it is over its high-water mark.</summary>
    public bool IsOver { get; set; }

    public int BytesWritten { get; private set; }

    public int PiecesChecked { get; private set; }

    public void Open(StorageId storage, StorageSpec spec, IActorRef owner)
    {
        Log.Add("open");
        Opened.Add(storage);
        LastOwner = owner;
        var opened = new Storage(storage, spec, owner);
        _storages.Add(storage, opened);
        Post(Delay, () => opened.Tell(new IDisk.Opened(storage, Look(opened))));
    }

    public bool Write(StorageId storage, ReadOnlySpan<BlockWrite> blocks)
    {
        foreach (var block in blocks)
        {
            Log.Add($"write {block.Block.Piece.Value}:{block.Block.Begin}");
            block.First.Length.ShouldBeGreaterThan(0, "an empty first slice would never be released");
            var write = block;
            Post(Delay, () => DoWrite(_storages[storage], write));
        }

        return !IsOver;
    }

    public void Restart(StorageId storage, PieceIndex piece)
    {
        Log.Add($"restart {piece.Value}");
        Post(Delay, () => _storages[storage].Begun.Remove(piece));
    }

    public void Check(StorageId storage, Bitfield pieces)
    {
        Log.Add($"check {pieces.Count}");
        var toCheck = new Bitfield(pieces);
        for (var piece = toCheck.NextSet(0); piece >= 0; piece = toCheck.NextSet(piece + 1))
        {
            var index = new PieceIndex(piece);
            var last = toCheck.NextSet(piece + 1) < 0;
            Post(Delay, () =>
            {
                PiecesChecked++;
                if (_storages.TryGetValue(storage, out var known)) known.Tell(new IDisk.Checked(storage, [new PieceResult(index, Hash(known, index))], last));
            });
        }
    }

    public void HashBlocks(StorageId storage, PieceIndex piece)
    {
        Log.Add($"hash {piece.Value}");
        Post(Delay, () =>
        {
            var known = _storages[storage];
            var bytes = ReadPiece(known, piece);
            known.Tell(new IDisk.BlockHashes(storage, piece, bytes is null ? [] : [.. bytes.Chunk(PieceGeometry.BlockSize).Select(block => new Bytes20(SHA1.HashData(block)))]));
        });
    }

    public bool Read(StorageId storage, BlockRequest block, long tag, IActorRef replyTo) => false;

    public void Flush(StorageId storage, long tag)
    {
        Log.Add("flush");
        Post(FlushDelay, () =>
        {
            var known = _storages[storage];
            if (FlushFails) known.Tell(new IDisk.FlushFailed(storage, tag, new DiskError(DiskErrorKind.Failed, known.Spec.Root, "the disk does not keep what it is given")));
            else known.Tell(new IDisk.Flushed(storage, tag, Look(known)));
        });
    }

    public void Move(StorageId storage, string root, MoveKind kind)
    {
        Log.Add($"move {root} {kind}");
        Post(Delay, () => Relocate(_storages[storage], spec => spec with { Root = root }));
    }

    public void Rename(StorageId storage, int file, string path)
    {
        Log.Add($"rename {file} {path}");
        Post(Delay, () => Relocate(_storages[storage], spec => spec with { Layout = new ContentLayout(spec.Layout.Geometry, spec.Layout.Files.SetItem(file, spec.Layout.Files[file] with { Path = path })) }));
    }

    public void Delete(StorageId storage)
    {
        Log.Add("delete");
        Post(Delay, () =>
        {
            var known = _storages[storage];
            if (DeleteFails)
            {
                known.Tell(new IDisk.DeleteFailed(storage, new DiskError(DiskErrorKind.Denied, known.Spec.Root, "the disk lets nothing be deleted")));
                return;
            }

            for (var file = 0; file < known.Spec.Layout.Files.Length; file++) Files.Remove(PathOf(known, file));
            known.Tell(new IDisk.Deleted(storage));
        });
    }

    public void WriteUntil(string root, long term, long untilTicks) => Log.Add($"write {root} until {untilTicks} in term {term}");

    public void Close(StorageId storage)
    {
        Log.Add("close");
        var known = _storages[storage];
        known.IsClosing.ShouldBeFalse("a storage is closed once");
        known.IsClosing = true;
        Post(Delay, () => known.Tell(new IDisk.StorageClosed(storage)));
    }

    /// <summary>Tells the owner of the storage opened last.</summary>
    public void Tell(Func<StorageId, object> message) => _storages[Opened[^1]].Tell(message(Opened[^1]));

    public void TellDrained()
    {
        IsOver = false;
        Tell(storage => new IDisk.Drained(storage));
    }

    /// <summary>Puts content below a folder, as if it had been there for long.</summary>
    public void Put(FakeContent content, string root, params ReadOnlySpan<int> files)
    {
        for (var i = 0; i < content.Layout.Files.Length; i++)
        {
            var file = content.Layout.Files[i];
            if (files.IsEmpty || files.Contains(i)) Files[Path.Combine(root, file.Path)] = new FakeFile { Bytes = content.Bytes.AsSpan((int)file.Offset, (int)file.Length).ToArray(), Modified = 1 };
        }
    }

    public void ShouldHold(FakeContent content, string root)
    {
        foreach (var file in content.Layout.Files.Where(file => file.Length > 0))
        {
            Files[Path.Combine(root, file.Path)].Bytes.AsSpan().SequenceEqual(content.Bytes.AsSpan((int)file.Offset, (int)file.Length)).ShouldBeTrue($"{file.Path} differs");
        }
    }

    private void Relocate(Storage storage, Func<StorageSpec, StorageSpec> change)
    {
        var before = Enumerable.Range(0, storage.Spec.Layout.Files.Length).Select(file => PathOf(storage, file)).ToList();
        var old = storage.Spec;
        storage.Spec = change(old);
        if (before.Where((path, file) => path != PathOf(storage, file) && Files.ContainsKey(PathOf(storage, file))).Any())
        {
            storage.Spec = old;
            storage.Tell(new IDisk.RelocateFailed(storage.Id, new DiskError(DiskErrorKind.Obstructed, old.Root, "another file is in its place")));
            return;
        }

        for (var file = 0; file < before.Count; file++)
        {
            if (before[file] != PathOf(storage, file) && Files.Remove(before[file], out var moved)) Files.Add(PathOf(storage, file), moved);
        }

        storage.Tell(new IDisk.Relocated(storage.Id, Look(storage)));
    }

    private static string PathOf(Storage storage, int file) => Path.Combine(storage.Spec.Root, storage.Spec.Layout.Files[file].Path);

    private void Post(TimeSpan duration, Action job)
    {
        _freeAt = (_freeAt > sim.Elapsed ? _freeAt : sim.Elapsed) + duration;
        sim.Schedule(_freeAt - sim.Elapsed, job);
    }

    private ImmutableArray<FileFingerprint> Look(Storage storage) =>
    [
        .. Enumerable.Range(0, storage.Spec.Layout.Files.Length)
            .Select(file => Files.TryGetValue(PathOf(storage, file), out var found) ? new FileFingerprint(true, found.Bytes.Length, found.Modified) : FileFingerprint.Absent),
    ];

    private void DoWrite(Storage storage, BlockWrite write)
    {
        var bytes = new byte[write.Block.Length];
        write.First.Span.CopyTo(bytes);
        write.Second.Span.CopyTo(bytes.AsSpan(write.First.Length));
        (write.First.Length + write.Second.Length).ShouldBe(write.Block.Length);
        write.First.Release();
        write.Second.Release();
        if (Refuse(write.Block) is { } kind)
        {
            storage.Begun.Remove(write.Block.Piece);
            storage.Tell(new IDisk.WriteFailed(storage.Id, write.Block.Piece, 1, new DiskError(kind, storage.Spec.Root, $"the disk says {kind}")));
            return;
        }

        BytesWritten += bytes.Length;
        Store(storage, storage.Spec.Layout.Geometry.PieceOffset(write.Block.Piece) + write.Block.Begin, bytes);
        if (!storage.Begun.TryGetValue(write.Block.Piece, out var begun)) storage.Begun.Add(write.Block.Piece, begun = []);
        begun.Add(write.Block.Begin);
        ImmutableArray<PieceResult> results = [];
        if (begun.Count == storage.Spec.Layout.Geometry.BlocksIn(write.Block.Piece))
        {
            storage.Begun.Remove(write.Block.Piece);
            results = [new PieceResult(write.Block.Piece, Unreadable.Contains(write.Block.Piece) ? PieceState.Unreadable : Hash(storage, write.Block.Piece))];
        }

        storage.Tell(new IDisk.Written(storage.Id, 1, results));
    }

    private void Store(Storage storage, long offset, byte[] bytes)
    {
        var regions = new List<FileRegion>();
        storage.Spec.Layout.RegionsOf(offset, bytes.Length, regions);
        var done = 0;
        foreach (var region in regions)
        {
            var path = PathOf(storage, region.File);
            if (!Files.TryGetValue(path, out var file)) Files.Add(path, file = new FakeFile());
            if (file.Bytes.Length < region.Offset + region.Length) file.Bytes = [.. file.Bytes, .. new byte[region.Offset + region.Length - file.Bytes.Length]];
            bytes.AsSpan(done, region.Length).CopyTo(file.Bytes.AsSpan((int)region.Offset));
            file.Modified = sim.Elapsed.Ticks + 2;
            done += region.Length;
        }
    }

    private PieceState Hash(Storage storage, PieceIndex piece)
    {
        if (ReadPiece(storage, piece) is not { } bytes) return PieceState.Absent;
        return SHA1.HashData(bytes).AsSpan().SequenceEqual(storage.Spec.PieceHashes.Span.Slice(piece.Value * 20, 20)) ? PieceState.Valid : PieceState.Invalid;
    }

    private byte[]? ReadPiece(Storage storage, PieceIndex piece)
    {
        var geometry = storage.Spec.Layout.Geometry;
        var regions = new List<FileRegion>();
        storage.Spec.Layout.RegionsOf(geometry.PieceOffset(piece), geometry.PieceSize(piece), regions);
        var bytes = new List<byte>();
        foreach (var region in regions)
        {
            if (!Files.TryGetValue(PathOf(storage, region.File), out var file)) return null;
            var there = (int)Math.Clamp(file.Bytes.Length - region.Offset, 0, region.Length);
            bytes.AddRange(file.Bytes.AsSpan((int)Math.Min(region.Offset, file.Bytes.Length), there));
            bytes.AddRange(new byte[region.Length - there]);
        }

        return [.. bytes];
    }

    internal sealed class FakeFile
    {
        public byte[] Bytes { get; set; } = [];

        public long Modified { get; set; }
    }

    private sealed class Storage(StorageId id, StorageSpec spec, IActorRef owner)
    {
        public StorageId Id { get; } = id;

        public StorageSpec Spec { get; set; } = spec;

        public bool IsClosing { get; set; }

        public Dictionary<PieceIndex, HashSet<int>> Begun { get; } = [];

        public void Tell(object message) => owner.Tell(message, ActorRefs.NoSender);
    }
}
