using Swarm.Actors.Ports;
using Swarm.TestKit.Content;

namespace Swarm.TestKit.Disk;

/// <summary>Which part of which content a file is: how it is made when it is first written.</summary>
internal readonly record struct FilePlace(string Path, SimContent? Content, long ContentOffset, long Length);

/// <summary>
/// The file system of a <see cref="SimDisk"/>: files by their absolute paths, the room they take, and what cannot be read, written or forced out. Knows nothing of pieces, jobs and time passing.
/// <para>Folders are not kept: one is there exactly while a file lies below it.</para>
/// </summary>
internal sealed class SimVolume(Random random, Func<SimDiskSettings> settings, TimeProvider time)
{
    private const int ClusterBytes = FileImage.ChunkSize;

    private readonly SortedDictionary<string, SimFile> _files = new(StringComparer.Ordinal);
    private readonly List<Broken> _broken = [];
    private long _clusters;

    /// <summary>The files that are there, by path.</summary>
    public IEnumerable<SimFile> Files => _files.Values;

    /// <summary>Bytes that still fit.</summary>
    public long FreeBytes => Math.Max(0, settings().CapacityBytes - (_clusters * ClusterBytes));

    private long NowTicks => time.GetUtcNow().UtcTicks;

    /// <summary>The file at a path, or null.</summary>
    public SimFile? Find(string path) => _files.GetValueOrDefault(path);

    /// <summary>How a path looks to who does not read it.</summary>
    public FileFingerprint Look(string path) => Find(path)?.Cached.Fingerprint ?? FileFingerprint.Absent;

    /// <summary>Finds or makes a file to write to.</summary>
    public SimFile? OpenForWriting(FilePlace place, out DiskError? error)
    {
        error = settings().IsReadOnly ? SimDiskErrors.Denied(place.Path) : BrokenAt(place.Path, DiskOperations.Write, 0, 0);
        if (error is not null) return null;
        if (Find(place.Path) is { } found) return found;
        error = WhyObstructed(place.Path);
        return error is null ? Make(place) : null;
    }

    /// <summary>Writes bytes, all or none.</summary>
    public DiskError? Write(FilePlace place, long offset, ReadOnlySpan<byte> bytes)
    {
        if (OpenForWriting(place, out var error) is not { } file) return error;
        if (BrokenAt(place.Path, DiskOperations.Write, offset, bytes.Length) is { } broken) return broken;
        if (file.NewClusters(offset, bytes.Length) * ClusterBytes > FreeBytes) return SimDiskErrors.NoSpace(place.Path);
        var before = file.Cached.Clusters;
        file.Write(offset, bytes, NowTicks);
        _clusters += file.Cached.Clusters - before;
        return null;
    }

    /// <summary>Reserves the room of the whole file and makes it as long.</summary>
    public DiskError? Reserve(SimFile file, long length)
    {
        var wanted = file.ClustersOf(length);
        if ((Math.Max(wanted, file.Cached.Clusters) - file.Cached.Clusters) * ClusterBytes > FreeBytes) return SimDiskErrors.NoSpace(file.Path);
        _clusters += Math.Max(wanted, file.Cached.Clusters) - file.Cached.Clusters;
        file.Cached.ReservedClusters = Math.Max(wanted, file.Cached.ReservedClusters);
        file.Cached.Length = Math.Max(length, file.Cached.Length);
        file.Cached.ModifiedTicks = NowTicks;
        return null;
    }

    /// <summary>Gives a file another place, durably. The caller has seen that the one is there and the other is not.</summary>
    public DiskError? Rename(string from, string to)
    {
        if (settings().IsReadOnly) return SimDiskErrors.Denied(to);
        if ((BrokenAt(from, DiskOperations.Write, 0, 0) ?? BrokenAt(to, DiskOperations.Write, 0, 0) ?? WhyObstructed(to)) is { } error) return error;
        var file = _files[from];
        _files.Remove(from);
        file.Path = to;
        _files.Add(to, file);
        return null;
    }

    /// <summary>Deletes a file, durably; one that is not there is no failure.</summary>
    public DiskError? Delete(string path)
    {
        if (Find(path) is not { } file) return null;
        if (settings().IsReadOnly) return SimDiskErrors.Denied(path);
        if (BrokenAt(path, DiskOperations.Write, 0, 0) is { } error) return error;
        RemoveFromOutside(file);
        return null;
    }

    /// <summary>Reads bytes.</summary>
    public DiskError? Read(string path, long offset, Span<byte> destination)
    {
        if (BrokenAt(path, DiskOperations.Read, offset, destination.Length) is { } broken) return broken;
        if (Find(path) is not { } file) return SimDiskErrors.NotFound(path);
        if (file.Cached.Length < offset + destination.Length) return SimDiskErrors.TooShort(path, file.Cached.Length);
        file.Read(file.Cached, offset, destination);
        return null;
    }

    /// <summary>Forces a file to the disk.</summary>
    public DiskError? Flush(string path)
    {
        if (BrokenAt(path, DiskOperations.Flush, 0, long.MaxValue) is { } broken) return broken;
        if (Find(path) is not { } file) return SimDiskErrors.NotFound(path);
        file.Flush();
        return null;
    }

    /// <summary>Power loss.</summary>
    public void Crash()
    {
        foreach (var file in _files.Values.ToList())
        {
            if (!file.Crash(random, settings())) _files.Remove(file.Path);
        }

        _clusters = _files.Values.Sum(file => file.Cached.Clusters);
    }

    /// <summary>Makes what is done at a place fail.</summary>
    public void Break(Broken broken) => _broken.Add(broken);

    /// <summary>Takes all that back.</summary>
    public void Mend() => _broken.Clear();

    /// <summary>What was broken at a place, or null.</summary>
    public DiskError? BrokenAt(string path, DiskOperations operation, long offset, long length)
    {
        foreach (var broken in _broken)
        {
            if (broken.Covers(path, operation, offset, length)) return SimDiskErrors.Asked(broken.Kind, path);
        }

        return null;
    }

    /// <summary>An outside hand writes: whatever the disk would say, and to the platter at once.</summary>
    public void WriteFromOutside(FilePlace place, long offset, ReadOnlySpan<byte> bytes)
    {
        var file = Find(place.Path) ?? Make(place);
        var before = file.Cached.Clusters;
        file.Write(offset, bytes, NowTicks);
        _clusters += file.Cached.Clusters - before;
        file.Flush();
    }

    /// <summary>An outside hand makes a file so long.</summary>
    public void SetLengthFromOutside(SimFile file, long length)
    {
        var before = file.Cached.Clusters;
        file.SetLength(file.Cached, length);
        file.SetLength(file.Durable, length);
        file.Cached.ReservedClusters = file.Durable.ReservedClusters = Math.Min(file.ClustersOf(length), file.Cached.ReservedClusters);
        _clusters += file.Cached.Clusters - before;
        TouchFromOutside(file);
    }

    /// <summary>An outside hand touches a file.</summary>
    public void TouchFromOutside(SimFile file) => file.Durable.ModifiedTicks = file.Cached.ModifiedTicks = NowTicks;

    /// <summary>An outside hand removes a file.</summary>
    public void RemoveFromOutside(SimFile file)
    {
        _clusters -= file.Cached.Clusters;
        _files.Remove(file.Path);
    }

    /// <summary>Why no file can be made at a path: a file stands where a folder must be, or the other way round. Null: it can.</summary>
    public DiskError? WhyObstructed(string path)
    {
        for (var slash = path.IndexOf('/', 1); slash > 0; slash = path.IndexOf('/', slash + 1))
        {
            if (_files.ContainsKey(path[..slash])) return SimDiskErrors.Obstructed(path, "a part of the path is not a folder");
        }

        var isFolder = _files.Keys.Any(other => other.Length > path.Length && other[path.Length] == '/' && other.StartsWith(path, StringComparison.Ordinal));
        return isFolder ? SimDiskErrors.Obstructed(path, "a folder is in its place") : null;
    }

    private SimFile Make(FilePlace place)
    {
        var file = new SimFile(place.Path, place.Content, place.ContentOffset, place.Length);
        file.Cached.Exists = true;
        file.Cached.ModifiedTicks = NowTicks;
        _files.Add(place.Path, file);
        return file;
    }

    /// <summary>A part of a path that fails.</summary>
    internal sealed record Broken(string Path, DiskOperations Operations, DiskErrorKind Kind, long From, long To)
    {
        public bool Covers(string path, DiskOperations operation, long offset, long length) =>
            (Operations & operation) != DiskOperations.None && offset < To && (length > 0 ? offset + Math.Min(length, long.MaxValue - offset) > From : From == 0 && To == long.MaxValue)
            && (path == Path || (path.StartsWith(Path, StringComparison.Ordinal) && (Path.EndsWith('/') || path[Path.Length] == '/')));
    }
}
