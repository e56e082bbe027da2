using Microsoft.Win32.SafeHandles;
using Swarm.Io.Disk;

namespace Swarm.Io.Net;

/// <summary>
/// Describes a send whose parts lie in a buffer and in mapped files, in wire order, for one <c>sendmsg</c>. Belongs to a <see cref="SendPlan"/>; leases the windows it points into until <see cref="Clear"/>.
/// It never looks at a mapped byte (<see cref="FileWindow"/>).
/// </summary>
internal sealed unsafe class MappedGather
{
    /// <summary>Parts of one send; far below what the kernel takes at once (UIO_MAXIOV, 1024).</summary>
    private const int MaxVectors = 512;

    private readonly List<FileWindow> _leases = [];
    private Native.IoVector[] _vectors = [];
    private FileWindows? _windows;
    private SafeFileHandle? _file;
    private long _fileLength;
    private long _runStart;
    private int _runLength;
    private int _count;

    /// <summary>What was described so far. Valid until <see cref="Clear"/>.</summary>
    public ReadOnlySpan<Native.IoVector> Vectors => _vectors.AsSpan(0, _count);

    public void Begin(FileWindows windows)
    {
        Clear();
        _windows = windows;
        if (_vectors.Length == 0) _vectors = GC.AllocateUninitializedArray<Native.IoVector>(MaxVectors, pinned: true);
    }

    /// <summary>Bytes of a pinned buffer. False: there are too many parts.</summary>
    public bool TryAddBuffer(byte* start, int count) => count == 0 || TryAdd(start, count);

    /// <summary>
    /// A run of an open file, leased by the caller. False: it cannot be sent from a mapping; reading finds out whether it can be sent at all. The file must reach to <paramref name="neededLength"/>: behind its end a page's rest reads as zeros,
    /// and no error tells.
    /// </summary>
    public bool TryAddFile(SafeFileHandle file, long offset, int count, long neededLength)
    {
        if (!ReferenceEquals(file, _file) && !(TryFinish() && TryLook(file))) return false;
        if (_fileLength < neededLength) return false;
        while (count > 0)
        {
            if (!IsLast(file, offset) && !(TryFinish() && TryLease(file, offset))) return false;
            var window = _leases[^1];
            var at = offset - (window.Index * window.Bytes);
            var part = (int)Math.Min(count, window.Bytes - at);
            if (!TryExtend(offset, part) || !TryAdd((byte*)window.Address + at, part)) return false;
            offset += part;
            count -= part;
        }

        return true;
    }

    /// <summary>After the last part: brings in what is not yet. False: it cannot be read there.</summary>
    public bool TryFinish()
    {
        var length = _runLength;
        _runLength = 0;
        return length == 0 || _leases[^1].TryPrepare(_runStart, length, _fileLength);
    }

    /// <summary>Forgets everything and gives the windows back.</summary>
    public void Clear()
    {
        foreach (var window in _leases) _windows!.Return(window);
        _leases.Clear();
        _file = null;
        _runLength = 0;
        _count = 0;
    }

    // Neighbours mostly share a window, so that a send leases one or two.
    private bool IsLast(SafeFileHandle file, long offset) =>
        _leases.Count > 0 && ReferenceEquals(_leases[^1].File, file) && offset / _leases[^1].Bytes == _leases[^1].Index;

    private bool TryLease(SafeFileHandle file, long offset)
    {
        if (_windows!.TryLease(file, offset) is not { } window) return false;
        _leases.Add(window);
        return true;
    }

    // Neighbours are brought in by one call.
    private bool TryExtend(long offset, int count)
    {
        if (_runLength == 0 || offset != _runStart + _runLength)
        {
            if (!TryFinish()) return false;
            _runStart = offset;
        }

        _runLength += count;
        return true;
    }

    private bool TryLook(SafeFileHandle file)
    {
        try
        {
            _fileLength = RandomAccess.GetLength(file);
            _file = file;
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException or NotSupportedException)
        {
            // Reading finds the same, and reports it.
            return false;
        }
    }

    private bool TryAdd(byte* start, int count)
    {
        if (_count == MaxVectors) return false;
        _vectors[_count++] = new Native.IoVector { Address = start, Length = count };
        return true;
    }
}
