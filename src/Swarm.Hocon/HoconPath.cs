using System.Text;
using Swarm.Hocon.Syntax;

namespace Swarm.Hocon;

/// <summary>Paths as people write them: keys joined by dots, in quotes where a key would not be one without.</summary>
public static class HoconPath
{
    /// <summary>A path that HOCON reads back as these keys.</summary>
    public static string Join(IEnumerable<string> keys) => string.Join('.', keys.Select(Quote));

    /// <summary>A key as it may stand in a path: as it is, or in quotes.</summary>
    public static string Quote(string key) => Tokenizer.NeedsNoQuotes(key) && !key.Contains('.', StringComparison.Ordinal) && key != "include" ? key : QuoteText(key);

    /// <summary>A string in quotes, escaped as JSON has it.</summary>
    public static string QuoteText(string text)
    {
        var quoted = new StringBuilder("\"", text.Length + 2);
        foreach (var c in text)
        {
            quoted.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                < ' ' or '\u007f' => $"\\u{(int)c:x4}",
                _ => c.ToString(),
            });
        }

        return quoted.Append('"').ToString();
    }
}
