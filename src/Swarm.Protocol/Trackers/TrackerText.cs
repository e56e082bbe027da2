using System.Globalization;
using System.Text;

namespace Swarm.Protocol.Trackers;

/// <summary>Makes a tracker's words fit to be shown: they end up on terminals, in logs and on web pages.</summary>
internal static class TrackerText
{
    /// <summary>
    /// Reads bytes as UTF-8 (what is not valid becomes U+FFFD), drops control, format (bidi) and separator characters and the NULs some trackers end with, and cuts after
    /// <paramref name="maxLength"/> characters.
    /// </summary>
    public static string Clean(ReadOnlySpan<byte> bytes, int maxLength)
    {
        var text = new StringBuilder(Math.Min(bytes.Length, maxLength));
        Span<char> utf16 = stackalloc char[2];
        while (!bytes.IsEmpty)
        {
            _ = Rune.DecodeFromUtf8(bytes, out var rune, out var consumed);
            bytes = bytes[consumed..];
            if (!IsShown(rune)) continue;
            var length = rune.EncodeToUtf16(utf16);
            if (text.Length + length > maxLength) break;
            text.Append(utf16[..length]);
        }

        return text.ToString().Trim();
    }

    private static bool IsShown(Rune rune) => Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
}
