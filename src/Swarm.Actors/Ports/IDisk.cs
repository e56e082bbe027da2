using System.Collections.Immutable;

namespace Swarm.Actors.Ports;

/// <summary>Names an open storage; chosen by the caller, unique in the process.</summary>
public readonly record struct StorageId(long Value);

/// <summary>
/// Disks as actors see them. A storage is one torrent's files. Promises:
/// <list type="bullet">
/// <item>a hash reflects every write posted before it;</item>
/// <item>jobs on the same piece are done in the order posted;</item>
/// <item>a fence (<see cref="Check"/>, <see cref="Flush"/>, <see cref="Move"/>, <see cref="Rename"/>, <see cref="Delete"/>, <see cref="Close"/>) waits for every earlier job of its storage and holds later ones;</item>
/// <item><see cref="Flush"/> returns when the bytes would survive power loss.</item>
/// </list>
/// Calls return at once and never throw for what a disk does; answers go to the storage's owner as messages.
/// </summary>
public interface IDisk
{
    /// <summary>Opens or creates nothing yet: looks at what is there. Answers <see cref="Opened"/> or <see cref="OpenFailed"/>.</summary>
    void Open(StorageId storage, StorageSpec spec, IActorRef owner);

    /// <summary>
    /// Writes blocks, of which their pieces' hashes come; takes one slab reference for each non-empty slice, always. When the last block of a piece is
    /// in, its hash is compared, soon: see <see cref="Written"/>. False: the disk is over its high-water mark: what was given is done all the same, but ask peers for nothing
    /// more until <see cref="Drained"/>.
    /// </summary>
    bool Write(StorageId storage, ReadOnlySpan<BlockWrite> blocks);

    /// <summary>Forgets the running hash of a piece and which blocks it has: the next write of it starts anew.</summary>
    void Restart(StorageId storage, PieceIndex piece);

    /// <summary>
    /// Hashes pieces and compares. Answers with <see cref="Checked"/>, several times, the last one marked. Pieces with no bytes on disk (missing file, hole)
    /// answer <see cref="PieceState.Absent"/> without being read.
    /// </summary>
    void Check(StorageId storage, Bitfield pieces);

    /// <summary>SHA-1 of each block of a piece as it is on disk now: <see cref="BlockHashes"/>. For finding out who sent bad ones.</summary>
    void HashBlocks(StorageId storage, PieceIndex piece);

    /// <summary>Reads a block into a slab: <see cref="BlockRead"/> to <paramref name="replyTo"/>, or <see cref="ReadFailed"/>. False: too many reads wait, nothing was taken.</summary>
    bool Read(StorageId storage, BlockRequest block, long tag, IActorRef replyTo);

    /// <summary>Forces everything written, and every file in which <see cref="Check"/> found a valid piece, whoever wrote it, to the disk and looks at the files: <see cref="Flushed"/> or <see cref="FlushFailed"/>.</summary>
    void Flush(StorageId storage, long tag);

    /// <summary>
    /// Moves the files below another absolute folder, and the folders that are empty then away: <see cref="Relocated"/>, after which the storage lies there, or <see cref="RelocateFailed"/>, after which it lies
    /// where it lay. Within a file system by renaming, else by copying, forcing to disk and comparing lengths before anything is deleted. A file of other content in the target's place is never written over: the
    /// move is refused. Can be done again after a crash in the middle (<see cref="MoveKind.Resume"/>).
    /// </summary>
    void Move(StorageId storage, string root, MoveKind kind);

    /// <summary>
    /// Names one file anew, <paramref name="path"/> below the storage's folder with forward slashes: <see cref="Relocated"/> or <see cref="RelocateFailed"/>. A file that is not there is only called so from now
    /// on. Whatever is in the new place already is never written over, unless the file is gone from the old one: then this was done before.
    /// </summary>
    void Rename(StorageId storage, int file, string path);

    /// <summary>Deletes the storage's files, and the folders below its root that are empty then; nothing else: <see cref="Deleted"/> or <see cref="DeleteFailed"/>. Only <see cref="Close"/> may follow.</summary>
    void Delete(StorageId storage);

    /// <summary>
    /// Says until when the storages below an absolute folder may be written: a right that runs out by itself, whatever becomes of those who use it. <paramref name="untilTicks"/> is a moment of the node's monotonic clock, and is looked at right before each write, not when it is posted.
    /// A storage belongs to the term that is the newest when it is opened, and never to a later one; the same term may be said again before its end, to move it, while afterwards that begins another: somebody else may have written since. After it, writing, moving, naming anew and deleting fail with <see cref="DiskErrorKind.Expired"/>. A folder of which nothing is said may be
    /// written at any time.
    /// </summary>
    void WriteUntil(string root, long term, long untilTicks);

    /// <summary>Closes after everything before it: <see cref="StorageClosed"/>. Nothing may be posted afterwards.</summary>
    void Close(StorageId storage);

    /// <summary>The files as they are, in layout order.</summary>
    sealed record Opened(StorageId Storage, ImmutableArray<FileFingerprint> Files);

    /// <summary>The storage cannot be used at all.</summary>
    sealed record OpenFailed(StorageId Storage, DiskError Error);

    /// <summary><paramref name="Blocks"/> blocks are written (since the last such message); <paramref name="Pieces"/> are those whose last block was written, among them or before, and whose hash was compared since.</summary>
    sealed record Written(StorageId Storage, int Blocks, ImmutableArray<PieceResult> Pieces);

    /// <summary>Blocks that could not be written: they are lost and must be fetched again. The piece's running hash is forgotten.</summary>
    sealed record WriteFailed(StorageId Storage, PieceIndex Piece, int Blocks, DiskError Error);

    /// <summary>The disk is under its low-water mark again.</summary>
    sealed record Drained(StorageId Storage);

    /// <summary>Results of a check; <paramref name="Finished"/> on the last message of one.</summary>
    sealed record Checked(StorageId Storage, ImmutableArray<PieceResult> Pieces, bool Finished);

    /// <summary>Twenty bytes for each block, in order; empty if the piece could not be read.</summary>
    sealed record BlockHashes(StorageId Storage, PieceIndex Piece, ImmutableArray<Bytes20> Hashes);

    /// <summary>The block asked for; the receiver owns the slice's reference.</summary>
    sealed record BlockRead(StorageId Storage, BlockRequest Block, long Tag, SlabSlice Data);

    /// <summary>A block could not be read, be it for <see cref="Read"/> or for <see cref="IPeerLink.SendBlock"/> (tag -1, to the storage's owner).</summary>
    sealed record ReadFailed(StorageId Storage, BlockRequest Block, long Tag, DiskError Error);

    /// <summary>Everything posted before is durable; the files as they are now.</summary>
    sealed record Flushed(StorageId Storage, long Tag, ImmutableArray<FileFingerprint> Files);

    /// <summary>Durability is not to be had; nothing may be recorded as kept.</summary>
    sealed record FlushFailed(StorageId Storage, long Tag, DiskError Error);

    /// <summary>The files have moved, durably; as they are now.</summary>
    sealed record Relocated(StorageId Storage, ImmutableArray<FileFingerprint> Files);

    /// <summary>They have not: all of them are where they were.</summary>
    sealed record RelocateFailed(StorageId Storage, DiskError Error);

    /// <summary>No file of the storage is left.</summary>
    sealed record Deleted(StorageId Storage);

    /// <summary>Some may be.</summary>
    sealed record DeleteFailed(StorageId Storage, DiskError Error);

    /// <summary>The storage is closed.</summary>
    sealed record StorageClosed(StorageId Storage);
}

/// <summary>What a storage is: layout, the absolute folder it lies below, the v1 hash of each piece (20 bytes each, piece 0 first), and how files are made.</summary>
public sealed record StorageSpec(ContentLayout Layout, string Root, ReadOnlyMemory<byte> PieceHashes, FileAllocation Allocation);

/// <summary>Whether a move is begun or gone on with.</summary>
public enum MoveKind
{
    /// <summary>Nothing has been moved: a file in the target's place is somebody else's.</summary>
    Begin,

    /// <summary>It was begun by a process that died: a file that is only in the target's place was moved there.</summary>
    Resume,
}

/// <summary>How a file gets its size.</summary>
public enum FileAllocation
{
    /// <summary>Sparse: disk blocks are taken as bytes are written.</summary>
    Sparse,

    /// <summary>Reserved in full before the first write (posix_fallocate), so that the disk cannot fill half-way.</summary>
    Full,
}

/// <summary>A block to write: its place, and its bytes in one slice or, where it straddles two slabs, two.</summary>
public readonly record struct BlockWrite(BlockRequest Block, SlabSlice First, SlabSlice Second);

/// <summary>What a hash said of a piece.</summary>
public readonly record struct PieceResult(PieceIndex Piece, PieceState State);

/// <summary>The states a hash finds a piece in.</summary>
public enum PieceState
{
    /// <summary>The bytes match the torrent.</summary>
    Valid,

    /// <summary>There are bytes, and they do not match.</summary>
    Invalid,

    /// <summary>There are no bytes.</summary>
    Absent,

    /// <summary>The bytes could not be read.</summary>
    Unreadable,
}

/// <summary>A file as it was seen: whether it exists, its length in bytes and last write (UTC ticks). Pad files and symbolic links always look absent.</summary>
public readonly record struct FileFingerprint(bool Exists, long Length, long ModifiedTicks)
{
    /// <summary>No such file.</summary>
    public static FileFingerprint Absent => default;
}

/// <summary>Why a disk refused, where, and one line for people that says what to do.</summary>
public sealed record DiskError(DiskErrorKind Kind, string Path, string Message);

/// <summary>The kinds that are handled differently.</summary>
public enum DiskErrorKind
{
    /// <summary>No space or quota left: pause, and go on when there is room.</summary>
    NoSpace,

    /// <summary>The file or folder is not there.</summary>
    NotFound,

    /// <summary>Not allowed, or read-only.</summary>
    Denied,

    /// <summary>Something in the way: a folder where a file should be, a link that leads outside.</summary>
    Obstructed,

    /// <summary>The time is over in which there might be written (<see cref="IDisk.WriteUntil"/>): somebody else may write there now.</summary>
    Expired,

    /// <summary>The process, or the system, has as many files open as it may: it passes, and says nothing of the content.</summary>
    TooManyOpen,

    /// <summary>Anything else.</summary>
    Failed,
}
