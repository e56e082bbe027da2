namespace Swarm.Host.Cluster;

/// <summary>
/// Which sequence numbers of a session have been seen: each is taken once, in any order, as long as it is not more than <see cref="Size"/> behind the greatest. Pure; one thread at a time. Costs 128 bytes a session, whatever it receives.
/// </summary>
internal sealed class ReplayWindow
{
    /// <summary>How far a request may be overtaken by others.</summary>
    public const int Size = 1_024;

    private readonly ulong[] _seen = new ulong[Size / 64];
    private ulong _greatest;

    /// <summary>True the first time that a number comes; false for one that came before, one too far behind, and 0.</summary>
    public bool TryTake(ulong sequence)
    {
        if (sequence == 0 || (sequence <= _greatest && _greatest - sequence >= Size)) return false;
        if (sequence > _greatest) Advance(sequence);
        ref var word = ref _seen[sequence % Size / 64];
        var bit = 1UL << (int)(sequence % 64);
        if ((word & bit) != 0) return false;
        word |= bit;
        return true;
    }

    // The places of the numbers between stood for older ones.
    private void Advance(ulong sequence)
    {
        if (sequence - _greatest >= Size) Array.Clear(_seen);
        else for (var number = _greatest + 1; number <= sequence; number++) _seen[number % Size / 64] &= ~(1UL << (int)(number % 64));
        _greatest = sequence;
    }
}
