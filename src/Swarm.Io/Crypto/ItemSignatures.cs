using Swarm.Protocol.Dht.Storage;

namespace Swarm.Io.Crypto;

/// <summary>
/// <see cref="Ed25519"/> for the items of the DHT. On a machine without OpenSSL no signature verifies, so mutable items are neither found nor stored, and signing throws what <see cref="Ed25519"/> throws. Safe from any thread.
/// </summary>
public sealed class ItemSignatures : IItemSignatures
{
    private readonly bool _isAvailable = Ed25519.IsAvailable;

    /// <inheritdoc/>
    public bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) => _isAvailable && Ed25519.Verify(publicKey, message, signature);

    /// <inheritdoc/>
    public void Sign(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> message, Span<byte> signature) => Ed25519.Sign(seed, message, signature);

    /// <inheritdoc/>
    public void KeyFromSeed(ReadOnlySpan<byte> seed, Span<byte> publicKey) => Ed25519.KeyFromSeed(seed, publicKey);
}
