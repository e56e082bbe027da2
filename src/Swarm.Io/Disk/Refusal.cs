using Swarm.Actors.Ports;

namespace Swarm.Io.Disk;

/// <summary>Answers a job that will not be done with the failure its caller waits for. A write's slices are given back.</summary>
internal static class Refusal
{
    public static void Answer(DiskJob job, DiskError error)
    {
        var storage = job.Storage;
        switch (job.Kind)
        {
            case DiskJobKind.Write:
                job.ReleaseSlices();
                storage.Tell(new IDisk.WriteFailed(storage.Id, job.Block.Piece, 1, error));
                break;
            case DiskJobKind.HashBlocks:
                storage.Tell(new IDisk.BlockHashes(storage.Id, job.Block.Piece, []));
                break;
            case DiskJobKind.Read:
                job.ReplyTo!.Tell(new IDisk.ReadFailed(storage.Id, job.Block, job.Tag, error), ActorRefs.NoSender);
                break;
            case DiskJobKind.Open:
                storage.Tell(new IDisk.OpenFailed(storage.Id, error));
                break;
            case DiskJobKind.Check:
                // What was not looked at is not reported; the check's own last message says that it is over.
                break;
            case DiskJobKind.Flush:
                storage.Tell(new IDisk.FlushFailed(storage.Id, job.Tag, error));
                break;
            case DiskJobKind.Move or DiskJobKind.Rename:
                storage.Tell(new IDisk.RelocateFailed(storage.Id, error));
                break;
            case DiskJobKind.Delete:
                storage.Tell(new IDisk.DeleteFailed(storage.Id, error));
                break;
            case DiskJobKind.Close:
                storage.Tell(new IDisk.StorageClosed(storage.Id));
                break;
            case DiskJobKind.Restart or DiskJobKind.LetGo or DiskJobKind.Settle:
                break;
        }
    }
}
