using System.Collections.Immutable;
using System.Security.Cryptography;
using Swarm.Actors.Ports;

namespace Swarm.TestKit.Disk;

/// <summary>What is on disk of a piece, as far as can be said without reading it.</summary>
internal enum DataPresence
{
    /// <summary>Some of it is data: read it.</summary>
    Data,

    /// <summary>All of it is holes within files, which read as zeros (or pad files, with at least one hole).</summary>
    Hole,

    /// <summary>Nothing is there: every file is missing or ends before it.</summary>
    Missing,

    /// <summary>A part is there and a part is missing, so it cannot be right.</summary>
    Incomplete,

    /// <summary>It could not be looked at.</summary>
    Unreadable,
}

/// <summary>Reads a storage's bytes across its files, pad files as zeros (BEP 47), and says what pieces are. Where the content is known, bytes are compared instead of hashed.</summary>
internal sealed class SimReader(SimVolume volume, Random random, Func<SimDiskSettings> settings)
{
    private readonly List<FileRegion> _regions = [];

    /// <summary>Fills the destination with the bytes from <paramref name="offset"/> of the torrent on.</summary>
    public DiskError? Read(SimStorage storage, long offset, Span<byte> destination)
    {
        if (settings().ReadFailure > 0 && random.NextDouble() < settings().ReadFailure) return SimDiskErrors.Device(storage.Spec.Root);
        _regions.Clear();
        storage.Layout.RegionsOf(offset, destination.Length, _regions);
        foreach (var region in _regions)
        {
            var part = destination[..region.Length];
            destination = destination[region.Length..];
            if (storage.Layout.Files[region.File].IsPad) part.Clear();
            else if (volume.Read(storage.PathOf(region.File), region.Offset, part) is { } error) return error;
        }

        return null;
    }

    /// <summary>Says what is there of a piece, from the files' lengths and holes.</summary>
    public DataPresence Probe(SimStorage storage, PieceIndex piece)
    {
        Locate(storage, piece);
        bool data = false, hole = false, missing = false, pads = true;
        foreach (var region in _regions)
        {
            if (storage.Layout.Files[region.File].IsPad) continue;
            pads = false;
            var path = storage.PathOf(region.File);
            if (volume.Find(path) is not { } file || file.Cached.Length <= region.Offset)
            {
                missing = true;
                continue;
            }

            if (volume.BrokenAt(path, DiskOperations.Read, region.Offset, region.Length) is not null) return DataPresence.Unreadable;
            var isShort = file.Cached.Length < region.Offset + region.Length;
            var isHole = !file.HasData(file.Cached, region.Offset, region.Length);
            data |= !isHole;
            missing |= isShort;
            hole |= isHole && !isShort;
        }

        if (missing) return data ? DataPresence.Incomplete : DataPresence.Missing;
        return hole && !data && !pads ? DataPresence.Hole : DataPresence.Data;
    }

    /// <summary>Compares a piece that is there with what it should be.</summary>
    public PieceState Hash(SimStorage storage, PieceIndex piece)
    {
        var offset = storage.Geometry.PieceOffset(piece);
        if (storage.Content is { } content)
        {
            if (settings().ReadFailure > 0 && random.NextDouble() < settings().ReadFailure) return PieceState.Unreadable;
            Locate(storage, piece);
            foreach (var region in _regions)
            {
                if (volume.Find(storage.PathOf(region.File)) is not { } file || !file.Matches(file.Cached, region.Offset, region.Length, content, offset)) return PieceState.Invalid;
                offset += region.Length;
            }

            return PieceState.Valid;
        }

        var bytes = new byte[storage.Geometry.PieceSize(piece)];
        if (Read(storage, offset, bytes) is { } error) return error.Kind == DiskErrorKind.NotFound ? PieceState.Invalid : PieceState.Unreadable;
        return SHA1.HashData(bytes).AsSpan().SequenceEqual(storage.Spec.PieceHashes.Span.Slice(piece.Value * Bytes20.Size, Bytes20.Size)) ? PieceState.Valid : PieceState.Invalid;
    }

    /// <summary>The hash of each block of a piece; none if it cannot be read.</summary>
    public ImmutableArray<Bytes20> HashBlocks(SimStorage storage, PieceIndex piece)
    {
        if (!storage.Geometry.Contains(piece)) return [];
        var bytes = new byte[storage.Geometry.PieceSize(piece)];
        if (Read(storage, storage.Geometry.PieceOffset(piece), bytes) is not null) return [];
        return [.. bytes.Chunk(PieceGeometry.BlockSize).Select(block => new Bytes20(SHA1.HashData(block)))];
    }

    private void Locate(SimStorage storage, PieceIndex piece)
    {
        _regions.Clear();
        storage.Layout.RegionsOf(storage.Geometry.PieceOffset(piece), storage.Geometry.PieceSize(piece), _regions);
    }
}
