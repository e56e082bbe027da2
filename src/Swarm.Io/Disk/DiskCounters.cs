namespace Swarm.Io.Disk;

/// <summary>What a <see cref="DiskEngine"/> has done since it started: for metrics, and for tests that want to know which way was taken.</summary>
/// <param name="BytesWritten">Bytes of blocks written to files, pad files not counted.</param>
/// <param name="WriteCalls">Gathering writes that took.</param>
/// <param name="DuplicateBlocks">Blocks that came again and were let go.</param>
/// <param name="BytesReadBack">Bytes read from files only to be hashed, because the blocks had come ahead of their turn and over the budget.</param>
/// <param name="BlocksOverReorderBudget">Blocks ahead of the running hash that did not fit the budget.</param>
/// <param name="BlocksLetGo">Blocks ahead of the running hash that were let go of, or not kept, because links waited for slabs.</param>
/// <param name="PiecesHashedTogether">Pieces that were written and hashed in step with others.</param>
/// <param name="PiecesWithoutRunningHash">Pieces begun while all running hashes were in use.</param>
/// <param name="UnpooledReads">Reads that had to allocate, the pool being empty.</param>
/// <param name="MapRefusals">Sends that had to read because nothing could be mapped: every window in use, or a file system that does not map.</param>
/// <param name="JobsRefused">Calls refused or dropped: queues full, or the storage not open.</param>
/// <param name="QueuedBytes">Bytes waiting to be written now.</param>
/// <param name="ReorderBytes">Bytes of slabs held for the running hashes now.</param>
/// <param name="TogetherBytes">Bytes of slabs held by pieces that are to be hashed together now.</param>
/// <param name="RunningHashes">Running hashes in use now.</param>
/// <param name="OpenFiles">Files kept open now.</param>
/// <param name="MappedBytes">Bytes of files mapped to be sent from now.</param>
public sealed record DiskCounters(
    long BytesWritten,
    long WriteCalls,
    long DuplicateBlocks,
    long BytesReadBack,
    long BlocksOverReorderBudget,
    long BlocksLetGo,
    long PiecesHashedTogether,
    long PiecesWithoutRunningHash,
    long UnpooledReads,
    long MapRefusals,
    long JobsRefused,
    long QueuedBytes,
    long ReorderBytes,
    long TogetherBytes,
    int RunningHashes,
    int OpenFiles,
    long MappedBytes);

/// <summary>The counts as they are made, from any thread.</summary>
internal sealed class DiskTally
{
    public long BytesWritten;
    public long WriteCalls;
    public long DuplicateBlocks;
    public long BytesReadBack;
    public long BlocksOverReorderBudget;
    public long BlocksLetGo;
    public long PiecesHashedTogether;
    public long PiecesWithoutRunningHash;
    public long UnpooledReads;
    public long MapRefusals;
    public long JobsRefused;
}
