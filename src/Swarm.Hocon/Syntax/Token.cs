namespace Swarm.Hocon.Syntax;

/// <summary>The kinds of <see cref="Token"/>.</summary>
internal enum TokenKind
{
    End,
    Newline,
    Whitespace,
    OpenBrace,
    CloseBrace,
    OpenBracket,
    CloseBracket,
    Colon,
    Equals,
    PlusEquals,
    Comma,

    /// <summary>A string in quotes or triple quotes; the text is what it means.</summary>
    Quoted,

    /// <summary>A run of characters that need no quotes: words, numbers, true, false, null.</summary>
    Unquoted,

    /// <summary><c>${</c></summary>
    Substitution,

    /// <summary><c>${?</c></summary>
    OptionalSubstitution,

    /// <summary>Not to be understood; the text says why.</summary>
    Bad,
}

/// <summary>A piece of a file.</summary>
internal readonly record struct Token(TokenKind Kind, string Text, int Line, int Column);
