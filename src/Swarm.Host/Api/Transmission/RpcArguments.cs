using System.Text.Json;
using Swarm.Protocol.Metainfo;

namespace Swarm.Host.Api.Transmission;

/// <summary>The arguments of one call, by their names in snake_case. What is not understood is passed over, as Transmission does; what has the wrong type is refused. One that is null counts as not given, but <see cref="IsGiven"/> tells.</summary>
internal sealed class RpcArguments
{
    private readonly Dictionary<string, JsonElement> _members = new(StringComparer.Ordinal);
    private readonly HashSet<string> _given = new(StringComparer.Ordinal);

    /// <summary>Takes an object, or nothing.</summary>
    public RpcArguments(JsonElement? arguments, bool isLegacy)
    {
        IsLegacy = isLegacy;
        if (arguments is not { ValueKind: JsonValueKind.Object } members) return;
        foreach (var member in members.EnumerateObject())
        {
            var name = isLegacy ? RpcNames.ToSnake(member.Name) : member.Name;
            _given.Add(name);
            if (member.Value.ValueKind != JsonValueKind.Null) _members[name] = member.Value;
        }
    }

    /// <summary>Whether the call came in the old dialect.</summary>
    public bool IsLegacy { get; }

    /// <summary>The names there are.</summary>
    public IEnumerable<string> Names => _members.Keys.Order(StringComparer.Ordinal);

    /// <summary>Whether there is one, even if it is null.</summary>
    public bool IsGiven(string name) => _given.Contains(name);

    /// <summary>Whether there is one.</summary>
    public bool Has(string name) => _members.ContainsKey(name);

    /// <summary>An argument as it came, or null.</summary>
    public JsonElement? Raw(string name) => _members.TryGetValue(name, out var value) ? value : null;

    /// <summary>A text, or null.</summary>
    /// <exception cref="RpcException">It is something else.</exception>
    public string? Text(string name) => Raw(name) is not { } value ? null : value.ValueKind == JsonValueKind.String ? value.GetString() : throw Wrong(name, "a string");

    /// <summary>A whole number, or null; fractions are cut off.</summary>
    /// <exception cref="RpcException">It is something else.</exception>
    public long? Number(string name) => Real(name) is not { } value ? null : Math.Abs(value) < long.MaxValue ? (long)value : throw Wrong(name, "a number");

    /// <summary>A number, or null.</summary>
    /// <exception cref="RpcException">It is something else.</exception>
    public double? Real(string name) => Raw(name) is not { } value ? null : value.ValueKind == JsonValueKind.Number ? value.GetDouble() : throw Wrong(name, "a number");

    /// <summary>Yes or no, or null. Old tools write 0 and 1.</summary>
    /// <exception cref="RpcException">It is something else.</exception>
    public bool? Flag(string name) => Raw(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { ValueKind: JsonValueKind.Number } value => value.GetDouble() != 0,
        _ => throw Wrong(name, "a boolean"),
    };

    /// <summary>Texts, or null.</summary>
    /// <exception cref="RpcException">It is something else.</exception>
    public List<string>? Texts(string name) => Raw(name) is not { } value
        ? null
        : value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.String ? item.GetString()! : throw Wrong(name, "an array of strings"))] : throw Wrong(name, "an array of strings");

    /// <summary>Whole numbers, or null.</summary>
    /// <exception cref="RpcException">It is something else.</exception>
    public List<int>? Numbers(string name) => Raw(name) is not { } value
        ? null
        : value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out var number) ? number : throw Wrong(name, "an array of numbers"))] : throw Wrong(name, "an array of numbers");

    private static RpcException Wrong(string name, string expected) => new(RpcException.InvalidParameters, $"'{TorrentText.Clean(name)}' must be {expected}");
}
