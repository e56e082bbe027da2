using Microsoft.Win32.SafeHandles;
using Swarm.Actors.Ports;
using Swarm.Io.Disk;

namespace Swarm.Io;

/// <summary>
/// How sockets find the bytes of a block without asking an actor: the disk engine says which open files hold them, and the link sends them
/// from there, mapped where that can be, else read. And how they say that they have no memory to receive into,
/// which the disk may be holding. Safe from any thread.
/// </summary>
internal interface IBlockSource
{
    /// <summary>
    /// Adds the file parts that hold a block, in order, to <paramref name="slices"/>. Each slice leases its handle: the caller calls
    /// <see cref="FileSlice.Release"/> once for each when the bytes are sent, or given up. May open a file, so it may take as long as a disk takes.
    /// False: nothing was added, and <paramref name="error"/> says why (unknown storage, a range outside its piece, no such file, not allowed).
    /// A file that is shorter than the torrent says is found out by whoever reads from it.
    /// </summary>
    bool TryLocate(StorageId storage, BlockRequest block, List<FileSlice> slices, out DiskError? error);

    /// <summary>Maps located parts to be sent from.</summary>
    FileWindows Windows { get; }

    /// <summary>Tells the storage's owner that a located block could not be read (<see cref="IDisk.ReadFailed"/> with tag -1), and lets go of the handles involved.</summary>
    void ReportReadFailure(StorageId storage, BlockRequest block, DiskError error);

    /// <summary>
    /// Tells, once each time it begins, that links wait for slabs because all are lent. Whoever holds slabs that he can do without lets go of them, and holds no more while
    /// <paramref name="isDry"/>, which costs nothing to ask, says that it lasts: the block whose coming would free them may lie unread in a socket. Told outside of all locks; takes no time.
    /// </summary>
    void SlabsRanDry(Func<bool> isDry);
}

/// <summary>
/// A run of bytes in an open file, or, where <paramref name="Handle"/> is null, a run of zeros (a pad file, BEP 47).
/// A handle in a slice is leased: it stays open, whatever the handle cache does meanwhile, until <see cref="Release"/>, which is called exactly once.
/// </summary>
internal readonly record struct FileSlice(SafeFileHandle? Handle, long Offset, int Length)
{
    /// <summary>Gives the lease back.</summary>
    public void Release() => Handle?.DangerousRelease();
}
