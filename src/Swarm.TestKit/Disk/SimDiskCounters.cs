namespace Swarm.TestKit.Disk;

/// <summary>What a <see cref="SimDisk"/> has done since it was made, over every crash.</summary>
/// <param name="BytesWritten">Bytes of blocks that reached files.</param>
/// <param name="BytesHashed">Bytes that went through a hash: of blocks written, and of pieces that a check found bytes of.</param>
/// <param name="BytesRead">Bytes read for <see cref="Swarm.Actors.Ports.IDisk.Read"/> and for links.</param>
/// <param name="BytesQueued">Bytes that wait to be written now.</param>
/// <param name="DuplicateBlocks">Blocks that came again while their piece was under way, and were let go.</param>
/// <param name="JobsRefused">Calls refused or dropped: queues full, or the storage not open.</param>
/// <param name="Flushes">Flushes that were answered as done.</param>
/// <param name="FlushesFailed">Flushes that were answered as failed.</param>
public sealed record SimDiskCounters(long BytesWritten, long BytesHashed, long BytesRead, long BytesQueued, long DuplicateBlocks, long JobsRefused, long Flushes, long FlushesFailed);

/// <summary>What was done with a piece since the disk was made, over every crash: how many of its blocks were written, how often its last block was in and it was found valid, how often a check hashed it.</summary>
public readonly record struct PieceWork(int BlocksWritten, int Completions, int Checks);
