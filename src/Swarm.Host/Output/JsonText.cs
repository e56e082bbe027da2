using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Swarm.Host.Content;

namespace Swarm.Host.Output;

/// <summary>
/// How the program writes JSON: one object a line, camel case, enumerations by name, null where nothing is known. Names of torrents are cleaned before they come here.
/// The code that writes each type listed below is generated when the program is built: finding out by reflection costs a fifth of a second of processor time, which only what is printed once may take.
/// </summary>
internal static class JsonText
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        TypeInfoResolver = JsonTypeInfoResolver.Combine(JsonTypes.Default, new DefaultJsonTypeInfoResolver()),
    };

    /// <summary>The object on one line.</summary>
    public static string Line<T>(T value) => JsonSerializer.Serialize(value, Options);
}

/// <summary>What is written again and again, or first.</summary>
[JsonSerializable(typeof(JsonLine.Listening))]
[JsonSerializable(typeof(JsonLine.Hashing))]
[JsonSerializable(typeof(JsonLine.Progress))]
[JsonSerializable(typeof(JsonLine.Verified))]
[JsonSerializable(typeof(JsonLine.Peer))]
[JsonSerializable(typeof(JsonLine.Error))]
[JsonSerializable(typeof(JsonLine.Done))]
[JsonSerializable(typeof(JsonLine.Seeding))]
[JsonSerializable(typeof(ContentCheck))]
[JsonSerializable(typeof(ShownTorrent))]
internal sealed partial class JsonTypes : JsonSerializerContext;
