using System.Security.Cryptography;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Wire;

/// <summary>
/// What an info dictionary must hash to: every hash that is known. A magnet link of a hybrid torrent names both (BEP 9, BEP 52).
/// </summary>
public sealed record MetadataTarget
{
    /// <summary>Takes the hashes that are known; at least one.</summary>
    /// <param name="v1">SHA-1 of the dictionary.</param>
    /// <param name="v2">SHA-256 of it.</param>
    /// <param name="truncatedV2">The first twenty bytes of the SHA-256, where only those are known.</param>
    public MetadataTarget(InfoHash? v1, InfoHashV2? v2 = null, InfoHash? truncatedV2 = null)
    {
        if (v1 is null && v2 is null && truncatedV2 is null) throw new ArgumentException("No hash to check metadata against.", nameof(v1));
        V1 = v1;
        V2 = v2;
        TruncatedV2 = truncatedV2 ?? v2?.Truncated;
    }

    /// <summary>SHA-1, or null.</summary>
    public InfoHash? V1 { get; }

    /// <summary>SHA-256, or null.</summary>
    public InfoHashV2? V2 { get; }

    /// <summary>The first twenty bytes of the SHA-256, or null.</summary>
    public InfoHash? TruncatedV2 { get; }

    /// <summary>Whether these bytes hash to all of it.</summary>
    public bool Matches(ReadOnlySpan<byte> metadata)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        if (V1 is { } v1)
        {
            SHA1.HashData(metadata, hash);
            if (new InfoHash(hash[..Bytes20.Size]) != v1) return false;
        }

        if (TruncatedV2 is null) return true;
        SHA256.HashData(metadata, hash);
        return new InfoHash(hash[..Bytes20.Size]) == TruncatedV2 && (V2 is null || new InfoHashV2(hash) == V2);
    }
}
