namespace Swarm.Actors.Ports;

/// <summary>
/// A pooled, pinned receive buffer with a reference count. The link that fills it owns one reference and gives one away with every
/// <see cref="IPeerLink.Received"/>; whoever holds a <see cref="SlabSlice"/> holds exactly one reference and releases it exactly once.
/// Bytes that have been handed over are never written again until the last reference is gone; the pool then takes the buffer back.
/// </summary>
public sealed class Slab
{
    private readonly Action<Slab> _returned;
    private int _references;

    /// <summary>A slab over <paramref name="buffer"/>; <paramref name="returned"/> is called when the last reference is released.</summary>
    public Slab(byte[] buffer, Action<Slab> returned)
    {
        Buffer = buffer;
        _returned = returned;
    }

    /// <summary>The bytes.</summary>
    public byte[] Buffer { get; }

    /// <summary>References now held; 0 while in the pool. For leak checks.</summary>
    public int References => Volatile.Read(ref _references);

    /// <summary>Takes the slab out of the pool: one reference, the renter's.</summary>
    /// <exception cref="InvalidOperationException">It is in use.</exception>
    public void Rent()
    {
        if (Interlocked.CompareExchange(ref _references, 1, 0) != 0) throw new InvalidOperationException("The slab is in use.");
    }

    /// <summary>Adds a reference. Only a holder may.</summary>
    /// <exception cref="InvalidOperationException">Nobody held it: use after release.</exception>
    public void Retain()
    {
        if (Interlocked.Increment(ref _references) <= 1) throw new InvalidOperationException("The slab was retained after its release.");
    }

    /// <summary>Gives a reference back; the last one returns the slab to its pool.</summary>
    /// <exception cref="InvalidOperationException">It was released more often than retained.</exception>
    public void Release()
    {
        var left = Interlocked.Decrement(ref _references);
        if (left < 0) throw new InvalidOperationException("The slab was released twice.");
        if (left == 0) _returned(this);
    }
}

/// <summary>Bytes of a slab. Holding one means holding one reference of the slab, unless the default (empty) slice.</summary>
public readonly record struct SlabSlice(Slab? Slab, int Offset, int Length)
{
    /// <summary>The bytes; empty for the default slice.</summary>
    public ReadOnlySpan<byte> Span => Slab is null ? default : Slab.Buffer.AsSpan(Offset, Length);

    /// <summary>A part of this slice, with a reference of its own.</summary>
    public SlabSlice Retain(int offset, int length)
    {
        Slab!.Retain();
        return new SlabSlice(Slab, Offset + offset, length);
    }

    /// <summary>Gives the reference back.</summary>
    public void Release() => Slab?.Release();
}
