namespace Swarm.Tests.Architecture;

/// <summary>
/// Separates a C# source into code and comments, so that rules look at what is meant and not at words in a text. Both results have as many lines as the source and every
/// character at its old place; what does not belong is blank. The code keeps the quotes of strings and characters but not what is between them; the holes of interpolated
/// strings are code.
/// <para>Knows comments, characters, and strings of every kind: plain, verbatim, raw, each interpolated or not, nested in each other's holes. Does not know preprocessor
/// conditions: both branches count as code.</para>
/// </summary>
internal sealed class SourceLexer
{
    private readonly string _source;
    private readonly char[] _code;
    private readonly char[] _comments;
    private int _at;

    private SourceLexer(string source)
    {
        _source = source;
        _code = Blank(source);
        _comments = Blank(source);
    }

    /// <summary>The code and the comments of a source, each split into its lines.</summary>
    public static (string[] Code, string[] Comments) Split(string source)
    {
        var lexer = new SourceLexer(source.ReplaceLineEndings("\n"));
        while (lexer._at < lexer._source.Length) lexer.Step();
        return (new string(lexer._code).Split('\n'), new string(lexer._comments).Split('\n'));
    }

    private static char[] Blank(string source) => [.. source.Select(c => c == '\n' ? '\n' : ' ')];

    private char Peek(int ahead = 0) => _at + ahead < _source.Length ? _source[_at + ahead] : '\0';

    private bool Sees(string text) => string.CompareOrdinal(_source, _at, text, 0, text.Length) == 0;

    private int Run(char c)
    {
        var length = 0;
        while (Peek(length) == c) length++;
        return length;
    }

    private void Keep(int count = 1)
    {
        for (; count > 0 && _at < _source.Length; count--, _at++) _code[_at] = _source[_at];
    }

    private void Comment(int count = 1)
    {
        for (; count > 0 && _at < _source.Length; count--, _at++) _comments[_at] = _source[_at];
    }

    // One comment, string or character of code.
    private void Step()
    {
        if (Sees("//"))
        {
            while (_at < _source.Length && Peek() != '\n') Comment();
        }
        else if (Sees("/*"))
        {
            while (_at < _source.Length && !Sees("*/")) Comment();
            Comment(2);
        }
        else if (Peek() == '\'')
        {
            Character();
        }
        else if (!String())
        {
            Keep();
        }
    }

    private void Character()
    {
        Keep();
        while (_at < _source.Length && Peek() is not ('\'' or '\n')) _at += Peek() == '\\' ? 2 : 1;
        Keep();
    }

    // A string's beginning is any of " $" @" $@" @$" """ $""" $$""" and so on. Whether one was there.
    private bool String()
    {
        var prefix = 0;
        while (Peek(prefix) is '$' or '@') prefix++;
        if (Peek(prefix) != '"') return false;
        var dollars = _source.AsSpan(_at, prefix).Count('$');
        var verbatim = _source.AsSpan(_at, prefix).Contains('@');
        Keep(prefix);
        var quotes = Run('"');
        if (quotes >= 3 && !verbatim) Raw(quotes, dollars);
        else Plain(verbatim, dollars > 0);
        return true;
    }

    private void Raw(int quotes, int dollars)
    {
        Keep(quotes);
        while (_at < _source.Length)
        {
            var braces = Run('{');
            if (Run('"') >= quotes)
            {
                Keep(Run('"'));
                return;
            }

            if (dollars > 0 && braces >= dollars)
            {
                _at += braces;
                Hole(dollars);
            }
            else
            {
                _at += Math.Max(1, braces);
            }
        }
    }

    private void Plain(bool verbatim, bool interpolated)
    {
        Keep();
        while (_at < _source.Length)
        {
            switch (Peek())
            {
                case '"' when verbatim && Peek(1) == '"':
                case '{' when interpolated && Peek(1) == '{':
                case '\\' when !verbatim:
                    _at += 2;
                    break;
                case '"':
                    Keep();
                    return;
                case '\n' when !verbatim:
                    // Not C#; better to go on with the next line than to take the rest of the file for a string.
                    return;
                case '{' when interpolated:
                    _at++;
                    Hole(1);
                    break;
                default:
                    _at++;
                    break;
            }
        }
    }

    // The code between the braces of an interpolation, up to its format, which is text again.
    private void Hole(int closing)
    {
        var depth = 0;
        while (_at < _source.Length)
        {
            var c = Peek();
            if (depth == 0 && c == '}') break;
            if (depth == 0 && c == ':' && Peek(1) != ':' && _source[_at - 1] != ':')
            {
                while (_at < _source.Length && Peek() is not ('}' or '\n')) _at++;
                break;
            }

            if (c is '(' or '[' or '{') depth++;
            if (c is ')' or ']' or '}') depth--;
            Step();
        }

        _at += closing;
    }
}
