namespace Swarm.Protocol.Bencoding;

/// <summary>Why bytes are not bencoding that we accept.</summary>
public enum BencodeErrorReason : byte
{
    /// <summary>The bytes stop inside a value.</summary>
    UnexpectedEnd,

    /// <summary>A byte that begins no value.</summary>
    UnknownToken,

    /// <summary>An integer without digits, with a leading zero, a minus zero or another byte among its digits.</summary>
    MalformedInteger,

    /// <summary>An integer beyond a signed 64-bit number.</summary>
    IntegerOverflow,

    /// <summary>A string's length with a leading zero, or not followed by a colon.</summary>
    MalformedLength,

    /// <summary>A string longer than the bytes that are left.</summary>
    StringPastEnd,

    /// <summary>A dictionary key that is not a string.</summary>
    KeyNotString,

    /// <summary>A dictionary that ends after a key.</summary>
    KeyWithoutValue,

    /// <summary>Nested deeper than <see cref="BencodeLimits.MaxDepth"/>.</summary>
    TooDeep,

    /// <summary>More values than <see cref="BencodeLimits.MaxTokens"/>.</summary>
    TooManyTokens,

    /// <summary>More bytes than <see cref="BencodeLimits.MaxBytes"/>.</summary>
    TooManyBytes,
}

/// <summary>What is wrong with some bencoding, and at which byte (from 0). A value, not an exception: the other side wrote it.</summary>
public readonly record struct BencodeError(BencodeErrorReason Reason, int Offset)
{
    /// <summary>One line for people: "byte 12: an integer with a leading zero …".</summary>
    public override string ToString() => $"byte {Offset}: {Describe(Reason)}";

    private static string Describe(BencodeErrorReason reason) => reason switch
    {
        BencodeErrorReason.UnexpectedEnd => "the data ends inside a value",
        BencodeErrorReason.UnknownToken => "no bencoded value begins like this",
        BencodeErrorReason.MalformedInteger => "malformed integer",
        BencodeErrorReason.IntegerOverflow => "the integer does not fit 64 bits",
        BencodeErrorReason.MalformedLength => "malformed string length",
        BencodeErrorReason.StringPastEnd => "the string is longer than the data",
        BencodeErrorReason.KeyNotString => "a dictionary key is not a string",
        BencodeErrorReason.KeyWithoutValue => "a dictionary key has no value",
        BencodeErrorReason.TooDeep => "nested too deep",
        BencodeErrorReason.TooManyTokens => "too many values",
        BencodeErrorReason.TooManyBytes => "too large",
        _ => "malformed",
    };
}
