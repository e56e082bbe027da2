using System.Security.Cryptography;
using System.Text;
using Swarm.Protocol.Dht.Storage;

namespace Swarm.Host.Dht;

/// <summary>The file that has a user's key for mutable items: the seed as 64 hex digits, and nothing else. Whoever has it can replace the items, so it is made for its user alone.</summary>
internal static class ItemKey
{
    /// <summary>The seed in the file; a new one, and the file, if it is not there.</summary>
    /// <exception cref="SwarmException">The file cannot be read or made, or is none.</exception>
    public static byte[] LoadOrMake(string path)
    {
        try
        {
            return File.Exists(path) ? Load(path) : Make(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SwarmException($"the key file {path} cannot be used: {e.Message}", e);
        }
    }

    private static byte[] Load(string path)
    {
        var seed = new byte[IItemSignatures.SeedSize];
        var text = File.ReadAllText(path).Trim();
        var isKey = text.Length == seed.Length * 2 && Convert.FromHexString(text, seed, out _, out _) == System.Buffers.OperationStatus.Done;
        return isKey ? seed : throw new SwarmException($"{path} is no key file: 64 hex digits are expected");
    }

    private static byte[] Make(string path)
    {
        var seed = RandomNumberGenerator.GetBytes(IItemSignatures.SeedSize);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(path, options);
        file.Write(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(seed) + "\n"));
        return seed;
    }
}
