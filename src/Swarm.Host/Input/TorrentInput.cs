using System.Collections.Immutable;
using System.Net;
using System.Runtime.InteropServices;
using Swarm.Protocol.Magnets;
using Swarm.Protocol.Metainfo;

namespace Swarm.Host.Input;

/// <summary>
/// What a user names a torrent by: the path of a .torrent file, an http(s) URL of one, a magnet link, or a bare v1 info-hash. Read here into exactly one of <see cref="Metainfo"/> and
/// <see cref="Magnet"/>. Everything that can be wrong with it is a <see cref="SwarmException"/>.
/// </summary>
internal sealed record TorrentInput
{
    private static readonly string[] UrlSchemes = ["http://", "https://"];

    /// <summary>The parsed file, or null for a link.</summary>
    public TorrentMetainfo? Metainfo { get; private init; }

    /// <summary>The file's bytes, empty for a link.</summary>
    public ImmutableArray<byte> File { get; private init; } = [];

    /// <summary>The parsed link, or null for a file.</summary>
    public MagnetLink? Magnet { get; private init; }

    /// <summary>Reads <paramref name="text"/>; URLs are fetched from the address <paramref name="bind"/>, or the system's choice.</summary>
    /// <exception cref="SwarmException">It cannot be read or is refused; one line that says what, where and what to do.</exception>
    public static async Task<TorrentInput> LoadAsync(string text, IPAddress? bind, CancellationToken cancellation)
    {
        if (text.StartsWith("magnet:", StringComparison.OrdinalIgnoreCase)) return OfLink(text);
        if (UrlSchemes.Any(scheme => text.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)))
        {
            return OfBytes(await TorrentFetch.GetAsync(text, bind, cancellation).ConfigureAwait(false), text);
        }

        if (System.IO.File.Exists(text)) return OfBytes(ReadFile(text), text);
        if (MagnetLink.TryParse(text, out var bare, out _)) return new TorrentInput { Magnet = bare };
        throw new SwarmException(Directory.Exists(text)
            ? $"{Shown(text)} is a folder, not a torrent; give a .torrent file, a magnet link or an http(s) URL"
            : $"{Shown(text)}: there is no such file, and it is no magnet link, URL or info-hash either");
    }

    /// <summary>Reads a .torrent file only.</summary>
    /// <exception cref="SwarmException">It cannot be read or is refused.</exception>
    public static TorrentInput LoadFile(string path)
    {
        if (!System.IO.File.Exists(path)) throw new SwarmException($"{Shown(path)}: there is no such file; give the path of a .torrent file");
        return OfBytes(ReadFile(path), path);
    }

    private static TorrentInput OfLink(string text) =>
        MagnetLink.TryParse(text, out var link, out var error) ? new TorrentInput { Magnet = link } : throw new SwarmException(TorrentText.Clean(error));

    private static TorrentInput OfBytes(byte[] file, string place) =>
        MetainfoParser.TryParse(file, MetainfoLimits.Default, out var metainfo, out var error)
            ? new TorrentInput { Metainfo = metainfo, File = ImmutableCollectionsMarshal.AsImmutableArray(file) }
            : throw new SwarmException($"{Shown(place)}: {TorrentText.Clean(error)}");

    private static byte[] ReadFile(string path)
    {
        try
        {
            var length = new FileInfo(path).Length;
            var limit = MetainfoLimits.Default.MaxFileBytes;
            return length <= limit ? System.IO.File.ReadAllBytes(path) : throw new SwarmException($"{Shown(path)}: {length} bytes, more than the limit of {limit} for a torrent file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SwarmException($"{Shown(path)} cannot be read: {e.Message}", e);
        }
    }

    private static string Shown(string place) => TorrentText.Clean(place);
}
