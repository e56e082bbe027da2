using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Swarm.Host.Output;

/// <summary>How the program writes JSON: one object a line, camel case, enumerations by name, null where nothing is known. Names of torrents are cleaned before they come here.</summary>
internal static class JsonText
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>The object on one line.</summary>
    public static string Line<T>(T value) => JsonSerializer.Serialize(value, Options);
}
