using System.Globalization;
using System.Text;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Wire;

/// <summary>
/// A peer's program and its version, read from the conventions of peer ids (BEP 20). For showing: an id is what its sender wants it to be.
/// <see cref="Version"/> is empty where the id has none; <see cref="Client"/> is never empty.
/// </summary>
public sealed record ClientName(string Client, string Version)
{
    private const int CodeLength = 2;

    /// <summary>Reads a peer id. An unknown one gives its printable beginning, or "Unknown".</summary>
    public static ClientName Decode(PeerId peerId)
    {
        Span<byte> id = stackalloc byte[Bytes20.Size];
        peerId.Value.CopyTo(id);
        return AzureusStyle(id) ?? OwnStyle(id) ?? DashedStyle(id) ?? ShadowStyle(id) ?? Unknown(id);
    }

    /// <summary>"Client 1.2.3", or only the client.</summary>
    public override string ToString() => Version.Length == 0 ? Client : $"{Client} {Version}";

    /// <summary>
    /// Foreign text made fit to show on one line: control, format, surrogate and unassigned characters are removed, spaces at the ends too,
    /// and at most <paramref name="maxLength"/> UTF-16 units are kept. Null if nothing is left.
    /// </summary>
    public static string? Clean(string text, int maxLength)
    {
        var clean = new StringBuilder(Math.Min(text.Length, maxLength));
        foreach (var rune in text.EnumerateRunes())
        {
            if (clean.Length + rune.Utf16SequenceLength > maxLength) break;
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.OtherNotAssigned
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse
                || rune == Rune.ReplacementChar) continue;
            clean.Append(rune.ToString());
        }

        var result = clean.ToString().Trim();
        return result.Length == 0 ? null : result;
    }

    /// <summary>-AZ2060-: two characters of code, four of version.</summary>
    private static ClientName? AzureusStyle(ReadOnlySpan<byte> id)
    {
        if (id[0] != '-' || !IsPrintable(id.Slice(1, CodeLength))) return null;
        if (id[1..].StartsWith("ML"u8)) return MlDonkey(id);
        if (id[1..].StartsWith("BOW"u8)) return new ClientName("Bits on Wheels", id[4..7].SequenceEqual("A0C"u8) ? "1.0.6" : Text(id[4..7]));
        if (id[1..].StartsWith("G3"u8)) return new ClientName("G3 Torrent", "");
        // FlashGet leaves the final dash out.
        if (id[7] != '-' && !id[1..].StartsWith("FG"u8)) return null;
        var code = Text(id.Slice(1, CodeLength));
        var version = ClientVersions.Format(code, id.Slice(3, 4));
        return version is null ? null : new ClientName(ClientNames.Azureus.GetValueOrDefault(code, code), version);
    }

    private static ClientName MlDonkey(ReadOnlySpan<byte> id)
    {
        var rest = id[3..];
        var end = rest.IndexOf((byte)'-');
        return new ClientName("MLDonkey", end > 0 && IsPrintable(rest[..end]) ? Text(rest[..end]) : "");
    }

    /// <summary>Programs with a style that no other has.</summary>
    private static ClientName? OwnStyle(ReadOnlySpan<byte> id)
    {
        if (id[..12].IndexOfAnyExcept((byte)0) < 0) return new ClientName("Generic", "");
        if (id.StartsWith("exbc"u8) || id.StartsWith("FUTB"u8))
            return new ClientName(id[6..].StartsWith("LORD"u8) ? "BitLord" : "BitComet", $"{id[4]}.{id[5]:00}");
        if (id.StartsWith("XBT"u8) && AreDigits(id[3..6]))
            return new ClientName("XBT Client", $"{(char)id[3]}.{(char)id[4]}.{(char)id[5]}{(id[6] == 'd' ? " (Debug)" : "")}");
        if (id.StartsWith("OP"u8) && AreDigits(id[2..6])) return new ClientName("Opera", Text(id[2..6]));
        if (id.StartsWith("TIX"u8) && AreDigits(id[3..7])) return new ClientName("Tixati", $"{int.Parse(Text(id[3..5]))}.{Text(id[5..7])}");
        if (id.StartsWith("AZ2500BT"u8)) return new ClientName("BitTyrant", "");
        if (id.StartsWith("346------"u8)) return new ClientName("TorrenTopia", "1.90");
        if (id.StartsWith("\0\u0003BS"u8)) return new ClientName("BitSpirit", "3");
        if (id.StartsWith("\0\u0002BS"u8)) return new ClientName("BitSpirit", "2");
        if (id[2..].StartsWith("RS"u8) && id[0] < 32 && id[1] < 100) return new ClientName("Rufus", $"{id[0]}.{id[1]}");
        return null;
    }

    /// <summary>M4-3-6--, A2-1-18-8-, Q1-23-4-: a name of one or two characters, numbers between dashes.</summary>
    private static ClientName? DashedStyle(ReadOnlySpan<byte> id)
    {
        var (name, start) = id[0] switch
        {
            (byte)'M' => ("Mainline", 1),
            (byte)'Q' => ("Queen Bee", 1),
            (byte)'A' when id[1] == '2' && id[2] == '-' => ("aria2", 3),
            _ => ("", 0),
        };
        if (start == 0) return null;
        var numbers = new List<string>();
        while (numbers.Count < 3)
        {
            var length = id[start..].IndexOf((byte)'-');
            if (length is < 1 or > 3 || !AreDigits(id.Slice(start, length))) break;
            numbers.Add(Text(id.Slice(start, length)));
            start += length + 1;
        }

        return numbers.Count == 3 ? new ClientName(name, string.Join('.', numbers)) : null;
    }

    /// <summary>S58B-----: one letter, up to five characters of version padded with dashes, three dashes. Its ancestor had bytes for digits.</summary>
    private static ClientName? ShadowStyle(ReadOnlySpan<byte> id)
    {
        if (!ClientNames.Shadow.TryGetValue((char)id[0], out var name)) return null;
        if (id[1] < 10 && id[2] < 10 && id[3] < 10 && id[8] == 0)
            return new ClientName(id[0] == 'S' ? "Shadow" : name, $"{id[1]}.{id[2]}.{id[3]}");
        if (!id[6..9].SequenceEqual("---"u8)) return null;
        var numbers = new List<string>();
        foreach (var digit in id[1..6].TrimEnd((byte)'-'))
        {
            var value = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.-".IndexOf((char)digit, StringComparison.Ordinal);
            if (value < 0) return null;
            numbers.Add(value.ToString());
        }

        return numbers.Count == 0 ? null : new ClientName(name, string.Join('.', numbers));
    }

    private static ClientName Unknown(ReadOnlySpan<byte> id)
    {
        var printable = id.IndexOfAnyExceptInRange((byte)0x21, (byte)0x7E);
        var length = Math.Min(printable < 0 ? id.Length : printable, 8);
        return new ClientName(length < 2 ? "Unknown" : Text(id[..length]), "");
    }

    private static bool IsPrintable(ReadOnlySpan<byte> bytes) => bytes.IndexOfAnyExceptInRange((byte)0x21, (byte)0x7E) < 0;

    private static bool AreDigits(ReadOnlySpan<byte> bytes) => bytes.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0;

    private static string Text(ReadOnlySpan<byte> ascii) => Encoding.ASCII.GetString(ascii);
}
