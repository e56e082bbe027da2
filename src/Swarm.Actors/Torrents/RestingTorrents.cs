using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Swarm.Actors.Ports;

namespace Swarm.Actors.Torrents;

/// <summary>
/// The torrents that rest, by hash. Pure; owned by <see cref="TorrentsActor"/>.
/// <para>A torrent that nobody wants costs a row here and no actor: an idle seed, one that is paused, one that has failed. What many of them have in common, the folder, the category, the labels, the
/// trackers, is kept once.</para>
/// <para>Always holds: what is in here has no actor, and its lease is this process's.</para>
/// </summary>
public sealed class RestingTorrents
{
    private readonly SortedDictionary<InfoHash, RestingTorrent> _torrents = [];
    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ImmutableArray<string>> _lists = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ImmutableArray<ImmutableArray<string>>> _tiers = new(StringComparer.Ordinal);

    /// <summary>Different folders, categories, label lists and tracker lists that are kept once, of each kind; beyond it each torrent keeps its own.</summary>
    public const int MaxShared = 4_096;

    /// <summary>How many rest.</summary>
    public int Count => _torrents.Count;

    /// <summary>All of them, in the order of their hashes.</summary>
    public IEnumerable<RestingTorrent> All => _torrents.Values;

    /// <summary>
    /// How a torrent that was just taken up lies down, or null: it has to be woken, because it wants pieces, or something was begun with it, or too little is known of it.
    /// </summary>
    public static RestingTorrent? Of(TakenTorrent taken)
    {
        if (taken.HeldBy is { } holder) return As(taken, TorrentState.Failed, $"this torrent is already run by {holder}");
        if (taken.Unfinished is not null || taken.Summary is not { } summary) return null;
        if (!taken.Options.StandsStill && !summary.IsComplete) return null;
        return As(taken, taken.Options.Paused ? TorrentState.Stopped : taken.Options.Queued ? TorrentState.Queued : TorrentState.Seeding, null);
    }

    /// <summary>A torrent that was just taken up, at rest in this state for this reason.</summary>
    public static RestingTorrent As(TakenTorrent taken, TorrentState state, string? reason) => new(RowOf(taken, state, reason))
    {
        PieceCount = taken.Summary?.PieceCount ?? 0,
        VerifiedPieces = taken.Summary?.VerifiedPieces ?? 0,
        TrackerTiers = taken.Summary?.TrackerTiers ?? [],
    };

    /// <summary>Lays a torrent down; what it shares with others is kept once. The row as it is kept.</summary>
    public TorrentRow Add(RestingTorrent torrent)
    {
        var row = torrent.Row;
        var kept = torrent with
        {
            Row = row with { Folder = Shared(row.Folder), Category = row.Category is null ? null : Shared(row.Category), Labels = Shared(row.Labels), TrackerHosts = Shared(row.TrackerHosts) },
            TrackerTiers = Shared(torrent.TrackerTiers),
        };
        _torrents[row.Torrent] = kept;
        return kept.Row;
    }

    /// <summary>Whether it rests.</summary>
    public bool Contains(InfoHash torrent) => _torrents.ContainsKey(torrent);

    /// <summary>Finds one.</summary>
    public bool TryFind(InfoHash torrent, [NotNullWhen(true)] out RestingTorrent? found) => _torrents.TryGetValue(torrent, out found);

    /// <summary>Takes one out: it is woken, or gone.</summary>
    public bool Remove(InfoHash torrent, [NotNullWhen(true)] out RestingTorrent? removed) => _torrents.Remove(torrent, out removed);

    private static TorrentRow RowOf(TakenTorrent taken, TorrentState state, string? reason) => new()
    {
        Torrent = taken.Torrent,
        Name = NameOf(taken),
        ContentName = taken.Summary is { HasMetadata: true } known ? known.Name : null,
        State = state,
        Reason = reason,
        Folder = taken.Options.Folder,
        Category = taken.Options.Category,
        Labels = taken.Options.Labels,
        TrackerHosts = TorrentRow.HostsOf(taken.Summary?.TrackerTiers ?? []),
        AddedTicks = taken.AddedTicks,
        CompletedTicks = taken.Summary?.CompletedTicks ?? 0,
        ActiveTicks = taken.Summary?.ActiveTicks ?? 0,
        HasMetadata = taken.Summary?.HasMetadata ?? false,
        IsPrivate = taken.Summary?.IsPrivate ?? false,
        TotalLength = taken.Summary?.TotalLength ?? 0,
        SelectedLength = taken.Summary?.SelectedLength ?? 0,
        VerifiedLength = taken.Summary?.VerifiedLength ?? 0,
        DownloadedEver = taken.Summary?.Downloaded ?? 0,
        UploadedEver = taken.Summary?.Uploaded ?? 0,
        QueuePosition = taken.Options.QueuePosition,
    };

    private static string NameOf(TakenTorrent taken) => taken.Options.Name.Length > 0 ? taken.Options.Name : taken.Summary?.Name ?? taken.Torrent.ToString();

    private string Shared(string text)
    {
        if (_texts.TryGetValue(text, out var known)) return known;
        if (_texts.Count < MaxShared) _texts.Add(text, text);
        return text;
    }

    private ImmutableArray<string> Shared(ImmutableArray<string> list)
    {
        if (list.IsEmpty) return [];
        var key = string.Join('\n', list);
        if (_lists.TryGetValue(key, out var known)) return known;
        if (_lists.Count < MaxShared) _lists.Add(key, list);
        return list;
    }

    private ImmutableArray<ImmutableArray<string>> Shared(ImmutableArray<ImmutableArray<string>> tiers)
    {
        if (tiers.IsEmpty) return [];
        var key = string.Join("\n\n", tiers.Select(tier => string.Join('\n', tier)));
        if (_tiers.TryGetValue(key, out var known)) return known;
        if (_tiers.Count < MaxShared) _tiers.Add(key, tiers);
        return tiers;
    }
}
