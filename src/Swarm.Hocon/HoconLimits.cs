namespace Swarm.Hocon;

/// <summary>What a configuration may ask of its reader. Each limit is an error with a place when it is crossed, never a crash; the defaults are far beyond what people write.</summary>
public sealed record HoconLimits
{
    /// <summary>The limits unless somebody says otherwise.</summary>
    public static HoconLimits Default { get; } = new();

    /// <summary>Characters of one file, 1 to 2^30.</summary>
    public int MaxFileLength { get; init => field = InRange(value, 1, 1 << 30); } = 4 << 20;

    /// <summary>Objects, arrays and elements of a path inside each other, 1 to 200. Each costs the reader some stack.</summary>
    public int MaxDepth { get; init => field = InRange(value, 1, 200); } = 64;

    /// <summary>Files that include each other, one inside the other, 0 to 64.</summary>
    public int MaxIncludeDepth { get; init => field = InRange(value, 0, 64); } = 16;

    /// <summary>Files included in all, 0 to 100,000: a file that is included twice counts twice.</summary>
    public int MaxIncludes { get; init => field = InRange(value, 0, 100_000); } = 256;

    /// <summary>Substitutions that lead to each other, one after the other, 1 to 400. <c>a += x</c> is one that leads to the <c>a</c> before it.</summary>
    public int MaxSubstitutionDepth { get; init => field = InRange(value, 1, 400); } = 256;

    /// <summary>Values looked at and made while substitutions are resolved, 1 to 2^30: the bound of what a small file can blow up to.</summary>
    public int MaxResolutionSteps { get; init => field = InRange(value, 1, 1 << 30); } = 1_000_000;

    /// <summary>Characters of all strings that are put together from others, 1 to 2^30.</summary>
    public int MaxConcatenatedLength { get; init => field = InRange(value, 1, 1 << 30); } = 16 << 20;

    private static int InRange(int value, int least, int most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, least);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, most);
        return value;
    }
}
