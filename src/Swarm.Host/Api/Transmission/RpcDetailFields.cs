using System.Collections.Frozen;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Picking;

namespace Swarm.Host.Api.Transmission;

/// <summary>The fields of "torrent_get" that a row does not have. Where the node could not say, they are what a torrent without any has.</summary>
internal static class RpcDetailFields
{
    // Kilobytes are thousands here, as "units" says.
    private const long Kilo = 1_000;

    /// <summary>Those that are known to be nothing while there is no connection.</summary>
    public static FrozenSet<string> OfConnections { get; } = new[] { "peers", "peers_from", "peers_getting_from_us", "peers_sending_to_us" }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>By name.</summary>
    public static IReadOnlyDictionary<string, Action<RpcWriter, string, RpcTorrent>> All { get; } = new Dictionary<string, Action<RpcWriter, string, RpcTorrent>>(StringComparer.Ordinal)
    {
        ["availability"] = Availability,
        ["comment"] = (writer, name, torrent) => writer.Text(name, torrent.Metainfo?.Comment ?? ""),
        ["corrupt_ever"] = (writer, name, torrent) => writer.Number(name, torrent.Details?.Status.Wasted ?? 0),
        ["creator"] = (writer, name, torrent) => writer.Text(name, torrent.Metainfo?.CreatedBy ?? ""),
        ["date_created"] = (writer, name, torrent) => writer.Number(name, torrent.Metainfo?.CreationDate?.ToUnixTimeSeconds() ?? 0),
        ["desired_available"] = (writer, name, torrent) => writer.Number(name, torrent.Row.ConnectedSeeds > 0 ? torrent.Row.SelectedLength - torrent.Row.VerifiedLength : 0),
        ["download_limit"] = (writer, name, torrent) => writer.Number(name, (torrent.Details?.Options.DownloadLimit ?? 0) / Kilo),
        ["download_limited"] = (writer, name, torrent) => writer.Flag(name, torrent.Details?.Options.DownloadLimit > 0),
        ["file_count"] = (writer, name, torrent) => writer.Number(name, torrent.Details?.Files.Length ?? 0),
        ["files"] = Files,
        ["file_stats"] = FileStats,
        ["magnet_link"] = (writer, name, torrent) => writer.Text(name, torrent.Details?.Magnet ?? $"magnet:?xt=urn:btih:{torrent.Row.Torrent}&dn={Uri.EscapeDataString(torrent.Row.Name)}"),
        ["max_connected_peers"] = (writer, name, torrent) => writer.Number(name, torrent.Details?.Options.MaxConnections ?? 0),
        ["peer_limit"] = (writer, name, torrent) => writer.Number(name, torrent.Details?.Options.MaxConnections ?? 0),
        ["peers"] = RpcPeerFields.Peers,
        ["peers_from"] = RpcPeerFields.PeersFrom,
        ["peers_getting_from_us"] = (writer, name, torrent) => writer.Number(name, torrent.Details?.Peers.Count(peer => peer.UploadRate > 0) ?? 0),
        ["peers_sending_to_us"] = (writer, name, torrent) => writer.Number(name, torrent.Details?.Peers.Count(peer => peer.DownloadRate > 0) ?? 0),
        ["piece_count"] = (writer, name, torrent) => writer.Number(name, torrent.Details?.Status.PieceCount ?? 0),
        ["piece_size"] = (writer, name, torrent) => writer.Number(name, torrent.Metainfo?.Layout.Geometry.PieceLength ?? 0),
        ["pieces"] = (writer, name, torrent) => writer.Text(name, torrent.Details is { Pieces.IsDefaultOrEmpty: false } details ? Convert.ToBase64String(details.Pieces.AsSpan()) : ""),
        ["priorities"] = (writer, name, torrent) => Each(writer, name, torrent, file => PriorityOf(file.Priority)),
        ["recheck_progress"] = (writer, name, torrent) => writer.Real(name, torrent.Details?.Status.CheckProgress is { Total: > 0 } check ? (double)check.Done / check.Total : 0),
        ["seed_ratio_limit"] = (writer, name, torrent) => writer.Real(name, Math.Max(0, torrent.Details?.Options.RatioGoal ?? 0)),
        ["seed_ratio_mode"] = (writer, name, torrent) => writer.Number(name, GoalModeOf(torrent.Details?.Options.RatioGoal ?? -1)),
        ["sequential_download"] = (writer, name, torrent) => writer.Flag(name, torrent.Details?.Options.Sequential ?? false),
        ["trackers"] = RpcTrackerFields.Trackers,
        ["tracker_list"] = RpcTrackerFields.TrackerList,
        ["tracker_stats"] = RpcTrackerFields.TrackerStats,
        ["upload_limit"] = (writer, name, torrent) => writer.Number(name, (torrent.Details?.Options.UploadLimit ?? 0) / Kilo),
        ["upload_limited"] = (writer, name, torrent) => writer.Flag(name, torrent.Details?.Options.UploadLimit > 0),
        ["wanted"] = (writer, name, torrent) => Each(writer, name, torrent, file => file.Priority.IsWanted ? 1 : 0),
        ["webseeds"] = (writer, name, torrent) => writer.Texts(name, torrent.Metainfo?.WebSeeds ?? []),
    };

    // 0 as the session says, 1 its own, 2 none.
    private static int GoalModeOf(double goal) => goal < 0 ? 0 : goal == 0 ? 2 : 1;

    /// <summary>Transmission's priority of a file: -1, 0 or 1.</summary>
    private static int PriorityOf(PiecePriority priority)
    {
        if (!priority.IsWanted) return 0;
        return Math.Sign(priority.CompareTo(PiecePriority.Normal));
    }

    private static void Files(RpcWriter writer, string name, RpcTorrent torrent)
    {
        writer.StartArray(name);
        for (var i = 0; i < (torrent.Details?.Files.Length ?? 0); i++)
        {
            var file = torrent.Details!.Files[i];
            var pieces = torrent.Metainfo?.Layout.PiecesOf(i);
            writer.Json.WriteStartObject();
            writer.Number("bytes_completed", file.VerifiedLength);
            writer.Number("length", file.Length);
            writer.Text("name", file.Path);
            writer.Number("begin_piece", pieces?.First.Value ?? 0);
            writer.Number("end_piece", pieces is { } range ? range.Last.Value + 1 : 0);
            writer.Json.WriteEndObject();
        }

        writer.Json.WriteEndArray();
    }

    // For each piece -1 where it is here, and else how many have it; of those that have only a part of the torrent the node keeps no count here.
    private static void Availability(RpcWriter writer, string name, RpcTorrent torrent)
    {
        writer.StartArray(name);
        var pieces = torrent.Details is { Pieces.IsDefaultOrEmpty: false } details ? details.Pieces : [];
        for (var piece = 0; piece < Math.Min(torrent.Details?.Status.PieceCount ?? 0, pieces.Length * 8); piece++)
        {
            var isHere = (pieces[piece / 8] & (0x80 >> (piece % 8))) != 0;
            writer.Json.WriteNumberValue(isHere ? -1 : torrent.Row.ConnectedSeeds);
        }

        writer.Json.WriteEndArray();
    }

    private static void FileStats(RpcWriter writer, string name, RpcTorrent torrent)
    {
        writer.StartArray(name);
        foreach (var file in torrent.Details?.Files ?? [])
        {
            writer.Json.WriteStartObject();
            writer.Number("bytes_completed", file.VerifiedLength);
            writer.Flag("wanted", file.Priority.IsWanted);
            writer.Number("priority", PriorityOf(file.Priority));
            writer.Json.WriteEndObject();
        }

        writer.Json.WriteEndArray();
    }

    private static void Each(RpcWriter writer, string name, RpcTorrent torrent, Func<FileLine, int> value)
    {
        writer.StartArray(name);
        foreach (var file in torrent.Details?.Files ?? []) writer.Json.WriteNumberValue(value(file));
        writer.Json.WriteEndArray();
    }
}
