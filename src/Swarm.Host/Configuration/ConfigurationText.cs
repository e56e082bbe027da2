using System.Collections.Immutable;
using System.Text.Json;
using Swarm.Hocon;

namespace Swarm.Host.Configuration;

/// <summary>Shows an effective configuration, a key a line or as JSON, with what is secret masked. Pure.</summary>
internal static class ConfigurationText
{
    private const string Masked = "********";

    /// <summary>A value as HOCON, on one line.</summary>
    public static string Write(HoconValue value) => value switch
    {
        HoconScalar { Kind: HoconScalarKind.String } text when IsPlain(text.Text) => text.Text,
        HoconScalar { Kind: HoconScalarKind.String } text => HoconPath.QuoteText(text.Text),
        HoconScalar scalar => scalar.Text,
        HoconArray array => $"[{string.Join(", ", array.Elements.Select(Write))}]",
        HoconObject fields => $"{{{string.Join(", ", fields.Fields.Select(field => $"{HoconPath.Quote(field.Name)} = {Write(field.Value)}"))}}}",
        _ => throw new NotSupportedException(value.GetType().Name),
    };

    /// <summary>The same configuration with secrets masked, so that it can be shown.</summary>
    public static HoconObject Mask(HoconObject root)
    {
        var secrets = SecretNames(SettingsGroup.Root).ToHashSet(StringComparer.Ordinal);
        return (HoconObject)Mask(root, secrets);
    }

    /// <summary>A key a line: <c>swarm.net.max-links = 100</c>, behind it where it was written if that is wanted.</summary>
    public static IEnumerable<string> Lines(HoconValue value, ImmutableArray<string> path, bool withOrigin)
    {
        // Lists and what has no field are one line.
        if (value is HoconObject { Fields.IsEmpty: false } fields) return fields.Fields.SelectMany(field => Lines(field.Value, path.Add(field.Name), withOrigin));
        var line = $"{HoconPath.Join(path)} = {Write(value)}";
        return [withOrigin ? $"{line}  # {value.Origin}" : line];
    }

    /// <summary>As JSON; each value with its origin if that is wanted: <c>{"value": …, "origin": "file:1:2"}</c>.</summary>
    public static void WriteJson(Utf8JsonWriter json, HoconValue value, bool withOrigin)
    {
        if (value is HoconObject fields)
        {
            json.WriteStartObject();
            foreach (var field in fields.Fields)
            {
                json.WritePropertyName(field.Name);
                WriteJson(json, field.Value, withOrigin);
            }

            json.WriteEndObject();
            return;
        }

        if (withOrigin)
        {
            json.WriteStartObject();
            json.WritePropertyName("value");
        }

        WriteJsonValue(json, value);
        if (!withOrigin) return;
        json.WriteString("origin", value.Origin.ToString());
        json.WriteEndObject();
    }

    private static void WriteJsonValue(Utf8JsonWriter json, HoconValue value)
    {
        switch (value)
        {
            case HoconScalar { Kind: HoconScalarKind.String } text: json.WriteStringValue(text.Text); break;
            case HoconScalar scalar: json.WriteRawValue(scalar.Text); break;
            case HoconArray array:
                json.WriteStartArray();
                foreach (var element in array.Elements) WriteJson(json, element, withOrigin: false);
                json.WriteEndArray();
                break;
        }
    }

    private static HoconValue Mask(HoconValue value, HashSet<string> secrets) => value switch
    {
        HoconObject fields => new HoconObject(fields.Origin, [.. fields.Fields.Select(field => secrets.Contains(field.Name) && field.Value is not HoconScalar { Kind: HoconScalarKind.Null }
            ? field with { Value = new HoconScalar(field.Value.Origin, HoconScalarKind.String, Masked) }
            : field with { Value = Mask(field.Value, secrets) })]),
        HoconArray array => new HoconArray(array.Origin, [.. array.Elements.Select(element => Mask(element, secrets))]),
        _ => value,
    };

    // By name wherever it stands: a secret at a path that is not known is a secret all the same.
    private static IEnumerable<string> SecretNames(SettingsGroup group) => group.Members.SelectMany(member =>
    {
        var inside = member.Group ?? (member.Type is { IsGenericType: true } list && SettingsGroup.IsGroup(list.GetGenericArguments()[0]) ? SettingsGroup.OfElement(list.GetGenericArguments()[0]) : null);
        return inside is not null ? SecretNames(inside) : member.IsSecret ? [member.Key] : [];
    });

    // What needs no quotes to be read as the same text: words and numbers with a unit.
    private static bool IsPlain(string text) => text.Length > 0 && text is not ("true" or "false" or "null") && text[0] != ' ' && text[^1] != ' ' && !text.Contains("//", StringComparison.Ordinal) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or ' ' or '/' or '.');
}
