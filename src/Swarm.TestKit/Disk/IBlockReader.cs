using Swarm.Actors.Ports;

namespace Swarm.TestKit.Disk;

/// <summary>How a simulated link gets the bytes of a block that it was told to send: from the disk of its own node, at the moment they go out.</summary>
public interface IBlockReader
{
    /// <summary>
    /// Copies a block. False: it could not be read; the storage's owner has been told <see cref="IDisk.ReadFailed"/> with tag -1, and the link closes.
    /// </summary>
    bool TryRead(StorageId storage, BlockRequest block, Span<byte> destination);
}
