using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Swarm.Protocol.Metainfo;

/// <summary>Which URLs of trackers and web seeds we take from torrents and magnet links, and how they are mended. Pure.</summary>
public static class SourceUrls
{
    /// <summary>What may stand in a URL unescaped beside letters and digits (RFC 3986), and '%', which begins an escape that is there already.</summary>
    private const string UrlPunctuation = "-._~:/?#[]@!$&'()*+,;=%";

    private static readonly string[] TrackerSchemes = ["http://", "https://", "udp://"];
    private static readonly string[] WebSchemes = ["http://", "https://"];

    /// <summary>
    /// A tracker's URL without spaces around it. False for other schemes than http, https and udp, also for uTorrent's leading '*' ("disabled").
    /// </summary>
    public static bool TryTracker(string text, int maxLength, [NotNullWhen(true)] out string? url)
    {
        url = text.Trim();
        if (HasScheme(url, TrackerSchemes) && url.Length <= maxLength && !ContainsUnsafe(url)) return true;
        url = null;
        return false;
    }

    /// <summary>
    /// A web seed's URL (BEP 19) without spaces around it, with what may not stand in a URL escaped, and for a folder with the final '/'
    /// that makers forget. False for other schemes than http and https.
    /// </summary>
    public static bool TryWebSeed(string text, bool isFolder, int maxLength, [NotNullWhen(true)] out string? url)
    {
        url = text.Trim();
        if (!HasScheme(url, WebSchemes) || url.Length > maxLength)
        {
            url = null;
            return false;
        }

        url = Escape(url);
        if (isFolder && !url.EndsWith('/')) url += '/';
        return true;
    }

    private static bool HasScheme(string url, string[] schemes)
    {
        foreach (var scheme in schemes)
        {
            if (!url.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)) continue;
            return url.Length > scheme.Length && url[scheme.Length] is not ('/' or '?' or '#' or ':');
        }

        return false;
    }

    private static bool ContainsUnsafe(string url)
    {
        foreach (var character in url)
        {
            if (character is <= ' ' or '"' or '<' or '>' or '\\' or '\x7f') return true;
        }

        return false;
    }

    private static string Escape(string url)
    {
        if (url.All(IsUrlCharacter)) return url;
        var escaped = new StringBuilder(url.Length + 16);
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var rune in url.EnumerateRunes())
        {
            if (rune.IsAscii && IsUrlCharacter((char)rune.Value))
            {
                escaped.Append((char)rune.Value);
                continue;
            }

            foreach (var value in utf8[..rune.EncodeToUtf8(utf8)]) escaped.Append($"%{value:X2}");
        }

        return escaped.ToString();
    }

    private static bool IsUrlCharacter(char character) => char.IsAsciiLetterOrDigit(character) || UrlPunctuation.Contains(character);
}
