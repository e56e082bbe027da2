using Swarm.Actors.Ports;

namespace Swarm.Tests.Actors.Fakes;

/// <summary>Makes slabs and knows which are still held by others than the links that fill them.</summary>
internal sealed class SlabLedger
{
    private readonly List<Slab> _slabs = [];
    private readonly HashSet<Slab> _filling = [];

    /// <summary>Slabs that somebody still holds.</summary>
    public int Outstanding => _slabs.Count(slab => slab.References > (_filling.Contains(slab) ? 1 : 0));

    /// <summary>A slice over a copy of the bytes, with one reference.</summary>
    public SlabSlice Slice(ReadOnlySpan<byte> bytes)
    {
        var slab = Rent(bytes.Length);
        bytes.CopyTo(slab.Buffer);
        return new SlabSlice(slab, 0, bytes.Length);
    }

    /// <summary>A slab for a link to fill; the link's own reference does not count.</summary>
    public Slab RentForLink(int length)
    {
        var slab = Rent(length);
        _filling.Add(slab);
        return slab;
    }

    /// <summary>The link has filled it or is closed.</summary>
    public void ReturnFromLink(Slab slab)
    {
        _filling.Remove(slab);
        slab.Release();
    }

    private Slab Rent(int length)
    {
        // What is given back is overwritten, so that a use after release shows.
        var slab = new Slab(new byte[length], returned => Array.Fill(returned.Buffer, (byte)0xdd));
        slab.Rent();
        _slabs.Add(slab);
        return slab;
    }
}
