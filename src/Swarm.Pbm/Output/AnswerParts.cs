using System.Text.Json;
using Swarm.Api.Contracts;

namespace Swarm.Pbm.Output;

/// <summary>Finds the parts of an answer that a palette names. What is not there is nothing, never an error: nodes differ in age. Pure.</summary>
internal static class AnswerParts
{
    /// <summary>A member by its name, or a member of a member by names with dots; undefined if there is none.</summary>
    public static JsonElement Member(JsonElement of, string field)
    {
        foreach (var name in field.Split('.'))
        {
            if (of.ValueKind != JsonValueKind.Object || !of.TryGetProperty(name, out of)) return default;
        }

        return of.ValueKind == JsonValueKind.Null ? default : of;
    }

    /// <summary>The elements of a table, or the answer itself as the only one.</summary>
    public static IEnumerable<JsonElement> Elements(PaletteOutput output, JsonElement answer)
    {
        if (output.Kind != OutputKind.Table || output.Items is null) return [answer];
        var list = Member(answer, output.Items);
        return list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : [];
    }

    /// <summary>Whether the node says of an element that the command was not done for it.</summary>
    public static bool IsUndone(PaletteOutput output, JsonElement element) => output.Success is { } member && Member(element, member).ValueKind == JsonValueKind.False;
}
