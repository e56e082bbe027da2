using System.Text;
using System.Text.Unicode;

namespace Swarm.Protocol.Metainfo;

/// <summary>
/// Turns the strings of a torrent into text. They are UTF-8 (BEP 3), or else in the code page that the file's "encoding" names, or else
/// taken as Windows-1252, which gives every byte a character, so that two names that differ stay different.
/// Names and messages of others pass <see cref="Clean"/> before anyone sees them.
/// </summary>
public sealed class TorrentText
{
    private const int WesternEuropean = 1252;
    private const int MaxEncodingName = 40;

    private readonly Encoding _fallback;

    /// <summary>Takes the file's "encoding"; null or an unknown one means Windows-1252.</summary>
    public TorrentText(string? encoding)
    {
        var pages = CodePagesEncodingProvider.Instance;
        var named = encoding is { Length: > 0 and <= MaxEncodingName } ? pages.GetEncoding(encoding) : null;
        _fallback = named ?? pages.GetEncoding(WesternEuropean) ?? Encoding.Latin1;
    }

    /// <summary>The text of some bytes, uncleaned.</summary>
    public string Decode(ReadOnlySpan<byte> bytes) => (Utf8.IsValid(bytes) ? Encoding.UTF8 : _fallback).GetString(bytes);

    /// <summary>Text for people to see: no control or direction characters, which could rewrite what a terminal shows; line breaks on wish.</summary>
    public static string Clean(string text, bool keepLines = false)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~')) return text;
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (IsInvisible(rune.Value)) continue;
            if (keepLines && rune.Value == '\n') clean.Append('\n');
            else if (!Rune.IsControl(rune) && !IsLineSeparator(rune.Value)) clean.Append(rune);
        }

        return clean.ToString();
    }

    /// <summary>Characters that are not seen but turn the direction of text or hide in it. Joiners stay: scripts and emoji need them.</summary>
    internal static bool IsInvisible(int codePoint) => codePoint is 0x061C or 0x200B or 0x200E or 0x200F or 0x2060 or 0xFEFF
        or (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069) or (>= 0xE0000 and <= 0xE007F);

    internal static bool IsLineSeparator(int codePoint) => codePoint is 0x2028 or 0x2029;
}
