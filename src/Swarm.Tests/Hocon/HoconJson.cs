using System.Text;
using Swarm.Hocon;

namespace Swarm.Tests.Hocon;

/// <summary>What tests compare: a resolved value as JSON without blanks, or its errors.</summary>
internal static class HoconJson
{
    /// <summary>The JSON of a text's value.</summary>
    public static string Of(string text, IHoconFiles? files = null, Func<string, string?>? environment = null)
    {
        var document = HoconDocument.Parse(text, "main.conf", files);
        document.Errors.ShouldBeEmpty();
        var (value, errors) = HoconDocument.Resolve([document], environment);
        errors.ShouldBeEmpty();
        return Write(value);
    }

    /// <summary>The errors of a text, of whichever step.</summary>
    public static IReadOnlyList<HoconError> ErrorsOf(string text, IHoconFiles? files = null, HoconLimits? limits = null)
    {
        var document = HoconDocument.Parse(text, "main.conf", files, limits);
        return document.Errors.IsEmpty ? HoconDocument.Resolve([document], limits: limits).Errors : document.Errors;
    }

    public static string Write(HoconValue value)
    {
        var json = new StringBuilder();
        Write(json, value);
        return json.ToString();
    }

    private static void Write(StringBuilder json, HoconValue value)
    {
        switch (value)
        {
            case HoconScalar { Kind: HoconScalarKind.String } text: json.Append(HoconPath.QuoteText(text.Text)); break;
            case HoconScalar scalar: json.Append(scalar.Text); break;
            case HoconArray array:
                json.Append('[');
                for (var i = 0; i < array.Elements.Length; i++)
                {
                    if (i > 0) json.Append(',');
                    Write(json, array.Elements[i]);
                }

                json.Append(']');
                break;
            case HoconObject fields:
                json.Append('{');
                for (var i = 0; i < fields.Fields.Length; i++)
                {
                    if (i > 0) json.Append(',');
                    json.Append(HoconPath.QuoteText(fields.Fields[i].Name)).Append(':');
                    Write(json, fields.Fields[i].Value);
                }

                json.Append('}');
                break;
        }
    }
}

/// <summary>Files that exist only in a test, by path.</summary>
internal sealed class MemoryFiles(params (string Path, string Text)[] files) : IHoconFiles
{
    public string Locate(string name, string includingFile) =>
        name.StartsWith('/') ? name : Path.Combine(Path.GetDirectoryName(includingFile) ?? "", name);

    public HoconText Read(string path, int maxLength)
    {
        var found = Array.Find(files, file => file.Path == path);
        if (found.Path is null) return default;
        return found.Text.Length > maxLength ? new HoconText(null, "it is too long") : new HoconText(found.Text, null);
    }
}
