using Swarm.Actors.Ports;

namespace Swarm.TestKit.Disk;

/// <summary>
/// A file as it is at one place, in the page cache or on the platter: its entry and its chunks of 16 KiB. A chunk is null where there is a hole, empty where it is what the content says, else its
/// bytes, zeros where nothing was written. Two images share chunks, so the bytes of one are never changed: whoever changes a byte puts a new array.
/// <para>Always holds: what lies beyond <see cref="Length"/> is zeros or a hole; a chunk that is right lies wholly below <see cref="Length"/>.</para>
/// </summary>
internal sealed class FileImage
{
    /// <summary>Bytes of a chunk, and of a cluster, the unit in which space is given out.</summary>
    public const int ChunkSize = PieceGeometry.BlockSize;

    private byte[]?[] _chunks = [];

    public bool Exists { get; set; }

    public long Length { get; set; }

    public long ModifiedTicks { get; set; }

    /// <summary>Clusters that were reserved for it, whatever is in them.</summary>
    public long ReservedClusters { get; set; }

    /// <summary>Chunks that are no holes.</summary>
    public int DataChunks { get; private set; }

    /// <summary>Clusters that it takes.</summary>
    public long Clusters => Math.Max(DataChunks, ReservedClusters);

    /// <summary>No chunk from here on is anything but a hole.</summary>
    public int ChunkCount => _chunks.Length;

    public FileFingerprint Fingerprint => Exists ? new FileFingerprint(true, Length, ModifiedTicks) : FileFingerprint.Absent;

    public byte[]? this[int chunk]
    {
        get => chunk < _chunks.Length ? _chunks[chunk] : null;
        set
        {
            if (chunk >= _chunks.Length)
            {
                if (value is null) return;
                Array.Resize(ref _chunks, Math.Max(chunk + 1, _chunks.Length * 2));
            }

            ref var place = ref _chunks[chunk];
            DataChunks += (value is null ? 0 : 1) - (place is null ? 0 : 1);
            place = value;
        }
    }

    /// <summary>Takes the other's entry over: everything but the chunks.</summary>
    public void TakeEntry(FileImage other)
    {
        Exists = other.Exists;
        Length = other.Length;
        ModifiedTicks = other.ModifiedTicks;
        ReservedClusters = other.ReservedClusters;
    }

    /// <summary>Becomes what the other is.</summary>
    public void TakeAll(FileImage other)
    {
        TakeEntry(other);
        _chunks = [.. other._chunks];
        DataChunks = other.DataChunks;
    }
}
