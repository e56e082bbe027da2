using System.Buffers;
using Swarm.Actors.Ports;

namespace Swarm.Io.Net;

/// <summary>What a step of writing finished: whole blocks, with their payload.</summary>
internal struct SendTally
{
    public int Blocks;
    public long BlockBytes;
}

/// <summary>
/// What a link has to send, in wire order: runs of bytes, and blocks by name, 24 bytes each. A block becomes bytes only when it is composed for a send.
/// Not safe from several threads; the writer's lock guards it. An empty queue holds no memory.
/// <para>
/// What always holds: items before the locked mark are composed or under way and cannot be cancelled; a cancelled block leaves an empty item, which is
/// dropped when it reaches the front or the ring is full. All bytes that wait lie in one ring, in the order of the items that count them.
/// </para>
/// </summary>
internal sealed class SendQueue(int byteLimit, int blockLimit, long blockByteLimit)
{
    private const int Bytes = -1;
    private const int Cancelled = -2;

    private Item[] _items = [];
    private int _head;
    private int _count;
    private int _locked;
    private int _headSent;
    private byte[] _ring = [];
    private int _ringHead;
    private int _ringCount;

    public bool IsEmpty => _count == 0;

    /// <summary>Blocks that wait, the one in progress included.</summary>
    public int Blocks { get; private set; }

    /// <summary>Payload bytes of those.</summary>
    public long BlockBytes { get; private set; }

    /// <summary>Bytes other than blocks that wait.</summary>
    public int OtherBytes => _ringCount;

    /// <summary>Appends bytes. False: the limit would be passed, nothing is taken.</summary>
    public bool TryAppend(ReadOnlySpan<byte> bytes)
    {
        if (_ringCount + (long)bytes.Length > byteLimit) return false;
        if (bytes.IsEmpty) return true;
        if (_ringCount + bytes.Length > _ring.Length) GrowRing(_ringCount + bytes.Length);
        var tail = (_ringHead + _ringCount) % _ring.Length;
        var first = Math.Min(bytes.Length, _ring.Length - tail);
        bytes[..first].CopyTo(_ring.AsSpan(tail));
        bytes[first..].CopyTo(_ring);
        _ringCount += bytes.Length;
        if (_count > _locked && At(_count - 1).Kind == Bytes) At(_count - 1).Length += bytes.Length;
        else Push(new Item(default, Bytes, 0, bytes.Length));
        return true;
    }

    /// <summary>Appends a block. False: a limit is reached, nothing is taken.</summary>
    public bool TryAppend(StorageId storage, BlockRequest block)
    {
        if (Blocks >= blockLimit || BlockBytes + block.Length > blockByteLimit) return false;
        Push(new Item(storage, block.Piece.Value, block.Begin, block.Length));
        Blocks++;
        BlockBytes += block.Length;
        return true;
    }

    /// <summary>Takes back the first such block of which nothing is composed. False: there is none.</summary>
    public bool TryCancel(BlockRequest block)
    {
        for (var i = Math.Max(_locked, _headSent > 0 ? 1 : 0); i < _count; i++)
        {
            ref var item = ref At(i);
            if (item.Kind != block.Piece.Value || item.Begin != block.Begin || item.Length != block.Length) continue;
            item = new Item(default, Cancelled, 0, 0);
            Blocks--;
            BlockBytes -= block.Length;
            DropCancelledFront();
            return true;
        }

        return false;
    }

    /// <summary>Composes what comes next into <paramref name="plan"/>, at most <paramref name="limit"/> bytes, and locks the items it touches.</summary>
    public void Compose(SendPlan plan, int limit)
    {
        plan.Clear();
        limit = Math.Min(limit, plan.Capacity);
        var ringAt = _ringHead;
        var skip = _headSent;
        for (_locked = 0; _locked < _count && plan.Length < limit; _locked++)
        {
            ref var item = ref At(_locked);
            var room = limit - plan.Length;
            if (item.Kind == Bytes)
            {
                var take = Math.Min(item.Length - skip, room);
                CopyRing(ringAt, plan.Reserve(take));
                ringAt = (ringAt + take) % _ring.Length;
            }
            else if (item.Kind != Cancelled)
            {
                plan.AddBlock(item.Storage, item.Block, skip, room);
            }

            skip = 0;
        }
    }

    /// <summary>
    /// Takes off what was sent: <paramref name="sent"/> bytes from the front. The <paramref name="underWay"/> bytes behind stay locked; everything after may be
    /// cancelled again.
    /// </summary>
    public void Advance(int sent, int underWay, ref SendTally tally)
    {
        while (sent > 0)
        {
            ref var item = ref At(0);
            var left = item.WireLength - _headSent;
            var step = Math.Min(sent, left);
            sent -= step;
            _headSent += step;
            if (item.Kind == Bytes)
            {
                _ringHead = (_ringHead + step) % _ring.Length;
                _ringCount -= step;
            }

            if (step == left) Finish(ref tally);
        }

        _locked = 0;
        for (long covered = -_headSent; covered < underWay && _locked < _count; _locked++) covered += At(_locked).WireLength;
        DropCancelledFront();
        if (_count == 0) Drop();
    }

    /// <summary>Forgets everything and gives the memory back.</summary>
    public void Drop()
    {
        if (_items.Length > 0) ArrayPool<Item>.Shared.Return(_items);
        if (_ring.Length > 0) ArrayPool<byte>.Shared.Return(_ring);
        _items = [];
        _ring = [];
        _head = _count = _locked = _headSent = _ringHead = _ringCount = 0;
        Blocks = 0;
        BlockBytes = 0;
    }

    private ref Item At(int index) => ref _items[(_head + index) % _items.Length];

    private void Finish(ref SendTally tally)
    {
        ref var item = ref At(0);
        if (item.Kind >= 0)
        {
            tally.Blocks++;
            tally.BlockBytes += item.Length;
            Blocks--;
            BlockBytes -= item.Length;
        }

        PopFront();
        DropCancelledFront();
    }

    private void PopFront()
    {
        _head = (_head + 1) % _items.Length;
        _count--;
        _headSent = 0;
        if (_locked > 0) _locked--;
    }

    private void DropCancelledFront()
    {
        while (_count > 0 && At(0).Kind == Cancelled) PopFront();
        if (_count == 0 && _items.Length > 0) Drop();
    }

    private void Push(Item item)
    {
        if (_count == _items.Length) Compact();
        if (_count == _items.Length) GrowItems();
        _count++;
        At(_count - 1) = item;
    }

    // Cancelled items behind the locked ones make room before the ring grows, so that request and cancel in turns take no memory.
    private void Compact()
    {
        var kept = _locked;
        for (var i = _locked; i < _count; i++)
        {
            if (At(i).Kind != Cancelled) At(kept++) = At(i);
        }

        _count = kept;
    }

    private void GrowItems()
    {
        var larger = ArrayPool<Item>.Shared.Rent(Math.Max(16, _items.Length * 2));
        for (var i = 0; i < _count; i++) larger[i] = At(i);
        if (_items.Length > 0) ArrayPool<Item>.Shared.Return(_items);
        _items = larger;
        _head = 0;
    }

    private void GrowRing(int needed)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(256, Math.Max(needed, _ring.Length * 2)));
        if (_ringCount > 0) CopyRing(_ringHead, larger.AsSpan(0, _ringCount));
        if (_ring.Length > 0) ArrayPool<byte>.Shared.Return(_ring);
        _ring = larger;
        _ringHead = 0;
    }

    private void CopyRing(int from, Span<byte> to)
    {
        var first = Math.Min(to.Length, _ring.Length - from);
        _ring.AsSpan(from, first).CopyTo(to);
        _ring.AsSpan(0, to.Length - first).CopyTo(to[first..]);
    }

    /// <summary>A run of bytes (kind -1), a cancelled block (-2) or a block (its piece).</summary>
    private record struct Item(StorageId Storage, int Kind, int Begin, int Length)
    {
        public readonly BlockRequest Block => new(new PieceIndex(Kind), Begin, Length);

        public readonly int WireLength => Kind >= 0 ? SendPlan.HeaderBytes + Length : Length;
    }
}
