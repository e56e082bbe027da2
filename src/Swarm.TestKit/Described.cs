using System.Text;

namespace Swarm.TestKit;

/// <summary>Types, messages and lists as a failure prints them: short enough to be read.</summary>
internal static class Described
{
    private const int MaxMessageLength = 300;
    private const int MaxListed = 10;

    /// <summary>A type as C# writes it, without its namespace.</summary>
    internal static string Type(Type type)
    {
        if (type.IsArray) return Type(type.GetElementType()!) + "[]";
        var name = type.Name;
        var tick = name.IndexOf('`');
        if (tick >= 0) name = $"{name[..tick]}<{string.Join(", ", type.GetGenericArguments().Select(Type))}>";
        return type is { DeclaringType: { } outer, IsGenericParameter: false } ? $"{Type(outer)}.{name}" : name;
    }

    /// <summary>A message: what it prints, and its type.</summary>
    internal static string Message(object? message)
    {
        if (message is null) return "null";
        var text = message is System.Collections.IEnumerable items and not string ? $"[{string.Join(", ", items.Cast<object?>().Take(MaxListed + 1))}]" : message.ToString() ?? "";
        if (text.Length > MaxMessageLength) text = text[..MaxMessageLength] + "...";
        return $"{{{text}}} ({Type(message.GetType())})";
    }

    /// <summary>A message with its sender.</summary>
    internal static string Message(MessageEnvelope envelope) => $"{Message(envelope.Message)} from {envelope.Sender}";

    /// <summary>One line for each item, of which there may be more than are printed.</summary>
    internal static string List(string head, IEnumerable<string> lines, long count)
    {
        var text = new StringBuilder(head);
        var number = 0;
        foreach (var line in lines.Take(MaxListed)) text.Append($"\n  {++number}. {line}");
        if (count > number) text.Append($"\n  ... and {count - number} more");
        return text.ToString();
    }
}
