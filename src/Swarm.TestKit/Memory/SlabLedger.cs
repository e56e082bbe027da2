using Swarm.Actors.Ports;

namespace Swarm.TestKit.Memory;

/// <summary>
/// Makes the slabs of one simulated node and knows which are still held by others than the links that fill them. What is given back is overwritten, so that a use after release shows, and is
/// used again, so that a long run needs no more memory than its peak.
/// </summary>
public sealed class SlabLedger
{
    private const byte Released = 0xdd;
    private const int MaxSpare = 64;

    private readonly Dictionary<Slab, Action?> _out = [];
    private readonly HashSet<Slab> _filling = [];
    private readonly Dictionary<int, Stack<Slab>> _spare = [];

    /// <summary>Slabs that somebody still holds.</summary>
    public int Outstanding => _out.Keys.Count(slab => slab.References > (_filling.Contains(slab) ? 1 : 0));

    /// <summary>A slice over a copy of the bytes, with one reference.</summary>
    public SlabSlice Slice(ReadOnlySpan<byte> bytes)
    {
        var slab = Rent(bytes.Length);
        bytes.CopyTo(slab.Buffer);
        return new SlabSlice(slab, 0, bytes.Length);
    }

    /// <summary>A slab for a link to fill; the link's own reference does not count. <paramref name="returned"/> is called when nobody holds it any more.</summary>
    public Slab RentForLink(int length, Action? returned = null)
    {
        var slab = Rent(length, returned);
        _filling.Add(slab);
        return slab;
    }

    /// <summary>The link has filled it or is closed.</summary>
    public void ReturnFromLink(Slab slab)
    {
        _filling.Remove(slab);
        slab.Release();
    }

    private Slab Rent(int length, Action? returned = null)
    {
        var slab = _spare.TryGetValue(length, out var spare) && spare.TryPop(out var used) ? used : new Slab(new byte[length], Returned);
        slab.Rent();
        _out.Add(slab, returned);
        return slab;
    }

    private void Returned(Slab slab)
    {
        slab.Buffer.AsSpan().Fill(Released);
        _out.Remove(slab, out var returned);
        if (!_spare.TryGetValue(slab.Buffer.Length, out var spare)) _spare.Add(slab.Buffer.Length, spare = new Stack<Slab>());
        if (spare.Count < MaxSpare) spare.Push(slab);
        returned?.Invoke();
    }
}
