namespace Swarm.Protocol.Bencoding;

/// <summary>The kinds of bencoded values, and the end of a list or dictionary (BEP 3, "bencoding").</summary>
public enum BencodeTokenKind : byte
{
    /// <summary>Nothing: no token was read yet, or the value that was looked for is not there.</summary>
    None,

    /// <summary>An integer, <c>i42e</c>; it fits a signed 64-bit number.</summary>
    Integer,

    /// <summary>A byte string, <c>4:spam</c>.</summary>
    String,

    /// <summary>The start of a list, <c>l</c>.</summary>
    List,

    /// <summary>The start of a dictionary, <c>d</c>.</summary>
    Dictionary,

    /// <summary>The end of a list or dictionary, <c>e</c>. Only <see cref="BencodeReader"/> shows it.</summary>
    End,
}
