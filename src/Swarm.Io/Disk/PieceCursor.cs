using Swarm.Actors.Ports;

namespace Swarm.Io.Disk;

/// <summary>A place in a piece that lies in memory, slice by slice.</summary>
internal struct PieceCursor
{
    private readonly PieceProgress _piece;
    private SlabSlice _slice;
    private int _block;
    private bool _isSecond;
    private int _offset;

    /// <summary>The first bytes that are not hashed, so many of them.</summary>
    public PieceCursor(PieceProgress piece, int length)
    {
        _piece = piece;
        _block = piece.Hashed;
        Left = length;
        if (length > 0) _slice = piece.Data(_block).First;
        Normalize();
    }

    /// <summary>Bytes from here to the end.</summary>
    public int Left { get; private set; }

    /// <summary>Whoever goes along it is through with it.</summary>
    public bool HasEnded { get; set; }

    /// <summary>The bytes from here to the end of the slice; none only at the end.</summary>
    public readonly ReadOnlySpan<byte> Here => _slice.Span[_offset..];

    /// <summary>Where they lie.</summary>
    public readonly (byte[] Buffer, int Offset) Place => (_slice.Slab!.Buffer, _slice.Offset + _offset);

    /// <summary>Goes on within the slice, or to the beginning of the next.</summary>
    public void Skip(int count)
    {
        _offset += count;
        Left -= count;
        Normalize();
    }

    /// <summary>Copies the next bytes, of as many slices as it takes, and goes on.</summary>
    public void Take(Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            var count = Math.Min(destination.Length, _slice.Length - _offset);
            Here[..count].CopyTo(destination);
            destination = destination[count..];
            Skip(count);
        }
    }

    private void Normalize()
    {
        while (_offset == _slice.Length && Left > 0)
        {
            if (_isSecond) _block++;
            _isSecond = !_isSecond;
            ref var data = ref _piece.Data(_block);
            _slice = _isSecond ? data.Second : data.First;
            _offset = 0;
        }
    }
}
