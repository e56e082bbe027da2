using Swarm.Actors.Ports;

namespace Swarm.TestKit.Disk;

// Moving, naming anew and deleting: each file at once and durably, as after the fence that the port promises. A process that dies within one leaves it done for some files and not for others.
internal sealed partial class DiskWork
{
    /// <summary>The process died within this fence: some of it is done, and nobody hears of it.</summary>
    public void RelocateUnanswered(SimDiskJob job)
    {
        var storage = job.Storage;
        if (storage.Failure is not null) return;
        var target = TargetOf(job);
        var left = random.Next(storage.Layout.Files.Length + 1);
        for (var file = 0; file < storage.Layout.Files.Length && left > 0; file++, left--)
        {
            var from = storage.PathOf(file);
            var to = SimPaths.Join(target.Root, target.Layout.Files[file].Path);
            if (volume.Find(from) is null) continue;
            if (job.Kind == SimDiskJobKind.Delete) _ = volume.Delete(from);
            else if (from != to && volume.Find(to) is null) _ = volume.Rename(from, to);
        }
    }

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
        var error = SimPaths.WhyUnusable(target, volume) ?? WhyNotMoved(job, target) ?? FlushAll(storage);
        for (var file = 0; file < storage.Layout.Files.Length && error is null; file++)
        {
            var (from, to) = (storage.PathOf(file), SimPaths.Join(target.Root, target.Layout.Files[file].Path));
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
        storage.Tell(new IDisk.Relocated(storage.Id, Look(storage, volume)));
    }

    private DiskError? WhyNotMoved(SimDiskJob job, StorageSpec target)
    {
        for (var file = 0; file < target.Layout.Files.Length; file++)
        {
            var (from, to) = (job.Storage.PathOf(file), SimPaths.Join(target.Root, target.Layout.Files[file].Path));
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
        for (var file = 0; file < storage.Layout.Files.Length; file++)
        {
            var error = volume.Delete(storage.PathOf(file));
            first ??= error;
        }

        if (first is null) storage.Tell(new IDisk.Deleted(storage.Id));
        else job.Refuse(first);
    }
}
