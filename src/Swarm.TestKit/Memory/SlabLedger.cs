using Swarm.Actors.Ports;

namespace Swarm.TestKit.Memory;

/// <summary>
/// Makes the slabs of one simulated node and knows which are still held by others than the links that fill them. What is given back is overwritten as far as it was written, so that a use after release shows, and is
/// used again, so that a long run needs no more memory than its peak.
/// </summary>
public sealed class SlabLedger
{
    private const byte Released = 0xdd;
    private const long MostSpareBytes = 1 << 20;

    private readonly Dictionary<Slab, Loan> _out = [];
    private readonly SpareBuffers _spares;

    /// <summary>A ledger with spare buffers of its own.</summary>
    public SlabLedger() : this(new SpareBuffers(MostSpareBytes))
    {
    }

    internal SlabLedger(SpareBuffers spares) => _spares = spares;

    /// <summary>Slabs that somebody still holds.</summary>
    public int Outstanding => _out.Count(loan => loan.Key.References > (loan.Value.IsFilling ? 1 : 0));

    /// <summary>A slice over a copy of the bytes, with one reference.</summary>
    public SlabSlice Slice(ReadOnlySpan<byte> bytes)
    {
        var slab = Rent(bytes.Length, new Loan(null));
        bytes.CopyTo(slab.Buffer);
        return new SlabSlice(slab, 0, bytes.Length);
    }

    /// <summary>A slab for a link to fill; the link's own reference does not count. <paramref name="returned"/> is called when nobody holds it any more.</summary>
    public Slab RentForLink(int length, Action? returned = null) => Rent(length, new Loan(returned) { IsFilling = true });

    /// <summary>The link has filled it or is closed.</summary>
    /// <param name="slab">A slab of <see cref="RentForLink"/>.</param>
    /// <param name="written">How many bytes at its beginning the link has written; all of it by default.</param>
    public void ReturnFromLink(Slab slab, int written = int.MaxValue)
    {
        var loan = _out[slab];
        loan.IsFilling = false;
        loan.Written = written;
        slab.Release();
    }

    private Slab Rent(int length, Loan loan)
    {
        var slab = new Slab(_spares.Take(length), Returned);
        slab.Rent();
        _out.Add(slab, loan);
        return slab;
    }

    private void Returned(Slab slab)
    {
        _out.Remove(slab, out var loan);
        slab.Buffer.AsSpan(0, Math.Min(loan!.Written, slab.Buffer.Length)).Fill(Released);
        _spares.Keep(slab.Buffer);
        loan.Returned?.Invoke();
    }

    private sealed class Loan(Action? returned)
    {
        public Action? Returned { get; } = returned;

        public bool IsFilling { get; set; }

        public int Written { get; set; } = int.MaxValue;
    }
}
