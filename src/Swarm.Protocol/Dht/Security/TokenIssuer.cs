using System.Buffers.Binary;
using System.Security.Cryptography;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Security;

/// <summary>
/// Makes and checks the write tokens of BEP 5 and 44. A token is a keyed hash (SipHash-2-4) of the number of the current period, the asker's host and the target: nothing is stored for it, only the same host can use it,
/// for the same target (as with libtorrent), in this period and the next. The key is the node's own and never leaves it; as the period goes into the hash, tokens of other periods say nothing about this one's.
/// Times are TimeSpan ticks of a monotonic clock.
/// </summary>
public sealed class TokenIssuer
{
    /// <summary>Bytes of a token.</summary>
    public const int TokenSize = 8;

    /// <summary>Bytes of the secret.</summary>
    public const int SecretSize = SipHash.KeySize;

    private const int MostAddressBytes = 16;

    private readonly SipHash _hash;
    private readonly long _periodTicks;

    /// <summary>Takes a secret of <see cref="SecretSize"/> bytes that nobody can guess.</summary>
    public TokenIssuer(ReadOnlySpan<byte> secret, DhtSecuritySettings settings)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(secret.Length, SecretSize);
        _hash = new SipHash(secret);
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
        Span<byte> input = stackalloc byte[sizeof(long) + Bytes20.Size + MostAddressBytes];
        BinaryPrimitives.WriteInt64BigEndian(input, period);
        target.Value.CopyTo(input[sizeof(long)..]);
        var written = sizeof(long) + Bytes20.Size;
        written += asker.WriteAddress(input[written..]);
        BinaryPrimitives.WriteUInt64LittleEndian(token, _hash.Compute(input[..written]));
    }
}
