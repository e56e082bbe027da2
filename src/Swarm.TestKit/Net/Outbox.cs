using System.Buffers;
using System.Buffers.Binary;
using Swarm.Actors.Ports;
using Swarm.TestKit.Disk;

namespace Swarm.TestKit.Net;

/// <summary>What went out: whole blocks, with their payload.</summary>
internal record struct SendTally(int Blocks, long BlockBytes);

/// <summary>
/// What one end of a connection has to send, in wire order: runs of bytes, and blocks by name. A block becomes bytes only when it goes out, straight into the other side's slab.
/// An item of which a byte has gone out cannot be cancelled any more.
/// </summary>
internal sealed class Outbox
{
    private const int HeaderBytes = 13;
    private const byte PieceMessage = 7;
    private const int KeptBytes = 1024;

    private readonly List<Item> _items = [];
    private int _head;
    private int _headSent;
    private byte[] _bytes = [];
    private int _bytesStart;
    private int _bytesEnd;
    private int _blocks;
    private long _blockBytes;

    public bool IsEmpty => _head == _items.Count;

    /// <summary>Bytes other than blocks that wait.</summary>
    public int OtherBytes => _bytesEnd - _bytesStart;

    /// <summary>All that waits, as bytes on the wire.</summary>
    public long WireBytes => OtherBytes + _blockBytes + ((long)_blocks * HeaderBytes) - (!IsEmpty && _items[_head].IsBlock ? _headSent : 0);

    /// <summary>Appends bytes. False: the limit would be passed, nothing is taken.</summary>
    public bool TryAppend(ReadOnlySpan<byte> bytes, SimNetworkSettings limits)
    {
        if (OtherBytes + (long)bytes.Length > limits.QueuedBytesPerLink) return false;
        if (bytes.IsEmpty) return true;
        MakeRoom(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(_bytesEnd));
        _bytesEnd += bytes.Length;
        if (_items.Count > _head && !_items[^1].IsBlock) _items[^1] = _items[^1] with { Length = _items[^1].Length + bytes.Length };
        else _items.Add(new Item(null, default, bytes.Length));
        return true;
    }

    /// <summary>Appends a block. False: a limit is reached, nothing is taken.</summary>
    public bool TryAppend(StorageId storage, BlockRequest block, SimNetworkSettings limits)
    {
        if (_blocks >= limits.QueuedBlocksPerLink || _blockBytes + block.Length > limits.QueuedBlockBytesPerLink) return false;
        _items.Add(new Item(storage, block, HeaderBytes + block.Length));
        _blocks++;
        _blockBytes += block.Length;
        return true;
    }

    /// <summary>Takes back the first such block of which nothing has gone out. False: there is none.</summary>
    public bool TryCancel(BlockRequest block)
    {
        for (var i = _headSent > 0 ? _head + 1 : _head; i < _items.Count; i++)
        {
            if (!_items[i].IsBlock || _items[i].Block != block) continue;
            _items.RemoveAt(i);
            _blocks--;
            _blockBytes -= block.Length;
            return true;
        }

        return false;
    }

    /// <summary>
    /// Takes up to <paramref name="most"/> bytes and writes them to the other side (null: nobody will read them), counting what is done with. Stops before a block that cannot be read, and says so.
    /// </summary>
    public int Take(int most, Inbox? to, IBlockReader? blocks, ref SendTally tally, out BlockRequest? unreadable)
    {
        unreadable = null;
        var taken = 0;
        while (taken < most && !IsEmpty)
        {
            var item = _items[_head];
            var count = Math.Min(item.Length - _headSent, most - taken);
            var written = item.IsBlock ? to is null ? count : TakeBlock(item, count, to, blocks!) : TakeBytes(count, to);
            taken += written;
            _headSent += written;
            if (written < count)
            {
                unreadable = item.Block;
                break;
            }

            if (_headSent == item.Length) Finish(item, ref tally);
        }

        return taken;
    }

    /// <summary>Forgets everything.</summary>
    public void Drop()
    {
        _items.Clear();
        _bytes = [];
        _head = _headSent = _bytesStart = _bytesEnd = _blocks = 0;
        _blockBytes = 0;
    }

    private int TakeBytes(int count, Inbox? to)
    {
        for (var done = 0; to is not null && done < count;)
        {
            var room = to.Reserve(count - done);
            _bytes.AsSpan(_bytesStart + done, room.Length).CopyTo(room);
            to.Commit(room.Length);
            done += room.Length;
        }

        _bytesStart += count;
        return count;
    }

    private int TakeBlock(Item item, int count, Inbox to, IBlockReader blocks)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        WriteHeader(header, item.Block);
        for (var done = 0; done < count;)
        {
            var room = to.Reserve(count - done);
            var sent = _headSent + done;
            if (sent == 0 && room.Length < item.Length && !IsReadable(item, blocks)) return 0;
            var fromHeader = header[Math.Min(sent, HeaderBytes)..];
            if (fromHeader.Length > room.Length) fromHeader = fromHeader[..room.Length];
            fromHeader.CopyTo(room);
            var body = room[fromHeader.Length..];
            var begin = item.Block.Begin + sent + fromHeader.Length - HeaderBytes;
            if (!body.IsEmpty && !blocks.TryRead(item.Storage!.Value, new BlockRequest(item.Block.Piece, begin, body.Length), body)) return done;
            to.Commit(room.Length);
            done += room.Length;
        }

        return count;
    }

    // No header goes out unless all of its block can be read: where the first part of it has no room for the rest, the rest is read to see that it is there.
    private static bool IsReadable(Item item, IBlockReader blocks)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(item.Block.Length);
        var isReadable = blocks.TryRead(item.Storage!.Value, item.Block, buffer.AsSpan(0, item.Block.Length));
        ArrayPool<byte>.Shared.Return(buffer);
        return isReadable;
    }

    private static void WriteHeader(Span<byte> header, BlockRequest block)
    {
        BinaryPrimitives.WriteInt32BigEndian(header, HeaderBytes - sizeof(int) + block.Length);
        header[4] = PieceMessage;
        BinaryPrimitives.WriteInt32BigEndian(header[5..], block.Piece.Value);
        BinaryPrimitives.WriteInt32BigEndian(header[9..], block.Begin);
    }

    private void Finish(Item item, ref SendTally tally)
    {
        if (item.IsBlock)
        {
            tally.Blocks++;
            tally.BlockBytes += item.Block.Length;
            _blocks--;
            _blockBytes -= item.Block.Length;
        }

        _headSent = 0;
        _head++;
        if (_head == _items.Count || _head >= 64)
        {
            _items.RemoveRange(0, _head);
            _head = 0;
        }

        if (OtherBytes > 0) return;
        _bytesStart = _bytesEnd = 0;
        if (_bytes.Length > KeptBytes) _bytes = [];
    }

    private void MakeRoom(int count)
    {
        if (_bytesEnd + count <= _bytes.Length) return;
        var length = OtherBytes;
        var target = length + count <= _bytes.Length / 2 ? _bytes : new byte[Math.Max(256, Math.Max(length + count, _bytes.Length * 2))];
        _bytes.AsSpan(_bytesStart, length).CopyTo(target);
        (_bytes, _bytesStart, _bytesEnd) = (target, 0, length);
    }

    /// <summary>A run of bytes, or a block of a storage; the length is that on the wire.</summary>
    private readonly record struct Item(StorageId? Storage, BlockRequest Block, int Length)
    {
        public bool IsBlock => Storage is not null;
    }
}
