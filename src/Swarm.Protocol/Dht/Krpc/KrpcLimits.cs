using Swarm.Protocol.Bencoding;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Krpc;

/// <summary>What we are willing to read of a datagram. Every property refuses a value outside its range with an <see cref="ArgumentOutOfRangeException"/>.</summary>
public sealed record KrpcLimits
{
    /// <summary>What a node uses unless configured otherwise.</summary>
    public static KrpcLimits Default { get; } = new();

    /// <summary>Bytes of a datagram, 512 to 65,507. Others send up to 1,500 or so; BEP 32 asks to be able to read more than 1,024.</summary>
    public int MaxBytes { get; init => field = Setting.InRange(value, 512, 65_507); } = 4_096;

    /// <summary>Bencoded values in it, 50 to 20,000. An item of 1,000 bytes may hold 500.</summary>
    public int MaxTokens { get; init => field = Setting.InRange(value, 50, 20_000); } = 1_024;

    /// <summary>Lists and dictionaries open at the same time, 4 to 128. Items of BEP 44 may nest.</summary>
    public int MaxDepth { get; init => field = Setting.InRange(value, 4, 128); } = 32;

    /// <summary>Bytes of a transaction id, 8 to 64: we echo it, so it counts against what we answer.</summary>
    public int MaxTransactionId { get; init => field = Setting.InRange(value, 8, 64); } = 32;

    /// <summary>Bytes of a token, 8 to 256: we echo it in announces.</summary>
    public int MaxToken { get; init => field = Setting.InRange(value, 8, 256); } = 64;

    internal BencodeLimits Bencode => field ??= new BencodeLimits { MaxBytes = MaxBytes, MaxDepth = MaxDepth, MaxTokens = MaxTokens };
}
