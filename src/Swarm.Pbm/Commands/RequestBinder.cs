using System.Text;
using System.Text.Json.Nodes;
using Swarm.Api.Contracts;

namespace Swarm.Pbm.Commands;

/// <summary>
/// Makes a request out of a command, as the node describes it, and what was typed. Pure, but for reading the .torrent file that is named. What the node can check itself it is left to check;
/// here a value need only be what its type says, because numbers and texts differ on the wire. <paramref name="patience"/>: how long the program waits, for commands that are told so.
/// </summary>
internal sealed class RequestBinder(PaletteCommand command, Func<string, byte[]?> readFile, TimeSpan patience)
{
    private readonly StringBuilder _query = new();
    private string _path = command.Path;
    private JsonObject? _body;
    private bool _answersLate;

    /// <summary>The request.</summary>
    /// <param name="values">What was typed for each argument, in their order; empty for one that was not given. A boolean that was given is "true".</param>
    /// <param name="extra">More for the query: what the program itself adds, such as the next page.</param>
    /// <exception cref="PbmException">A value is not what its type says.</exception>
    public NodeRequest Bind(IEnumerable<(PaletteArgument Argument, IReadOnlyList<string> Values)> values, params ReadOnlySpan<(string Field, string Value)> extra)
    {
        foreach (var (argument, typed) in values)
        {
            if (argument.Place == ArgumentPlace.Body) _body ??= [];
            if (typed.Count > 0) Place(argument, [.. typed.Select(text => Value(argument, text))]);
            if (typed.Count > 0 && argument is { Place: ArgumentPlace.Body, Patience: { } field }) Wait(field);
        }

        foreach (var (field, value) in extra) AddQuery(field, value);
        return new NodeRequest(new HttpMethod(command.Method), _path + _query, _body) { AnswersLate = _answersLate };
    }

    private void Place(PaletteArgument argument, IReadOnlyList<JsonValue> values)
    {
        switch (argument.Place)
        {
            case ArgumentPlace.Path: _path = _path.Replace($"{{{argument.Field}}}", Uri.EscapeDataString(Plain(values[0])), StringComparison.Ordinal); break;
            case ArgumentPlace.Body when argument.Type == ArgumentType.Torrent: AddTorrent(argument, Plain(values[0])); break;
            case ArgumentPlace.Body: Add(argument.Field, argument.Repeats ? new JsonArray([.. values]) : values[0]); break;
            // A place this program does not know: the query harms least, and the node says what it misses.
            default:
                foreach (var value in values) AddQuery(argument.Field, Plain(value));
                break;
        }
    }

    private void Wait(string field)
    {
        Add(field, JsonValue.Create((long)patience.TotalSeconds));
        _answersLate = true;
    }

    private void AddTorrent(PaletteArgument argument, string text)
    {
        if (readFile(text) is { } file) Add("metainfo", JsonValue.Create(Convert.ToBase64String(file)));
        else if (text.EndsWith(".torrent", StringComparison.OrdinalIgnoreCase) && !text.Contains("://", StringComparison.Ordinal)) throw new PbmException(ExitCodes.Usage, $"there is no file {text}");
        else Add(argument.Field, JsonValue.Create(text));
    }

    // "change.name" is the member "name" of the member "change".
    private void Add(string field, JsonNode value)
    {
        var parts = field.Split('.');
        var owner = _body!;
        foreach (var part in parts[..^1])
        {
            if (owner[part] is not JsonObject inner) owner[part] = inner = [];
            owner = inner;
        }

        owner[parts[^1]] = value;
    }

    private void AddQuery(string field, string value) => _query.Append(_query.Length == 0 ? '?' : '&').Append(Uri.EscapeDataString(field)).Append('=').Append(Uri.EscapeDataString(value));

    private static string Plain(JsonValue value) => value.TryGetValue<string>(out var text) ? text : value.ToJsonString();

    private static JsonValue Value(PaletteArgument argument, string text) => argument.Type switch
    {
        ArgumentType.Integer => TypedValues.TryInteger(text, out var number) ? JsonValue.Create(number) : throw Wrong(argument, text, "is no whole number"),
        ArgumentType.Number => TypedValues.TryNumber(text, out var number) ? JsonValue.Create(number) : throw Wrong(argument, text, "is no number"),
        ArgumentType.Rate => RateParser.TryParse(text, out var rate) ? JsonValue.Create(rate) : throw Wrong(argument, text, "is no rate, such as 500K or 2MiB (bytes a second)"),
        ArgumentType.Seconds => TypedValues.TrySeconds(text, out var seconds) ? JsonValue.Create(seconds) : throw Wrong(argument, text, "is no time, such as 90, 30m, 12h or 7d"),
        ArgumentType.Boolean => bool.TryParse(text, out var flag) ? JsonValue.Create(flag) : throw Wrong(argument, text, "is neither true nor false"),
        ArgumentType.Hash => TypedValues.IsHash(text) ? JsonValue.Create(text.ToLowerInvariant()) : throw Wrong(argument, text, "is no hash: 6 to 40 of its hexadecimal digits are needed"),
        // Text, and whatever type comes later.
        _ => JsonValue.Create(text),
    };

    private static PbmException Wrong(PaletteArgument argument, string text, string problem) =>
        new(ExitCodes.Usage, $"{(argument.Position is null ? $"--{argument.Name}" : argument.Name)}: '{text}' {problem}");
}
