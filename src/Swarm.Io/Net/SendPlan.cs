using System.Buffers.Binary;
using Swarm.Actors.Ports;

namespace Swarm.Io.Net;

/// <summary>
/// One send being composed: a flat pinned buffer with bytes and block headers in place, and gaps where the bodies of blocks belong. <see cref="TryMap"/> leaves the gaps empty and
/// points into mapped files instead; <see cref="Fill"/>, where that cannot be, reads the bodies into them. Belongs to one writing turn; <see cref="SendPlanPool"/> lends it out.
/// <para>
/// Why not sendfile: a block is only 16 KiB and has a header of its own, so sendfile costs two calls and a packet boundary a block, where this costs one or two calls for 31 blocks
/// (ADR 3, ADR 9). Reading knows that the bytes are there before the header goes out; mapping has looked at the file's length, and a page that is lost after that ends the connection in the middle of a block.
/// </para>
/// </summary>
internal sealed class SendPlan(int capacity)
{
    /// <summary>Length prefix, message id, piece, begin (BEP 3, "piece").</summary>
    public const int HeaderBytes = 13;

    private const byte PieceMessage = 7;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(capacity, pinned: true);
    private readonly List<Body> _bodies = [];
    private readonly List<FileSlice> _slices = [];
    private readonly FileGather _gather = new();
    private readonly MappedGather _mapped = new();

    public byte[] Buffer => _buffer;

    public int Capacity => _buffer.Length;

    /// <summary>Bytes composed so far.</summary>
    public int Length { get; private set; }

    /// <summary>What was composed; the bodies are there after <see cref="Fill"/>.</summary>
    public ReadOnlySpan<byte> Composed => _buffer.AsSpan(0, Length);

    /// <summary>What was composed, after <see cref="TryMap"/>: where it lies. For system calls only.</summary>
    public ReadOnlySpan<Native.IoVector> Mapped => _mapped.Vectors;

    public void Clear()
    {
        Length = 0;
        _bodies.Clear();
        _mapped.Clear();
    }

    /// <summary>The next <paramref name="count"/> bytes, for the caller to write.</summary>
    public Span<byte> Reserve(int count)
    {
        Length += count;
        return _buffer.AsSpan(Length - count, count);
    }

    /// <summary>Adds a block's message from its byte <paramref name="skip"/> on, at most <paramref name="room"/> bytes of it.</summary>
    public void AddBlock(StorageId storage, BlockRequest block, int skip, int room)
    {
        if (skip < HeaderBytes)
        {
            Span<byte> header = stackalloc byte[HeaderBytes];
            BinaryPrimitives.WriteInt32BigEndian(header, HeaderBytes - sizeof(int) + block.Length);
            header[4] = PieceMessage;
            BinaryPrimitives.WriteInt32BigEndian(header[5..], block.Piece.Value);
            BinaryPrimitives.WriteInt32BigEndian(header[9..], block.Begin);
            var take = Math.Min(HeaderBytes - skip, room);
            header.Slice(skip, take).CopyTo(Reserve(take));
            room -= take;
        }

        var from = Math.Max(0, skip - HeaderBytes);
        var count = Math.Min(block.Length - from, room);
        _bodies.Add(new Body(storage, block, from, count, Length));
        Length += count;
    }

    /// <summary>Describes the plan with its bodies where they are mapped; waits for the disk where they are not in memory. False: there is none, or one cannot be mapped.</summary>
    public unsafe bool TryMap(IBlockSource source)
    {
        if (_bodies.Count == 0) return false;
        _mapped.Begin(source.Windows);
        fixed (byte* buffer = _buffer)
        {
            var done = 0;
            foreach (var body in _bodies)
            {
                var good = source.TryLocate(body.Storage, body.Block, _slices, out _) && _mapped.TryAddBuffer(buffer + done, body.Position - done) && TryPoint(body, buffer);
                foreach (var slice in _slices) slice.Release();
                _slices.Clear();
                if (!good)
                {
                    _mapped.Clear();
                    return false;
                }

                done = body.Position + body.Count;
            }

            if (_mapped.TryAddBuffer(buffer + done, Length - done) && _mapped.TryFinish()) return true;
            _mapped.Clear();
            return false;
        }
    }

    /// <summary>Reads the bodies. Not null: the block at fault and why; nothing of the plan may be sent.</summary>
    public BlockFault? Fill(IBlockSource source)
    {
        _gather.Begin(_buffer);
        try
        {
            foreach (var body in _bodies)
            {
                if (!source.TryLocate(body.Storage, body.Block, _slices, out var error)) return body.Fault(error);
                if (!TryGather(body)) return FaultOf(_gather.Fault!);
            }

            return _gather.TryFlush() ? null : FaultOf(_gather.Fault!);
        }
        finally
        {
            _gather.Abandon();
        }
    }

    private unsafe bool TryPoint(Body body, byte* buffer)
    {
        var (skip, left, at) = (body.From, body.Count, body.Position);
        foreach (var slice in _slices)
        {
            var skipped = Math.Min(skip, slice.Length);
            var count = Math.Min(slice.Length - skipped, left);
            if (slice.Handle is null)
            {
                _buffer.AsSpan(at, count).Clear();
                if (!_mapped.TryAddBuffer(buffer + at, count)) return false;
            }
            else if (!_mapped.TryAddFile(slice.Handle, slice.Offset + skipped, count, slice.Offset + slice.Length))
            {
                return false;
            }

            skip -= skipped;
            left -= count;
            at += count;
        }

        return true;
    }

    private bool TryGather(Body body)
    {
        // The first part of a block takes its header along, so the rest must be known to be there.
        var checkLength = body.From == 0 && body.Count < body.Block.Length;
        var (skip, left, at) = (body.From, body.Count, body.Position);
        var good = true;
        foreach (var slice in _slices)
        {
            // The lease passes to the gather, which releases it whatever comes.
            var skipped = Math.Min(skip, slice.Length);
            var count = Math.Min(slice.Length - skipped, left);
            good = _gather.TryAdd(slice, skipped, count, at, checkLength) && good;
            skip -= skipped;
            left -= count;
            at += count;
        }

        _slices.Clear();
        return good;
    }

    private BlockFault FaultOf(GatherFault fault)
    {
        foreach (var body in _bodies)
        {
            if (fault.Position < body.Position + Math.Max(1, body.Count)) return body.Fault(fault.Error);
        }

        return _bodies[^1].Fault(fault.Error);
    }

    private readonly record struct Body(StorageId Storage, BlockRequest Block, int From, int Count, int Position)
    {
        public BlockFault Fault(DiskError? error) =>
            new(Storage, Block, error ?? new DiskError(DiskErrorKind.Failed, "", "The block could not be located."));
    }
}

/// <summary>A block that cannot be sent, and why.</summary>
internal sealed record BlockFault(StorageId Storage, BlockRequest Block, DiskError Error);
