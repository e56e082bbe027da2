using System.Security.Cryptography;
using Swarm.Protocol.Dht.Storage;

namespace Swarm.TestKit.Crypto;

/// <summary>
/// Signatures of a world that has no secrets: a hash of key and message, which everybody could make, and only scripts that are told to do. As with the real ones a change of key, message or signature does not verify.
/// </summary>
public sealed class SimSignatures : IItemSignatures
{
    /// <inheritdoc/>
    public bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        Span<byte> expected = stackalloc byte[IItemSignatures.SignatureSize];
        Make(publicKey, message, expected);
        return signature.SequenceEqual(expected);
    }

    /// <inheritdoc/>
    public void Sign(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> message, Span<byte> signature)
    {
        Span<byte> key = stackalloc byte[IItemSignatures.PublicKeySize];
        KeyFromSeed(seed, key);
        Make(key, message, signature);
    }

    /// <inheritdoc/>
    public void KeyFromSeed(ReadOnlySpan<byte> seed, Span<byte> publicKey) => SHA256.HashData(seed, publicKey);

    private static void Make(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, Span<byte> signature)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        hash.AppendData(publicKey);
        hash.AppendData(message);
        hash.GetHashAndReset(signature);
    }
}
