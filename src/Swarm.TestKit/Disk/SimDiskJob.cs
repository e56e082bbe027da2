using Swarm.Actors.Ports;

namespace Swarm.TestKit.Disk;

/// <summary>What a job is. Those from <see cref="Open"/> on are fences.</summary>
internal enum SimDiskJobKind
{
    Write,
    Restart,
    HashBlocks,
    Read,
    Open,
    Check,
    Flush,
    Move,
    Rename,
    Delete,
    Close,
}

/// <summary>One job in a queue. A write owns its slices' references until it is done or dropped.</summary>
internal sealed class SimDiskJob(SimDiskJobKind kind, SimStorage storage)
{
    public SimDiskJobKind Kind { get; } = kind;

    public SimStorage Storage { get; } = storage;

    /// <summary>The block; of a job on a piece only the piece counts.</summary>
    public BlockRequest Block { get; init; }

    public SlabSlice First { get; init; }

    public SlabSlice Second { get; init; }

    public long Tag { get; init; }

    /// <summary>Of a move the new root, of a renaming the new path; <see cref="Tag"/> is then the kind of move, or the file.</summary>
    public string Path { get; init; } = "";

    public IActorRef? ReplyTo { get; init; }

    /// <summary>Of a check: runs of pieces that it has still to look at.</summary>
    public List<List<PieceIndex>> Check { get; init; } = [];

    /// <summary>Whether it waits for every earlier job of its storage and holds later ones.</summary>
    public bool IsFence => Kind >= SimDiskJobKind.Open;

    /// <summary>The bytes of a write.</summary>
    public int Bytes => First.Length + Second.Length;

    /// <summary>Gives a write's slices back.</summary>
    public void ReleaseSlices()
    {
        First.Release();
        Second.Release();
    }

    /// <summary>Answers with the failure that its caller waits for; a write's slices are given back.</summary>
    public void Refuse(DiskError error)
    {
        switch (Kind)
        {
            case SimDiskJobKind.Write:
                ReleaseSlices();
                Storage.Tell(new IDisk.WriteFailed(Storage.Id, Block.Piece, 1, error));
                break;
            case SimDiskJobKind.HashBlocks:
                Storage.Tell(new IDisk.BlockHashes(Storage.Id, Block.Piece, []));
                break;
            case SimDiskJobKind.Read:
                ReplyTo!.Tell(new IDisk.ReadFailed(Storage.Id, Block, Tag, error), ActorRefs.NoSender);
                break;
            case SimDiskJobKind.Move or SimDiskJobKind.Rename:
                Storage.Tell(new IDisk.RelocateFailed(Storage.Id, error));
                break;
            case SimDiskJobKind.Delete:
                Storage.Tell(new IDisk.DeleteFailed(Storage.Id, error));
                break;
            case SimDiskJobKind.Flush:
                Storage.Tell(new IDisk.FlushFailed(Storage.Id, Tag, error));
                break;
        }
    }
}
