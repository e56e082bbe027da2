using Swarm.Actors.Torrents;

namespace Swarm.Host.Api.Catalogue;

/// <summary>What is reckoned from a row, the same for lists, orders and the Transmission dialect.</summary>
internal static class RowFigures
{
    /// <summary>Verified over wanted, 0 to 1; 0 while the length is unknown, 1 where nothing is wanted.</summary>
    public static double Progress(TorrentRow row) =>
        !row.HasMetadata ? 0 : row.SelectedLength > 0 ? Math.Min(1, (double)row.VerifiedLength / row.SelectedLength) : 1;

    /// <summary>Whole seconds to completion at the present rate; null where nothing moves or nothing is missing.</summary>
    public static long? SecondsLeft(TorrentRow row) =>
        row is { HasMetadata: true, DownloadRate: > 0 } && row.VerifiedLength < row.SelectedLength ? (row.SelectedLength - row.VerifiedLength + row.DownloadRate - 1) / row.DownloadRate : null;
}
