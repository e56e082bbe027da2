using System.Collections.Immutable;
using System.Net;
using Swarm.Actors.Torrents;
using Swarm.Api.Contracts;
using Swarm.Host.Api.Security;
using Swarm.Io.Http;
using Swarm.Protocol.Magnets;
using Swarm.Protocol.Metainfo;

namespace Swarm.Host.Api.Torrents;

/// <summary>
/// Makes a torrent to add of what came through an API: parses, fetches, and checks every path against the content roots. The one place that does, whichever dialect it came by. No file of this
/// machine is read: a path is no source.
/// </summary>
internal sealed class TorrentIntake(HttpApiSettings settings, ContentRoots roots, HttpDownloads downloads)
{
    private const int MaxTexts = 200;
    private const int MaxTextLength = 2_048;

    /// <summary>The torrent.</summary>
    /// <exception cref="ApiException">It is refused.</exception>
    public async Task<NewTorrent> ReadAsync(AddTorrent request, CancellationToken cancellation)
    {
        if ((request.Source is null) == (request.Metainfo is null)) throw ApiException.BadRequest("Give either 'source' (a magnet link, an info-hash or a URL) or 'metainfo' (a .torrent file in base64).");
        var source = request.Metainfo is { } base64 ? OfFile(Decode(base64)) : await OfTextAsync(request.Source!.Trim(), cancellation).ConfigureAwait(false);
        return Complete(source, request);
    }

    /// <summary>The torrent of a .torrent file's bytes.</summary>
    /// <exception cref="ApiException">It is refused.</exception>
    public NewTorrent Read(ImmutableArray<byte> file, AddTorrent request) => Complete(OfFile(file), request);

    /// <summary>A folder that may be used, or the default one where none is named.</summary>
    /// <exception cref="ApiException">It is outside the roots.</exception>
    public string FolderOf(string? folder)
    {
        if (string.IsNullOrEmpty(folder)) return roots.Default;
        return roots.Resolve(folder) ?? throw ApiException.Forbidden(
            $"The folder '{TorrentText.Clean(folder)}' is not inside a content root of this node ({string.Join(", ", roots.Folders)}). Name an absolute path below one of them, or add a root to swarm.api.content-roots.");
    }

    /// <summary>Peers of their texts, addresses only: names would let others make the node ask for them.</summary>
    /// <exception cref="ApiException">One is no address and port.</exception>
    public static ImmutableArray<IPEndPoint> PeersOf(IReadOnlyList<string> texts)
    {
        Bound(texts, "peers");
        return [.. texts.Select(text => IPEndPoint.TryParse(text, out var peer) && peer.Port > 0
            ? peer
            : throw ApiException.BadRequest($"'{TorrentText.Clean(text)}' is no peer: address:port is expected, an IPv6 address in brackets."))];
    }

    /// <summary>Trackers of their texts.</summary>
    /// <exception cref="ApiException">One is no URL of a tracker.</exception>
    public static ImmutableArray<string> TrackersOf(IReadOnlyList<string> texts)
    {
        Bound(texts, "trackers");
        return [.. texts.Select(text => Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" or "udp"
            ? text
            : throw ApiException.BadRequest($"'{TorrentText.Clean(text)}' is no tracker: an http, https or udp URL is expected."))];
    }

    /// <summary>Labels as they are kept: trimmed, sorted, each once.</summary>
    /// <exception cref="ApiException">There are too many, or one is too long.</exception>
    public static ImmutableArray<string> LabelsOf(IReadOnlyList<string> texts)
    {
        Bound(texts, "labels");
        return [.. texts.Select(text => TorrentText.Clean(text).Trim()).Where(text => text.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    private static void Bound(IReadOnlyList<string> texts, string what)
    {
        if (texts.Count > MaxTexts) throw ApiException.BadRequest($"{texts.Count} {what} are more than the {MaxTexts} that are taken at once.");
        if (texts.FirstOrDefault(text => text.Length > MaxTextLength) is { } text1) throw ApiException.BadRequest($"One of the {what} has {text1.Length} characters; at most {MaxTextLength} are taken.");
    }

    private static TorrentSource OfLink(string text) =>
        MagnetLink.TryParse(text, out var link, out var error) && link.WireHash is not null
            ? TorrentSource.FromMagnet(link)
            : throw ApiException.BadRequest($"The link is refused: {TorrentText.Clean(error.Length > 0 ? error : "it names no hash")}. Check that it is whole.");

    private NewTorrent Complete(TorrentSource source, AddTorrent request)
    {
        if (request.DownloadLimit < 0 || request.UploadLimit < 0) throw ApiException.BadRequest("A limit is 0 or more bytes a second.");
        Bound(request.Select, "patterns");
        var category = string.IsNullOrWhiteSpace(request.Category) ? null : TorrentText.Clean(request.Category).Trim();
        var options = new TorrentOptions
        {
            Folder = FolderOf(request.Folder ?? FolderOfCategory(category)),
            Peers = PeersOf(request.Peers),
            Trackers = TrackersOf(request.Trackers),
            Select = [.. request.Select],
            Sequential = request.Sequential,
            Recheck = request.Recheck,
            DownloadLimit = request.DownloadLimit,
            UploadLimit = request.UploadLimit,
            Paused = request.Paused,
            Category = category,
            Labels = LabelsOf(request.Labels),
        };
        return new NewTorrent(source, options);
    }

    private string? FolderOfCategory(string? category) => category is null ? null : settings.Categories.FirstOrDefault(known => known.Name == category)?.Folder;

    private ImmutableArray<byte> Decode(string base64)
    {
        // Three bytes in four characters.
        if (base64.Length / 4 * 3L > settings.TorrentFileLimit) throw TooLarge();
        try
        {
            return [.. Convert.FromBase64String(base64)];
        }
        catch (FormatException)
        {
            throw ApiException.BadRequest("'metainfo' is not base64. Encode the .torrent file's bytes with the standard alphabet.");
        }
    }

    private TorrentSource OfFile(ImmutableArray<byte> file)
    {
        if (file.Length > settings.TorrentFileLimit) throw TooLarge();
        var bytes = System.Runtime.InteropServices.ImmutableCollectionsMarshal.AsArray(file)!;
        return MetainfoParser.TryParse(bytes, MetainfoLimits.Default, out var metainfo, out var error)
            ? TorrentSource.FromFile(metainfo, file)
            : throw ApiException.BadRequest($"The .torrent file is refused: {TorrentText.Clean(error)}.");
    }

    private async Task<TorrentSource> OfTextAsync(string text, CancellationToken cancellation)
    {
        if (text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
        {
            return await FetchAsync(text, cancellation).ConfigureAwait(false);
        }

        return OfLink(text);
    }

    private async Task<TorrentSource> FetchAsync(string text, CancellationToken cancellation)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url)) throw ApiException.BadRequest($"'{TorrentText.Clean(text)}' is not a URL with a host. Check its spelling.");
        var download = await downloads.GetAsync(url, settings.TorrentFileLimit, settings.FetchTimeout, cancellation).ConfigureAwait(false);
        if (download.Failure is { } failure) throw ApiException.BadGateway($"The torrent file cannot be fetched: {failure}");
        if (download.Status != 200) throw ApiException.BadGateway($"{url.Host} answered {download.Status} when asked for the torrent file. Check the URL.");
        return OfFile(download.Body);
    }

    private ApiException TooLarge() => ApiException.TooLarge($"The .torrent file is larger than the {settings.TorrentFileLimit} bytes that this node takes (swarm.api.max-body-bytes).");
}
