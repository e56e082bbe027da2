using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Cluster;

/// <summary>Hashes that are the same in every process, on every machine and in every version: placement and the ring are drawn from them. Not for anything that an adversary may choose.</summary>
internal static class ClusterHash
{
    /// <summary>Of a text, by its UTF-16 units.</summary>
    public static ulong Of(string text)
    {
        var hash = 14695981039346656037UL;
        foreach (var unit in text) hash = (hash ^ unit) * 1099511628211UL;
        return Mix(hash);
    }

    /// <summary>Of a torrent.</summary>
    public static ulong Of(InfoHash torrent)
    {
        Span<byte> bytes = stackalloc byte[Bytes20.Size];
        torrent.Value.CopyTo(bytes);
        return Combine(System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(bytes), System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]));
    }

    /// <summary>Of two hashes, in order.</summary>
    public static ulong Combine(ulong first, ulong second) => Mix(first + 0x9E3779B97F4A7C15UL + Mix(second));

    // The finalizer of splitmix64: every bit of the input reaches every bit of the output.
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9UL;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EBUL;
        return value ^ (value >> 31);
    }
}
