using System.Runtime.InteropServices;
using Swarm.Io.Hashing;

namespace Swarm.Io.Disk;

/// <summary>
/// Hashes pieces that lie in memory, several in step (<see cref="Sha1Lanes"/>). Owned by one thread.
/// <para>
/// A piece lies in slices of slabs, cut where the receiving links' slabs ended. Each step takes as many blocks as every lane has in one slice; where one has less than a block up to a cut, all take one block, and that one's is put
/// together. A lane that is at its end, as the shorter last piece of a torrent is before the others, idles.
/// </para>
/// </summary>
internal sealed unsafe class LaneHasher : IDisposable
{
    private const int BlockBytes = Sha1Lanes.BlockBytes;

    private readonly Sha1Lanes _lanes = new();
    private readonly PieceCursor[] _cursors = new PieceCursor[Sha1Lanes.Most];
    private readonly PinnedGCHandle<byte[]>[] _pins = new PinnedGCHandle<byte[]>[Sha1Lanes.Most];
    private readonly nint[] _addresses = new nint[Sha1Lanes.Most];
    private readonly byte* _joints = (byte*)NativeMemory.Alloc(Sha1Lanes.Most * BlockBytes);
    private bool _disposed;

    public LaneHasher()
    {
        for (var lane = 0; lane < _pins.Length; lane++) _pins[lane] = new PinnedGCHandle<byte[]>(null!);
    }

    /// <summary>Whether so many bytes in pieces of which none is longer than <paramref name="longest"/> are hashed faster in step than one after the other.</summary>
    public static bool IsWorthwhile(long bytes, long longest) => Sha1Lanes.IsSupported && bytes >= Sha1Lanes.Worthwhile * longest;

    /// <summary>Hashes as many blocks of each piece, and leaves them where they are.</summary>
    /// <param name="pieces">1 to 16, each with so many blocks to hash.</param>
    /// <param name="blocks">Blocks of the full length.</param>
    public void Advance(ReadOnlySpan<PieceProgress> pieces, int blocks)
    {
        try
        {
            Begin(pieces, blocks * PieceGeometry.BlockSize);
            while (_cursors[0].Left > 0) Step(pieces.Length);
            for (var lane = 0; lane < pieces.Length; lane++) pieces[lane].State = _lanes[lane];
        }
        finally
        {
            End();
        }
    }

    /// <summary>Hashes the rest of pieces of which that is in memory.</summary>
    /// <param name="pieces">1 to 16.</param>
    /// <param name="hashes">Twenty bytes for each, in their order.</param>
    public void Finish(ReadOnlySpan<PieceProgress> pieces, Span<byte> hashes)
    {
        try
        {
            Begin(pieces, int.MaxValue);
            for (var left = pieces.Length; left > 0;)
            {
                left -= FinishEnded(pieces, hashes);
                if (left > 0) Step(pieces.Length);
            }
        }
        finally
        {
            End();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _lanes.Dispose();
        foreach (ref var pin in _pins.AsSpan()) pin.Dispose();
        NativeMemory.Free(_joints);
    }

    private void Begin(ReadOnlySpan<PieceProgress> pieces, int most)
    {
        for (var lane = 0; lane < pieces.Length; lane++)
        {
            _cursors[lane] = new PieceCursor(pieces[lane], Math.Min(most, pieces[lane].UnhashedBytes));
            _lanes[lane] = pieces[lane].State;
        }
    }

    private void End()
    {
        Array.Clear(_cursors);
        foreach (ref var pin in _pins.AsSpan()) pin.Target = null!;
    }

    /// <summary>Gives the hashes of the lanes with less than a block left. Returns how many those were.</summary>
    private int FinishEnded(ReadOnlySpan<PieceProgress> pieces, Span<byte> hashes)
    {
        Span<byte> tail = stackalloc byte[BlockBytes];
        var ended = 0;
        for (var lane = 0; lane < pieces.Length; lane++)
        {
            ref var cursor = ref _cursors[lane];
            if (cursor.HasEnded || cursor.Left >= BlockBytes) continue;
            var rest = tail[..cursor.Left];
            cursor.Take(rest);
            cursor.HasEnded = true;
            _lanes.Finish(lane, rest, pieces[lane].Storage.Geometry.PieceSize(pieces[lane].Piece), hashes.Slice(lane * Bytes20.Size, Bytes20.Size));
            ended++;
        }

        return ended;
    }

    private void Step(int count)
    {
        var blocks = int.MaxValue;
        for (var lane = 0; lane < count; lane++)
        {
            if (!_cursors[lane].HasEnded) blocks = Math.Min(blocks, Math.Max(1, _cursors[lane].Here.Length / BlockBytes));
        }

        nint somewhere = 0;
        for (var lane = 0; lane < count; lane++)
        {
            if (!_cursors[lane].HasEnded) somewhere = _addresses[lane] = Address(lane, blocks);
        }

        for (var lane = 0; lane < count; lane++)
        {
            if (_cursors[lane].HasEnded) _addresses[lane] = somewhere;
        }

        _lanes.Append(_addresses.AsSpan(0, count), blocks);
    }

    /// <summary>Where a lane's next blocks lie; the cursor goes past them.</summary>
    private nint Address(int lane, int blocks)
    {
        ref var cursor = ref _cursors[lane];
        if (cursor.Here.Length < blocks * BlockBytes)
        {
            var joint = _joints + (lane * BlockBytes);
            cursor.Take(new Span<byte>(joint, BlockBytes));
            return (nint)joint;
        }

        var (buffer, offset) = cursor.Place;
        _pins[lane].Target = buffer;
        cursor.Skip(blocks * BlockBytes);
        return (nint)(_pins[lane].GetAddressOfArrayData() + offset);
    }
}
