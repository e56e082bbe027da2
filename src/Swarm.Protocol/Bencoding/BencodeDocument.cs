using System.Buffers;

namespace Swarm.Protocol.Bencoding;

/// <summary>
/// A bencoded value with its structure: one array of tokens over the caller's bytes, from which <see cref="BencodeValue"/>s are views.
/// Used for whatever others send: KRPC packets, tracker replies, extension messages, metainfo files.
/// It owns at most one pooled array, given back by <see cref="Dispose"/>; if the caller lends a buffer that is large enough
/// (<c>stackalloc BencodeToken[64]</c>), parsing allocates nothing. It lives on the stack and must not outlive the bytes.
/// <code>
/// using var document = BencodeDocument.Parse(packet, BencodeLimits.Default, stackalloc BencodeToken[64]);
/// if (document.Error is { } error) …
/// document.Root["a"u8]["id"u8].TryGetString(out var id)
/// </code>
/// Always holds: <see cref="Error"/> is null exactly if <see cref="Root"/> exists. Time and memory are linear in the input.
/// </summary>
public ref struct BencodeDocument : IDisposable
{
    private const int FirstRent = 256;

    private readonly ReadOnlySpan<byte> _data;
    private readonly ReadOnlySpan<BencodeToken> _tokens;
    private BencodeToken[]? _rented;

    private BencodeDocument(ReadOnlySpan<byte> data, Builder builder, BencodeReader reader)
    {
        _data = data;
        _tokens = builder.Tokens[..builder.Count];
        _rented = builder.Rented;
        Error = reader.Error;
        End = reader.Position;
    }

    /// <summary>Why the bytes were refused, or null.</summary>
    public BencodeError? Error { get; }

    /// <summary>
    /// The offset after the value. Bytes may follow it: whether that is an error is for the caller to say (KRPC: yes; ut_metadata: a piece).
    /// </summary>
    public int End { get; }

    /// <summary>Whether bytes follow the value.</summary>
    public readonly bool HasTrailingBytes => End < _data.Length;

    /// <summary>The value; missing (<see cref="BencodeValue.Exists"/> is false) if there was an error.</summary>
    public readonly BencodeValue Root => Error is null ? new BencodeValue(_data, _tokens, 0) : default;

    /// <summary>
    /// Parses the value at the start of <paramref name="data"/>. <paramref name="scratch"/> is used for tokens as long as it suffices,
    /// then a pooled array that grows up to <see cref="BencodeLimits.MaxTokens"/>.
    /// </summary>
    public static BencodeDocument Parse(ReadOnlySpan<byte> data, BencodeLimits limits, Span<BencodeToken> scratch = default)
    {
        var reader = new BencodeReader(data, limits);
        var builder = new Builder { Tokens = scratch, Open = -1 };
        while (reader.Read())
        {
            switch (reader.Kind)
            {
                case BencodeTokenKind.End:
                    builder.Close(reader.Position);
                    break;
                case BencodeTokenKind.List or BencodeTokenKind.Dictionary:
                    builder.Begin(reader.Kind, reader.TokenStart);
                    break;
                case BencodeTokenKind.String:
                    if (reader.IsKey) builder.CheckOrder(data, reader.String);
                    builder.Add(new BencodeToken(reader.Kind, reader.TokenStart, reader.Position, reader.Position - reader.String.Length, isCanonical: true));
                    break;
                default:
                    builder.Add(new BencodeToken(reader.Kind, reader.TokenStart, reader.Position, 0, isCanonical: true));
                    break;
            }
        }

        return new BencodeDocument(data, builder, reader);
    }

    /// <summary>Gives the pooled array back. The document and its values must not be used afterwards.</summary>
    public void Dispose()
    {
        if (_rented is null) return;
        ArrayPool<BencodeToken>.Shared.Return(_rented);
        _rented = null;
    }

    /// <summary>
    /// Appends tokens. The stack of open containers runs through the tokens themselves: while one is open, its Link holds the container
    /// around it and its End the index of its last key (0 for none), and closing it puts the real values there.
    /// </summary>
    private ref struct Builder
    {
        public Span<BencodeToken> Tokens;
        public BencodeToken[]? Rented;
        public int Count;
        public int Open;

        public void Add(BencodeToken token)
        {
            if (Count == Tokens.Length) Grow();
            Tokens[Count++] = token;
        }

        public void Begin(BencodeTokenKind kind, int start)
        {
            Add(new BencodeToken(kind, start, 0, Open, isCanonical: true));
            Open = Count - 1;
        }

        public void Close(int end)
        {
            var token = Tokens[Open];
            Tokens[Open] = new BencodeToken(token.Kind, token.Start, end, Count, token.IsCanonical);
            Open = token.Link;
            if (!token.IsCanonical && Open >= 0) MarkOpen(Tokens[Open].End, isCanonical: false);
        }

        /// <summary>Notes the key that is about to be added, and whether it follows the one before it (BEP 3: sorted as raw strings).</summary>
        public void CheckOrder(ReadOnlySpan<byte> data, ReadOnlySpan<byte> key)
        {
            var lastKey = Tokens[Open].End;
            var inOrder = lastKey == 0 || data[Tokens[lastKey].Link..Tokens[lastKey].End].SequenceCompareTo(key) < 0;
            MarkOpen(Count, Tokens[Open].IsCanonical && inOrder);
        }

        private readonly void MarkOpen(int lastKey, bool isCanonical)
        {
            var token = Tokens[Open];
            Tokens[Open] = new BencodeToken(token.Kind, token.Start, lastKey, token.Link, isCanonical);
        }

        private void Grow()
        {
            var larger = ArrayPool<BencodeToken>.Shared.Rent(Math.Max(FirstRent, Tokens.Length * 2));
            Tokens[..Count].CopyTo(larger);
            if (Rented is not null) ArrayPool<BencodeToken>.Shared.Return(Rented);
            Rented = larger;
            Tokens = larger;
        }
    }
}
