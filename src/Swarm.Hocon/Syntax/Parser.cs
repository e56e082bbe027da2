using System.Text;

namespace Swarm.Hocon.Syntax;

/// <summary>
/// Reads one text: documents, objects, arrays, values that stand side by side, keys that are paths. Where it is in the tree matters to it twice: an <c>include</c> looks substitutions up below the place
/// where it stands, and <c>+=</c> refers to its own key. Stops at the first thing in the text that it does not understand, which it reports; null everywhere means that this has happened.
/// </summary>
/// <param name="reading">What is shared with other files.</param>
/// <param name="text">The whole text.</param>
/// <param name="source">Its name.</param>
/// <param name="path">Where its root is in the tree of all; null: no path leads there, because it is inside of a list.</param>
/// <param name="bases">Where its substitutions are looked up, the innermost includer's place first.</param>
internal sealed class Parser(Reading reading, string text, string source, IReadOnlyList<string>? path, IReadOnlyList<IReadOnlyList<string>> bases)
{
    private const string IncludeWord = "include";
    private readonly Tokenizer _tokenizer = new(text);
    private Token _token;

    // Keys from the root of all to the object being read; null inside of an array, where no path leads.
    private List<string>? _path = path is null ? null : [.. path];
    private int _depth;

    /// <summary>An object with or without braces, or an array.</summary>
    public Node? ParseDocument()
    {
        Advance();
        SkipBlank(newlines: true);
        Node? root;
        if (_token.Kind == TokenKind.OpenBracket) root = ParseArray();
        else if (_token.Kind == TokenKind.OpenBrace) root = ParseObject();
        else return ParseFields(TokenKind.End);
        return root is null || !SkipToEnd() ? null : root;
    }

    /// <summary>One value, as a command line has it.</summary>
    public Node? ParseLoneValue()
    {
        Advance();
        return ParseValue() is { } value && SkipToEnd() ? value : null;
    }

    private HoconOrigin Here => new(source, _token.Line, _token.Column);

    private void Advance() => _token = _tokenizer.Next();

    private void SkipBlank(bool newlines)
    {
        while (_token.Kind == TokenKind.Whitespace || (newlines && _token.Kind == TokenKind.Newline)) Advance();
    }

    private bool SkipToEnd()
    {
        SkipBlank(newlines: true);
        return _token.Kind == TokenKind.End || Fail(Here, $"{Name(_token)} follows the end of the document") is not null;
    }

    private Node? ParseObject()
    {
        if (++_depth > reading.Limits.MaxDepth) return FailTooDeep();
        Advance();
        var found = ParseFields(TokenKind.CloseBrace);
        _depth--;
        return found;
    }

    private Node? FailTooDeep() => Fail(Here, $"values are nested more than {reading.Limits.MaxDepth} deep");

    // The fields up to a closing brace, or to the end where there are no braces.
    private ObjectNode? ParseFields(TokenKind end)
    {
        var found = new ObjectNode(Here);
        SkipBlank(newlines: true);
        while (_token.Kind != end)
        {
            if (_token.Kind == TokenKind.CloseBrace) return (ObjectNode?)Fail(Here, "a '}' closes nothing");
            if (_token.Kind == TokenKind.End) return (ObjectNode?)Fail(Here, "an object does not end", $"the '{{' of {found.Origin} needs a '}}'");
            if (!TryParseField(found) || !TryParseSeparator(end, "field")) return null;
        }

        if (end != TokenKind.End) Advance();
        return found;
    }

    // Between two elements: a comma, or at least one newline. Before the end one comma may stand.
    private bool TryParseSeparator(TokenKind end, string what)
    {
        SkipBlank(newlines: false);
        var isSeparated = _token.Kind is TokenKind.Newline or TokenKind.End || _token.Kind == end;
        SkipBlank(newlines: true);
        if (_token.Kind == TokenKind.Comma)
        {
            Advance();
            SkipBlank(newlines: true);
            isSeparated = true;
        }

        return isSeparated || Fail(Here, $"{Name(_token)} stands where the next {what} could begin after a comma or a new line") is not null;
    }

    private bool TryParseField(ObjectNode into)
    {
        if (_token is { Kind: TokenKind.Unquoted, Text: IncludeWord }) return TryParseInclude(into);
        var origin = Here;
        if (ParsePath() is not { } keys) return false;
        SkipBlank(newlines: true);
        var kind = _token.Kind;
        if (kind is TokenKind.Colon or TokenKind.Equals or TokenKind.PlusEquals) Advance();
        else if (kind != TokenKind.OpenBrace) return Fail(Here, $"the key '{HoconPath.Join(keys)}' needs '=' or ':' and a value, not {Name(_token)}") is not null;
        SkipBlank(newlines: true);
        if (_depth + keys.Count > reading.Limits.MaxDepth) return FailTooDeep() is not null;
        var outer = _path?.Count ?? 0;
        _path?.AddRange(keys);
        _depth += keys.Count - 1;
        var value = ParseValue();
        if (value is not null && kind == TokenKind.PlusEquals) value = Appended(origin, value);
        _path?.RemoveRange(outer, _path.Count - outer);
        _depth -= keys.Count - 1;
        if (value is null) return false;
        into.Add([.. keys.Select(key => new PathElement(key, origin))], value);
        return true;
    }

    // a += b is a = ${?a} [b].
    private Node? Appended(HoconOrigin origin, Node value)
    {
        if (_path is null) return Fail(origin, "'+=' cannot stand inside of a list", "no path leads to the value before it; write the whole list");
        reading.HasSubstitutions = true;
        return new ConcatenationNode(origin, [new SubstitutionNode(origin, [.. _path], isOptional: true, [[]]), new ArrayNode(value.Origin, [value])]);
    }

    private List<string>? ParsePath()
    {
        var origin = Here;
        var tokens = new List<Token>();
        while (_token.Kind is TokenKind.Unquoted or TokenKind.Quoted or TokenKind.Whitespace)
        {
            tokens.Add(_token);
            Advance();
        }

        while (tokens.Count > 0 && tokens[^1].Kind == TokenKind.Whitespace) tokens.RemoveAt(tokens.Count - 1);
        if (tokens.Count == 0) return FailPath(Here, _token.Kind is TokenKind.Substitution or TokenKind.OptionalSubstitution ? "a key cannot hold a substitution" : $"a key is expected, not {Name(_token)}");
        var keys = new List<string>();
        var element = new StringBuilder();
        var isKnown = false;
        foreach (var token in tokens)
        {
            var parts = token.Kind == TokenKind.Unquoted ? token.Text.Split('.') : [token.Text];
            for (var i = 0; i < parts.Length; i++)
            {
                if (i > 0)
                {
                    if (!isKnown) return FailPath(origin, "a path has an empty element", "write \"\" for an empty key");
                    keys.Add(element.ToString());
                    element.Clear();
                    isKnown = false;
                }

                element.Append(parts[i]);
                isKnown |= parts[i].Length > 0 || token.Kind == TokenKind.Quoted;
            }
        }

        if (!isKnown) return FailPath(origin, "a path ends with '.'");
        keys.Add(element.ToString());
        return keys;
    }

    private List<string>? FailPath(HoconOrigin origin, string message, string? hint = null)
    {
        Fail(origin, message, hint);
        return null;
    }

    private Node? ParseValue()
    {
        var origin = Here;
        var parts = new List<Node>();
        while (true)
        {
            Node? part;
            switch (_token.Kind)
            {
                case TokenKind.OpenBrace: part = ParseObject(); break;
                case TokenKind.OpenBracket: part = ParseArray(); break;
                case TokenKind.Substitution or TokenKind.OptionalSubstitution: part = ParseSubstitution(); break;
                case TokenKind.Quoted: part = Take(new LiteralNode(Here, HoconScalarKind.String, _token.Text)); break;
                case TokenKind.Unquoted: part = Take(new LiteralNode(Here, ScalarText.KindOf(_token.Text), _token.Text)); break;
                case TokenKind.Whitespace: part = Take(new BlankNode(Here, _token.Text)); break;
                default: return Joined(origin, parts);
            }

            if (part is null) return null;
            parts.Add(part);
        }
    }

    private Node? Joined(HoconOrigin origin, List<Node> parts)
    {
        while (parts.Count > 0 && parts[^1] is BlankNode) parts.RemoveAt(parts.Count - 1);
        if (parts.Count > 0 && parts[0] is BlankNode) parts.RemoveAt(0);
        if (_token.Kind == TokenKind.Bad) return Fail(Here, _token.Text);
        return parts.Count switch
        {
            0 => Fail(Here, $"a value is expected, not {Name(_token)}"),
            1 => parts[0],
            _ => new ConcatenationNode(origin, parts),
        };
    }

    private Node Take(Node node)
    {
        Advance();
        return node;
    }

    private Node? ParseArray()
    {
        var origin = Here;
        if (++_depth > reading.Limits.MaxDepth) return FailTooDeep();
        var outer = _path;
        _path = null;
        Advance();
        SkipBlank(newlines: true);
        var elements = new List<Node>();
        while (_token.Kind != TokenKind.CloseBracket)
        {
            if (_token.Kind == TokenKind.End) return Fail(Here, "a list does not end", $"the '[' of {origin} needs a ']'");
            if (ParseValue() is not { } element || !TryParseSeparator(TokenKind.CloseBracket, "element")) return null;
            elements.Add(element);
        }

        Advance();
        _path = outer;
        _depth--;
        return new ArrayNode(origin, elements);
    }

    private Node? ParseSubstitution()
    {
        var origin = Here;
        var isOptional = _token.Kind == TokenKind.OptionalSubstitution;
        Advance();
        SkipBlank(newlines: false);
        if (ParsePath() is not { } keys) return null;
        if (_token.Kind != TokenKind.CloseBrace) return Fail(Here, $"a substitution ends with '}}', not with {Name(_token)}");
        if (keys.Count > reading.Limits.MaxDepth) return FailTooDeep();
        Advance();
        reading.HasSubstitutions = true;
        return new SubstitutionNode(origin, keys, isOptional, bases);
    }

    private bool TryParseInclude(ObjectNode into)
    {
        const string hint = "after 'include' comes \"file\", file(\"file\") or required(file(\"file\")); a key of that name needs quotes";
        var origin = Here;
        Advance();
        var before = WordsOfInclude();
        if (_token.Kind != TokenKind.Quoted) return Fail(Here, $"{Name(_token)} is nothing that can be included", hint) is not null;
        var name = _token.Text;
        Advance();
        if (before.Contains("url(", StringComparison.Ordinal) || before.Contains("classpath(", StringComparison.Ordinal)) return Fail(origin, "only files can be included", hint) is not null;
        // Parentheses end on the line of the statement's last one; a comma or new line follows it.
        var after = before.Length == 0 ? "" : WordsOfInclude(before.Count(c => c == '('));
        if ((before, after) is not (("", "") or ("file(", ")") or ("required(", ")") or ("required(file(", "))"))) return Fail(origin, "an include is not written as it should be", hint) is not null;
        IReadOnlyList<IReadOnlyList<string>> below = _path is null || _path.SequenceEqual(bases[0]) ? bases : [[.. _path], .. bases];
        if (reading.Include(origin, name, before.StartsWith("required", StringComparison.Ordinal), _path, below) is { } included) into.Include(included);
        return true;
    }

    // What is written around an included file's name, without blanks; up to a number of characters, if any.
    private string WordsOfInclude(int most = int.MaxValue)
    {
        var words = new StringBuilder();
        while (words.Length < most && _token.Kind is TokenKind.Unquoted or TokenKind.Whitespace or TokenKind.Newline)
        {
            if (_token.Kind == TokenKind.Unquoted) words.Append(_token.Text);
            Advance();
        }

        return words.ToString();
    }

    private Node? Fail(HoconOrigin origin, string message, string? hint = null)
    {
        reading.Report(_token.Kind == TokenKind.Bad ? Here : origin, _token.Kind == TokenKind.Bad ? _token.Text : message, _token.Kind == TokenKind.Bad ? null : hint);
        return null;
    }

    private static string Name(Token token) => token.Kind switch
    {
        TokenKind.End => "the end of the text",
        TokenKind.Newline => "the end of the line",
        TokenKind.Quoted => "a string",
        TokenKind.Unquoted when token.Text.Length > 40 => "a word",
        TokenKind.Whitespace => "a blank",
        _ => $"'{token.Text}'",
    };
}
