using System.Buffers;

namespace Swarm.Actors.Torrents;

/// <summary>
/// What a peer actor has written and not yet handed to its link. Owned by one peer actor.
/// Always holds: its memory is borrowed with the first byte and given back by <see cref="Drop"/>, so a connection that says nothing has none; a busy one borrows the same array again and again.
/// </summary>
internal sealed class OutgoingBytes : IBufferWriter<byte>
{
    private const int Least = 256;
    private byte[] _bytes = [];

    /// <summary>Bytes written.</summary>
    public int Count { get; private set; }

    /// <summary>The bytes written; valid until the next one or <see cref="Drop"/>.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Count);

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_bytes.Length - Count), nameof(count));
        Count += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0) => Borrowed(sizeHint).AsMemory(Count);

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => Borrowed(sizeHint).AsSpan(Count);

    /// <summary>Forgets the bytes and gives their memory back.</summary>
    public void Drop()
    {
        if (_bytes.Length > 0) ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        Count = 0;
    }

    private byte[] Borrowed(int sizeHint)
    {
        var needed = checked(Count + Math.Max(1, sizeHint));
        if (needed <= _bytes.Length) return _bytes;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Least, needed));
        Written.CopyTo(larger);
        if (_bytes.Length > 0) ArrayPool<byte>.Shared.Return(_bytes);
        return _bytes = larger;
    }
}
