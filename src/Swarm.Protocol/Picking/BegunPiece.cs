using System.Numerics;
using Swarm.Protocol.Swarming;

namespace Swarm.Protocol.Picking;

/// <summary>The life of a block; it goes forward, and back to <see cref="Free"/> from anywhere.</summary>
internal enum BlockState : byte
{
    /// <summary>Nobody was asked for it.</summary>
    Free,

    /// <summary>One peer or more was asked for it.</summary>
    Requested,

    /// <summary>It was received and is on its way to the disk.</summary>
    Writing,

    /// <summary>The disk has it.</summary>
    Written,
}

/// <summary>One block: its state, the head of its requests in the <see cref="RequestTable"/> (-1: none) and their number, and once received its sender.</summary>
internal struct BlockSlot
{
    public int FirstRequest;
    public byte Requests;
    public BlockState State;
    public PeerKey Sender;
}

/// <summary>
/// The blocks of one piece from its first request until it is verified or given up; pooled. Always holds: the bit of a block in
/// <c>_free</c> is set exactly when its state is free, and the counts agree with the states.
/// A piece with free blocks stands in one <see cref="BegunList"/>: its <see cref="Holder"/>'s, or the shared one; a piece without stands in none.
/// </summary>
internal sealed class BegunPiece(int blocksPerPiece)
{
    private readonly BlockSlot[] _blocks = new BlockSlot[blocksPerPiece];
    private readonly ulong[] _free = new ulong[(blocksPerPiece + 63) / 64];

    public int Piece { get; private set; }

    public int BlockCount { get; private set; }

    public int FreeCount { get; private set; }

    public int RequestedCount { get; private set; }

    public int WrittenCount { get; private set; }

    public bool AllReceived => FreeCount == 0 && RequestedCount == 0;

    public bool AllWritten => WrittenCount == BlockCount;

    /// <summary>No block was asked for or received: the piece need not be here.</summary>
    public bool IsUntouched => FreeCount == BlockCount;

    /// <summary>The peer that gets the free blocks, or null if all share them.</summary>
    public PickerPeer? Holder { get; set; }

    /// <summary>Others shall stay out of it even when they have nothing better to do.</summary>
    public bool IsExclusive { get; set; }

    public BegunList? List { get; set; }

    public BegunPiece? Next { get; set; }

    public BegunPiece? Previous { get; set; }

    public ref BlockSlot this[int block] => ref _blocks[block];

    public void Reset(int piece, int blockCount)
    {
        Piece = piece;
        BlockCount = FreeCount = blockCount;
        RequestedCount = WrittenCount = 0;
        Holder = null;
        IsExclusive = false;
        _blocks.AsSpan(0, blockCount).Fill(new BlockSlot { FirstRequest = -1 });
        _free.AsSpan().Clear();
        for (var i = 0; i < blockCount; i++) _free[i >> 6] |= 1UL << (i & 63);
    }

    public void Set(int block, BlockState state)
    {
        ref var slot = ref _blocks[block];
        Count(slot.State, -1);
        Count(state, 1);
        var bit = 1UL << (block & 63);
        if (state == BlockState.Free) _free[block >> 6] |= bit;
        else _free[block >> 6] &= ~bit;
        slot.State = state;
    }

    /// <summary>The first free block, or -1.</summary>
    public int FirstFree()
    {
        for (var i = 0; i < _free.Length; i++)
        {
            if (_free[i] != 0) return (i * 64) + BitOperations.TrailingZeroCount(_free[i]);
        }

        return -1;
    }

    /// <summary>The last free block, or -1: where a helper begins, so that the holder's run stays whole as long as possible.</summary>
    public int LastFree()
    {
        for (var i = _free.Length - 1; i >= 0; i--)
        {
            if (_free[i] != 0) return (i * 64) + BitOperations.Log2(_free[i]);
        }

        return -1;
    }

    private void Count(BlockState state, int change)
    {
        if (state == BlockState.Free) FreeCount += change;
        else if (state == BlockState.Requested) RequestedCount += change;
        else if (state == BlockState.Written) WrittenCount += change;
    }
}

/// <summary>Begun pieces in a row, linked through themselves, so that any can be taken out at once. Oldest first.</summary>
internal sealed class BegunList
{
    public BegunPiece? First { get; private set; }

    private BegunPiece? Last { get; set; }

    public void AddLast(BegunPiece piece)
    {
        piece.List = this;
        piece.Previous = Last;
        if (Last is null) First = piece;
        else Last.Next = piece;
        Last = piece;
    }

    public void AddFirst(BegunPiece piece)
    {
        piece.List = this;
        piece.Next = First;
        if (First is null) Last = piece;
        else First.Previous = piece;
        First = piece;
    }

    public void Remove(BegunPiece piece)
    {
        if (piece.Previous is null) First = piece.Next;
        else piece.Previous.Next = piece.Next;
        if (piece.Next is null) Last = piece.Previous;
        else piece.Next.Previous = piece.Previous;
        piece.List = null;
        piece.Next = piece.Previous = null;
    }
}
