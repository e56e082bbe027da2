using System.Security.Cryptography;

namespace Swarm.Io.Disk;

/// <summary>
/// Running SHA-1 states: at most <c>limit</c> in use, the idle ones kept for the next piece. The base library hashes with the processor's
/// own instructions where there are some.
/// </summary>
internal sealed class HashPool : IDisposable
{
    /// <summary>Idle states kept; enough that a busy engine makes none.</summary>
    private const int MaxIdle = 256;

    private readonly Lock _gate = new();
    private readonly Stack<IncrementalHash> _idle = new();
    private readonly int _limit;
    private int _rented;

    public HashPool(int limit) => _limit = limit;

    /// <summary>States in use.</summary>
    public int Rented => Volatile.Read(ref _rented);

    /// <summary>A fresh state, or null: too many are in use.</summary>
    public IncrementalHash? TryRent()
    {
        lock (_gate)
        {
            if (_rented >= _limit) return null;
            _rented++;
            return _idle.TryPop(out var hash) ? hash : IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        }
    }

    /// <summary>Takes a state back. <paramref name="isReset"/>: its hash was taken; otherwise it is in the middle of something and is thrown away.</summary>
    public void Return(IncrementalHash hash, bool isReset)
    {
        lock (_gate)
        {
            _rented--;
            if (isReset && _idle.Count < MaxIdle)
            {
                _idle.Push(hash);
                return;
            }
        }

        hash.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            while (_idle.TryPop(out var hash)) hash.Dispose();
        }
    }
}
