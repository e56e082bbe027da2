using Swarm.Actors.Ports;

namespace Swarm.TestKit.Disk;

/// <summary>Counts the bytes that wait to be written, and remembers which storages were told to hold back; each of them is told once when they may go on.</summary>
internal sealed class SimPressure(Func<SimDiskSettings> settings)
{
    private readonly List<SimStorage> _waiting = [];

    /// <summary>Bytes now waiting.</summary>
    public long Bytes { get; private set; }

    /// <summary>Counts bytes in. False: over the high-water mark, or still not drained since; the storage will be told when it is.</summary>
    public bool Add(SimStorage storage, int bytes)
    {
        Bytes += bytes;
        if (storage.AwaitsDrain) return false;
        if (Bytes <= settings().HighWaterBytes) return true;
        storage.AwaitsDrain = true;
        _waiting.Add(storage);
        return false;
    }

    /// <summary>Counts bytes out; tells those who wait if that was enough.</summary>
    public void Remove(long bytes)
    {
        Bytes -= bytes;
        if (Bytes > Math.Min(settings().LowWaterBytes, settings().HighWaterBytes)) return;
        foreach (var storage in _waiting)
        {
            storage.AwaitsDrain = false;
            storage.Tell(new IDisk.Drained(storage.Id));
        }

        _waiting.Clear();
    }

    /// <summary>Forgets a storage that closes.</summary>
    public void Forget(SimStorage storage) => _waiting.Remove(storage);

    /// <summary>Forgets everything: the process is gone.</summary>
    public void Reset()
    {
        Bytes = 0;
        _waiting.Clear();
    }
}
