namespace Swarm.Protocol.Dht.Storage;

/// <summary>Ed25519 (RFC 8032) as mutable items need it (BEP 44). Given in from outside: the base library has none.</summary>
public interface IItemSignatures
{
    /// <summary>Bytes of a seed, which is the private key.</summary>
    const int SeedSize = 32;

    /// <summary>Bytes of a public key.</summary>
    const int PublicKeySize = 32;

    /// <summary>Bytes of a signature.</summary>
    const int SignatureSize = 64;

    /// <summary>Whether the signature of the message is by the owner of the key. False too for a key that is none.</summary>
    bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature);

    /// <summary>Signs a message; <paramref name="signature"/> has room for <see cref="SignatureSize"/> bytes.</summary>
    void Sign(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> message, Span<byte> signature);

    /// <summary>The public key of a seed; <paramref name="publicKey"/> has room for <see cref="PublicKeySize"/> bytes.</summary>
    void KeyFromSeed(ReadOnlySpan<byte> seed, Span<byte> publicKey);
}
