namespace Swarm.Hocon.Syntax;

/// <summary>What a text without quotes is when it stands alone: a number as JSON has them, true, false, null, or a string. Pure.</summary>
internal static class ScalarText
{
    public static HoconScalarKind KindOf(string text) => text switch
    {
        "true" or "false" => HoconScalarKind.Boolean,
        "null" => HoconScalarKind.Null,
        _ => IsNumber(text) ? HoconScalarKind.Number : HoconScalarKind.String,
    };

    /// <summary>JSON's form (RFC 8259, section 6): no leading zeros, digits on both sides of a point.</summary>
    public static bool IsNumber(ReadOnlySpan<char> text)
    {
        if (text is ['-', ..]) text = text[1..];
        var whole = Digits(text);
        if (whole == 0 || (whole > 1 && text[0] == '0')) return false;
        text = text[whole..];
        if (text is ['.', ..])
        {
            var fraction = Digits(text[1..]);
            if (fraction == 0) return false;
            text = text[(1 + fraction)..];
        }

        if (text is not ['e' or 'E', ..]) return text.IsEmpty;
        text = text[1..];
        if (text is ['+' or '-', ..]) text = text[1..];
        var exponent = Digits(text);
        return exponent > 0 && exponent == text.Length;
    }

    private static int Digits(ReadOnlySpan<char> text)
    {
        var end = text.IndexOfAnyExceptInRange('0', '9');
        return end < 0 ? text.Length : end;
    }
}
