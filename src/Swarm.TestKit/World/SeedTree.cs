namespace Swarm.TestKit.World;

/// <summary>
/// The chance of a world, forked by name: each part draws from a stream of its own, which follows from the world's seed and the part's name alone, so that one part's draws never shift another's.
/// </summary>
public sealed class SeedTree(int seed)
{
    private const ulong Basis = 14695981039346656037;
    private const ulong Prime = 1099511628211;

    /// <summary>What everything follows from.</summary>
    public int Seed { get; } = seed;

    /// <summary>The stream of a part. The same name gives the same stream from its beginning.</summary>
    public Random Fork(string name)
    {
        var hash = HashOf(name);
        return new Random(unchecked((int)Mix(hash ^ (hash >> 32), (uint)Seed)));
    }

    /// <summary>FNV-1a: the same in every process, unlike <see cref="string.GetHashCode()"/>.</summary>
    public static ulong HashOf(string text)
    {
        var hash = Basis;
        foreach (var c in text) hash = Mix(hash, c);
        return hash;
    }

    /// <summary>Takes one more number into a hash.</summary>
    public static ulong Mix(ulong hash, ulong value)
    {
        hash = unchecked((hash ^ value) * Prime);
        return hash ^ (hash >> 29);
    }
}
