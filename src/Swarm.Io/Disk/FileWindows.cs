using Microsoft.Win32.SafeHandles;

namespace Swarm.Io.Disk;

/// <summary>
/// Mapped pieces of the files that are being sent, shared by all links: a block that goes to eight peers is in the page table once, and is copied by the kernel once for each, not twice (ADR 9).
/// Called by the threads that send, and by <see cref="HandleCache"/> when a file is closed.
/// <para>
/// What always holds: at most <see cref="DiskSettings.MappedBytes"/> are mapped, windows of a file just closed and still being sent from aside; the one unused for longest goes first, one in use never; a file that is closed keeps no window, so what is
/// deleted does not stay on the disk. Where nothing can be mapped (other systems, 32 bits, a file system that does not map, every window in use) the answer is null, is counted, and the caller reads instead.
/// </para>
/// A file closed between its lease and its mapping may leave a window behind, which goes at the second sweep.
/// The lock is held for table work and for making a mapping; unmapping, which takes longer, is done outside of it.
/// </summary>
internal sealed class FileWindows : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(SafeFileHandle File, long Index), FileWindow> _table = [];
    private readonly LinkedList<FileWindow> _oldestFirst = new();
    private readonly long _windowBytes;
    private readonly int _limit;
    private readonly DiskTally _tally;
    private long _sweep;

    /// <summary>An empty cache.</summary>
    public FileWindows(DiskSettings settings, DiskTally tally)
    {
        _windowBytes = settings.MappedWindowBytes;
        _limit = OperatingSystem.IsLinux() && Environment.Is64BitProcess ? (int)Math.Min(int.MaxValue, settings.MappedBytes / _windowBytes) : 0;
        _tally = tally;
    }

    /// <summary>Bytes mapped now, as far as the table knows.</summary>
    public long MappedBytes
    {
        get
        {
            lock (_gate) return _table.Count * _windowBytes;
        }
    }

    /// <summary>The window that holds a byte of a file, to be given back once; null where there is none. <paramref name="file"/> is leased by the caller.</summary>
    public FileWindow? TryLease(SafeFileHandle file, long offset)
    {
        if (_limit == 0) return null;
        FileWindow? evicted = null;
        FileWindow? window;
        lock (_gate)
        {
            var index = offset / _windowBytes;
            if (!_table.TryGetValue((file, index), out window) && TryMakeRoom(out evicted)) window = Add(file, index);
            if (window is not null && Use(window).Address == 0) window = null;
            if (window is not null) window.Leases++;
        }

        if (evicted is not null) Unmap(evicted);
        if (window is null) Interlocked.Increment(ref _tally.MapRefusals);
        return window;
    }

    /// <summary>Gives a lease back.</summary>
    public void Return(FileWindow window)
    {
        lock (_gate)
        {
            if (--window.Leases > 0 || !window.Dead) return;
        }

        Unmap(window);
    }

    /// <summary>Lets go of every window of a file that is being closed; what is being sent from it is unmapped after that.</summary>
    public void Forget(SafeFileHandle file) => Drop(window => ReferenceEquals(window.File, file));

    /// <summary>Lets go of what was not used since the last call but one.</summary>
    public void Trim()
    {
        long before;
        lock (_gate) before = _sweep++;
        Drop(window => window.LastSweep < before);
    }

    /// <inheritdoc/>
    public void Dispose() => Drop(_ => true);

    private void Drop(Func<FileWindow, bool> unwanted)
    {
        List<FileWindow>? dropped = null;
        lock (_gate)
        {
            for (var node = _oldestFirst.First; node is not null;)
            {
                var window = node.Value;
                node = node.Next;
                if (!unwanted(window)) continue;
                Remove(window);
                if (window.Leases == 0) (dropped ??= []).Add(window);
            }
        }

        if (dropped is null) return;
        foreach (var window in dropped) Unmap(window);
    }

    // True: one more may be mapped, after the one put out.
    private bool TryMakeRoom(out FileWindow? evicted)
    {
        evicted = null;
        if (_table.Count < _limit) return true;
        for (var node = _oldestFirst.First; node is not null; node = node.Next)
        {
            if (node.Value.Leases > 0) continue;
            evicted = node.Value;
            Remove(evicted);
            return true;
        }

        return false;
    }

    private FileWindow? Add(SafeFileHandle file, long index)
    {
        nint address;
        try
        {
            address = LinuxNative.Map(file, index * _windowBytes, (nint)_windowBytes);
        }
        catch (ObjectDisposedException)
        {
            // Closed since it was leased.
            return null;
        }

        var window = new FileWindow(file, index, address, _windowBytes);
        window.Node = _oldestFirst.AddLast(window);
        _table.Add((file, index), window);
        return window;
    }

    private FileWindow Use(FileWindow window)
    {
        window.LastSweep = _sweep;
        if (window.Node == _oldestFirst.Last) return window;
        _oldestFirst.Remove(window.Node!);
        _oldestFirst.AddLast(window.Node!);
        return window;
    }

    private void Remove(FileWindow window)
    {
        _table.Remove((window.File, window.Index));
        _oldestFirst.Remove(window.Node!);
        window.Dead = true;
    }

    private static void Unmap(FileWindow window)
    {
        if (window.Address != 0) LinuxNative.Unmap(window.Address, (nint)window.Bytes);
    }
}
