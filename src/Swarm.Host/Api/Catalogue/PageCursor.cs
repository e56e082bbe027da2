using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Swarm.Host.Api.Catalogue;

/// <summary>
/// A page's cursor as text: the order's name and the last place of the page before, so that it holds on any node at any time and costs the node no memory. Opaque to those who carry it; what
/// they made of it is checked.
/// </summary>
internal static class PageCursor
{
    // Longer than any name of a torrent makes it.
    private const int MaxLength = 8_192;
    private const char Separator = '\n';

    /// <summary>As text for an address.</summary>
    public static string Write(CatalogueOrder order, CataloguePosition position) =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes(string.Join(Separator, order.Name, position.Torrent, position.Number.ToString("R"), position.Text is null ? "" : "=" + position.Text)));

    /// <summary>The place, if the text is a cursor of this order.</summary>
    public static bool TryRead(string text, CatalogueOrder order, out CataloguePosition position)
    {
        position = default;
        if (text.Length > MaxLength) return false;
        var buffer = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        if (Base64Url.DecodeFromChars(text, buffer, out _, out var written) != OperationStatus.Done) return false;
        var parts = Encoding.UTF8.GetString(buffer, 0, written).Split(Separator, 4);
        if (parts.Length != 4 || parts[0] != order.Name || !double.TryParse(parts[2], out var number) || !TryReadHash(parts[1], out var torrent)) return false;
        position = new CataloguePosition(number, parts[3].StartsWith('=') ? parts[3][1..] : null, torrent);
        return (position.Text is null) == (order.PositionOf(Blank(torrent)).Text is null);
    }

    private static bool TryReadHash(string text, out InfoHash torrent)
    {
        torrent = default;
        var bytes = new byte[Bytes20.Size];
        if (text.Length != Bytes20.Size * 2 || Convert.FromHexString(text, bytes, out _, out _) != OperationStatus.Done) return false;
        torrent = new InfoHash(bytes);
        return true;
    }

    private static Actors.Torrents.TorrentRow Blank(InfoHash torrent) => new() { Torrent = torrent, Name = "", State = default, Folder = "" };
}
