namespace Swarm.TestKit.Memory;

/// <summary>
/// Buffers that no slab uses now, by their length, for the ledgers that share them: a world of a thousand nodes needs as many as are in use at once, and not some spare ones for each node. None is ever let go, so that
/// there are as many as were once in use, and no more are made.
/// </summary>
internal sealed class SpareBuffers
{
    private readonly Dictionary<int, Stack<byte[]>> _byLength = [];

    /// <summary>A buffer of that length, used or new.</summary>
    public byte[] Take(int length) => _byLength.TryGetValue(length, out var spare) && spare.TryPop(out var buffer) ? buffer : new byte[length];

    /// <summary>Keeps a buffer for later.</summary>
    public void Keep(byte[] buffer)
    {
        if (!_byLength.TryGetValue(buffer.Length, out var spare)) _byLength.Add(buffer.Length, spare = new Stack<byte[]>());
        spare.Push(buffer);
    }
}
