using System.Globalization;
using System.Text.Json;
using Swarm.Api.Contracts;

namespace Swarm.Pbm.Output;

/// <summary>A value of an answer as people read it. Names come from strangers, so whatever could steer a terminal is taken out. Pure.</summary>
internal static class CellText
{
    private const int ShortHash = 8;

    // Beyond it a span is of no interest.
    private const double LongestSeconds = 1e10;

    /// <summary>The text of a column's value; empty where the element has none.</summary>
    public static string Of(JsonElement element, PaletteColumn column, TimeZoneInfo zone)
    {
        var value = AnswerParts.Member(element, column.Field);
        return column.Format switch
        {
            ColumnFormat.Bytes when IsNumber(value, out var number) && (long)number is var bytes => HumanText.Size(bytes),
            // At rest is the rule: a column of zeros hides what moves.
            ColumnFormat.Rate when IsNumber(value, out var number) && (long)number is var rate => rate == 0 ? "" : HumanText.Rate(rate),
            ColumnFormat.Percent when IsNumber(value, out var part) => Percent(part),
            ColumnFormat.Seconds when IsNumber(value, out var seconds) => HumanText.Time(TimeSpan.FromSeconds(Math.Clamp(seconds, 0, LongestSeconds))),
            ColumnFormat.Moment when value.ValueKind == JsonValueKind.String && value.TryGetDateTimeOffset(out var moment) =>
                TimeZoneInfo.ConvertTime(moment, zone).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
            ColumnFormat.Hash when value.ValueKind == JsonValueKind.String => Clean(value.GetString()!) is { Length: > ShortHash } hash ? hash[..ShortHash] : Plain(value),
            ColumnFormat.Tree => new string(' ', 2 * Depth(element)) + Plain(value),
            _ => Plain(value),
        };
    }

    /// <summary>Text on one line, without anything a terminal obeys.</summary>
    public static string Clean(string text) => string.Create(text.Length, text, static (clean, text) =>
    {
        for (var i = 0; i < text.Length; i++) clean[i] = char.GetUnicodeCategory(text[i]) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator ? ' ' : text[i];
    });

    private static string Plain(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Clean(value.GetString()!),
        JsonValueKind.Number when value.TryGetInt64(out var whole) => whole.ToString(CultureInfo.InvariantCulture),
        JsonValueKind.Number => value.GetDouble().ToString("0.00", CultureInfo.InvariantCulture),
        JsonValueKind.True => "yes",
        JsonValueKind.False => "no",
        JsonValueKind.Array => string.Join(", ", value.EnumerateArray().Select(Plain)),
        JsonValueKind.Object => string.Join(", ", value.EnumerateObject().Select(member => $"{Clean(member.Name)}: {Plain(member.Value)}")),
        _ => "",
    };

    private static bool IsNumber(JsonElement value, out double number)
    {
        number = 0;
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out number);
    }

    private static int Depth(JsonElement element) => AnswerParts.Member(element, "depth") is { ValueKind: JsonValueKind.Number } depth && depth.TryGetInt32(out var number) ? Math.Clamp(number, 0, 32) : 0;

    // 100 only where nothing is left.
    private static string Percent(double part) => part >= 1 ? "100.0%" : string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(Math.Max(part, 0) * 1000) / 10:0.0}%");
}
