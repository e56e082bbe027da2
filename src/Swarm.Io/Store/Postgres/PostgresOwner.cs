using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Swarm.Io.Store.Postgres;

/// <summary>
/// What a process is called among the owners of leases, and the proof that no other process that lives is called the same. Who opens a store under a name takes at once what a process of that name left behind, so the name must
/// be given up by the operating system when a process is gone, and not before.
/// <para>A node without a cluster has a file of its data folder, <c>owners/postgres-N</c>, that it keeps locked while it lives; its name stands in the file, made up by whoever locked it first. Several processes that share a data folder have a
/// file each. A node of a cluster is called after its end point of the cluster, which it must have bound before.</para>
/// </summary>
public sealed class PostgresOwner : IDisposable
{
    private const int MaxProcesses = 64;
    private readonly FileStream? _lock;

    private PostgresOwner(string name, FileStream? held)
    {
        Name = name;
        _lock = held;
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>The name of a node of a cluster that has bound <paramref name="endPoint"/>, as others reach it, and keeps it while the store is open.</summary>
    public static PostgresOwner OfEndPoint(string endPoint) => new($"node {endPoint}", held: null);

    /// <summary>The name of a process by its data folder, which is made if it is not there. Null: <paramref name="error"/> is one line for people.</summary>
    public static PostgresOwner? OfFolder(string folder, out string? error)
    {
        folder = Path.GetFullPath(folder);
        try
        {
            StoreOpening.MakeFolder(folder);
            var owners = Path.Combine(folder, StoreOpening.OwnersName);
            Directory.CreateDirectory(owners);
            for (var number = 0; number < MaxProcesses; number++)
            {
                if (TryLock(Path.Combine(owners, $"postgres-{number.ToString(CultureInfo.InvariantCulture)}")) is not { } held) continue;
                error = null;
                return new PostgresOwner(ReadName(held), held);
            }

            error = $"The data folder {folder} is in use by {MaxProcesses.ToString(CultureInfo.InvariantCulture)} processes, or its files cannot be locked; use another data folder.";
        }
        catch (UnauthorizedAccessException)
        {
            error = $"The data folder {folder} cannot be written; check its permissions, or use another data folder.";
        }
        catch (Exception e) when (e is IOException or ArgumentException or NotSupportedException)
        {
            error = $"The data folder {folder} cannot be used: {e.Message.ReplaceLineEndings(" ")}";
        }

        return null;
    }

    /// <summary>Gives the name up.</summary>
    public void Dispose() => _lock?.Dispose();

    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "The owner that is returned keeps the file open; the trial is disposed of.")]
    private static FileStream? TryLock(string path)
    {
        if (Open(path) is not { } held) return null;
        if (Open(path) is not { } second) return held;
        second.Dispose();
        held.Dispose();
        throw new IOException("its file system does not keep file locks; use a folder on a local disk");
    }

    private static FileStream? Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
    }

    // A file that was cut short has no name that anybody goes by: its writer opened no store before it was on the disk.
    private static string ReadName(FileStream file)
    {
        Span<byte> known = stackalloc byte[32];
        var text = Encoding.ASCII.GetString(known[..file.ReadAtLeast(known, known.Length, throwOnEndOfStream: false)]);
        if (!Guid.TryParseExact(text, "N", out var id))
        {
            id = Guid.NewGuid();
            file.SetLength(0);
            file.Write(Encoding.ASCII.GetBytes(id.ToString("N")));
            file.Flush(flushToDisk: true);
        }

        return $"{Environment.MachineName} {id:N}";
    }
}
