using Swarm.Actors.Ports;

namespace Swarm.Io.Disk;

/// <summary>
/// What written blocks that wait for their hash hold on to, in bytes of whole slabs: one small slice keeps a whole slab from its pool,
/// so a slab counts in full with its first slice and not again with the others. Shared by the workers.
/// </summary>
internal sealed class SlabBudget
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Slab, int> _slices = new(ReferenceEqualityComparer.Instance);
    private readonly long _limit;
    private long _bytes;

    public SlabBudget(long limit) => _limit = limit;

    /// <summary>Bytes of slabs held now.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate) return _bytes;
        }
    }

    /// <summary>Counts a block's slices in. False: they do not fit, and nothing was counted.</summary>
    public bool TryHold(in SlabSlice first, in SlabSlice second)
    {
        lock (_gate) return TryHoldBoth(first, second);
    }

    /// <summary>Counts the fresh blocks of a piece in. False: they do not all fit, and nothing was counted.</summary>
    public bool TryHoldFresh(PieceProgress piece)
    {
        lock (_gate)
        {
            for (var block = piece.NextFresh(0); block >= 0; block = piece.NextFresh(block + 1))
            {
                ref var data = ref piece.Data(block);
                if (TryHoldBoth(data.First, data.Second)) continue;
                for (var held = piece.NextFresh(0); held < block; held = piece.NextFresh(held + 1)) FreeBoth(piece.Data(held).First, piece.Data(held).Second);
                return false;
            }

            return true;
        }
    }

    /// <summary>Counts a block's slices out.</summary>
    public void Free(in SlabSlice first, in SlabSlice second)
    {
        lock (_gate) FreeBoth(first, second);
    }

    private bool TryHoldBoth(in SlabSlice first, in SlabSlice second)
    {
        if (!TryHoldOne(first.Slab)) return false;
        if (TryHoldOne(second.Slab)) return true;
        FreeOne(first.Slab);
        return false;
    }

    private void FreeBoth(in SlabSlice first, in SlabSlice second)
    {
        FreeOne(first.Slab);
        FreeOne(second.Slab);
    }

    private bool TryHoldOne(Slab? slab)
    {
        if (slab is null) return true;
        if (_slices.TryGetValue(slab, out var count))
        {
            _slices[slab] = count + 1;
            return true;
        }

        if (_bytes + slab.Buffer.Length > _limit) return false;
        _bytes += slab.Buffer.Length;
        _slices.Add(slab, 1);
        return true;
    }

    private void FreeOne(Slab? slab)
    {
        if (slab is null) return;
        var count = _slices[slab] - 1;
        if (count > 0)
        {
            _slices[slab] = count;
            return;
        }

        _slices.Remove(slab);
        _bytes -= slab.Buffer.Length;
    }
}
