using System.Collections.Immutable;
using System.Security.Cryptography;
using Swarm.Protocol.Bencoding;
using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Storage;

/// <summary>
/// An item of the DHT (BEP 44): a bencoded value that is kept under its own hash, or, if it is mutable, under the hash of a public key and a salt, signed with the key and numbered. Immutable.
/// The rules for both sides are here: where an item belongs, what is signed, what may be stored.
/// </summary>
/// <param name="Value">One canonical bencoded value, at most <see cref="MaxValueSize"/> bytes.</param>
/// <param name="PublicKey">Of a mutable item: 32 bytes; else empty.</param>
/// <param name="Salt">Of a mutable item: at most <see cref="MaxSaltSize"/> bytes, mostly empty.</param>
/// <param name="Sequence">Of a mutable item: its number, ≥ 0.</param>
/// <param name="Signature">Of a mutable item: 64 bytes.</param>
public sealed record DhtItem(ImmutableArray<byte> Value, ImmutableArray<byte> PublicKey, ImmutableArray<byte> Salt, long Sequence, ImmutableArray<byte> Signature)
{
    /// <summary>The most bytes of a value.</summary>
    public const int MaxValueSize = 1_000;

    /// <summary>The most bytes of a salt.</summary>
    public const int MaxSaltSize = 64;

    /// <summary>Room for what is signed: value, salt and their keys.</summary>
    private const int MaxSignedSize = MaxValueSize + MaxSaltSize + 64;

    // Each token takes at least two bytes.
    private const int MaxValueTokens = MaxValueSize / 2;

    private static readonly BencodeLimits ValueLimits = new() { MaxBytes = MaxValueSize, MaxTokens = MaxValueTokens };

    /// <summary>Whether it can be overwritten by the owner of its key.</summary>
    public bool IsMutable => !PublicKey.IsEmpty;

    /// <summary>Where it is kept.</summary>
    public NodeId Target => IsMutable ? TargetOf(PublicKey.AsSpan(), Salt.AsSpan()) : TargetOf(Value.AsSpan());

    /// <summary>Where an immutable item is kept: the SHA-1 of its value.</summary>
    public static NodeId TargetOf(ReadOnlySpan<byte> value)
    {
        Span<byte> hash = stackalloc byte[Bytes20.Size];
        SHA1.HashData(value, hash);
        return new NodeId(hash);
    }

    /// <summary>Where a mutable item is kept: the SHA-1 of its key and salt (of at most <see cref="MaxSaltSize"/> bytes).</summary>
    public static NodeId TargetOf(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> salt)
    {
        Span<byte> both = stackalloc byte[IItemSignatures.PublicKeySize + MaxSaltSize];
        publicKey.CopyTo(both);
        salt.CopyTo(both[publicKey.Length..]);
        return TargetOf(both[..(publicKey.Length + salt.Length)]);
    }

    /// <summary>An immutable item.</summary>
    /// <exception cref="ArgumentException">The value cannot be stored: see <see cref="Check"/>.</exception>
    public static DhtItem Immutable(ReadOnlySpan<byte> value)
    {
        Require(value, []);
        return new DhtItem([.. value], [], [], 0, []);
    }

    /// <summary>A mutable item, signed with the key of a seed.</summary>
    /// <exception cref="ArgumentException">Value or salt cannot be stored: see <see cref="Check"/>.</exception>
    public static DhtItem Mutable(ReadOnlySpan<byte> value, ReadOnlySpan<byte> salt, long sequence, ReadOnlySpan<byte> seed, IItemSignatures signatures)
    {
        Require(value, salt);
        ArgumentOutOfRangeException.ThrowIfNegative(sequence);
        Span<byte> key = stackalloc byte[IItemSignatures.PublicKeySize];
        Span<byte> signature = stackalloc byte[IItemSignatures.SignatureSize];
        Span<byte> signed = stackalloc byte[MaxSignedSize];
        signatures.KeyFromSeed(seed, key);
        signatures.Sign(seed, signed[..WriteSigned(salt, sequence, value, signed)], signature);
        return new DhtItem([.. value], [.. key], [.. salt], sequence, [.. signature]);
    }

    /// <summary>
    /// What is wrong with a value and a salt by themselves, or null: too big (205, 207), or, as the signature must survive another's encoding, not one canonical bencoded value (203).
    /// </summary>
    public static KrpcErrorCode? Check(ReadOnlySpan<byte> value, ReadOnlySpan<byte> salt)
    {
        if (value.Length > MaxValueSize) return KrpcErrorCode.ValueTooBig;
        if (salt.Length > MaxSaltSize) return KrpcErrorCode.SaltTooBig;
        using var document = BencodeDocument.Parse(value, ValueLimits, stackalloc BencodeToken[MaxValueTokens]);
        return document.Error is null && !document.HasTrailingBytes && IsCanonical(document.Root) ? null : KrpcErrorCode.Protocol;
    }

    /// <summary>Whether the signature of a mutable item is right. Value and salt must have passed <see cref="Check"/>.</summary>
    public static bool IsSigned(ReadOnlySpan<byte> value, ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> salt, long sequence, ReadOnlySpan<byte> signature, IItemSignatures signatures)
    {
        Span<byte> signed = stackalloc byte[MaxSignedSize];
        return signatures.Verify(publicKey, signed[..WriteSigned(salt, sequence, value, signed)], signature);
    }

    /// <summary>Writes what is signed to the start of <paramref name="destination"/>: <c>4:salt6:foobar3:seqi1e1:v12:Hello World!</c>, without the salt if it is empty. Returns its bytes.</summary>
    public static int WriteSigned(ReadOnlySpan<byte> salt, long sequence, ReadOnlySpan<byte> value, Span<byte> destination)
    {
        var writer = new KrpcWriter(destination);
        if (!salt.IsEmpty) writer.String("4:salt"u8, salt);
        writer.Integer("3:seq"u8, sequence);
        writer.Raw("1:v"u8);
        writer.Raw(value);
        return writer.Result;
    }

    /// <summary>By content.</summary>
    public bool Equals(DhtItem? other) =>
        other is not null && Sequence == other.Sequence && Value.AsSpan().SequenceEqual(other.Value.AsSpan()) && PublicKey.AsSpan().SequenceEqual(other.PublicKey.AsSpan())
        && Salt.AsSpan().SequenceEqual(other.Salt.AsSpan()) && Signature.AsSpan().SequenceEqual(other.Signature.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Sequence, Value.Length, Target);

    private static void Require(ReadOnlySpan<byte> value, ReadOnlySpan<byte> salt)
    {
        if (Check(value, salt) is { } error) throw new ArgumentException($"The item cannot be stored: {error}.", nameof(value));
    }

    // Of a number or a string there is one encoding that a reader accepts.
    private static bool IsCanonical(BencodeValue value) => value.Kind is BencodeTokenKind.Integer or BencodeTokenKind.String || value.IsCanonical;
}
