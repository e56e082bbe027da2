using Swarm.Actors.Torrents;

namespace Swarm.Host.Api.Transmission;

/// <summary>The fields of "torrent_get" that speak of trackers.</summary>
internal static class RpcTrackerFields
{
    // Transmission's states of an announce: none is planned, one is.
    private const int Inactive = 0;
    private const int Waiting = 1;

    /// <summary>What they are.</summary>
    public static void Trackers(RpcWriter writer, string name, RpcTorrent torrent)
    {
        writer.StartArray(name);
        var id = 0;
        foreach (var tracker in torrent.Details?.Trackers ?? [])
        {
            writer.Json.WriteStartObject();
            Identity(writer, tracker, id++);
            writer.Json.WriteEndObject();
        }

        writer.Json.WriteEndArray();
    }

    /// <summary>What they are, one a line, with an empty line between tiers.</summary>
    public static void TrackerList(RpcWriter writer, string name, RpcTorrent torrent) =>
        writer.Text(name, string.Join("\n\n", (torrent.Details?.Trackers ?? []).GroupBy(tracker => tracker.Tier).Select(tier => string.Join('\n', tier.Select(tracker => tracker.Url)))));

    /// <summary>What they said.</summary>
    public static void TrackerStats(RpcWriter writer, string name, RpcTorrent torrent)
    {
        writer.StartArray(name);
        var id = 0;
        foreach (var tracker in torrent.Details?.Trackers ?? [])
        {
            var last = RpcTorrentFields.Unix(tracker.LastAnnouncedTicks);
            writer.Json.WriteStartObject();
            Identity(writer, tracker, id++);
            writer.Number("announce_state", tracker.NextAnnounceTicks > 0 ? Waiting : Inactive);
            writer.Number("download_count", tracker.Completed);
            writer.Flag("has_announced", last > 0);
            writer.Flag("has_scraped", false);
            writer.Text("host", Host(tracker.Url));
            writer.Flag("is_backup", false);
            writer.Number("last_announce_peer_count", tracker.PeersTold);
            writer.Text("last_announce_result", tracker.Error ?? (last > 0 ? "Success" : ""));
            writer.Number("last_announce_start_time", last);
            writer.Flag("last_announce_succeeded", last > 0 && tracker.Error is null);
            writer.Number("last_announce_time", last);
            writer.Flag("last_announce_timed_out", false);
            writer.Text("last_scrape_result", "");
            writer.Number("last_scrape_start_time", 0);
            writer.Flag("last_scrape_succeeded", false);
            writer.Number("last_scrape_time", 0);
            writer.Flag("last_scrape_timed_out", false);
            writer.Number("leecher_count", tracker.Leechers);
            writer.Number("next_announce_time", RpcTorrentFields.Unix(tracker.NextAnnounceTicks));
            writer.Number("next_scrape_time", 0);
            writer.Number("scrape_state", Inactive);
            writer.Number("seeder_count", tracker.Seeders);
            writer.Json.WriteEndObject();
        }

        writer.Json.WriteEndArray();
    }

    private static void Identity(RpcWriter writer, TrackerDetails tracker, int id)
    {
        writer.Text("announce", tracker.Url);
        writer.Number("id", id);
        writer.Text("scrape", "");
        writer.Text("sitename", Site(tracker.Url));
        writer.Number("tier", tracker.Tier);
    }

    private static string Host(string url) => Uri.TryCreate(url, UriKind.Absolute, out var uri) ? $"{uri.Scheme}://{uri.Host}:{uri.Port}" : url;

    // The name people know it by: of "tracker.example.org" the "example".
    private static string Site(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri)) return "";
        var labels = uri.Host.Split('.');
        return uri.HostNameType == UriHostNameType.Dns && labels.Length > 1 ? labels[^2] : uri.Host;
    }
}
