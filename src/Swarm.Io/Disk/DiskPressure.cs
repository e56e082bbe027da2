using Swarm.Actors.Ports;

namespace Swarm.Io.Disk;

/// <summary>
/// Counts the bytes that wait to be written, and remembers which storages were told to hold back. Each of them gets exactly one
/// <see cref="IDisk.Drained"/> once the bytes are down to the low-water mark. Any thread adds and removes.
/// </summary>
internal sealed class DiskPressure
{
    private readonly Lock _gate = new();
    private readonly List<DiskStorage> _waiting = [];
    private readonly long _high;
    private readonly long _low;
    private long _bytes;
    private int _waitingCount;

    public DiskPressure(DiskSettings settings)
    {
        _high = settings.HighWaterBytes;
        _low = settings.LowWaterBytes;
    }

    /// <summary>Bytes now waiting.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Counts bytes in. False: over the high-water mark, or still not drained since; the storage will be told when it is.</summary>
    public bool Add(DiskStorage storage, int bytes)
    {
        if (Interlocked.Add(ref _bytes, bytes) <= _high && !storage.AwaitsDrain) return true;
        lock (_gate)
        {
            if (storage.AwaitsDrain) return false;

            // Counted as waiting first and looked again after: whoever removes the last bytes looks at the count after removing.
            Interlocked.Increment(ref _waitingCount);
            if (Bytes <= _high)
            {
                Interlocked.Decrement(ref _waitingCount);
                return true;
            }

            storage.AwaitsDrain = true;
            _waiting.Add(storage);
            return false;
        }
    }

    /// <summary>Counts bytes out; tells those who wait if that was enough.</summary>
    public void Remove(long bytes)
    {
        if (bytes == 0 || Interlocked.Add(ref _bytes, -bytes) > _low || Volatile.Read(ref _waitingCount) == 0) return;
        lock (_gate)
        {
            if (Bytes > _low) return;
            foreach (var storage in _waiting)
            {
                storage.AwaitsDrain = false;
                storage.Tell(new IDisk.Drained(storage.Id));
            }

            Interlocked.Add(ref _waitingCount, -_waiting.Count);
            _waiting.Clear();
        }
    }

    /// <summary>Forgets a storage that closes.</summary>
    public void Forget(DiskStorage storage)
    {
        lock (_gate)
        {
            if (!_waiting.Remove(storage)) return;
            Interlocked.Decrement(ref _waitingCount);
            storage.AwaitsDrain = false;
        }
    }
}
