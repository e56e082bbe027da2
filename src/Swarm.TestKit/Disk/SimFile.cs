using Swarm.TestKit.Content;

namespace Swarm.TestKit.Disk;

/// <summary>
/// A file: what a process sees of it (<see cref="Cached"/>) and what a power loss would leave (<see cref="Durable"/>). Where it belongs to a content that is known, the bytes that are right are not
/// kept. Its chunks lie on the grid of the torrent's blocks, not of the file, so that a block is one chunk wherever the file begins.
/// <para>Who writes it says whether there is room and whether it may (<see cref="SimVolume"/>); nothing here fails.</para>
/// </summary>
internal sealed class SimFile(string path, SimContent? content, long contentOffset, long contentLength)
{
    private const int ChunkSize = FileImage.ChunkSize;

    private readonly int _phase = (int)(contentOffset % ChunkSize);

    /// <summary>Its absolute path.</summary>
    public string Path { get; set; } = path;

    /// <summary>What a process sees.</summary>
    public FileImage Cached { get; } = new();

    /// <summary>What a power loss leaves.</summary>
    public FileImage Durable { get; } = new();

    /// <summary>Bytes that a flush would have to move.</summary>
    public long DirtyBytes => Dirty().Count() * (long)ChunkSize;

    private static byte[] Right => [];

    /// <summary>Clusters that a write would take beyond those it has.</summary>
    public long NewClusters(long offset, int length)
    {
        var added = 0;
        for (var chunk = ChunkAt(offset); chunk <= ChunkAt(offset + length - 1); chunk++) added += Cached[chunk] is null ? 1 : 0;
        return Math.Max(Cached.DataChunks + added, Cached.ReservedClusters) - Cached.Clusters;
    }

    /// <summary>Clusters that a file of so many bytes takes.</summary>
    public long ClustersOf(long length) => length == 0 ? 0 : ChunkAt(length - 1) + 1;

    /// <summary>Writes bytes, into the cache.</summary>
    public void Write(long offset, ReadOnlySpan<byte> bytes, long nowTicks)
    {
        Cached.Exists = true;
        Cached.ModifiedTicks = nowTicks;
        Cached.Length = Math.Max(Cached.Length, offset + bytes.Length);
        while (!bytes.IsEmpty)
        {
            var chunk = ChunkAt(offset);
            var part = bytes[..(int)Math.Min(bytes.Length, StartOf(chunk + 1) - offset)];
            WriteChunk(chunk, offset, part);
            offset += part.Length;
            bytes = bytes[part.Length..];
        }
    }

    /// <summary>Makes the file as long, or cuts it, in one image.</summary>
    public void SetLength(FileImage image, long length)
    {
        var last = length == 0 ? -1 : ChunkAt(length - 1);
        for (var chunk = last + 1; chunk < image.ChunkCount; chunk++) image[chunk] = null;
        if (last >= 0 && length < image.Length && image[last] is not null)
        {
            var bytes = Copy(image, last);
            bytes.AsSpan((int)(length - GridOf(last))).Clear();
            image[last] = bytes;
        }

        image.Length = length;
    }

    /// <summary>Copies bytes of an image; they must lie below its length.</summary>
    public void Read(FileImage image, long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            var chunk = ChunkAt(offset);
            var part = destination[..(int)Math.Min(destination.Length, StartOf(chunk + 1) - offset)];
            if (image[chunk] is not { } bytes) part.Clear();
            else if (bytes.Length == 0) content!.Fill(contentOffset + offset, part);
            else bytes.AsSpan((int)(offset - GridOf(chunk)), part.Length).CopyTo(part);
            offset += part.Length;
            destination = destination[part.Length..];
        }
    }

    /// <summary>Whether an image has what a content says from a place in the torrent on.</summary>
    public bool Matches(FileImage image, long offset, long length, SimContent expected, long expectedOffset)
    {
        if (!image.Exists || image.Length < offset + length) return false;
        var isOwn = content is not null && content.Torrent == expected.Torrent && contentOffset + offset == expectedOffset;
        Span<byte> buffer = stackalloc byte[ChunkSize];
        for (var end = offset + length; offset < end;)
        {
            var chunk = ChunkAt(offset);
            var count = (int)(Math.Min(end, StartOf(chunk + 1)) - offset);
            if (!isOwn || image[chunk] is not { Length: 0 })
            {
                Read(image, offset, buffer[..count]);
                if (!expected.Matches(expectedOffset, buffer[..count])) return false;
            }

            offset += count;
            expectedOffset += count;
        }

        return true;
    }

    /// <summary>Whether any of the bytes are data: not a hole.</summary>
    public bool HasData(FileImage image, long offset, long length)
    {
        for (var chunk = ChunkAt(offset); chunk <= ChunkAt(offset + length - 1); chunk++)
        {
            if (image[chunk] is not null) return true;
        }

        return false;
    }

    /// <summary>Makes durable what is cached, but for what the kernel took for clean.</summary>
    public void Flush()
    {
        foreach (var chunk in Dirty()) Durable[chunk] = Cached[chunk];
        Durable.TakeEntry(Cached);
    }

    /// <summary>A flush fails: the kernel takes some of what it was to keep for clean, and drops it when it is told to drop what is clean.</summary>
    public void FailFlush(Random random, double share)
    {
        foreach (var chunk in Dirty().ToList())
        {
            if (random.NextDouble() < share) Cached[chunk] = Durable[chunk];
        }
    }

    /// <summary>Power loss: of what is cached the seed decides chunk by chunk what is left, whole, in parts or not at all; what is durable stays. False: the file is gone.</summary>
    public bool Crash(Random random, SimDiskSettings settings)
    {
        if (!Durable.Exists && random.NextDouble() >= settings.CrashKeepsEntry) return false;
        var sector = random.Next(2) == 0 ? 512 : 4096;
        for (var chunk = 0; chunk < Math.Max(Cached.ChunkCount, Durable.ChunkCount); chunk++)
        {
            if (ReferenceEquals(Cached[chunk], Durable[chunk])) continue;
            if (random.NextDouble() < settings.CrashKeeps) Durable[chunk] = Cached[chunk];
            else if (random.NextDouble() < settings.CrashTears) Durable[chunk] = Tear(chunk, sector, random);
        }

        var length = random.NextDouble() < settings.CrashKeepsEntry ? Cached.Length : Durable.Length;
        if (!Durable.Exists || random.NextDouble() < settings.CrashKeepsEntry) Durable.ModifiedTicks = Cached.ModifiedTicks;
        if (random.NextDouble() < settings.CrashKeepsEntry) Durable.ReservedClusters = Cached.ReservedClusters;
        Durable.Exists = true;
        Durable.Length = Math.Max(Cached.Length, Durable.Length);
        SetLength(Durable, length);
        Cached.TakeAll(Durable);
        return true;
    }

    /// <summary>Where a byte lies in the durable image: the <paramref name="number"/>th of the chunks with data, so far into it; null where the file ends before.</summary>
    public long? DurableByte(int number, int within)
    {
        for (var chunk = 0; chunk < Durable.ChunkCount; chunk++)
        {
            if (Durable[chunk] is null || number-- > 0) continue;
            var (from, to) = (StartOf(chunk), Math.Min(StartOf(chunk + 1), Durable.Length));
            return from < to ? from + (within % (to - from)) : null;
        }

        return null;
    }

    /// <summary>Flips a bit of what is durable; who has not written there since sees it.</summary>
    public void FlipBit(long offset, int bit)
    {
        var chunk = ChunkAt(offset);
        var isClean = ReferenceEquals(Cached[chunk], Durable[chunk]);
        var bytes = Copy(Durable, chunk);
        bytes[offset - GridOf(chunk)] ^= (byte)(1 << bit);
        Durable[chunk] = bytes;
        if (isClean) Cached[chunk] = bytes;
    }

    // Chunks that differ between the images. Those that are equal share an array.
    private IEnumerable<int> Dirty() =>
        Enumerable.Range(0, Math.Max(Cached.ChunkCount, Durable.ChunkCount)).Where(chunk => !ReferenceEquals(Cached[chunk], Durable[chunk]));

    private void WriteChunk(int chunk, long offset, ReadOnlySpan<byte> part)
    {
        var isRight = content is not null && offset + part.Length <= contentLength && content.Matches(contentOffset + offset, part);
        var (from, to) = (StartOf(chunk), Math.Min(StartOf(chunk + 1), contentLength));
        if (isRight && (Cached[chunk] is { Length: 0 } || (offset == from && offset + part.Length == to)))
        {
            Cached[chunk] = Right;
            return;
        }

        var bytes = Copy(Cached, chunk);
        part.CopyTo(bytes.AsSpan((int)(offset - GridOf(chunk))));
        Cached[chunk] = bytes;
        if (isRight && Cached.Length >= to && content!.Matches(contentOffset + from, bytes.AsSpan((int)(from - GridOf(chunk)), (int)(to - from)))) Cached[chunk] = Right;
    }

    private byte[] Copy(FileImage image, int chunk)
    {
        var bytes = new byte[ChunkSize];
        if (image[chunk] is not { } there) return bytes;
        if (there.Length > 0) there.CopyTo(bytes, 0);
        else content!.Fill(contentOffset + StartOf(chunk), bytes.AsSpan((int)(StartOf(chunk) - GridOf(chunk)), (int)(Math.Min(StartOf(chunk + 1), contentLength) - StartOf(chunk))));
        return bytes;
    }

    private byte[] Tear(int chunk, int sector, Random random)
    {
        var torn = Copy(Durable, chunk);
        var written = Copy(Cached, chunk);
        for (var at = 0; at < ChunkSize; at += sector)
        {
            if (random.Next(2) == 0) written.AsSpan(at, sector).CopyTo(torn.AsSpan(at));
        }

        return torn;
    }

    private int ChunkAt(long offset) => (int)((offset + _phase) / ChunkSize);

    // Where the chunk's first byte would lie, which for the first chunk may be before the file.
    private long GridOf(int chunk) => ((long)chunk * ChunkSize) - _phase;

    private long StartOf(int chunk) => Math.Max(0, GridOf(chunk));
}
