using Swarm.Actors.Torrents;
using Swarm.Host.Api.Catalogue;

namespace Swarm.Host.Api.Transmission;

/// <summary>The fields of "torrent_get" by their names, and how each is written: those that a row has here, those that need the node's closer word in <see cref="RpcDetailFields"/>.</summary>
internal static class RpcTorrentFields
{
    // Transmission's priority of a torrent's bandwidth; the node has none.
    private const int NormalPriority = 0;

    private static readonly Dictionary<string, Action<RpcWriter, string, RpcTorrent>> Plain = new(StringComparer.Ordinal)
    {
        ["activity_date"] = (writer, name, torrent) => writer.Number(name, Unix(torrent.Row.ActiveTicks)),
        ["added_date"] = (writer, name, torrent) => writer.Number(name, Unix(torrent.Row.AddedTicks)),
        ["bandwidth_priority"] = (writer, name, _) => writer.Number(name, NormalPriority),
        ["done_date"] = (writer, name, torrent) => writer.Number(name, Unix(torrent.Row.CompletedTicks)),
        ["download_dir"] = (writer, name, torrent) => writer.Text(name, torrent.Row.Folder),
        ["downloaded_ever"] = (writer, name, torrent) => writer.Number(name, torrent.Row.DownloadedEver),
        ["edit_date"] = (writer, name, _) => writer.Number(name, 0),
        ["error"] = (writer, name, torrent) => writer.Number(name, torrent.Row.State == TorrentState.Failed ? 3 : 0),
        ["error_string"] = (writer, name, torrent) => writer.Text(name, torrent.Row.State == TorrentState.Failed ? torrent.Row.Reason ?? "failed" : ""),
        ["eta"] = (writer, name, torrent) => writer.Number(name, torrent.Eta),
        ["eta_idle"] = (writer, name, _) => writer.Number(name, -1),
        ["group"] = (writer, name, _) => writer.Text(name, ""),
        ["hash_string"] = (writer, name, torrent) => writer.Text(name, torrent.Row.Torrent.ToString()),
        ["have_unchecked"] = (writer, name, _) => writer.Number(name, 0),
        ["have_valid"] = (writer, name, torrent) => writer.Number(name, torrent.Row.VerifiedLength),
        ["honors_session_limits"] = (writer, name, _) => writer.Flag(name, true),
        ["id"] = (writer, name, torrent) => writer.Number(name, torrent.Entry.Id),
        ["is_finished"] = (writer, name, torrent) => writer.Flag(name, torrent is { IsComplete: true, IsStopped: true, Row.Reason: not null }),
        ["is_private"] = (writer, name, torrent) => writer.Flag(name, torrent.Row.IsPrivate),
        ["is_stalled"] = (writer, name, torrent) => writer.Flag(name, torrent.Status is 4 or 6 && torrent.Row is { DownloadRate: 0, UploadRate: 0 }),
        ["labels"] = (writer, name, torrent) => writer.Texts(name, torrent.Row.Labels),
        ["left_until_done"] = (writer, name, torrent) => writer.Number(name, torrent.Row.SelectedLength - torrent.Row.VerifiedLength),
        ["manual_announce_time"] = (writer, name, _) => writer.Number(name, -1),
        ["metadata_percent_complete"] = (writer, name, torrent) => writer.Real(name, torrent.Row.HasMetadata ? 1 : 0),
        ["name"] = (writer, name, torrent) => writer.Text(name, torrent.Row.Name),
        ["peers_connected"] = (writer, name, torrent) => writer.Number(name, torrent.Row.ConnectedPeers),
        ["percent_complete"] = (writer, name, torrent) => writer.Real(name, torrent.Row.TotalLength > 0 ? (double)torrent.Row.VerifiedLength / torrent.Row.TotalLength : 0),
        ["percent_done"] = (writer, name, torrent) => writer.Real(name, RowFigures.Progress(torrent.Row)),
        ["primary_mime_type"] = (writer, name, _) => writer.Text(name, "application/octet-stream"),
        ["queue_position"] = (writer, name, torrent) => writer.Number(name, Math.Max(0, torrent.Row.QueuePosition)),
        ["rate_download"] = (writer, name, torrent) => writer.Number(name, torrent.Row.DownloadRate),
        ["rate_upload"] = (writer, name, torrent) => writer.Number(name, torrent.Row.UploadRate),
        ["seconds_downloading"] = (writer, name, _) => writer.Number(name, 0),
        ["seconds_seeding"] = (writer, name, _) => writer.Number(name, 0),
        ["seed_idle_limit"] = (writer, name, _) => writer.Number(name, 0),
        ["seed_idle_mode"] = (writer, name, _) => writer.Number(name, 0),
        ["size_when_done"] = (writer, name, torrent) => writer.Number(name, torrent.Row.SelectedLength),
        ["start_date"] = (writer, name, torrent) => writer.Number(name, Unix(torrent.Row.AddedTicks)),
        ["status"] = (writer, name, torrent) => writer.Number(name, torrent.Status),
        ["torrent_file"] = (writer, name, _) => writer.Text(name, ""),
        ["total_size"] = (writer, name, torrent) => writer.Number(name, torrent.Row.TotalLength),
        ["uploaded_ever"] = (writer, name, torrent) => writer.Number(name, torrent.Row.UploadedEver),
        ["upload_ratio"] = (writer, name, torrent) => writer.Real(name, torrent.Row.SelectedLength > 0 ? torrent.Row.Ratio : -1),
        ["webseeds_sending_to_us"] = (writer, name, _) => writer.Number(name, 0),
    };

    /// <summary>Whether there is such a field.</summary>
    public static bool Exists(string field) => Plain.ContainsKey(field) || RpcDetailFields.All.ContainsKey(field);

    /// <summary>Whether a field of a torrent cannot be told from its row. Of a torrent without connections some can that else cannot.</summary>
    public static bool NeedsDetails(string field, TorrentRow row) => RpcDetailFields.All.ContainsKey(field) && !(row.ConnectedPeers == 0 && RpcDetailFields.OfConnections.Contains(field));

    /// <summary>Writes a field.</summary>
    public static void Write(RpcWriter writer, string field, RpcTorrent torrent)
    {
        if (Plain.TryGetValue(field, out var plain)) plain(writer, field, torrent);
        else RpcDetailFields.All[field](writer, field, torrent);
    }

    /// <summary>A moment in seconds since 1970, 0 for never.</summary>
    public static long Unix(long ticks) => ticks <= 0 ? 0 : (ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond;
}
