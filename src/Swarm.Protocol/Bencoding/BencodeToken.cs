namespace Swarm.Protocol.Bencoding;

/// <summary>
/// One value of a <see cref="BencodeDocument"/>, 16 bytes. Public so that callers can lend a buffer of them
/// (<c>stackalloc BencodeToken[64]</c>); what is in it is the document's business.
/// </summary>
public readonly struct BencodeToken
{
    internal BencodeToken(BencodeTokenKind kind, int start, int end, int link, bool isCanonical)
    {
        Kind = kind;
        Start = start;
        End = end;
        Link = link;
        IsCanonical = isCanonical;
    }

    /// <summary>The offset of the value's first byte.</summary>
    internal int Start { get; }

    /// <summary>The offset after the value.</summary>
    internal int End { get; }

    /// <summary>Of a string: the offset of its content. Of a list or dictionary: the index of the first token after it.</summary>
    internal int Link { get; }

    internal BencodeTokenKind Kind { get; }

    /// <summary>Whether all dictionaries in the value have their keys sorted and once.</summary>
    internal bool IsCanonical { get; }

    internal bool IsContainer => Kind is BencodeTokenKind.List or BencodeTokenKind.Dictionary;
}
