using Swarm.Actors.Ports;

namespace Swarm.Io.Disk;

/// <summary>What is on disk of a run of bytes, as far as can be said without reading it.</summary>
internal enum DataPresence
{
    /// <summary>Some of it may be data: read it.</summary>
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

/// <summary>
/// Reads the torrent's bytes back from its files, across file boundaries, pad files as zeros (BEP 47). Owned by one thread.
/// </summary>
internal sealed class BlockReader
{
    private readonly List<FileRegion> _regions = [];

    /// <summary>Fills the destination with the bytes from <paramref name="offset"/> on. A missing or short file is an error.</summary>
    public DiskError? Read(StorageFiles files, long offset, Span<byte> destination)
    {
        _regions.Clear();
        files.Layout.RegionsOf(offset, destination.Length, _regions);
        foreach (var region in _regions)
        {
            var part = destination[..region.Length];
            destination = destination[region.Length..];
            if (files.Layout.Files[region.File].IsPad)
            {
                part.Clear();
                continue;
            }

            if (ReadRegion(files, region, part) is { } error) return error;
        }

        return null;
    }

    /// <summary>Tells the system that a run of bytes will be read soon, which may then be read ahead in one go. What cannot be announced is read later all the same.</summary>
    public void Announce(StorageFiles files, long offset, int length)
    {
        _regions.Clear();
        files.Layout.RegionsOf(offset, length, _regions);
        foreach (var region in _regions)
        {
            if (files.Layout.Files[region.File].IsPad || files.Lease(region.File, forWriting: false, out _) is not { } handle) continue;
            files.Operations.WillNeed(handle, region.Offset, region.Length);
            handle.DangerousRelease();
        }
    }

    /// <summary>Says what is there of a run of bytes, from the files' lengths and holes.</summary>
    public DataPresence Probe(StorageFiles files, long offset, int length)
    {
        _regions.Clear();
        files.Layout.RegionsOf(offset, length, _regions);
        bool data = false, hole = false, missing = false, unreadable = false, pads = true;
        foreach (var region in _regions)
        {
            if (files.Layout.Files[region.File].IsPad) continue;
            pads = false;
            switch (ProbeRegion(files, region))
            {
                case DataPresence.Data: data = true; break;
                case DataPresence.Hole: hole = true; break;
                case DataPresence.Missing: missing = true; break;
                case DataPresence.Incomplete: data = missing = true; break;
                default: unreadable = true; break;
            }
        }

        if (unreadable) return DataPresence.Unreadable;
        if (missing) return data ? DataPresence.Incomplete : DataPresence.Missing;
        return hole && !data && !pads ? DataPresence.Hole : DataPresence.Data;
    }

    private static DiskError? ReadRegion(StorageFiles files, FileRegion region, Span<byte> destination)
    {
        var handle = files.Lease(region.File, forWriting: false, out var error);
        if (handle is null) return error;
        try
        {
            var place = files.PlaceOf(region.File);
            var read = files.Operations.Read(handle, destination, region.Offset, place, out error);
            return read == destination.Length || error is not null ? error : DiskErrors.TooShort(place.FullPath, region.Offset + region.Length, region.Offset + read);
        }
        finally
        {
            handle.DangerousRelease();
        }
    }

    private static DataPresence ProbeRegion(StorageFiles files, FileRegion region)
    {
        var handle = files.Lease(region.File, forWriting: false, out var error);
        if (handle is null) return error!.Kind == DiskErrorKind.NotFound ? DataPresence.Missing : DataPresence.Unreadable;
        try
        {
            var length = files.Operations.Length(handle, files.PlaceOf(region.File), out error);
            if (error is not null) return DataPresence.Unreadable;
            if (length <= region.Offset) return DataPresence.Missing;
            var found = files.Operations.NextData(handle, region.Offset);
            var isHole = found < 0 || found >= region.Offset + region.Length;
            if (length < region.Offset + region.Length) return isHole ? DataPresence.Missing : DataPresence.Incomplete;
            return isHole ? DataPresence.Hole : DataPresence.Data;
        }
        finally
        {
            handle.DangerousRelease();
        }
    }
}
