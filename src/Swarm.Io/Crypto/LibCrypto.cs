using System.Runtime.InteropServices;

namespace Swarm.Io.Crypto;

/// <summary>
/// The few calls to OpenSSL's libcrypto that the base library, which uses it too on Linux, gives no access to. Loaded when first used and kept for the life of the process;
/// the functions are safe from any thread. Errors are left in a queue of the thread, which every caller clears, for the base library reads it too.
/// </summary>
internal sealed unsafe class LibCrypto
{
    /// <summary>EVP_PKEY_ED25519.</summary>
    public const int Ed25519 = 1087;

    private static readonly string[] Names = ["libcrypto.so.3", "libcrypto.so.1.1", "libcrypto.3.dylib", "libcrypto-3-x64.dll", "libcrypto-3-arm64.dll"];

    private static readonly Lazy<LibCrypto> Loaded = new(() => Load(Names));

    private LibCrypto(nint library)
    {
        NewPrivateKey = (delegate* unmanaged<int, void*, byte*, nuint, void*>)NativeLibrary.GetExport(library, "EVP_PKEY_new_raw_private_key");
        NewPublicKey = (delegate* unmanaged<int, void*, byte*, nuint, void*>)NativeLibrary.GetExport(library, "EVP_PKEY_new_raw_public_key");
        GetPublicKey = (delegate* unmanaged<void*, byte*, nuint*, int>)NativeLibrary.GetExport(library, "EVP_PKEY_get_raw_public_key");
        FreeKey = (delegate* unmanaged<void*, void>)NativeLibrary.GetExport(library, "EVP_PKEY_free");
        NewContext = (delegate* unmanaged<void*>)NativeLibrary.GetExport(library, "EVP_MD_CTX_new");
        FreeContext = (delegate* unmanaged<void*, void>)NativeLibrary.GetExport(library, "EVP_MD_CTX_free");
        SignInit = (delegate* unmanaged<void*, void*, void*, void*, void*, int>)NativeLibrary.GetExport(library, "EVP_DigestSignInit");
        Sign = (delegate* unmanaged<void*, byte*, nuint*, byte*, nuint, int>)NativeLibrary.GetExport(library, "EVP_DigestSign");
        VerifyInit = (delegate* unmanaged<void*, void*, void*, void*, void*, int>)NativeLibrary.GetExport(library, "EVP_DigestVerifyInit");
        Verify = (delegate* unmanaged<void*, byte*, nuint, byte*, nuint, int>)NativeLibrary.GetExport(library, "EVP_DigestVerify");
        ClearErrors = (delegate* unmanaged<void>)NativeLibrary.GetExport(library, "ERR_clear_error");
    }

    /// <summary>The library.</summary>
    /// <exception cref="PlatformNotSupportedException">It is not installed; the message says what to do.</exception>
    public static LibCrypto Instance => Loaded.Value;

    public delegate* unmanaged<int, void*, byte*, nuint, void*> NewPrivateKey { get; }

    public delegate* unmanaged<int, void*, byte*, nuint, void*> NewPublicKey { get; }

    public delegate* unmanaged<void*, byte*, nuint*, int> GetPublicKey { get; }

    public delegate* unmanaged<void*, void> FreeKey { get; }

    public delegate* unmanaged<void*> NewContext { get; }

    public delegate* unmanaged<void*, void> FreeContext { get; }

    public delegate* unmanaged<void*, void*, void*, void*, void*, int> SignInit { get; }

    public delegate* unmanaged<void*, byte*, nuint*, byte*, nuint, int> Sign { get; }

    public delegate* unmanaged<void*, void*, void*, void*, void*, int> VerifyInit { get; }

    public delegate* unmanaged<void*, byte*, nuint, byte*, nuint, int> Verify { get; }

    public delegate* unmanaged<void> ClearErrors { get; }

    /// <summary>Loads the first of the names that is there and has what is needed.</summary>
    /// <exception cref="PlatformNotSupportedException">None is.</exception>
    public static LibCrypto Load(ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (NativeLibrary.TryLoad(name, out var library) && NativeLibrary.TryGetExport(library, "EVP_DigestVerify", out _)) return new LibCrypto(library);
        }

        throw new PlatformNotSupportedException("Ed25519 needs OpenSSL's libcrypto 3 (or 1.1.1), which is not on this machine: install the package libssl3 or openssl-libs.");
    }
}
