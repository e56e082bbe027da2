using Swarm.Actors.Ports;

namespace Swarm.Tests.Actors.Fakes;

/// <summary>Makes slabs and knows which are still held.</summary>
internal sealed class SlabLedger
{
    private readonly List<Slab> _slabs = [];

    /// <summary>Slabs that somebody still holds.</summary>
    public int Outstanding => _slabs.Count(slab => slab.References > 0);

    /// <summary>A slice over a copy of the bytes, with one reference.</summary>
    public SlabSlice Slice(ReadOnlySpan<byte> bytes)
    {
        // What is given back is overwritten, so that a use after release shows.
        var slab = new Slab(bytes.ToArray(), returned => Array.Fill(returned.Buffer, (byte)0xdd));
        slab.Rent();
        _slabs.Add(slab);
        return new SlabSlice(slab, 0, bytes.Length);
    }
}
