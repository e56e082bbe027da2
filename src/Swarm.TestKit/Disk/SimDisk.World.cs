using System.Collections.Immutable;
using Swarm.Actors.Ports;
using Swarm.TestKit.Content;

namespace Swarm.TestKit.Disk;

/// <summary>The side of the disk that a world and its checkers see: crashes, faults, an outside hand, and what is there.</summary>
public sealed partial class SimDisk
{
    /// <summary>Paths of all files that are there, in order.</summary>
    public ImmutableArray<string> Files => [.. _volume.Files.Select(file => file.Path)];

    /// <summary>Bytes that still fit.</summary>
    public long FreeBytes => _volume.FreeBytes;

    /// <summary>Jobs that were taken and are neither done nor dropped; 0 on a disk at rest.</summary>
    public int JobsPending => _turns.Jobs + _storages.Values.Sum(storage => storage.Held);

    /// <summary>Storages that are open, by number.</summary>
    public ImmutableArray<StorageId> StoragesOpen => [.. _storages.Values.Select(storage => storage.Id)];

    /// <summary>What was done until now.</summary>
    public SimDiskCounters Counters =>
        new(_work.BytesWritten, _work.BytesHashed, _work.BytesRead, _pressure.Bytes, _work.DuplicateBlocks, _jobsRefused, _work.Flushes, _work.FlushesFailed);

    /// <summary>Power loss: pending jobs are gone and never answer, and of what was not flushed the seed decides what is left.</summary>
    public void Crash()
    {
        Kill();
        if (!_isShared) _volume.Crash();
    }

    /// <summary>The process dies and the machine lives: pending jobs are gone and never answer, and what was written is there. Slabs that they held are the dead process's.</summary>
    public void Kill()
    {
        _turns.Kill();
        _pressure.Reset();
        _storages.Clear();
        _work.QueuedReads = _work.QueuedControls = 0;
    }

    /// <summary>Makes operations on a part of a file, or on every file below a folder, fail in this way until <see cref="Mend"/>. What is broken as a whole cannot be created either.</summary>
    public void Break(string path, DiskOperations operations, DiskErrorKind kind, long from = 0, long to = long.MaxValue) => _volume.Break(new SimVolume.Broken(path, operations, kind, from, to));

    /// <summary>Takes back every <see cref="Break"/>.</summary>
    public void Mend() => _volume.Mend();

    /// <summary>The device does nothing for so long; what is under way already ends as it would.</summary>
    public void Stall(TimeSpan duration) => _turns.Stall(duration);

    /// <summary>Flips a bit of a durable byte at random, unseen by length and time of change. False: there is none.</summary>
    public bool Rot()
    {
        var files = _volume.Files.Where(file => file.Durable.DataChunks > 0).ToList();
        if (files.Count == 0) return false;
        var file = files[_random.Next(files.Count)];
        if (file.DurableByte(_random.Next(file.Durable.DataChunks), _random.Next(PieceGeometry.BlockSize)) is not { } offset) return false;
        file.FlipBit(offset, _random.Next(8));
        return true;
    }

    /// <summary>Flips a bit of a durable byte, unseen by length and time of change.</summary>
    /// <exception cref="ArgumentException">There is no such byte.</exception>
    public void Rot(string path, long offset, int bit)
    {
        var file = Existing(path);
        if (offset < 0 || offset >= file.Durable.Length) throw new ArgumentException($"{path} has no durable byte {offset}.", nameof(offset));
        file.FlipBit(offset, bit);
    }

    /// <summary>Lays content down below a folder, durably, as if it had been there for long: all of it, or some pieces.</summary>
    public void Put(SimContent content, string root, Bitfield? pieces = null)
    {
        Know(content);
        var layout = content.Metainfo.Layout;
        var bytes = new byte[PieceGeometry.BlockSize];
        for (var file = 0; file < layout.Files.Length; file++)
        {
            if (layout.Files[file].Length == 0) _volume.WriteFromOutside(PlaceOf(content, root, file), 0, []);
        }

        for (var piece = 0; piece < content.Geometry.PieceCount; piece++)
        {
            if (pieces is not null && !pieces[new PieceIndex(piece)]) continue;
            for (var block = 0; block < content.Geometry.BlocksIn(new PieceIndex(piece)); block++)
            {
                var request = content.Geometry.RequestFor(new PieceIndex(piece), new BlockIndex(block));
                content.Fill(request, bytes);
                var done = 0;
                foreach (var region in RegionsOf(content, request))
                {
                    _volume.WriteFromOutside(PlaceOf(content, root, region.File), region.Offset, bytes.AsSpan(done, region.Length));
                    done += region.Length;
                }
            }
        }
    }

    /// <summary>An outside hand writes into a file, or makes it.</summary>
    public void Overwrite(string path, long offset, ReadOnlySpan<byte> bytes) => _volume.WriteFromOutside(new FilePlace(path, null, 0, long.MaxValue), offset, bytes);

    /// <summary>An outside hand removes a file.</summary>
    public void Remove(string path) => _volume.RemoveFromOutside(Existing(path));

    /// <summary>An outside hand makes a file so long, cutting it or leaving a hole at its end.</summary>
    public void Truncate(string path, long length) => _volume.SetLengthFromOutside(Existing(path), length);

    /// <summary>An outside hand changes a file's time of change and nothing else.</summary>
    public void Touch(string path) => _volume.TouchFromOutside(Existing(path));

    /// <summary>All bytes of a file as a process sees them, or null where there is none.</summary>
    public byte[]? ReadFile(string path)
    {
        if (_volume.Find(path) is not { } file) return null;
        var bytes = new byte[file.Cached.Length];
        file.Read(file.Cached, 0, bytes);
        return bytes;
    }

    /// <summary>Whether a process would read the right bytes of a piece.</summary>
    public bool Holds(SimContent content, string root, PieceIndex piece) => Holds(content, [root], piece);

    /// <summary>The same where some files may lie below one folder and some below another, as while they are moved.</summary>
    public bool Holds(SimContent content, ImmutableArray<string> roots, PieceIndex piece) => Holds(content, roots, WholeOf(content, piece), file => file.Cached);

    /// <summary>Whether the right bytes of a piece would survive a power loss, each file below any of the folders.</summary>
    public bool HoldsDurably(SimContent content, ImmutableArray<string> roots, PieceIndex piece) => Holds(content, roots, WholeOf(content, piece), file => file.Durable);

    /// <summary>The same below one folder.</summary>
    public bool HoldsDurably(SimContent content, string root, PieceIndex piece) => HoldsDurably(content, [root], piece);

    /// <summary>Blocks that have bytes, as a process sees them, and not the right ones; in order.</summary>
    public IEnumerable<(PieceIndex Piece, BlockIndex Block)> WrongBlocks(SimContent content, string root) =>
        from piece in Enumerable.Range(0, content.Geometry.PieceCount).Select(piece => new PieceIndex(piece))
        from block in Enumerable.Range(0, content.Geometry.BlocksIn(piece)).Select(block => new BlockIndex(block))
        let range = content.Geometry.RequestFor(piece, block)
        where RegionsOf(content, range).Any(region => FileOf(content, root, region) is { } file && file.HasData(file.Cached, region.Offset, region.Length))
            && !Holds(content, [root], range, file => file.Cached)
        select (piece, block);

    /// <summary>What was done with a piece of a known content since the disk was made, over every crash.</summary>
    public PieceWork WorkOn(SimContent content, string root, PieceIndex piece) => TallyOf(content, root)[piece];

    private static BlockRequest WholeOf(SimContent content, PieceIndex piece) => new(piece, 0, content.Geometry.PieceSize(piece));

    private static List<FileRegion> RegionsOf(SimContent content, BlockRequest range)
    {
        var regions = new List<FileRegion>();
        content.Metainfo.Layout.RegionsOf(content.Geometry.PieceOffset(range.Piece) + range.Begin, range.Length, regions);
        return regions;
    }

    private static FilePlace PlaceOf(SimContent content, string root, int file)
    {
        var entry = content.Metainfo.Layout.Files[file];
        return new FilePlace(SimPaths.Join(root, entry.Path), content, entry.Offset, entry.Length);
    }

    private SimFile? FileOf(SimContent content, string root, FileRegion region) => _volume.Find(SimPaths.Join(root, content.Metainfo.Layout.Files[region.File].Path));

    private bool Holds(SimContent content, ImmutableArray<string> roots, BlockRequest range, Func<SimFile, FileImage> image)
    {
        var offset = content.Geometry.PieceOffset(range.Piece) + range.Begin;
        foreach (var region in RegionsOf(content, range))
        {
            var from = offset;
            if (!roots.Any(root => FileOf(content, root, region) is { } file && file.Matches(image(file), region.Offset, region.Length, content, from))) return false;
            offset += region.Length;
        }

        return true;
    }

    private SimFile Existing(string path) => _volume.Find(path) ?? throw new ArgumentException($"There is no file {path}.", nameof(path));
}
