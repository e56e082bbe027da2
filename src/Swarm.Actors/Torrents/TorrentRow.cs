using System.Collections.Immutable;

namespace Swarm.Actors.Torrents;

/// <summary>
/// A torrent as lists show it: small, immutable, the same for one that runs and for one that rests. Told in <see cref="TorrentRowsEvent.RowsChanged"/> when something in it changed, at most once a beat.
/// Lengths in bytes, rates in payload bytes a second, moments in UTC ticks.
/// </summary>
public sealed record TorrentRow
{
    /// <summary>Which torrent.</summary>
    public required InfoHash Torrent { get; init; }

    /// <summary>Its name as people see it.</summary>
    public required string Name { get; init; }

    /// <summary>The name of the file or folder that its content has in <see cref="Folder"/>, by the metainfo, safe as an element of a path; null while the metadata is unknown. Nobody who steers the node chooses it.</summary>
    public string? ContentName { get; init; }

    /// <summary>What it is doing.</summary>
    public required TorrentState State { get; init; }

    /// <summary>Why it stands still, one line for people; null unless it does.</summary>
    public string? Reason { get; init; }

    /// <summary>The absolute folder its content lies below.</summary>
    public required string Folder { get; init; }

    /// <summary>The category it is filed under, or null.</summary>
    public string? Category { get; init; }

    /// <summary>Labels, sorted, without repetition.</summary>
    public ImmutableArray<string> Labels { get; init; } = [];

    /// <summary>The hosts of its trackers, sorted, without repetition, with spaces between them: one text, so that rows are compared and shared cheaply.</summary>
    public string TrackerHosts { get; init; } = "";

    /// <summary>When it was added.</summary>
    public long AddedTicks { get; init; }

    /// <summary>When the last wanted piece was verified; 0 if that has not happened.</summary>
    public long CompletedTicks { get; init; }

    /// <summary>When payload last moved, either way; 0 if never.</summary>
    public long ActiveTicks { get; init; }

    /// <summary>Whether the info dictionary is known; lengths are 0 until it is.</summary>
    public bool HasMetadata { get; init; }

    /// <summary>Whether BEP 27 forbids the DHT and the exchange of peers.</summary>
    public bool IsPrivate { get; init; }

    /// <summary>Bytes of the whole torrent.</summary>
    public long TotalLength { get; init; }

    /// <summary>Bytes of the wanted pieces.</summary>
    public long SelectedLength { get; init; }

    /// <summary>Bytes of the wanted pieces that are verified.</summary>
    public long VerifiedLength { get; init; }

    /// <summary>Payload bytes received in all runs.</summary>
    public long DownloadedEver { get; init; }

    /// <summary>Payload bytes sent in all runs.</summary>
    public long UploadedEver { get; init; }

    /// <summary>Download rate.</summary>
    public long DownloadRate { get; init; }

    /// <summary>Upload rate.</summary>
    public long UploadRate { get; init; }

    /// <summary>Connections with a finished handshake.</summary>
    public int ConnectedPeers { get; init; }

    /// <summary>Those of them that have everything.</summary>
    public int ConnectedSeeds { get; init; }

    /// <summary>Place in the queue, 0 first; -1 for none of its own: after all that have one, by age.</summary>
    public int QueuePosition { get; init; } = -1;

    /// <summary>Whether every wanted piece is verified.</summary>
    public bool IsComplete => HasMetadata && VerifiedLength == SelectedLength;

    /// <summary>What <see cref="TrackerHosts"/> is for some trackers; one whose URL has no host is left out.</summary>
    public static string HostsOf(ImmutableArray<ImmutableArray<string>> tiers) => string.Join(' ', tiers.SelectMany(tier => tier)
        .Select(url => Uri.TryCreate(url, UriKind.Absolute, out var parsed) ? parsed.Host : "").Where(host => host.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    /// <summary>Sent over what the torrent is long, the measure of seeding goals; 0 while the length is unknown.</summary>
    public double Ratio => SelectedLength > 0 ? (double)UploadedEver / SelectedLength : 0;
}
