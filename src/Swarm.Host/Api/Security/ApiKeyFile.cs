using System.Text.Json;
using System.Text.Json.Serialization;

namespace Swarm.Host.Api.Security;

/// <summary>
/// The keys that a node made itself, in a file in its data folder that its owner alone may read. Written whole to a new file that then takes the old one's place, so that it is never half there; by one
/// program at a time, which a second file next to it is locked for.
/// </summary>
internal static partial class ApiKeyFile
{
    private const string Name = "api-keys.json";
    private const int MaxBytes = 1 << 20;

    /// <summary>The keys of a data folder; none where there is no file.</summary>
    /// <exception cref="SwarmException">The file cannot be read, or is damaged.</exception>
    public static IReadOnlyList<ApiKey> Load(string dataFolder)
    {
        var path = Path.Combine(dataFolder, Name);
        if (!File.Exists(path)) return [];
        try
        {
            if (new FileInfo(path).Length > MaxBytes) throw new SwarmException($"{path} is larger than the {MaxBytes} bytes that keys take; remove it and the next start makes a new key");
            var keys = JsonSerializer.Deserialize(File.ReadAllBytes(path), KeyJson.Default.ApiKeyArray) ?? [];
            return keys.Contains(null) ? throw new JsonException("an entry is null where a key is expected") : keys;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new SwarmException($"{path} cannot be read: {e.Message.ReplaceLineEndings(" ")}; remove it and the next start makes a new key", e);
        }
    }

    /// <summary>Makes a key, keeps it, and gives its text, which is nowhere else.</summary>
    /// <exception cref="SwarmException">There is one of that name, there are too many, or it cannot be written.</exception>
    public static (ApiKey Key, string Text) Make(string dataFolder, string name, Scope scope)
    {
        using var turn = TakeTurn(dataFolder);
        var keys = Load(dataFolder);
        if (keys.Any(key => key.Name == name)) throw new SwarmException($"there is an API key '{name}' already; choose another name, or remove it with 'swarm key remove {name}'");
        if (keys.Count >= ApiKeys.MaxKeys) throw new SwarmException($"there are {keys.Count} API keys, as many as a node takes; remove some with 'swarm key remove'");
        var text = ApiKeys.NewText();
        var made = ApiKeys.Keep(name, scope, text);
        Save(dataFolder, [.. keys, made]);
        return (made, text);
    }

    /// <summary>Takes a key out.</summary>
    /// <exception cref="SwarmException">There is none of that name, or it cannot be written.</exception>
    public static void Remove(string dataFolder, string name)
    {
        using var turn = TakeTurn(dataFolder);
        var keys = Load(dataFolder);
        ApiKey[] left = [.. keys.Where(key => key.Name != name)];
        if (left.Length == keys.Count) throw new SwarmException($"there is no API key '{name}' in {Path.Combine(dataFolder, Name)}; 'swarm key list' shows those there are");
        Save(dataFolder, left);
    }

    private static FileStream TakeTurn(string dataFolder)
    {
        try
        {
            Directory.CreateDirectory(dataFolder);
            return new FileStream(Path.Combine(dataFolder, Name + ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SwarmException($"the API keys in {dataFolder} cannot be changed: {e.Message.ReplaceLineEndings(" ")}; see that the folder is yours, and that no other 'swarm key' is at work", e);
        }
    }

    private static void Save(string dataFolder, ApiKey[] keys)
    {
        var path = Path.Combine(dataFolder, Name);
        var fresh = path + ".new";
        try
        {
            File.Delete(fresh);
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using (var file = new FileStream(fresh, options))
            {
                JsonSerializer.Serialize(file, keys, KeyJson.Default.ApiKeyArray);
                file.Flush(flushToDisk: true);
            }

            File.Move(fresh, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SwarmException($"{path} cannot be written: {e.Message.ReplaceLineEndings(" ")}; see that the folder is the node's own", e);
        }
    }

    // A file that people edit may lack what the program always writes.
    [JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true, UseStringEnumConverter = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
    [JsonSerializable(typeof(ApiKey[]))]
    private sealed partial class KeyJson : JsonSerializerContext;
}
