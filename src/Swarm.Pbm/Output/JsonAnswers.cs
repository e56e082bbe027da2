using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Swarm.Api.Contracts;

namespace Swarm.Pbm.Output;

/// <summary>One JSON object a line: an element of a table, a record, an event. What could steer a terminal is escaped.</summary>
internal sealed class JsonAnswers(PaletteOutput output, TextWriter writer) : IAnswers
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.Create(Printable()) };

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

    // Letters of all languages as they are; controls are escaped anyway, and here the marks that turn the direction of writing.
    private static TextEncoderSettings Printable()
    {
        var settings = new TextEncoderSettings(UnicodeRanges.All);
        settings.ForbidRange(UnicodeRanges.GeneralPunctuation);
        return settings;
    }

    private static string Line(JsonElement element)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Options)) element.WriteTo(json);
        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }
}
