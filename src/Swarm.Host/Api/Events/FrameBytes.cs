using System.Buffers;

namespace Swarm.Host.Api.Events;

/// <summary>
/// The bytes of one event, in pieces that stay out of the heap for large objects: what lies there is taken back only by a collection that stops the node, and one event after another would call for one
/// every few seconds. Written once by who makes it, then only read.
/// </summary>
internal sealed class FrameBytes : IBufferWriter<byte>
{
    private const int PieceBytes = 32 << 10;

    private readonly List<(byte[] Buffer, int Used)> _full = [];
    private byte[] _last = new byte[PieceBytes];
    private int _used;

    /// <summary>What was written, in order.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Pieces => _full.Append((_last, _used)).Select(piece => (ReadOnlyMemory<byte>)piece.Item1.AsMemory(0, piece.Item2));

    /// <inheritdoc/>
    public void Advance(int count) => _used += count;

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        var needed = Math.Max(1, sizeHint);
        if (_last.Length - _used < needed)
        {
            _full.Add((_last, _used));
            _last = new byte[Math.Max(PieceBytes, needed)];
            _used = 0;
        }

        return _last.AsMemory(_used);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
}
