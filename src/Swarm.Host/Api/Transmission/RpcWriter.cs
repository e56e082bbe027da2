using System.IO.Pipelines;
using System.Text.Json;

namespace Swarm.Host.Api.Transmission;

/// <summary>
/// Writes the answer of a call, member by member, in the spelling of the call's dialect, straight into the response: a list of all torrents takes no memory for itself. Names are given in
/// snake_case.
/// </summary>
internal sealed class RpcWriter(PipeWriter output, string method, bool isLegacy) : IDisposable
{
    private const int FlushAt = 64 * 1024;

    /// <summary>What it writes with, for what has no name.</summary>
    public Utf8JsonWriter Json { get; } = new(output);

    /// <summary>Begins an object that is a member.</summary>
    public void StartObject(string name) => Json.WriteStartObject(Name(name));

    /// <summary>Begins an array that is a member.</summary>
    public void StartArray(string name) => Json.WriteStartArray(Name(name));

    /// <summary>A text.</summary>
    public void Text(string name, string value) => Json.WriteString(Name(name), value);

    /// <summary>A whole number.</summary>
    public void Number(string name, long value) => Json.WriteNumber(Name(name), value);

    /// <summary>A number; what has no value in JSON is -1.</summary>
    public void Real(string name, double value) => Json.WriteNumber(Name(name), double.IsFinite(value) ? Math.Round(value, 4) : -1);

    /// <summary>Yes or no.</summary>
    public void Flag(string name, bool value) => Json.WriteBoolean(Name(name), value);

    /// <summary>Texts.</summary>
    public void Texts(string name, IEnumerable<string> values)
    {
        StartArray(name);
        foreach (var value in values) Json.WriteStringValue(value);
        Json.WriteEndArray();
    }

    /// <summary>Lets what is written go out when there is enough of it, as fast as the other side takes it.</summary>
    public async ValueTask BreatheAsync(CancellationToken cancellation)
    {
        if (Json.BytesPending + output.UnflushedBytes < FlushAt) return;
        Json.Flush();
        await output.FlushAsync(cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose() => Json.Dispose();

    private string Name(string name) => isLegacy ? RpcNames.ToLegacy(method, name) : name;
}
