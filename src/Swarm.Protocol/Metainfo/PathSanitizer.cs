using System.Text;

namespace Swarm.Protocol.Metainfo;

/// <summary>
/// Makes one element of a torrent's path safe to create on any file system (BEP 52: implementations must be prepared to sanitise them).
/// Pure and deterministic: the same element gives the same name on every machine, so that data moves between them.
/// Changed: separators, control and line characters become '_'; invisible direction characters go; trailing dots and spaces go;
/// Windows device names get a '_' before them; more than 255 bytes of UTF-8 are cut, the extension kept.
/// Kept: characters that only Windows forbids (<c>: ? *</c> and the like): they are ordinary in names elsewhere, and existing data has them.
/// Nothing is refused; what leaves nothing (".", "..", "", "...") gives the empty string, and the caller skips the element.
/// </summary>
public static class PathSanitizer
{
    /// <summary>The longest element, in bytes of UTF-8: what Linux, Windows and macOS can hold.</summary>
    public const int MaxElementBytes = 255;

    /// <summary>A longer "extension" is a dot in a sentence, not an extension.</summary>
    private const int MaxExtensionBytes = 32;

    private const char Substitute = '_';

    /// <summary>Cleans one element. Empty if nothing remains.</summary>
    public static string CleanElement(string element)
    {
        var clean = NeedsReplacing(element) ? Replace(element) : element;
        clean = clean.TrimEnd('.', ' ');
        if (IsDeviceName(clean)) clean = Substitute + clean;
        return Shorten(clean, MaxElementBytes);
    }

    /// <summary>Cuts a name to some bytes of UTF-8, between characters, and keeps its extension.</summary>
    internal static string Shorten(string name, int maxBytes)
    {
        if (name.Length * 3 <= maxBytes || Encoding.UTF8.GetByteCount(name) <= maxBytes) return name;
        var (stem, extension) = SplitExtension(name);
        var room = maxBytes - Encoding.UTF8.GetByteCount(extension);
        var kept = 0;
        foreach (var rune in stem.EnumerateRunes())
        {
            room -= rune.Utf8SequenceLength;
            if (room < 0) break;
            kept += rune.Utf16SequenceLength;
        }

        return extension.Length > 0 ? stem[..kept] + extension : stem[..kept].TrimEnd('.', ' ');
    }

    /// <summary>"bar.txt" → "bar", ".txt"; a name that begins with its only dot has no extension.</summary>
    internal static (string Stem, string Extension) SplitExtension(string name)
    {
        var dot = name.LastIndexOf('.');
        var hasExtension = dot > 0 && Encoding.UTF8.GetByteCount(name.AsSpan(dot)) <= MaxExtensionBytes;
        return hasExtension ? (name[..dot], name[dot..]) : (name, "");
    }

    private static bool NeedsReplacing(string element)
    {
        foreach (var character in element)
        {
            if (character is < ' ' or '/' or '\\' or > '~') return true;
        }

        return false;
    }

    private static string Replace(string element)
    {
        var clean = new StringBuilder(element.Length);
        foreach (var rune in element.EnumerateRunes())
        {
            if (TorrentText.IsInvisible(rune.Value)) continue;
            var isUnsafe = rune.Value is '/' or '\\' || Rune.IsControl(rune) || TorrentText.IsLineSeparator(rune.Value);
            if (isUnsafe) clean.Append(Substitute);
            else clean.Append(rune);
        }

        return clean.ToString();
    }

    /// <summary>CON, PRN, AUX, NUL, COM0–9, LPT0–9 (also with superscript digits), CONIN$ and CONOUT$, with any extension, in any case.</summary>
    private static bool IsDeviceName(string name)
    {
        var dot = name.IndexOf('.');
        var stem = (dot < 0 ? name : name[..dot]).TrimEnd(' ').ToUpperInvariant();
        return stem switch
        {
            "CON" or "PRN" or "AUX" or "NUL" or "CONIN$" or "CONOUT$" => true,
            ['C', 'O', 'M', var digit] => IsPortDigit(digit),
            ['L', 'P', 'T', var digit] => IsPortDigit(digit),
            _ => false,
        };
    }

    private static bool IsPortDigit(char digit) => char.IsAsciiDigit(digit) || digit is '¹' or '²' or '³';
}
