using System.Text;

namespace Swarm.Protocol.Bencoding;

/// <summary>
/// A value in a <see cref="BencodeDocument"/>, or a missing one (<c>default</c>). Asking a missing value, or one of another kind, is no
/// error: lookups give a missing value and the Try methods false, so that what the other side left out reads as one condition:
/// <c>root["a"u8]["port"u8].TryGetInteger(1, 65535, out var port)</c>.
/// </summary>
public readonly ref struct BencodeValue
{
    private readonly ReadOnlySpan<byte> _data;
    private readonly ReadOnlySpan<BencodeToken> _tokens;
    private readonly int _index;

    internal BencodeValue(ReadOnlySpan<byte> data, ReadOnlySpan<BencodeToken> tokens, int index)
    {
        _data = data;
        _tokens = tokens;
        _index = index;
    }

    /// <summary>The kind, <see cref="BencodeTokenKind.None"/> for a missing value.</summary>
    public BencodeTokenKind Kind => Exists ? _tokens[_index].Kind : BencodeTokenKind.None;

    /// <summary>Whether there is a value at all.</summary>
    public bool Exists => !_tokens.IsEmpty;

    /// <summary>The offset of the value's first byte in the document's bytes.</summary>
    public int Start => Exists ? _tokens[_index].Start : 0;

    /// <summary>The offset after the value.</summary>
    public int End => Exists ? _tokens[_index].End : 0;

    /// <summary>The value as it was encoded: what an info-hash or a signature is computed over. Empty for a missing value.</summary>
    public ReadOnlySpan<byte> Raw => _data[Start..End];

    /// <summary>Whether every dictionary in the value has sorted keys without duplicates, so that encoding it again gives the same bytes.</summary>
    public bool IsCanonical => Exists && _tokens[_index].IsCanonical;

    /// <summary>
    /// The value of a dictionary's key, the first one if the key occurs twice; missing if there is none or this is no dictionary.
    /// Linear in the number of keys.
    /// </summary>
    public BencodeValue this[ReadOnlySpan<byte> key]
    {
        get
        {
            foreach (var entry in Entries)
            {
                if (entry.Key.SequenceEqual(key)) return entry.Value;
            }

            return default;
        }
    }

    /// <summary>A dictionary's keys and values in the order they were sent; none if this is no dictionary.</summary>
    public EntryEnumerator Entries => new(_data, _tokens, ChildrenOf(BencodeTokenKind.Dictionary));

    /// <summary>A list's values; none if this is no list.</summary>
    public ItemEnumerator Items => new(_data, _tokens, ChildrenOf(BencodeTokenKind.List));

    /// <summary>The number, if this is an integer.</summary>
    public bool TryGetInteger(out long value)
    {
        var isInteger = Kind == BencodeTokenKind.Integer;
        value = isInteger ? ParseInteger(_data[(Start + 1)..(End - 1)]) : 0;
        return isInteger;
    }

    /// <summary>The number, if this is an integer from <paramref name="low"/> to <paramref name="high"/>, both included.</summary>
    public bool TryGetInteger(int low, int high, out int value)
    {
        var inRange = TryGetInteger(out var wide) && wide >= low && wide <= high;
        value = inRange ? (int)wide : 0;
        return inRange;
    }

    /// <summary>The bytes, if this is a string: a slice of the document's bytes.</summary>
    public bool TryGetString(out ReadOnlySpan<byte> value)
    {
        var isString = Kind == BencodeTokenKind.String;
        value = isString ? _data[_tokens[_index].Link..End] : default;
        return isString;
    }

    /// <summary>The bytes, if this is a string of exactly <paramref name="length"/> bytes: hashes, ids, tokens.</summary>
    public bool TryGetString(int length, out ReadOnlySpan<byte> value) => TryGetString(out value) && value.Length == length;

    /// <summary>
    /// A string as text, or null if this is no string. Bytes that are no UTF-8 become U+FFFD; control characters stay, so clean before showing.
    /// </summary>
    public string? ToText() => TryGetString(out var bytes) ? Encoding.UTF8.GetString(bytes) : null;

    private static long ParseInteger(ReadOnlySpan<byte> digits)
    {
        // The reader has checked the form and that the number fits; the negative side is the larger one, so the sum is kept there.
        var negative = digits[0] == (byte)'-';
        long sum = 0;
        foreach (var digit in negative ? digits[1..] : digits) sum = (sum * 10) - (digit - '0');
        return negative ? sum : -sum;
    }

    private Range ChildrenOf(BencodeTokenKind kind) => Kind == kind ? (_index + 1).._tokens[_index].Link : 0..0;

    private static int After(ReadOnlySpan<BencodeToken> tokens, int index) => tokens[index].IsContainer ? tokens[index].Link : index + 1;

    /// <summary>One key of a dictionary and its value.</summary>
    public readonly ref struct Entry
    {
        internal Entry(ReadOnlySpan<byte> key, BencodeValue value)
        {
            Key = key;
            Value = value;
        }

        /// <summary>The key's bytes.</summary>
        public ReadOnlySpan<byte> Key { get; }

        /// <summary>The value.</summary>
        public BencodeValue Value { get; }
    }

    /// <summary>Goes over the entries of a dictionary with <c>foreach</c>.</summary>
    public ref struct EntryEnumerator
    {
        private readonly ReadOnlySpan<byte> _data;
        private readonly ReadOnlySpan<BencodeToken> _tokens;
        private readonly int _end;
        private int _key;
        private int _next;

        internal EntryEnumerator(ReadOnlySpan<byte> data, ReadOnlySpan<BencodeToken> tokens, Range children)
        {
            _data = data;
            _tokens = tokens;
            _next = children.Start.Value;
            _end = children.End.Value;
        }

        /// <summary>The entry that <see cref="MoveNext"/> reached.</summary>
        public readonly Entry Current =>
            new(_data[_tokens[_key].Link.._tokens[_key].End], new BencodeValue(_data, _tokens, _key + 1));

        /// <summary>Goes to the next entry; false after the last.</summary>
        public bool MoveNext()
        {
            if (_next >= _end) return false;
            _key = _next;
            _next = After(_tokens, _key + 1);
            return true;
        }

        /// <summary>Itself, for <c>foreach</c>.</summary>
        public readonly EntryEnumerator GetEnumerator() => this;
    }

    /// <summary>Goes over the values of a list with <c>foreach</c>.</summary>
    public ref struct ItemEnumerator
    {
        private readonly ReadOnlySpan<byte> _data;
        private readonly ReadOnlySpan<BencodeToken> _tokens;
        private readonly int _end;
        private int _current;
        private int _next;

        internal ItemEnumerator(ReadOnlySpan<byte> data, ReadOnlySpan<BencodeToken> tokens, Range children)
        {
            _data = data;
            _tokens = tokens;
            _next = children.Start.Value;
            _end = children.End.Value;
        }

        /// <summary>The value that <see cref="MoveNext"/> reached.</summary>
        public readonly BencodeValue Current => new(_data, _tokens, _current);

        /// <summary>Goes to the next value; false after the last.</summary>
        public bool MoveNext()
        {
            if (_next >= _end) return false;
            _current = _next;
            _next = After(_tokens, _current);
            return true;
        }

        /// <summary>Itself, for <c>foreach</c>.</summary>
        public readonly ItemEnumerator GetEnumerator() => this;
    }
}
