using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Swarm.Api.Contracts;

namespace Swarm.Pbm.Output;

/// <summary>One JSON object a line: an element of a table, a record, an event. What could steer a terminal is escaped.</summary>
internal sealed class JsonAnswers(PaletteOutput output, TextWriter writer) : IAnswers
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All) };

    /// <inheritdoc/>
    public int Undone { get; private set; }

    /// <inheritdoc/>
    public void Show(JsonElement answer, int columns)
    {
        foreach (var element in AnswerParts.Elements(output, answer))
        {
            if (AnswerParts.IsUndone(output, element)) Undone++;
            writer.WriteLine(Line(element));
        }
    }

    /// <inheritdoc/>
    public void End()
    {
    }

    private static string Line(JsonElement element)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Options)) element.WriteTo(json);
        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }
}
