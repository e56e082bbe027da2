using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Bencoding;

/// <summary>
/// What we are willing to read of bencoding that others wrote. Every limit is checked before anything is allocated for what it bounds;
/// crossing one is a <see cref="BencodeError"/>.
/// </summary>
public sealed record BencodeLimits
{
    /// <summary>The deepest nesting a reader can follow: its stack is 128 bits.</summary>
    public const int DeepestNesting = 128;

    /// <summary>For messages: 32 levels, 20,000 values, 2 MiB. Roomy for a KRPC packet, an extension handshake or a tracker's reply.</summary>
    public static BencodeLimits Default { get; } = new();

    /// <summary>Lists and dictionaries open at the same time, 1 to <see cref="DeepestNesting"/>.</summary>
    public int MaxDepth { get; init => field = Setting.InRange(value, 1, DeepestNesting); } = 32;

    /// <summary>Values in all, keys included and ends not, 1 to 100 million. Each costs 16 bytes in a <see cref="BencodeDocument"/>.</summary>
    public int MaxTokens { get; init => field = Setting.InRange(value, 1, 100_000_000); } = 20_000;

    /// <summary>Bytes handed to a reader, 1 to 1 GiB.</summary>
    public int MaxBytes { get; init => field = Setting.InRange(value, 1, 1 << 30); } = 2 * 1024 * 1024;
}
