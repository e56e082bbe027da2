using System.Text.Json;
using System.Text.Json.Serialization;

namespace Swarm.Host.Api.Security;

/// <summary>
/// The keys that a node made itself, in a file in its data folder that its owner alone may read. Written whole to a new file that then takes the old one's place, so that it is never half there.
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
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), KeyJson.Default.ApiKeyArray) ?? [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new SwarmException($"{path} cannot be read: {e.Message.ReplaceLineEndings(" ")}; remove it and the next start makes a new key", e);
        }
    }

    /// <summary>Makes a key that may do everything, keeps it, and gives its text, which is nowhere else.</summary>
    /// <exception cref="SwarmException">It cannot be written.</exception>
    public static (ApiKey Key, string Text) Make(string dataFolder, string name, Scope scope)
    {
        var text = ApiKeys.NewText();
        var key = ApiKeys.Keep(name, scope, text);
        Save(dataFolder, [.. Load(dataFolder), key]);
        return (key, text);
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

    [JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true, UseStringEnumConverter = true)]
    [JsonSerializable(typeof(ApiKey[]))]
    private sealed partial class KeyJson : JsonSerializerContext;
}
