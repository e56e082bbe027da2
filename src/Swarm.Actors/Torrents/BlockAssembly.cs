using System.Collections.Immutable;
using Swarm.Actors.Ports;

namespace Swarm.Actors.Torrents;

/// <summary>
/// Joins the fragments of blocks as they lie in slabs, without copying. Owned by one peer actor.
/// A block is one slice where its fragments follow each other in one slab, else two; each slice holds one reference. Fragments of a block nobody wants are passed over.
/// Always holds: references are held for the unfinished block and for complete blocks not yet taken, nothing else.
/// </summary>
internal sealed class BlockAssembly
{
    private readonly ImmutableArray<BlockWrite>.Builder _blocks = ImmutableArray.CreateBuilder<BlockWrite>(0);
    private SlabSlice _first;
    private SlabSlice _second;

    /// <summary>Whether a block is complete and not yet taken.</summary>
    public bool HasBlocks => _blocks.Count > 0;

    /// <summary>
    /// Takes the bytes of <paramref name="slab"/> from <paramref name="offset"/> on, <paramref name="count"/> of them, as the next fragment of <paramref name="block"/>. False: the block lies in
    /// more than two slabs, which the link promises never to happen.
    /// </summary>
    public bool Add(BlockRequest block, SlabSlice slab, int offset, int count, bool isFirst, bool isLast)
    {
        if (isFirst)
        {
            ReleaseUnfinished();
            _first = slab.Retain(offset, count);
        }
        else if (Follows(_first, slab, offset) && _second.Slab is null)
        {
            _first = _first with { Length = _first.Length + count };
        }
        else if (_second.Slab is null)
        {
            _second = slab.Retain(offset, count);
        }
        else if (Follows(_second, slab, offset))
        {
            _second = _second with { Length = _second.Length + count };
        }
        else
        {
            return false;
        }

        if (!isLast) return true;
        _blocks.Add(new BlockWrite(block, _first, _second));
        _first = _second = default;
        return true;
    }

    /// <summary>Gives the complete blocks, with their references, to the caller.</summary>
    public ImmutableArray<BlockWrite> Take() => _blocks.DrainToImmutable();

    /// <summary>Gives back everything held.</summary>
    public void Release()
    {
        ReleaseUnfinished();
        foreach (var block in _blocks)
        {
            block.First.Release();
            block.Second.Release();
        }

        _blocks.Clear();
    }

    private static bool Follows(SlabSlice slice, SlabSlice slab, int offset) =>
        ReferenceEquals(slice.Slab, slab.Slab) && slice.Offset + slice.Length == slab.Offset + offset;

    private void ReleaseUnfinished()
    {
        _first.Release();
        _second.Release();
        _first = _second = default;
    }
}
