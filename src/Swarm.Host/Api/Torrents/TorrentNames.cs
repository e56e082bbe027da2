using Swarm.Host.Api.Catalogue;
using Swarm.Protocol.Metainfo;

namespace Swarm.Host.Api.Torrents;

/// <summary>Finds the torrent that somebody means by a hash, or by a beginning of it that is long enough and only one's.</summary>
internal static class TorrentNames
{
    /// <summary>Digits at least.</summary>
    public const int MinDigits = 6;

    private const int Digits = Bytes20.Size * 2;

    /// <summary>The torrent.</summary>
    /// <exception cref="ApiException">There is none, or several, or the text is no hash.</exception>
    public static CatalogueEntry Find(TorrentCatalogue catalogue, string text)
    {
        if (text.Length is < MinDigits or > Digits || !Bytes20.TryParseHex(text.PadRight(Digits, '0'), out var beginning))
        {
            throw ApiException.BadRequest($"'{TorrentText.Clean(text.Length > 80 ? text[..80] : text)}' is no torrent's hash: 40 hexadecimal digits are expected, or at least the first {MinDigits} of them.");
        }

        if (text.Length == Digits) return catalogue.Find(new InfoHash(beginning)) ?? throw NoSuch(text);
        var mask = Bytes20.Mask(text.Length * 4);
        var found = catalogue.Walk().Where(entry => (entry.Row.Torrent.Value & mask) == beginning).Take(2).ToList();
        return found.Count switch
        {
            1 => found[0],
            0 => throw NoSuch(text),
            _ => throw ApiException.Conflict($"More than one torrent's hash begins with '{text}'. Give more digits."),
        };
    }

    private static ApiException NoSuch(string text) => ApiException.NotFound($"There is no torrent '{text}'. 'GET /api/v1/torrents' lists those there are.");
}
