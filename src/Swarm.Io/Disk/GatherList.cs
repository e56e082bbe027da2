using System.Runtime.InteropServices;
using Swarm.Actors.Ports;

namespace Swarm.Io.Disk;

/// <summary>
/// The parts of slabs that one gathering write takes, in order. Owned by one worker and used again for every write, so that writing
/// allocates nothing: the pins are handles whose target is changed, the vectors lie in native memory that only grows.
/// Whoever fills it keeps the slabs alive until the write has returned.
/// </summary>
internal sealed unsafe class GatherList : IDisposable
{
    private byte[][] _buffers = new byte[64][];
    private (int Offset, int Length)[] _ranges = new (int, int)[64];
    private PinnedGCHandle<byte[]>[] _pins = [];
    private IoVector* _vectors;
    private int _vectorCapacity;

    /// <summary>An <c>iovec</c> of the system.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct IoVector
    {
        public byte* Address;
        public nuint Length;
    }

    /// <summary>The number of parts.</summary>
    public int Count { get; private set; }

    /// <summary>The bytes of all parts.</summary>
    public int TotalLength { get; private set; }

    /// <summary>One part.</summary>
    public ReadOnlyMemory<byte> this[int index] => _buffers[index].AsMemory(_ranges[index].Offset, _ranges[index].Length);

    /// <summary>Adds a part of a slice; joins it with the part before where they touch in the same slab.</summary>
    public void Add(in SlabSlice slice, int offset, int length)
    {
        var buffer = slice.Slab!.Buffer;
        var start = slice.Offset + offset;
        TotalLength += length;
        if (Count > 0 && ReferenceEquals(_buffers[Count - 1], buffer) && _ranges[Count - 1].Offset + _ranges[Count - 1].Length == start)
        {
            _ranges[Count - 1].Length += length;
            return;
        }

        if (Count == _buffers.Length)
        {
            Array.Resize(ref _buffers, Count * 2);
            Array.Resize(ref _ranges, Count * 2);
        }

        _buffers[Count] = buffer;
        _ranges[Count++] = (start, length);
    }

    /// <summary>Empties the list.</summary>
    public void Clear()
    {
        Array.Clear(_buffers, 0, Count);
        Count = 0;
        TotalLength = 0;
    }

    /// <summary>Pins every part and gives the system's vectors for them; valid until <see cref="Unpin"/>.</summary>
    public IoVector* Pin()
    {
        if (_vectorCapacity < Count)
        {
            _vectorCapacity = _buffers.Length;
            _vectors = (IoVector*)NativeMemory.Realloc(_vectors, (nuint)(_vectorCapacity * sizeof(IoVector)));
        }

        if (_pins.Length < Count) GrowPins();
        for (var i = 0; i < Count; i++)
        {
            _pins[i].Target = _buffers[i];
            _vectors[i] = new IoVector { Address = _pins[i].GetAddressOfArrayData() + _ranges[i].Offset, Length = (nuint)_ranges[i].Length };
        }

        return _vectors;
    }

    /// <summary>Lets go of the buffers.</summary>
    public void Unpin()
    {
        for (var i = 0; i < Count; i++) _pins[i].Target = null!;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ref var pin in _pins.AsSpan()) pin.Dispose();
        _pins = [];
        NativeMemory.Free(_vectors);
        _vectors = null;
        _vectorCapacity = 0;
    }

    private void GrowPins()
    {
        var old = _pins.Length;
        Array.Resize(ref _pins, _buffers.Length);
        for (var i = old; i < _pins.Length; i++) _pins[i] = new PinnedGCHandle<byte[]>(null!);
    }
}
