using System.Globalization;
using System.Text;

namespace Swarm.Hocon.Syntax;

/// <summary>
/// Cuts a HOCON text into tokens, comments left out. Pure; called by <see cref="Parser"/> one token at a time. Always ends: each call but the last consumes at least one character.
/// A run of unquoted characters is one token, whatever it begins with: what the specification calls a number followed by a string (<c>10.0bar</c>) has the same text either way.
/// </summary>
internal sealed class Tokenizer(string text)
{
    private const string Reserved = "$\"{}[]:=,+#`^?!@*&\\";
    private int _at;
    private int _line = 1;
    private int _lineStart;

    /// <summary>The next token; <see cref="TokenKind.End"/> for good when there is none.</summary>
    public Token Next()
    {
        SkipComment();
        if (_at >= text.Length) return At(TokenKind.End, "");
        var start = _at;
        var c = text[_at];
        switch (c)
        {
            case '\n':
                var newline = At(TokenKind.Newline, "\n");
                _at++;
                _line++;
                _lineStart = _at;
                return newline;
            case '{': return Take(TokenKind.OpenBrace, 1);
            case '}': return Take(TokenKind.CloseBrace, 1);
            case '[': return Take(TokenKind.OpenBracket, 1);
            case ']': return Take(TokenKind.CloseBracket, 1);
            case ':': return Take(TokenKind.Colon, 1);
            case '=': return Take(TokenKind.Equals, 1);
            case ',': return Take(TokenKind.Comma, 1);
            case '+' when Peek(1) == '=': return Take(TokenKind.PlusEquals, 2);
            case '$' when Peek(1) == '{': return Peek(2) == '?' ? Take(TokenKind.OptionalSubstitution, 3) : Take(TokenKind.Substitution, 2);
            case '"': return text.AsSpan(_at).StartsWith("\"\"\"") ? TripleQuoted() : Quoted();
        }

        if (IsBlank(c))
        {
            while (_at < text.Length && text[_at] != '\n' && IsBlank(text[_at])) _at++;
            return At(TokenKind.Whitespace, text[start.._at], start);
        }

        if (Reserved.Contains(c, StringComparison.Ordinal)) return Bad(1, $"'{c}' means something in HOCON; a string with it needs quotes");
        while (_at < text.Length && (IsUnquoted(_at) || IsPlusOfNumber(start))) _at++;
        return At(TokenKind.Unquoted, text[start.._at], start);
    }

    /// <summary>Whether a character is whitespace by HOCON's definition, newline included.</summary>
    public static bool IsBlank(char c) =>
        c is '\t' or '\n' or '\v' or '\f' or '\r' or (>= '\x1c' and <= '\x1f') or '\ufeff'
        || char.GetUnicodeCategory(c) is UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    /// <summary>Whether a text may stand without quotes.</summary>
    public static bool NeedsNoQuotes(string text)
    {
        var tokenizer = new Tokenizer(text);
        return text.Length > 0 && Enumerable.Range(0, text.Length).All(tokenizer.IsUnquoted);
    }

    private bool IsUnquoted(int at)
    {
        var c = text[at];
        return !Reserved.Contains(c, StringComparison.Ordinal) && !IsBlank(c) && !(c == '/' && at + 1 < text.Length && text[at + 1] == '/');
    }

    // The '+' of 1e+5 needs no quotes.
    private bool IsPlusOfNumber(int start) => text[_at] == '+' && text[_at - 1] is 'e' or 'E' && _at + 1 < text.Length && char.IsAsciiDigit(text[_at + 1]) && ScalarText.IsNumber(text.AsSpan(start, _at - 1 - start));

    private void SkipComment()
    {
        if (_at >= text.Length || !(text[_at] == '#' || (text[_at] == '/' && Peek(1) == '/'))) return;
        var end = text.IndexOf('\n', _at);
        _at = end < 0 ? text.Length : end;
    }

    private char Peek(int ahead) => _at + ahead < text.Length ? text[_at + ahead] : '\0';

    private Token TripleQuoted()
    {
        var (start, line, lineStart) = (_at, _line, _lineStart);
        var end = text.IndexOf("\"\"\"", _at + 3, StringComparison.Ordinal);
        if (end < 0) return Bad(text.Length - _at, "a string that begins with three quotes does not end");
        // Of more than three quotes the last three end the string.
        while (end + 3 < text.Length && text[end + 3] == '"') end++;
        var content = text[(start + 3)..end];
        for (var i = start; i < end; i++)
        {
            if (text[i] != '\n') continue;
            _line++;
            _lineStart = i + 1;
        }

        _at = end + 3;
        return new Token(TokenKind.Quoted, content, line, start - lineStart + 1);
    }

    private Token Quoted()
    {
        var start = _at;
        var content = new StringBuilder();
        for (var i = _at + 1; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '"')
            {
                _at = i + 1;
                return At(TokenKind.Quoted, content.ToString(), start);
            }

            if (c == '\n') return Bad(1, "a string in quotes does not end on its line");
            if (c < ' ') return Bad(1, $"a string in quotes holds a control character (0x{(int)c:x2}); write it as \\u{(int)c:x4}");
            if (c != '\\') content.Append(c);
            else if (!TryEscape(ref i, content)) return Bad(1, "a string in quotes has a '\\' that begins no escape; write it as '\\\\'");
        }

        return Bad(1, "a string in quotes does not end");
    }

    // From the backslash to the last character of its escape.
    private bool TryEscape(ref int i, StringBuilder content)
    {
        if (++i >= text.Length) return false;
        var simple = "\"\\/bfnrt".IndexOf(text[i], StringComparison.Ordinal);
        if (simple >= 0)
        {
            content.Append("\"\\/\b\f\n\r\t"[simple]);
            return true;
        }

        if (text[i] != 'u' || i + 4 >= text.Length || !ushort.TryParse(text.AsSpan(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit)) return false;
        content.Append((char)unit);
        i += 4;
        return true;
    }

    private Token Take(TokenKind kind, int length)
    {
        var token = At(kind, text.Substring(_at, length));
        _at += length;
        return token;
    }

    private Token Bad(int length, string why)
    {
        var token = At(TokenKind.Bad, why);
        _at += length;
        return token;
    }

    private Token At(TokenKind kind, string content, int? start = null) => new(kind, content, _line, (start ?? _at) - _lineStart + 1);
}
