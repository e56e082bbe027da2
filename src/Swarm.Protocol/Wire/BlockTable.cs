using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Wire;

/// <summary>
/// Blocks in the order they were added, found by piece and begin in constant time: what request queues of both directions are made of.
/// Its owner bounds it. Slots are reused, so that a steady state does not allocate; a table that was never used holds nothing, since most connections of a node are idle.
/// Always holds: a key is there once; iteration follows the links (<see cref="First"/>, <see cref="Next"/>), never the dictionary.
/// </summary>
[SuppressMessage("Naming", "CA1710", Justification = "It is a table of slots, not a collection of elements.")]
internal sealed class BlockTable
{
    /// <summary>No slot.</summary>
    public const int None = -1;

    private Dictionary<long, int>? _index;
    private Slot[] _slots = [];
    private int _used;
    private int _free = None;
    private int _last = None;

    /// <summary>How many blocks are there.</summary>
    public int Count => _index?.Count ?? 0;

    /// <summary>The slot of the block added first, or <see cref="None"/>.</summary>
    public int First { get; private set; } = None;

    /// <summary>The block of a slot that is in use.</summary>
    public BlockRequest this[int slot] => _slots[slot].Block;

    /// <summary>The slot of the block with this piece and begin, or <see cref="None"/>.</summary>
    public int Find(PieceIndex piece, int begin) => _index?.GetValueOrDefault(Key(piece, begin), None) ?? None;

    /// <summary>The slot after another in order of addition, or <see cref="None"/>.</summary>
    public int Next(int slot) => _slots[slot].Next;

    /// <summary>When the block was added.</summary>
    public long AddedAt(int slot) => _slots[slot].Ticks;

    /// <summary>A number the owner keeps with a block.</summary>
    public ref int Tag(int slot) => ref _slots[slot].Tag;

    /// <summary>Adds at the end. False if a block with the same piece and begin is there.</summary>
    public bool TryAdd(BlockRequest block, long nowTicks, int tag, out int slot)
    {
        ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_index ??= [], Key(block.Piece, block.Begin), out var exists);
        if (exists)
        {
            slot = entry;
            return false;
        }

        slot = entry = Take();
        _slots[slot] = new Slot { Block = block, Ticks = nowTicks, Tag = tag, Previous = _last, Next = None };
        if (_last == None) First = slot;
        else _slots[_last].Next = slot;
        _last = slot;
        return true;
    }

    /// <summary>Removes the block of a slot that is in use.</summary>
    public void Remove(int slot)
    {
        ref var gone = ref _slots[slot];
        _index!.Remove(Key(gone.Block.Piece, gone.Block.Begin));
        if (gone.Previous == None) First = gone.Next;
        else _slots[gone.Previous].Next = gone.Next;
        if (gone.Next == None) _last = gone.Previous;
        else _slots[gone.Next].Previous = gone.Previous;
        gone.Next = _free;
        _free = slot;
    }

    private int Take()
    {
        if (_free != None)
        {
            var slot = _free;
            _free = _slots[slot].Next;
            return slot;
        }

        if (_used == _slots.Length) Array.Resize(ref _slots, Math.Max(8, _used * 2));
        return _used++;
    }

    private static long Key(PieceIndex piece, int begin) => ((long)piece.Value << 32) | (uint)begin;

    private struct Slot
    {
        public BlockRequest Block;
        public long Ticks;
        public int Tag;
        public int Previous;
        public int Next;
    }
}
