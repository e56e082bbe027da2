using Swarm.Actors.Torrents;

namespace Swarm.Host.Api.Catalogue;

/// <summary>Where a torrent stands in an order: its key, and its hash to tell apart what has the same key. A page's cursor is such a place, so it holds whatever happens to the torrents meanwhile.</summary>
internal readonly record struct CataloguePosition(double Number, string? Text, InfoHash Torrent);

/// <summary>
/// An order of torrents by one column. Total: no two torrents have the same place, and the hash decides, always upwards, where the column does not. Text is compared without regard to case.
/// </summary>
internal sealed class CatalogueOrder : IComparer<CataloguePosition>
{
    private static readonly (string Name, Func<TorrentRow, double>? Number, Func<TorrentRow, string>? Text)[] Columns =
    [
        ("hash", static _ => 0, null),
        ("name", null, static row => row.Name),
        ("state", static row => (int)row.State, null),
        ("folder", null, static row => row.Folder),
        ("category", null, static row => row.Category ?? ""),
        ("addedAt", static row => Moment(row.AddedTicks), null),
        ("completedAt", static row => Moment(row.CompletedTicks), null),
        ("activeAt", static row => Moment(row.ActiveTicks), null),
        ("totalBytes", static row => row.TotalLength, null),
        ("selectedBytes", static row => row.SelectedLength, null),
        ("verifiedBytes", static row => row.VerifiedLength, null),
        ("progress", static row => RowFigures.Progress(row), null),
        ("downloadedBytes", static row => row.DownloadedEver, null),
        ("uploadedBytes", static row => row.UploadedEver, null),
        ("downloadRate", static row => row.DownloadRate, null),
        ("uploadRate", static row => row.UploadRate, null),
        ("secondsLeft", static row => RowFigures.SecondsLeft(row) ?? double.MaxValue, null),
        ("ratio", static row => row.Ratio, null),
        ("connectedPeers", static row => row.ConnectedPeers, null),
        ("connectedSeeds", static row => row.ConnectedSeeds, null),
        ("queuePosition", static row => row.QueuePosition < 0 ? double.MaxValue : row.QueuePosition, null),
    ];

    private readonly int _column;
    private readonly bool _isDescending;

    private CatalogueOrder(int column, bool isDescending)
    {
        _column = column;
        _isDescending = isDescending;
    }

    /// <summary>By hash.</summary>
    public static CatalogueOrder ByHash { get; } = new(0, isDescending: false);

    /// <summary>The columns there are.</summary>
    public static IEnumerable<string> Names => Columns.Select(column => column.Name);

    /// <summary>Its column, with a minus before it where large comes first.</summary>
    public string Name => _isDescending ? "-" + Columns[_column].Name : Columns[_column].Name;

    /// <summary>The order of a name such as "ratio" or "-ratio", or null.</summary>
    public static CatalogueOrder? Parse(string name)
    {
        var isDescending = name.StartsWith('-');
        var column = Array.FindIndex(Columns, column => name.AsSpan(isDescending ? 1 : 0).Equals(column.Name, StringComparison.OrdinalIgnoreCase));
        return column < 0 ? null : new CatalogueOrder(column, isDescending);
    }

    /// <summary>Where a torrent stands.</summary>
    public CataloguePosition PositionOf(TorrentRow row)
    {
        var (_, number, text) = Columns[_column];
        return new CataloguePosition(number?.Invoke(row) ?? 0, text?.Invoke(row), row.Torrent);
    }

    /// <inheritdoc/>
    public int Compare(CataloguePosition x, CataloguePosition y)
    {
        var byColumn = x.Text is null && y.Text is null ? x.Number.CompareTo(y.Number) : string.Compare(x.Text, y.Text, StringComparison.OrdinalIgnoreCase);
        if (byColumn != 0) return _isDescending ? -byColumn : byColumn;
        return x.Torrent.CompareTo(y.Torrent);
    }

    // In microseconds, which such a number holds exactly for some centuries.
    private static double Moment(long ticks) => (ticks - DateTime.UnixEpoch.Ticks) / (double)TimeSpan.TicksPerMicrosecond;
}
