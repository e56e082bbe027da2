using System.Security.Cryptography;

namespace Swarm.Io.Crypto;

/// <summary>
/// Ed25519 (RFC 8032) through OpenSSL, since the base library has none: signatures of mutable DHT items (BEP 44). Keys are 32-byte seeds and 32-byte public keys; the expanded secret keys that
/// some clients store cannot be turned into seeds, and signing with them is not offered. Safe from any thread; nothing is kept between calls but the library, and nothing managed is allocated.
/// </summary>
public static unsafe class Ed25519
{
    /// <summary>Bytes of a seed: the private key.</summary>
    public const int SeedSize = 32;

    /// <summary>Bytes of a public key.</summary>
    public const int PublicKeySize = 32;

    /// <summary>Bytes of a signature.</summary>
    public const int SignatureSize = 64;

    /// <summary>Whether this machine has what it takes; where it has not, every other call throws.</summary>
    public static bool IsAvailable
    {
        get
        {
            try
            {
                return LibCrypto.Instance is not null;
            }
            catch (PlatformNotSupportedException)
            {
                return false;
            }
        }
    }

    /// <summary>The public key of a seed, written to the start of <paramref name="publicKey"/>.</summary>
    /// <exception cref="ArgumentException">A length is wrong: a caller's bug.</exception>
    /// <exception cref="PlatformNotSupportedException">OpenSSL is not installed.</exception>
    public static void KeyFromSeed(ReadOnlySpan<byte> seed, Span<byte> publicKey)
    {
        Expect(seed.Length, SeedSize, nameof(seed));
        Expect(publicKey.Length, PublicKeySize, nameof(publicKey));
        var crypto = LibCrypto.Instance;
        void* key = null;
        try
        {
            fixed (byte* seedBytes = seed, keyBytes = publicKey)
            {
                nuint size = PublicKeySize;
                key = crypto.NewPrivateKey(LibCrypto.Ed25519, null, seedBytes, SeedSize);
                Check(key is not null && crypto.GetPublicKey(key, keyBytes, &size) == 1 && size == PublicKeySize);
            }
        }
        finally
        {
            crypto.FreeKey(key);
            crypto.ClearErrors();
        }
    }

    /// <summary>Signs a message of any length; the signature is written to <paramref name="signature"/>.</summary>
    /// <exception cref="ArgumentException">A length is wrong: a caller's bug.</exception>
    /// <exception cref="PlatformNotSupportedException">OpenSSL is not installed.</exception>
    public static void Sign(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> message, Span<byte> signature)
    {
        Expect(seed.Length, SeedSize, nameof(seed));
        Expect(signature.Length, SignatureSize, nameof(signature));
        var crypto = LibCrypto.Instance;
        void* key = null, context = null;
        try
        {
            fixed (byte* seedBytes = seed, messageBytes = message, signatureBytes = signature)
            {
                nuint size = SignatureSize;
                key = crypto.NewPrivateKey(LibCrypto.Ed25519, null, seedBytes, SeedSize);
                context = crypto.NewContext();
                Check(key is not null && context is not null
                    && crypto.SignInit(context, null, null, null, key) == 1
                    && crypto.Sign(context, signatureBytes, &size, messageBytes, (nuint)message.Length) == 1
                    && size == SignatureSize);
            }
        }
        finally
        {
            crypto.FreeContext(context);
            crypto.FreeKey(key);
            crypto.ClearErrors();
        }
    }

    /// <summary>Whether the signature is this key's for this message. Bytes of any length and content may be asked about; what is none is false.</summary>
    /// <exception cref="PlatformNotSupportedException">OpenSSL is not installed.</exception>
    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (publicKey.Length != PublicKeySize || signature.Length != SignatureSize) return false;
        var crypto = LibCrypto.Instance;
        void* key = null, context = null;
        try
        {
            fixed (byte* keyBytes = publicKey, messageBytes = message, signatureBytes = signature)
            {
                key = crypto.NewPublicKey(LibCrypto.Ed25519, null, keyBytes, PublicKeySize);
                context = crypto.NewContext();
                return key is not null && context is not null
                    && crypto.VerifyInit(context, null, null, null, key) == 1
                    && crypto.Verify(context, signatureBytes, SignatureSize, messageBytes, (nuint)message.Length) == 1;
            }
        }
        finally
        {
            crypto.FreeContext(context);
            crypto.FreeKey(key);
            crypto.ClearErrors();
        }
    }

    private static void Expect(int length, int expected, string name)
    {
        if (length != expected) throw new ArgumentException($"Expected {expected} bytes, got {length}.", name);
    }

    // With checked lengths only memory can be missing.
    private static void Check(bool succeeded)
    {
        if (!succeeded) throw new CryptographicException("OpenSSL could not make an Ed25519 key or signature.");
    }
}
