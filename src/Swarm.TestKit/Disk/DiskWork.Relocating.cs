using Swarm.Actors.Ports;

namespace Swarm.TestKit.Disk;

// Moving, naming anew and deleting: each file at once and durably, as after the fence that the port promises. A process that dies within one leaves it done for some files and not for others.
internal sealed partial class DiskWork
{
    /// <summary>The process died within this fence: some of it is done, and nobody hears of it. What would have been refused was, and what has moved was forced to the disk before.</summary>
    public void RelocateUnanswered(SimDiskJob job)
    {
        var storage = job.Storage;
        if (storage.Failure is not null) return;
        var files = OwnFiles(storage);
        var left = random.Next(files.Count + 1);
        if (left == 0) return;
        var target = TargetOf(job);
        if (job.Kind != SimDiskJobKind.Delete && WhyRefused(job, target) is not null) return;
        foreach (var file in files.Take(left))
        {
            var (from, to) = (storage.PathOf(file), PlaceIn(target, file));
            if (job.Kind == SimDiskJobKind.Delete) _ = volume.Delete(from);
            else if (from != to && volume.Find(from) is not null) _ = volume.Rename(from, to);
        }
    }

    // A pad file is never there: what lies in its place is somebody else's.
    private static List<int> OwnFiles(SimStorage storage) => [.. Enumerable.Range(0, storage.Layout.Files.Length).Where(file => !storage.Layout.Files[file].IsPad)];

    private static string PlaceIn(StorageSpec target, int file) => SimPaths.Join(target.Root, target.Layout.Files[file].Path);

    private static StorageSpec TargetOf(SimDiskJob job)
    {
        var spec = job.Storage.Spec;
        if (job.Kind == SimDiskJobKind.Move) return spec with { Root = job.Path };
        if (job.Kind != SimDiskJobKind.Rename) return spec;
        var file = (int)job.Tag;
        return spec with { Layout = new ContentLayout(spec.Layout.Geometry, spec.Layout.Files.SetItem(file, spec.Layout.Files[file] with { Path = job.Path })) };
    }

    private void Relocate(SimDiskJob job)
    {
        var storage = job.Storage;
        var target = TargetOf(job);
        var moved = new List<(string From, string To)>();
        var error = WhyRefused(job, target);
        foreach (var file in OwnFiles(storage))
        {
            if (error is not null) break;
            var (from, to) = (storage.PathOf(file), PlaceIn(target, file));
            if (from == to || volume.Find(from) is null) continue;
            error = volume.Rename(from, to);
            if (error is null) moved.Add((from, to));
        }

        if (error is not null)
        {
            foreach (var (from, to) in moved) _ = volume.Rename(to, from);
            job.Refuse(error);
            return;
        }

        storage.LieAt(target);
        relocated(storage);
        storage.Tell(new IDisk.Relocated(storage.Id, Look(storage, volume)));
    }

    // Before the first file is touched, everything that was written is forced to the disk.
    private DiskError? WhyRefused(SimDiskJob job, StorageSpec target) => SimPaths.WhyUnusable(target, volume) ?? WhyObstructed(job, target) ?? FlushAll(job.Storage);

    private DiskError? WhyObstructed(SimDiskJob job, StorageSpec target)
    {
        foreach (var file in OwnFiles(job.Storage))
        {
            var (from, to) = (job.Storage.PathOf(file), PlaceIn(target, file));
            if (from == to || volume.Find(to) is null) continue;
            var isBegun = job.Kind == SimDiskJobKind.Move && job.Tag == (long)MoveKind.Begin;
            if (isBegun || volume.Find(from) is not null) return SimDiskErrors.Obstructed(to, "another file is in its place");
        }

        return null;
    }

    private DiskError? FlushAll(SimStorage storage)
    {
        foreach (var file in storage.WrittenFiles.ToList())
        {
            if (volume.Flush(storage.PathOf(file)) is { } error) return error;
            storage.MarkFlushed(file);
        }

        return null;
    }

    private void Delete(SimDiskJob job)
    {
        var storage = job.Storage;
        DiskError? first = null;
        foreach (var file in OwnFiles(storage))
        {
            var error = volume.Delete(storage.PathOf(file));
            first ??= error;
        }

        if (first is null) storage.Tell(new IDisk.Deleted(storage.Id));
        else job.Refuse(first);
    }
}
