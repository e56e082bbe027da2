using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace Swarm.Host.Cluster;

/// <summary>What a request on the link is for; also a part of what its proof covers, so that none passes for another.</summary>
internal enum LinkPart : byte
{
    /// <summary>Two processes prove to each other that they know the key.</summary>
    Hello = 1,

    /// <summary>The answer to it.</summary>
    Welcome = 2,

    /// <summary>Messages of the cluster.</summary>
    Messages = 3,

    /// <summary>A call.</summary>
    Call = 4,

    /// <summary>The answer to messages or a call.</summary>
    Answer = 5,

    /// <summary>Of the key of a session.</summary>
    Session = 6,
}

/// <summary>Who wants to speak to whom. <paramref name="Nonce"/>: 32 bytes that nobody has used before.</summary>
internal sealed record LinkHello(ulong Cluster, string From, string To, ImmutableArray<byte> Nonce);

/// <summary>The other side's word: the session, and its own nonce.</summary>
internal sealed record LinkWelcome(ImmutableArray<byte> Session, ImmutableArray<byte> Nonce);

/// <summary>
/// The forms of what goes over the link between nodes, and their proofs (HMAC-SHA-256). Pure.
/// <para>
/// Why a session and no time stamps: no two clocks of a cluster are compared with each other (ADR 13), and a table of nonces would have to remember them for as long as clocks may differ. So both sides draw a nonce, prove the cluster's key over both, and derive
/// a key that holds for the two processes; every request has the session's next number, which is taken once (<see cref="ReplayWindow"/>). What was recorded is worth nothing to a process that drew another nonce. Answers are proven too.
/// </para>
/// <para>
/// Over cleartext this lets nobody speak who does not know the key, and keeps nothing secret; with mutual TLS, the certificates prove, all is secret, and the key may be left out (it is then empty). With both, both are needed.
/// </para>
/// <code>
/// hello    version 1 · cluster 8 · nonce 32 · from 2+n · to 2+n · proof 32, under the cluster's key
/// welcome  session 16 · nonce 32 · proof 32 over the hello's nonce as well, under the cluster's key
/// request  session 16 · sequence 8 · content · proof 32, under the session's key
/// answer   status 1 · content · proof 32 over the session and the sequence as well, under the session's key
/// </code>
/// Numbers are big-endian.
/// </summary>
internal static class LinkForms
{
    /// <summary>The version of these forms.</summary>
    public const byte Version = 1;

    /// <summary>Bytes of a nonce.</summary>
    public const int NonceBytes = 32;

    /// <summary>Bytes of a session's name.</summary>
    public const int SessionBytes = 16;

    /// <summary>Bytes of a proof.</summary>
    public const int ProofBytes = 32;

    /// <summary>What a request has besides its content.</summary>
    public const int RequestOverhead = SessionBytes + sizeof(ulong) + ProofBytes;

    /// <summary>What an answer has besides its content.</summary>
    public const int AnswerOverhead = 1 + ProofBytes;

    /// <summary>Bytes of a hello at most.</summary>
    public const int MaxHelloBytes = 1 + sizeof(ulong) + NonceBytes + (2 * (sizeof(ushort) + MaxNameBytes)) + ProofBytes;

    /// <summary>Bytes of a welcome.</summary>
    public const int WelcomeBytes = SessionBytes + NonceBytes + ProofBytes;

    private const int MaxNameBytes = 1_024;

    /// <summary>Writes a hello.</summary>
    public static byte[] Write(LinkHello hello, byte[] key)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(Version);
        writer.Write(BinaryPrimitives.ReverseEndianness(hello.Cluster));
        writer.Write(hello.Nonce.AsSpan());
        foreach (var name in (ReadOnlySpan<string>)[hello.From, hello.To])
        {
            var bytes = Encoding.UTF8.GetBytes(name);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, MaxNameBytes, nameof(hello));
            writer.Write(BinaryPrimitives.ReverseEndianness((ushort)bytes.Length));
            writer.Write(bytes);
        }

        writer.Flush();
        return [.. stream.ToArray(), .. Proof(key, LinkPart.Hello, stream.ToArray(), [], [])];
    }

    /// <summary>Reads a hello; null: it is none, or whoever wrote it does not know the key, as <paramref name="isForged"/> says.</summary>
    public static LinkHello? ReadHello(ReadOnlySpan<byte> bytes, byte[] key, out bool isForged)
    {
        isForged = false;
        if (bytes.Length is < 1 + sizeof(ulong) + NonceBytes + ProofBytes or > MaxHelloBytes || bytes[0] != Version) return null;
        var said = bytes[..^ProofBytes];
        isForged = !IsProven(Proof(key, LinkPart.Hello, said, [], []), bytes[^ProofBytes..]);
        if (isForged) return null;
        var rest = said[1..];
        var cluster = BinaryPrimitives.ReadUInt64BigEndian(rest);
        rest = rest[sizeof(ulong)..];
        ImmutableArray<byte> nonce = [.. rest[..NonceBytes]];
        rest = rest[NonceBytes..];
        return TakeName(ref rest, out var from) && TakeName(ref rest, out var to) && rest.IsEmpty ? new LinkHello(cluster, from, to, nonce) : null;
    }

    /// <summary>Writes a welcome to a hello.</summary>
    public static byte[] Write(LinkWelcome welcome, LinkHello to, byte[] key)
    {
        byte[] said = [.. welcome.Session, .. welcome.Nonce];
        return [.. said, .. Proof(key, LinkPart.Welcome, said, to.Nonce.AsSpan(), Encoding.UTF8.GetBytes(to.To))];
    }

    /// <summary>Reads a welcome to a hello; null: it is none, or whoever wrote it does not know the key.</summary>
    public static LinkWelcome? ReadWelcome(ReadOnlySpan<byte> bytes, LinkHello to, byte[] key)
    {
        if (bytes.Length != WelcomeBytes) return null;
        var said = bytes[..^ProofBytes];
        return IsProven(Proof(key, LinkPart.Welcome, said, to.Nonce.AsSpan(), Encoding.UTF8.GetBytes(to.To)), bytes[^ProofBytes..]) ? new LinkWelcome([.. said[..SessionBytes]], [.. said[SessionBytes..]]) : null;
    }

    /// <summary>The key of a session.</summary>
    public static byte[] SessionKey(LinkHello hello, LinkWelcome welcome, byte[] key) => Proof(key, LinkPart.Session, hello.Nonce.AsSpan(), welcome.Nonce.AsSpan(), welcome.Session.AsSpan());

    /// <summary>Writes a request.</summary>
    public static byte[] WriteRequest(LinkPart part, ImmutableArray<byte> session, ulong sequence, ReadOnlySpan<byte> content, byte[] sessionKey)
    {
        var bytes = new byte[content.Length + RequestOverhead];
        session.CopyTo(bytes);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(SessionBytes), sequence);
        content.CopyTo(bytes.AsSpan(SessionBytes + sizeof(ulong)));
        Proof(sessionKey, part, bytes.AsSpan(..^ProofBytes), [], []).CopyTo(bytes.AsSpan(^ProofBytes..));
        return bytes;
    }

    /// <summary>Takes a request apart; false: it is none. It is not proven yet: see <see cref="IsProven(LinkPart, ReadOnlySpan{byte}, byte[])"/>.</summary>
    public static bool TrySplit(ReadOnlyMemory<byte> request, out ImmutableArray<byte> session, out ulong sequence, out ReadOnlyMemory<byte> content)
    {
        (session, sequence, content) = ([], 0, default);
        if (request.Length < RequestOverhead) return false;
        session = [.. request.Span[..SessionBytes]];
        sequence = BinaryPrimitives.ReadUInt64BigEndian(request.Span[SessionBytes..]);
        content = request[(SessionBytes + sizeof(ulong))..^ProofBytes];
        return true;
    }

    /// <summary>Whether a whole request was written by somebody who has the session's key, for this part.</summary>
    public static bool IsProven(LinkPart part, ReadOnlySpan<byte> request, byte[] sessionKey) => IsProven(Proof(sessionKey, part, request[..^ProofBytes], [], []), request[^ProofBytes..]);

    /// <summary>Writes the answer to a request.</summary>
    public static byte[] WriteAnswer(NodeAnswer answer, ImmutableArray<byte> session, ulong sequence, byte[] sessionKey)
    {
        byte[] said = [(byte)answer.Status, .. answer.Body.Span];
        return [.. said, .. Proof(sessionKey, LinkPart.Answer, said, session.AsSpan(), Bytes(sequence))];
    }

    /// <summary>Reads the answer to a request; null: it is none, or not from whom it was asked of.</summary>
    public static NodeAnswer? ReadAnswer(ReadOnlySpan<byte> bytes, ImmutableArray<byte> session, ulong sequence, byte[] sessionKey)
    {
        if (bytes.Length < AnswerOverhead || !Enum.IsDefined((NodeAnswerStatus)bytes[0])) return null;
        var said = bytes[..^ProofBytes];
        return IsProven(Proof(sessionKey, LinkPart.Answer, said, session.AsSpan(), Bytes(sequence)), bytes[^ProofBytes..]) ? new NodeAnswer((NodeAnswerStatus)said[0], said[1..].ToArray()) : null;
    }

    private static byte[] Bytes(ulong number)
    {
        var bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, number);
        return bytes;
    }

    // Each piece has its length before it: no two lists of pieces give the same.
    private static byte[] Proof(byte[] key, LinkPart part, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hash.AppendData([(byte)part]);
        Append(hash, first);
        Append(hash, second);
        Append(hash, third);
        return hash.GetHashAndReset();
    }

    private static void Append(IncrementalHash hash, ReadOnlySpan<byte> piece)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(length, piece.Length);
        hash.AppendData(length);
        hash.AppendData(piece);
    }

    private static bool IsProven(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> found) => CryptographicOperations.FixedTimeEquals(expected, found);

    private static bool TakeName(ref ReadOnlySpan<byte> rest, out string name)
    {
        name = "";
        if (rest.Length < sizeof(ushort)) return false;
        var length = BinaryPrimitives.ReadUInt16BigEndian(rest);
        rest = rest[sizeof(ushort)..];
        if (length is 0 or > MaxNameBytes || length > rest.Length) return false;
        name = Encoding.UTF8.GetString(rest[..length]);
        rest = rest[length..];
        return true;
    }
}
