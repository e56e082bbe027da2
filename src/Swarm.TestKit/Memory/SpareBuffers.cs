namespace Swarm.TestKit.Memory;

/// <summary>
/// Buffers that no slab uses now, by their length, for the ledgers that share them: a world of a thousand nodes needs as many as are in use at once, and not some spare ones for each node. Beyond
/// <paramref name="mostBytes"/> they are let go.
/// </summary>
internal sealed class SpareBuffers(long mostBytes)
{
    private readonly Dictionary<int, Stack<byte[]>> _byLength = [];
    private long _bytes;

    /// <summary>A buffer of that length, used or new.</summary>
    public byte[] Take(int length)
    {
        if (!_byLength.TryGetValue(length, out var spare) || !spare.TryPop(out var buffer)) return new byte[length];
        _bytes -= length;
        return buffer;
    }

    /// <summary>Keeps a buffer for later, if there is room.</summary>
    public void Keep(byte[] buffer)
    {
        if (_bytes + buffer.Length > mostBytes) return;
        if (!_byLength.TryGetValue(buffer.Length, out var spare)) _byLength.Add(buffer.Length, spare = new Stack<byte[]>());
        spare.Push(buffer);
        _bytes += buffer.Length;
    }
}
