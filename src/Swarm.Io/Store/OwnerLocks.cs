namespace Swarm.Io.Store;

/// <summary>
/// Which processes live on a data folder. Each holds <c>owners/&lt;guid&gt;.lock</c> open under an exclusive lock of the operating system for as long as it lives; the system drops
/// the lock the moment the process is gone, however it went. So an owner is alive exactly while its file is locked: no clock, no heartbeat, no waiting after a crash.
/// <para>Always holds: files are made, tried and deleted only inside a write transaction of the store (<see cref="StoreSession"/>), which at most one process has at a time.
/// Without that, a process could delete a file that another has made and not yet locked, or mistake another's trial for life.</para>
/// <para>Locks that a file system does not keep would make every owner look dead; <see cref="Create"/> tries its own lock and refuses.</para>
/// </summary>
internal sealed class OwnerLocks : IDisposable
{
    private const string Extension = ".lock";
    private readonly string _folder;
    private readonly FileStream _own;
    private bool _closed;

    private OwnerLocks(string folder, Guid id, FileStream own)
    {
        _folder = folder;
        Id = id;
        _own = own;
    }

    /// <summary>This process's name among the owners.</summary>
    public Guid Id { get; }

    /// <summary>Makes and locks a file for a new owner.</summary>
    /// <exception cref="IOException">The folder cannot be written, or its file system does not keep locks; the message says which.</exception>
    /// <exception cref="UnauthorizedAccessException">Not allowed.</exception>
    public static OwnerLocks Create(string folder)
    {
        Directory.CreateDirectory(folder);
        var id = Guid.NewGuid();
        var path = PathOf(folder, id);
        var own = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
        if (IsLocked(path)) return new OwnerLocks(folder, id, own);
        own.Dispose();
        File.Delete(path);
        throw new IOException("its file system does not keep file locks; use a folder on a local disk");
    }

    /// <summary>Whether the owner's process lives. What cannot be found out counts as alive: better to refuse a torrent than to run it twice.</summary>
    public bool IsLive(Guid owner) => owner == Id ? !_closed : IsLocked(PathOf(_folder, owner));

    /// <summary>Deletes the files of dead owners, this program's own kind only.</summary>
    public void DeleteStale()
    {
        foreach (var path in Directory.EnumerateFiles(_folder, "*" + Extension))
        {
            if (Guid.TryParseExact(Path.GetFileNameWithoutExtension(path), "N", out var owner) && !IsLive(owner)) Delete(path);
        }
    }

    /// <summary>Gives up life in good order: the file goes with the lock.</summary>
    public void Dispose()
    {
        if (_closed) return;
        _closed = true;
        // First the file, then the lock: nobody can find it unlocked in between. Where an open file cannot be deleted, the next start does it.
        Delete(_own.Name);
        _own.Dispose();
    }

    /// <summary>Dies as under <c>kill -9</c>: the lock is gone, the file stays. For tests.</summary>
    public void Abandon()
    {
        _closed = true;
        _own.Dispose();
    }

    private static string PathOf(string folder, Guid owner) => Path.Combine(folder, owner.ToString("N") + Extension);

    private static bool IsLocked(string path)
    {
        try
        {
            using var trial = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
            return false;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    private static void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // An empty file that stays does no harm: it is unlocked, so its owner counts as dead, and the next start tries again.
            return;
        }
    }
}
