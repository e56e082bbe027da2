using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Swarm.Protocol.Metainfo;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Magnets;

/// <summary>
/// Parses one magnet link; thrown away afterwards. Keys may be in either case and numbered (tr.1), escaped, repeated and unknown; only a link
/// without a usable hash is refused, everything else that is malformed is left out.
/// </summary>
internal sealed class MagnetParser(MagnetLimits limits)
{
    private const string Scheme = "magnet:";
    private const string V1Prefix = "urn:btih:";
    private const string V2Prefix = "urn:btmh:";
    private const string KeyPrefix = "urn:btpk:";

    /// <summary>SHA-256 and 32 bytes, in the multihash format (BEP 52, "magnet").</summary>
    private const string Sha256Multihash = "1220";
    private const int MaxSaltBytes = 64;

    private readonly List<FileRange> _selected = [];
    private readonly UniqueList<string> _trackers = new(limits.MaxSources);
    private readonly UniqueList<string> _webSeeds = new(limits.MaxSources);
    private readonly UniqueList<string> _acceptableSources = new(limits.MaxSources);
    private readonly UniqueList<string> _exactSources = new(limits.MaxSources);
    private readonly UniqueList<HostEndPoint> _peers = new(limits.MaxSources);
    private readonly UniqueList<HostEndPoint> _nodes = new(limits.MaxSources);
    private MagnetLink _link = new();
    private string _reason = "no 'xt' with an info-hash";

    /// <summary>The link, or null with an error.</summary>
    public MagnetLink? TryParse(string text, out string error)
    {
        error = "";
        if (text.Length > limits.MaxLength) error = $"magnet link: {text.Length} characters, more than the limit of {limits.MaxLength}";
        else if (TryReadV1(text, out var bare)) return new MagnetLink { V1 = bare };
        else if (!text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) error = "not a magnet link: does not begin with 'magnet:'";
        if (error.Length > 0) return null;
        var rest = text.AsSpan(Scheme.Length).TrimStart('/');
        if (rest.IsEmpty || rest[0] != '?')
        {
            error = "magnet link: no '?' after 'magnet:'";
            return null;
        }

        rest = rest[1..];
        foreach (var range in rest.Split('&')) ReadParameter(rest[range]);
        if (_link.WireHash is not null || _link.PublicKey is not null) return Finish();
        error = $"magnet link: {_reason}";
        return null;
    }

    private MagnetLink Finish() => _link with
    {
        Trackers = _trackers.ToImmutable(),
        WebSeeds = _webSeeds.ToImmutable(),
        AcceptableSources = _acceptableSources.ToImmutable(),
        ExactSources = _exactSources.ToImmutable(),
        Peers = _peers.ToImmutable(),
        DhtNodes = _nodes.ToImmutable(),
        Selection = FileSelection.Of(_selected),
    };

    private void ReadParameter(ReadOnlySpan<char> parameter)
    {
        var equals = parameter.IndexOf('=');
        if (equals < 0) return;
        var key = WithoutNumber(parameter[..equals]).ToString().ToLowerInvariant();
        // Links copied out of HTML source still have "&amp;" between their parameters.
        if (key.StartsWith("amp;", StringComparison.Ordinal)) key = key["amp;".Length..];
        if (TryUnescape(parameter[(equals + 1)..], plusIsSpace: key == "dn") is { } value) ReadValue(key, value);
        else if (key == "xt") _reason = "'xt' has a malformed escape";
    }

    private void ReadValue(string key, string value)
    {
        switch (key)
        {
            case "xt": ReadTopic(value); break;
            case "dn": ReadName(value); break;
            case "xl": ReadLength(value); break;
            case "s": ReadSalt(value); break;
            case "so": FileSelection.Parse(value, limits, _selected); break;
            case "tr": if (SourceUrls.TryTracker(value, limits.MaxLength, out var tracker)) _trackers.Add(tracker); break;
            case "ws": AddUrl(value, _webSeeds); break;
            case "as": AddUrl(value, _acceptableSources); break;
            case "xs": ReadExactSource(value); break;
            case "x.pe": if (HostEndPoint.TryParse(value, out var peer)) _peers.Add(peer); break;
            case "dht": if (HostEndPoint.TryParse(value, out var node)) _nodes.Add(node); break;
        }
    }

    /// <summary>The first hash of each kind counts; other networks' hashes stand beside them in links for several.</summary>
    private void ReadTopic(string value)
    {
        if (value.StartsWith(V1Prefix, StringComparison.OrdinalIgnoreCase))
        {
            if (!TryReadV1(value.AsSpan(V1Prefix.Length), out var hash)) _reason = "'urn:btih:' is not followed by 40 hex digits or 32 of base32";
            else if (_link.V1 is null) _link = _link with { V1 = hash };
        }
        else if (value.StartsWith(V2Prefix, StringComparison.OrdinalIgnoreCase))
        {
            Span<byte> hash = stackalloc byte[MerkleHash.Size];
            var multihash = value.AsSpan(V2Prefix.Length);
            if (!multihash.StartsWith(Sha256Multihash) || !TryReadHex(multihash[Sha256Multihash.Length..], hash)) _reason = "'urn:btmh:' is not followed by 1220 and 64 hex digits";
            else if (_link.V2 is null) _link = _link with { V2 = new InfoHashV2(hash) };
        }
        else
        {
            ReadKey(value);
        }
    }

    private void ReadExactSource(string value)
    {
        if (!ReadKey(value)) AddUrl(value, _exactSources);
    }

    private bool ReadKey(string value)
    {
        Span<byte> key = stackalloc byte[32];
        if (!value.StartsWith(KeyPrefix, StringComparison.OrdinalIgnoreCase)) return false;
        if (!TryReadHex(value.AsSpan(KeyPrefix.Length), key)) _reason = "'urn:btpk:' is not followed by 64 hex digits";
        else if (_link.PublicKey is null) _link = _link with { PublicKey = Convert.ToHexStringLower(key) };
        return true;
    }

    private void ReadName(string value)
    {
        var name = TorrentText.Clean(value).Trim();
        if (name.Length > 0 && _link.DisplayName is null) _link = _link with { DisplayName = name };
    }

    private void ReadLength(string value)
    {
        if (long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var length)) _link = _link with { ExactLength = length };
    }

    private void ReadSalt(string value)
    {
        Span<byte> salt = stackalloc byte[MaxSaltBytes];
        var bytes = value.Length / 2;
        if (bytes is > 0 and <= MaxSaltBytes && TryReadHex(value, salt[..bytes])) _link = _link with { Salt = Convert.ToHexStringLower(salt[..bytes]) };
    }

    private void AddUrl(string value, UniqueList<string> urls)
    {
        if (SourceUrls.TryWebSeed(value, isFolder: false, limits.MaxLength, out var url)) urls.Add(url);
    }

    private static bool TryReadV1(ReadOnlySpan<char> text, out InfoHash hash)
    {
        Span<byte> bytes = stackalloc byte[Bytes20.Size];
        var ok = TryReadHex(text, bytes) || Base32.TryDecode(text, bytes);
        hash = ok ? new InfoHash(bytes) : default;
        return ok;
    }

    private static bool TryReadHex(ReadOnlySpan<char> text, Span<byte> destination) =>
        text.Length == destination.Length * 2
        && Convert.FromHexString(text, destination, out _, out var written) == System.Buffers.OperationStatus.Done
        && written == destination.Length;

    /// <summary>"tr.12" → "tr"; a suffix that is no number belongs to the name.</summary>
    private static ReadOnlySpan<char> WithoutNumber(ReadOnlySpan<char> key)
    {
        var dot = key.LastIndexOf('.');
        var isNumbered = dot > 0 && dot < key.Length - 1 && !key[(dot + 1)..].ContainsAnyExceptInRange('0', '9');
        return isNumbered ? key[..dot] : key;
    }

    /// <summary>
    /// Undoes %XX; null for a malformed one. A plus is a space in names, where forms write it so; in URLs and hashes it is a plus.
    /// </summary>
    private static string? TryUnescape(ReadOnlySpan<char> text, bool plusIsSpace)
    {
        if (!text.ContainsAny('%', '+')) return text.ToString();
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        var written = 0;
        for (var i = 0; i < text.Length;)
        {
            if (text[i] == '%')
            {
                if (i + 2 >= text.Length || !TryReadHex(text.Slice(i + 1, 2), bytes.AsSpan(written, 1))) return null;
                written++;
                i += 3;
                continue;
            }

            var plain = text[i..];
            var next = plain[1..].IndexOf('%');
            plain = next < 0 ? plain : plain[..(next + 1)];
            var count = Encoding.UTF8.GetBytes(plain, bytes.AsSpan(written));
            if (plusIsSpace) bytes.AsSpan(written, count).Replace((byte)'+', (byte)' ');
            written += count;
            i += plain.Length;
        }

        return Encoding.UTF8.GetString(bytes, 0, written);
    }

    /// <summary>Keeps each value once, in order, up to a limit; more are left out.</summary>
    private sealed class UniqueList<T>(int limit)
    {
        private readonly HashSet<T> _seen = [];
        private readonly ImmutableArray<T>.Builder _values = ImmutableArray.CreateBuilder<T>();

        public void Add(T value)
        {
            if (_values.Count < limit && _seen.Add(value)) _values.Add(value);
        }

        public ImmutableArray<T> ToImmutable() => _values.ToImmutable();
    }
}
