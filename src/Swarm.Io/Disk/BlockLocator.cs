using Swarm.Actors.Ports;

namespace Swarm.Io.Disk;

/// <summary>Finds the open files that hold a block, and leases their handles: the inner side of <see cref="IBlockSource.TryLocate"/>.</summary>
internal static class BlockLocator
{
    /// <summary>Adds the block's parts to <paramref name="slices"/>, or nothing at all.</summary>
    public static bool TryLocate(StorageFiles files, BlockRequest block, List<FileSlice> slices, out DiskError? error)
    {
        error = null;
        var geometry = files.Layout.Geometry;
        if (!geometry.IsValid(block))
        {
            error = DiskErrors.Failed("read", files.Root, $"{block} is no part of the torrent");
            return false;
        }

        var before = slices.Count;
        var offset = geometry.PieceOffset(block.Piece) + block.Begin;
        var length = block.Length;
        for (var file = files.Layout.FileAt(offset); length > 0; file++)
        {
            var entry = files.Layout.Files[file];
            var inFile = offset - entry.Offset;
            var count = (int)Math.Min(length, entry.Length - inFile);
            if (count == 0) continue;
            var handle = entry.IsPad ? null : files.Lease(file, forWriting: false, out error);
            if (error is not null)
            {
                for (var i = before; i < slices.Count; i++) slices[i].Release();
                slices.RemoveRange(before, slices.Count - before);
                return false;
            }

            slices.Add(new FileSlice(handle, inFile, count));
            offset += count;
            length -= count;
        }

        return true;
    }
}
