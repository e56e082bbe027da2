using System.Security.Cryptography;
using System.Text;

namespace Swarm.Host.Api.Security;

/// <summary>A key as it is kept: its name, what it may do, and the SHA-256 of its text, from which nobody gets the text back, since that is 32 random bytes.</summary>
internal sealed record ApiKey(string Name, Scope Scope, string Sha256);

/// <summary>What a key may do; each may what those before it may.</summary>
internal enum Scope
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Looks.</summary>
    Viewer,

    /// <summary>Steers torrents.</summary>
    Operator,

    /// <summary>Steers the node.</summary>
    Admin,
}

/// <summary>
/// The keys a node knows; they can be exchanged while it runs. A given key is compared with all of them in the same time, whichever it is and wherever it differs. Safe from any thread.
/// </summary>
internal sealed class ApiKeys
{
    /// <summary>Keys at most.</summary>
    public const int MaxKeys = 1_000;

    /// <summary>What every key begins with, so that people and scanners for leaked secrets recognise one.</summary>
    public const string Prefix = "swarm_";

    private volatile (ApiKey Key, byte[] Hash)[] _keys;

    /// <summary>Takes keys as they are kept.</summary>
    /// <exception cref="SwarmException">A hash is none, or there are too many.</exception>
    public ApiKeys(IReadOnlyList<ApiKey> keys) => _keys = Checked(keys);

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => _keys.Length == 0;

    /// <summary>A new key's text: 32 random bytes.</summary>
    public static string NewText() => Prefix + System.Buffers.Text.Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>A text as it is kept.</summary>
    public static ApiKey Keep(string name, Scope scope, string text) => new(name, scope, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))));

    /// <summary>Knows these from now on, and none of those before.</summary>
    /// <exception cref="SwarmException">A hash is none, or there are too many; nothing has changed.</exception>
    public void Exchange(IReadOnlyList<ApiKey> keys) => _keys = Checked(keys);

    /// <summary>The key of a text, or null.</summary>
    public ApiKey? Find(string text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        ApiKey? found = null;
        foreach (var (key, known) in _keys)
        {
            // No way out of the loop: how long it takes tells nothing.
            if (CryptographicOperations.FixedTimeEquals(hash, known)) found = key;
        }

        return found;
    }

    private static (ApiKey Key, byte[] Hash)[] Checked(IReadOnlyList<ApiKey> keys)
    {
        if (keys.Count > MaxKeys) throw new SwarmException($"{keys.Count} API keys are more than the {MaxKeys} that a node takes; remove some with 'swarm key remove'");
        return [.. keys.Select(key => (key, HashOf(key)))];
    }

    private static byte[] HashOf(ApiKey key)
    {
        var hash = new byte[SHA256.HashSizeInBytes];
        if (key.Sha256.Length == hash.Length * 2 && Convert.FromHexString(key.Sha256, hash, out _, out _) == System.Buffers.OperationStatus.Done) return hash;
        throw new SwarmException($"the API key '{key.Name}' has no SHA-256 of 64 hexadecimal digits; make one with 'swarm key new NAME --scope SCOPE'");
    }
}
