using Microsoft.Win32.SafeHandles;
using Swarm.Actors.Ports;

namespace Swarm.Io.Disk;

/// <summary>
/// The files that are open: at most <c>limit</c>, the one unused for longest goes first. Shared by all workers and by the links' sending threads.
/// <para>
/// A lease is a reference on the handle itself (<see cref="System.Runtime.InteropServices.SafeHandle.DangerousAddRef"/>): evicting disposes
/// the handle, and the descriptor is closed when the last lease is given back by <c>DangerousRelease</c>. Until then it can be used as before.
/// So never more than <c>limit</c> files plus the ones leased at the moment are open.
/// </para>
/// The lock is held for table work only; files are opened and closed outside of it.
/// </summary>
internal sealed class HandleCache : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(StorageId Storage, int File), Entry> _entries = [];
    private readonly int _limit;
    private readonly Action<SafeFileHandle>? _closing;
    private Entry? _newest;
    private Entry? _oldest;

    /// <summary>A cache of <paramref name="limit"/> files; <paramref name="closing"/> hears of each before it is closed.</summary>
    public HandleCache(int limit, Action<SafeFileHandle>? closing = null)
    {
        _limit = limit;
        _closing = closing;
    }

    /// <summary>The number of files kept open.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _entries.Count;
        }
    }

    /// <summary>Leases a file's handle if it is open, and open for writing where that is needed; else null.</summary>
    public SafeFileHandle? TryLease(StorageId storage, int file, bool forWriting)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue((storage, file), out var entry) || (forWriting && !entry.Writable)) return null;
            if (!ReferenceEquals(entry, _newest))
            {
                Unlink(entry);
                LinkAsNewest(entry);
            }

            return Leased(entry.Handle);
        }
    }

    /// <summary>
    /// Takes a handle just opened, and leases it. If another thread was faster its handle is leased and this one closed, unless only this one can write.
    /// </summary>
    public SafeFileHandle AddAndLease(StorageId storage, int file, SafeFileHandle opened, bool writable)
    {
        SafeFileHandle? replaced = null;
        SafeFileHandle? evicted = null;
        SafeFileHandle leased;
        lock (_gate)
        {
            if (_entries.TryGetValue((storage, file), out var entry))
            {
                if (entry.Writable || !writable)
                {
                    replaced = opened;
                }
                else
                {
                    replaced = entry.Handle;
                    entry.Handle = opened;
                    entry.Writable = true;
                }
            }
            else
            {
                if (_entries.Count >= _limit) evicted = Remove(_oldest!);
                entry = new Entry(storage, file, opened, writable);
                _entries.Add((storage, file), entry);
                LinkAsNewest(entry);
            }

            leased = Leased(entry.Handle);
        }

        Close(replaced);
        Close(evicted);
        return leased;
    }

    /// <summary>Closes a file, so that the next use opens it anew.</summary>
    public void Evict(StorageId storage, int file)
    {
        SafeFileHandle? evicted = null;
        lock (_gate)
        {
            if (_entries.TryGetValue((storage, file), out var entry)) evicted = Remove(entry);
        }

        Close(evicted);
    }

    /// <summary>Closes every file of a storage.</summary>
    public void EvictAll(StorageId storage)
    {
        var evicted = new List<SafeFileHandle>();
        lock (_gate)
        {
            for (var entry = _oldest; entry is not null;)
            {
                var next = entry.Newer;
                if (entry.Storage == storage) evicted.Add(Remove(entry));
                entry = next;
            }
        }

        foreach (var handle in evicted) Close(handle);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            while (_oldest is not null) Close(Remove(_oldest));
        }
    }

    private void Close(SafeFileHandle? handle)
    {
        if (handle is null) return;
        _closing?.Invoke(handle);
        handle.Dispose();
    }

    private static SafeFileHandle Leased(SafeFileHandle handle)
    {
        var added = false;
        handle.DangerousAddRef(ref added);
        return handle;
    }

    private SafeFileHandle Remove(Entry entry)
    {
        _entries.Remove((entry.Storage, entry.File));
        Unlink(entry);
        return entry.Handle;
    }

    private void LinkAsNewest(Entry entry)
    {
        entry.Older = _newest;
        if (_newest is not null) _newest.Newer = entry;
        _newest = entry;
        _oldest ??= entry;
    }

    private void Unlink(Entry entry)
    {
        if (entry.Older is null) _oldest = entry.Newer;
        else entry.Older.Newer = entry.Newer;
        if (entry.Newer is null) _newest = entry.Older;
        else entry.Newer.Older = entry.Older;
        entry.Older = entry.Newer = null;
    }

    private sealed class Entry(StorageId storage, int file, SafeFileHandle handle, bool writable)
    {
        public StorageId Storage { get; } = storage;

        public int File { get; } = file;

        public SafeFileHandle Handle { get; set; } = handle;

        public bool Writable { get; set; } = writable;

        public Entry? Older { get; set; }

        public Entry? Newer { get; set; }
    }
}
