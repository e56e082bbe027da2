using Microsoft.Win32.SafeHandles;
using Swarm.Actors.Ports;

namespace Swarm.Io.Net;

/// <summary>Where in the buffer the bytes are missing, and why.</summary>
internal sealed record GatherFault(int Position, DiskError Error);

/// <summary>
/// Reads runs of files into gaps of a buffer: neighbours in a file are read by one call, whatever lies between them in the buffer (preadv; elsewhere one read a gap).
/// Owns the leases of the slices it was given until they are read or abandoned.
/// </summary>
internal sealed class FileGather
{
    private const int MaxVectors = 256;

    private readonly List<(int Position, int Count)> _parts = [];
    private readonly List<FileSlice> _leases = [];
    private byte[] _buffer = [];
    private SafeFileHandle? _handle;
    private long _start;
    private long _next;

    /// <summary>What went wrong first, if anything.</summary>
    public GatherFault? Fault { get; private set; }

    public void Begin(byte[] pinnedBuffer)
    {
        _buffer = pinnedBuffer;
        Fault = null;
    }

    /// <summary>
    /// Takes a slice and its lease: <paramref name="count"/> bytes from <paramref name="skip"/> on belong at <paramref name="position"/>.
    /// With <paramref name="checkLength"/> the file must also hold the rest of the slice. False: see <see cref="Fault"/>.
    /// </summary>
    public bool TryAdd(FileSlice slice, int skip, int count, int position, bool checkLength)
    {
        if (slice.Handle is null)
        {
            _buffer.AsSpan(position, count).Clear();
            return Fault is null;
        }

        var offset = slice.Offset + skip;
        if (slice.Handle != _handle || offset != _next || _parts.Count == MaxVectors)
        {
            TryFlush();
            (_handle, _start, _next) = (slice.Handle, offset, offset);
        }

        _leases.Add(slice);
        if (checkLength) CheckLength(slice, position);
        if (count == 0) return Fault is null;
        _parts.Add((position, count));
        _next += count;
        return Fault is null;
    }

    /// <summary>Reads what was added. False: see <see cref="Fault"/>.</summary>
    public bool TryFlush()
    {
        if (_parts.Count > 0 && Fault is null && !TryReadAtOnce()) ReadOneByOne();
        Abandon();
        return Fault is null;
    }

    /// <summary>Releases every lease without reading.</summary>
    public void Abandon()
    {
        foreach (var lease in _leases) lease.Release();
        _leases.Clear();
        _parts.Clear();
        _handle = null;
    }

    private unsafe bool TryReadAtOnce()
    {
        if (!OperatingSystem.IsLinux()) return false;
        var vectors = stackalloc Native.IoVector[_parts.Count];
        nint total = 0;
        fixed (byte* buffer = _buffer)
        {
            for (var i = 0; i < _parts.Count; i++)
            {
                vectors[i] = new Native.IoVector { Address = buffer + _parts[i].Position, Length = _parts[i].Count };
                total += _parts[i].Count;
            }

            try
            {
                return Native.ReadVector(_handle!, vectors, _parts.Count, _start) == total;
            }
            catch (ObjectDisposedException)
            {
                // Reading one by one finds the same and reports it.
                return false;
            }
        }
    }

    // After a short or failed read too: it finds out which bytes are missing and why.
    private void ReadOneByOne()
    {
        var offset = _start;
        foreach (var (position, count) in _parts)
        {
            var done = 0;
            try
            {
                while (done < count)
                {
                    var read = RandomAccess.Read(_handle!, _buffer.AsSpan(position + done, count - done), offset + done);
                    if (read == 0) break;
                    done += read;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
            {
                Fault = new GatherFault(position + done, new DiskError(DiskErrorKind.Failed, "", $"The block could not be read: {e.Message}"));
                return;
            }

            if (done < count)
            {
                Fault = new GatherFault(position + done, TooShort(offset + done));
                return;
            }

            offset += count;
        }
    }

    private void CheckLength(FileSlice slice, int position)
    {
        try
        {
            var length = RandomAccess.GetLength(slice.Handle!);
            if (length < slice.Offset + slice.Length) Fault ??= new GatherFault(position, TooShort(length));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException or NotSupportedException)
        {
            Fault ??= new GatherFault(position, new DiskError(DiskErrorKind.Failed, "", $"The file's length could not be read: {e.Message}"));
        }
    }

    private static DiskError TooShort(long end) =>
        new(DiskErrorKind.NotFound, "", $"The file ends at byte {end}, before the block does: it was cut short. Verify the torrent's files.");
}
