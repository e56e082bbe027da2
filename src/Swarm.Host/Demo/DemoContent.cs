namespace Swarm.Host.Demo;

/// <summary>The demonstration's content: a file of random bytes below a temporary folder, which goes away with everything in it.</summary>
internal sealed class DemoContent : IDisposable
{
    private const string FileName = "demo.bin";
    private const int ChunkBytes = 1 << 20;

    private DemoContent(string root) => Root = root;

    /// <summary>The temporary folder.</summary>
    public string Root { get; }

    /// <summary>The folder that holds the original.</summary>
    public string Folder => Path.Join(Root, "seed");

    /// <summary>The original.</summary>
    public string FilePath => Path.Join(Folder, FileName);

    /// <summary>Makes room for <paramref name="copies"/> and writes the original.</summary>
    /// <exception cref="SwarmException">There is no room, or it cannot be written.</exception>
    public static async Task<DemoContent> CreateAsync(long size, int copies, CancellationToken cancellation)
    {
        var content = new DemoContent(Directory.CreateTempSubdirectory("swarm-demo-").FullName);
        try
        {
            var room = new DriveInfo(content.Root).AvailableFreeSpace;
            if (room / copies < size) throw new SwarmException($"{content.Root} has room for {HumanText.Size(room)}, and {copies} copies of {HumanText.Size(size)} are needed; give a smaller --size, or set TMPDIR to a larger disk");
            Directory.CreateDirectory(content.Folder);
            await content.WriteAsync(size, cancellation).ConfigureAwait(false);
            return content;
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    /// <summary>Whether a copy below another folder is the same, byte for byte.</summary>
    public async Task<bool> EqualsCopyBelowAsync(string folder, CancellationToken cancellation)
    {
        await using var original = File.OpenRead(FilePath);
        await using var copy = File.OpenRead(Path.Join(folder, FileName));
        if (original.Length != copy.Length) return false;
        var (left, right) = (new byte[ChunkBytes], new byte[ChunkBytes]);
        while (true)
        {
            var count = await original.ReadAtLeastAsync(left, ChunkBytes, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
            var other = await copy.ReadAtLeastAsync(right, ChunkBytes, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
            if (!left.AsSpan(0, count).SequenceEqual(right.AsSpan(0, other))) return false;
            if (count == 0) return true;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Root, recursive: true);

    private async Task WriteAsync(long size, CancellationToken cancellation)
    {
        try
        {
            await using var file = File.Create(FilePath);
            var chunk = new byte[ChunkBytes];
            for (var left = size; left > 0; left -= Math.Min(left, ChunkBytes))
            {
                Random.Shared.NextBytes(chunk);
                await file.WriteAsync(chunk.AsMemory(0, (int)Math.Min(left, ChunkBytes)), cancellation).ConfigureAwait(false);
            }
        }
        catch (IOException e)
        {
            throw new SwarmException($"{FilePath} cannot be written: {e.Message}; give a smaller --size, or set TMPDIR to a larger disk", e);
        }
    }
}
