namespace Swarm.Protocol.Bencoding;

/// <summary>
/// Reads one bencoded value token by token from bytes of the other side (BEP 3, "bencoding"). It owns nothing: strings are slices of the
/// bytes given, the stack is one bit a level, nothing is allocated and nothing recurses.
/// Always holds: after <see cref="Read"/> returned true, [<see cref="TokenStart"/>, <see cref="Position"/>) is the token; once it returned
/// false it stays so, with <see cref="Error"/> null if the value is whole (then <see cref="Position"/> is where it ended: bytes may follow,
/// as in a ut_metadata message) and the reason otherwise.
/// Refused always: leading zeros, minus zero, integers beyond 64 bits, keys that are no strings. Accepted: keys out of order or twice, which
/// torrents and trackers really send; <see cref="BencodeDocument"/> tells whether that occurred.
/// Most callers want <see cref="BencodeDocument"/>, which is built on this.
/// </summary>
public ref struct BencodeReader
{
    private readonly ReadOnlySpan<byte> _data;
    private readonly BencodeLimits _limits;

    // Which open levels are dictionaries, a bit each: the outer 64, and those inside of them. No UInt128: code with one cannot be compiled ahead, and this is on every start's way.
    private ulong _outer;
    private ulong _inner;
    private bool _isInDictionary;
    private bool _keyIsNext;
    private bool _hasEnded;
    private int _tokens;

    /// <summary>Prepares to read the value at the start of <paramref name="data"/>.</summary>
    public BencodeReader(ReadOnlySpan<byte> data, BencodeLimits limits)
    {
        _data = data;
        _limits = limits;
        if (data.Length > limits.MaxBytes) Fail(BencodeErrorReason.TooManyBytes, limits.MaxBytes);
    }

    /// <summary>The kind of the last token.</summary>
    public BencodeTokenKind Kind { get; private set; }

    /// <summary>Whether the last token is a dictionary's key.</summary>
    public bool IsKey { get; private set; }

    /// <summary>The offset of the last token's first byte.</summary>
    public int TokenStart { get; private set; }

    /// <summary>The offset after the last token.</summary>
    public int Position { get; private set; }

    /// <summary>Lists and dictionaries that are open.</summary>
    public int Depth { get; private set; }

    /// <summary>The last token's number, if it is an integer.</summary>
    public long Integer { get; private set; }

    /// <summary>The last token's bytes, if it is a string: a slice of the input.</summary>
    public ReadOnlySpan<byte> String { get; private set; }

    /// <summary>Why reading stopped early, or null.</summary>
    public BencodeError? Error { get; private set; }

    /// <summary>Whether the value has been read to its end.</summary>
    public readonly bool IsComplete => Kind != BencodeTokenKind.None && Depth == 0 && Error is null;

    /// <summary>Reads the next token. False at the end of the value or at an error.</summary>
    public bool Read()
    {
        if (_hasEnded) return false;
        TokenStart = Position;
        if (Position >= _data.Length) return Fail(BencodeErrorReason.UnexpectedEnd, Position);
        var first = _data[Position];
        if (first == (byte)'e') return ReadEnd();
        if (_tokens == _limits.MaxTokens) return Fail(BencodeErrorReason.TooManyTokens, Position);
        _tokens++;
        var isDigit = char.IsAsciiDigit((char)first);
        IsKey = _keyIsNext;
        if (IsKey && !isDigit) return Fail(BencodeErrorReason.KeyNotString, Position);
        if (isDigit) return ReadString();
        return first switch
        {
            (byte)'i' => ReadInteger(),
            (byte)'l' => ReadStart(BencodeTokenKind.List),
            (byte)'d' => ReadStart(BencodeTokenKind.Dictionary),
            _ => Fail(BencodeErrorReason.UnknownToken, Position),
        };
    }

    // After a whole value: what follows in a dictionary is a key if this was none.
    private bool EndScalar(BencodeTokenKind kind)
    {
        Kind = kind;
        _keyIsNext = _isInDictionary && !IsKey;
        _hasEnded = Depth == 0;
        return true;
    }

    private bool ReadStart(BencodeTokenKind kind)
    {
        if (Depth == _limits.MaxDepth) return Fail(BencodeErrorReason.TooDeep, Position);
        ref var levels = ref Depth < 64 ? ref _outer : ref _inner;
        var bit = 1UL << (Depth % 64);
        _keyIsNext = _isInDictionary = kind == BencodeTokenKind.Dictionary;
        levels = _keyIsNext ? levels | bit : levels & ~bit;
        Depth++;
        Position++;
        Kind = kind;
        return true;
    }

    private bool ReadEnd()
    {
        if (Depth == 0) return Fail(BencodeErrorReason.UnknownToken, Position);
        if (_isInDictionary && !_keyIsNext) return Fail(BencodeErrorReason.KeyWithoutValue, Position);
        Depth--;
        Position++;
        Kind = BencodeTokenKind.End;
        IsKey = false;
        _keyIsNext = _isInDictionary = Depth > 0 && ((Depth <= 64 ? _outer : _inner) >> ((Depth - 1) % 64) & 1) != 0;
        _hasEnded = Depth == 0;
        return true;
    }

    private bool ReadInteger()
    {
        var at = Position + 1;
        var negative = at < _data.Length && _data[at] == (byte)'-';
        if (negative) at++;
        var firstDigit = at;
        ulong magnitude = 0;
        var limit = negative ? (ulong)long.MaxValue + 1 : long.MaxValue;
        for (; at < _data.Length && char.IsAsciiDigit((char)_data[at]); at++)
        {
            var digit = (ulong)(_data[at] - '0');
            if (magnitude > (limit - digit) / 10) return Fail(BencodeErrorReason.IntegerOverflow, at);
            magnitude = (magnitude * 10) + digit;
        }

        if (at == _data.Length) return Fail(BencodeErrorReason.UnexpectedEnd, at);
        var digits = at - firstDigit;
        var badZero = digits > 0 && _data[firstDigit] == (byte)'0' && (digits > 1 || negative);
        if (_data[at] != (byte)'e' || digits == 0 || badZero) return Fail(BencodeErrorReason.MalformedInteger, at);
        Integer = negative ? unchecked(-(long)magnitude) : (long)magnitude;
        Position = at + 1;
        return EndScalar(BencodeTokenKind.Integer);
    }

    private bool ReadString()
    {
        var at = Position;
        long length = 0;
        for (; at < _data.Length && char.IsAsciiDigit((char)_data[at]); at++)
        {
            length = (length * 10) + (_data[at] - '0');
            if (length > _data.Length) return Fail(BencodeErrorReason.StringPastEnd, Position);
            if (at > Position && _data[Position] == (byte)'0') return Fail(BencodeErrorReason.MalformedLength, Position);
        }

        if (at == _data.Length) return Fail(BencodeErrorReason.UnexpectedEnd, at);
        if (_data[at] != (byte)':') return Fail(BencodeErrorReason.MalformedLength, at);
        at++;
        if (length > _data.Length - at) return Fail(BencodeErrorReason.StringPastEnd, Position);
        String = _data.Slice(at, (int)length);
        Position = at + (int)length;
        return EndScalar(BencodeTokenKind.String);
    }

    private bool Fail(BencodeErrorReason reason, int offset)
    {
        Error = new BencodeError(reason, offset);
        Kind = BencodeTokenKind.None;
        _hasEnded = true;
        return false;
    }
}
