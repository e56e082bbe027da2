using Microsoft.Win32.SafeHandles;

namespace Swarm.Io.Disk;

/// <summary>
/// A piece of a file that is mapped for the kernel to send from. Owned by <see cref="FileWindows"/>, whose lock guards all but <see cref="TryPrepare"/>.
/// <para>
/// <b>Nobody reads <see cref="Address"/> in this process.</b> It is handed to system calls only: if the file was cut beneath the mapping, or the disk fails, such a call answers EFAULT, where a load would end the process
/// with a signal.
/// </para>
/// What always holds: while <see cref="Leases"/> is above 0 the pages stay mapped; a prepared unit was brought into memory once, so that sending it does not wait for a disk as long as the system keeps it there.
/// </summary>
internal sealed unsafe class FileWindow(SafeFileHandle file, long index, nint address, long bytes)
{
    /// <summary>What is prepared at once. Not more than a system reads ahead anyway, so that a single block costs no reading that nobody wants.</summary>
    public const int UnitBytes = 64 << 10;

    private readonly ulong[] _prepared = new ulong[(bytes / UnitBytes / 64) + 1];

    /// <summary>The open file it was made from: its name in the table, nothing more; a mapping outlives its descriptor.</summary>
    public SafeFileHandle File { get; } = file;

    /// <summary>Which window of the file.</summary>
    public long Index { get; } = index;

    /// <summary>Where it lies; 0: the system does not map this file.</summary>
    public nint Address { get; } = address;

    /// <summary>Its length, whether or not the file reaches so far.</summary>
    public long Bytes { get; } = bytes;

    /// <summary>Sends that use it now.</summary>
    public int Leases { get; set; }

    /// <summary>Out of the table: unmapped when the last lease comes back.</summary>
    public bool Dead { get; set; }

    /// <summary>When it was last used, in sweeps.</summary>
    public long LastSweep { get; set; }

    /// <summary>Its neighbours by last use.</summary>
    public LinkedListNode<FileWindow>? Node { get; set; }

    /// <summary>
    /// Brings a run into memory and into the page table, as long as it takes the disk. The caller leases the window and knows that the file reaches to <paramref name="fileLength"/>. False: it cannot be read.
    /// </summary>
    public bool TryPrepare(long offset, int count, long fileLength)
    {
        var first = (offset - (Index * Bytes)) / UnitBytes;
        var last = (offset - (Index * Bytes) + count - 1) / UnitBytes;
        while (first <= last && IsPrepared(first)) first++;
        if (first > last) return true;
        // Another thread may have prepared the rest meanwhile.
        while (last > first && IsPrepared(last)) last--;
        var end = Math.Min((last + 1) * UnitBytes, fileLength - (Index * Bytes));
        if (!LinuxNative.TryPopulate(Address + (nint)(first * UnitBytes), (nint)(end - (first * UnitBytes)))) return false;

        // A unit that the file fills only in part may grow.
        for (var unit = first; unit <= last && (unit + 1) * UnitBytes <= end; unit++) Interlocked.Or(ref _prepared[unit / 64], 1UL << (int)(unit % 64));
        return true;
    }

    private bool IsPrepared(long unit) => (Volatile.Read(ref _prepared[unit / 64]) & (1UL << (int)(unit % 64))) != 0;
}
