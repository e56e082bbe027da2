using System.Buffers.Binary;
using System.Security.Cryptography;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Security;

/// <summary>
/// Makes and checks the write tokens of BEP 5 and 44. A token is the beginning of a SHA-256 over a secret, the number of the current period, the asker's host and the target: nothing is stored for it, only the same host can use it,
/// for the same target (as with libtorrent), in this period and the next. The secret is the node's own and never leaves it; as the period goes into the hash, the effective secret changes with each.
/// Times are TimeSpan ticks of a monotonic clock.
/// </summary>
public sealed class TokenIssuer
{
    /// <summary>Bytes of a token.</summary>
    public const int TokenSize = 8;

    /// <summary>Bytes of the secret.</summary>
    public const int SecretSize = 32;

    private readonly byte[] _secret;
    private readonly long _periodTicks;

    /// <summary>Takes a secret of <see cref="SecretSize"/> bytes that nobody can guess.</summary>
    public TokenIssuer(ReadOnlySpan<byte> secret, DhtSecuritySettings settings)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(secret.Length, SecretSize);
        _secret = secret.ToArray();
        _periodTicks = settings.TokenPeriod.Ticks;
    }

    /// <summary>Tokens that were not valid.</summary>
    public long Refused { get; private set; }

    /// <summary>Writes a token to the start of <paramref name="destination"/>; returns its bytes.</summary>
    public int Issue(UdpAddress asker, NodeId target, long nowTicks, Span<byte> destination)
    {
        Make(PeriodOf(nowTicks), asker, target, destination[..TokenSize]);
        return TokenSize;
    }

    /// <summary>Whether the token was given to this host for this target lately.</summary>
    public bool IsValid(ReadOnlySpan<byte> token, UdpAddress asker, NodeId target, long nowTicks)
    {
        Span<byte> expected = stackalloc byte[TokenSize];
        for (var age = 0; age < 2 && token.Length == TokenSize; age++)
        {
            Make(PeriodOf(nowTicks) - age, asker, target, expected);
            if (CryptographicOperations.FixedTimeEquals(token, expected)) return true;
        }

        Refused++;
        return false;
    }

    private long PeriodOf(long ticks) => ticks >= 0 ? ticks / _periodTicks : ((ticks + 1) / _periodTicks) - 1;

    private void Make(long period, UdpAddress asker, NodeId target, Span<byte> token)
    {
        Span<byte> input = stackalloc byte[SecretSize + sizeof(long) + Bytes20.Size + 16];
        _secret.CopyTo(input);
        BinaryPrimitives.WriteInt64BigEndian(input[SecretSize..], period);
        var written = SecretSize + sizeof(long);
        target.Value.CopyTo(input[written..]);
        written += Bytes20.Size;
        written += asker.WriteAddress(input[written..]);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(input[..written], hash);
        hash[..TokenSize].CopyTo(token);
    }
}
