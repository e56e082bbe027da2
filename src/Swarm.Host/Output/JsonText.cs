using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Swarm.Host.Content;

namespace Swarm.Host.Output;

/// <summary>
/// How the program writes JSON: one object a line, camel case, enumerations by name, null where nothing is known. Names of torrents are cleaned before they come here.
/// The code that writes each type is generated when the program is built: finding out by reflection would cost every start a fifth of a second of processor time. A type that is not listed below throws.
/// </summary>
internal static class JsonText
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        TypeInfoResolver = JsonTypes.Default,
    };

    /// <summary>The object on one line.</summary>
    public static string Line<T>(T value) => JsonSerializer.Serialize(value, Options);
}

/// <summary>Everything that is written as a line of its own.</summary>
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
