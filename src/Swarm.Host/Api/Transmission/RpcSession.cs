using Swarm.Actors.Torrents;
using Swarm.Host.Api.Catalogue;
using Swarm.Host.Api.Torrents;

namespace Swarm.Host.Api.Transmission;

/// <summary>The calls that speak of the node as a whole. What Transmission keeps in its session and the node in its configuration is told as it is and cannot be changed here: the refusal says so.</summary>
internal sealed class RpcSession(ApiServices api, string sessionId)
{
    // Transmission 4.1's interface.
    private const string RpcVersion = "6.0.0";
    private const int RpcVersionNumber = 18;
    private const int OldestRpcVersion = 14;
    private const long Kilo = 1_000;
    private const int TorrentsToAsk = 20;

    // The usual limit where one is switched on that was never set.
    private const long UsualKilobytes = 100;

    private static readonly HashSet<string> Limits = new(StringComparer.Ordinal) { "speed_limit_down", "speed_limit_down_enabled", "speed_limit_up", "speed_limit_up_enabled" };

    /// <summary>"session_get".</summary>
    public void Get(RpcWriter writer, RpcArguments arguments)
    {
        var wanted = arguments.Texts("fields")?.Select(name => arguments.IsLegacy ? RpcNames.ToSnake(name) : name).ToHashSet(StringComparer.Ordinal);
        foreach (var (name, write) in Fields())
        {
            if (wanted is null || wanted.Contains(name)) write(writer, name);
        }
    }

    /// <summary>"session_set": the limits.</summary>
    /// <exception cref="RpcException">Something else is to be set to another value.</exception>
    public async Task SetAsync(RpcArguments arguments)
    {
        if (arguments.Names.FirstOrDefault(name => !Limits.Contains(name) && !IsAsItIs(name, arguments)) is { } other) throw new RpcException(RpcException.SystemError, $"'{other}' is set in the node's configuration");
        var facts = api.Node.Facts;
        await api.Node.LimitAsync(Limit(arguments, "speed_limit_down", facts.DownloadLimit), Limit(arguments, "speed_limit_up", facts.UploadLimit)).ConfigureAwait(false);
    }

    /// <summary>"session_stats".</summary>
    public void Statistics(RpcWriter writer)
    {
        var totals = CatalogueTotals.OfAll(api.Catalogue);
        var stopped = totals.In(TorrentState.Waiting) + totals.In(TorrentState.Failed) + totals.In(TorrentState.Stopped) + totals.In(TorrentState.Queued) + totals.In(TorrentState.Stopping);
        writer.Number("active_torrent_count", totals.Torrents - stopped);
        writer.Number("download_speed", totals.DownloadRate);
        writer.Number("paused_torrent_count", stopped);
        writer.Number("torrent_count", totals.Torrents);
        writer.Number("upload_speed", totals.UploadRate);
        foreach (var part in (string[])["cumulative_stats", "current_stats"])
        {
            writer.StartObject(part);
            writer.Number("uploaded_bytes", totals.Uploaded);
            writer.Number("downloaded_bytes", totals.Downloaded);
            writer.Number("files_added", totals.Torrents);
            writer.Number("session_count", 1);
            writer.Number("seconds_active", (long)(api.Clock.GetUtcNow() - api.Node.Facts.StartedAt).TotalSeconds);
            writer.Json.WriteEndObject();
        }
    }

    /// <summary>"free_space", of a folder in a content root.</summary>
    /// <exception cref="RpcException">The system does not say.</exception>
    /// <exception cref="ApiException">It is outside the roots.</exception>
    public (long Free, long Total) FreeSpace(string path)
    {
        var folder = api.Intake.FolderOf(path);
        try
        {
            var drive = new DriveInfo(folder);
            return (drive.AvailableFreeSpace, drive.TotalSize);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new RpcException(RpcException.SystemError, e.Message.ReplaceLineEndings(" "));
        }
    }

    /// <summary>"port_test": whether anybody is connected who connected from outside. No service outside is asked, so without one nobody knows.</summary>
    /// <exception cref="RpcException">Nobody knows.</exception>
    public async Task<bool> PortTestAsync()
    {
        var busiest = api.Catalogue.Page(CatalogueFilter.All, CatalogueOrder.Parse("-connectedPeers")!, after: null, TorrentsToAsk).Entries.Where(entry => entry.Row.ConnectedPeers > 0);
        foreach (var entry in busiest)
        {
            var details = await api.Node.DetailsAsync(entry.Row.Torrent).ConfigureAwait(false);
            if (details?.Peers.Any(peer => peer.Incoming && !PrivateNetwork.Contains(peer.Remote.Address)) == true) return true;
        }

        throw new RpcException(RpcException.SystemError, "nobody has connected from outside yet, and this node asks no service whether its port is open");
    }

    private static long? Limit(RpcArguments arguments, string name, long now)
    {
        var kilobytes = arguments.Number(name);
        if (kilobytes < 0) throw new RpcException(RpcException.InvalidParameters, $"'{name}' must be 0 or more");
        return arguments.Flag(name + "_enabled") switch
        {
            false => 0,
            true => kilobytes * Kilo ?? (now > 0 ? now : UsualKilobytes * Kilo),
            null => kilobytes is not null && now > 0 ? kilobytes * Kilo : null,
        };
    }

    // Tools send whole pages of settings back; what they leave alone is no wish.
    private bool IsAsItIs(string name, RpcArguments arguments)
    {
        if (Fields().FirstOrDefault(field => field.Name == name).Write is not { } write) return false;
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using var writer = new RpcWriter(System.IO.Pipelines.PipeWriter.Create(Stream.Null), "session_get", isLegacy: false);
        writer.Json.Reset(buffer);
        writer.Json.WriteStartObject();
        write(writer, name);
        writer.Json.WriteEndObject();
        writer.Json.Flush();
        using var document = System.Text.Json.JsonDocument.Parse(buffer.WrittenMemory);
        return System.Text.Json.JsonElement.DeepEquals(document.RootElement.GetProperty(name), arguments.Raw(name)!.Value);
    }

    private (string Name, Action<RpcWriter, string> Write)[] Fields()
    {
        var facts = api.Node.Facts;
        var port = facts.Listen.IsDefaultOrEmpty ? 0 : facts.Listen[0].Port;
        return
        [
            .. Switches().Select(name => (name, (Action<RpcWriter, string>)((writer, field) => writer.Flag(field, false)))),
            .. Zeros().Select(name => (name, (Action<RpcWriter, string>)((writer, field) => writer.Number(field, 0)))),
            ("blocklist_url", (writer, name) => writer.Text(name, "")),
            ("config_dir", (writer, name) => writer.Text(name, "")),
            ("default_trackers", (writer, name) => writer.Text(name, "")),
            ("dht_enabled", (writer, name) => writer.Flag(name, true)),
            ("download_dir", (writer, name) => writer.Text(name, api.Roots.Default)),
            ("encryption", (writer, name) => writer.Text(name, "tolerated")),
            ("incomplete_dir", (writer, name) => writer.Text(name, "")),
            ("peer_port", (writer, name) => writer.Number(name, port)),
            ("pex_enabled", (writer, name) => writer.Flag(name, true)),
            ("rpc_version", (writer, name) => writer.Number(name, RpcVersionNumber)),
            ("rpc_version_minimum", (writer, name) => writer.Number(name, OldestRpcVersion)),
            ("rpc_version_semver", (writer, name) => writer.Text(name, RpcVersion)),
            ("seed_ratio_limit", (writer, name) => writer.Real(name, 0)),
            ("session_id", (writer, name) => writer.Text(name, sessionId)),
            ("speed_limit_down", (writer, name) => writer.Number(name, facts.DownloadLimit > 0 ? facts.DownloadLimit / Kilo : UsualKilobytes)),
            ("speed_limit_down_enabled", (writer, name) => writer.Flag(name, facts.DownloadLimit > 0)),
            ("speed_limit_up", (writer, name) => writer.Number(name, facts.UploadLimit > 0 ? facts.UploadLimit / Kilo : UsualKilobytes)),
            ("speed_limit_up_enabled", (writer, name) => writer.Flag(name, facts.UploadLimit > 0)),
            ("start_added_torrents", (writer, name) => writer.Flag(name, true)),
            ("units", Units),
            ("version", (writer, name) => writer.Text(name, $"Swarm {api.Version}")),
        ];
    }

    private static string[] Switches() =>
    [
        "alt_speed_enabled", "alt_speed_time_enabled", "blocklist_enabled", "download_queue_enabled", "idle_seeding_limit_enabled", "incomplete_dir_enabled", "lpd_enabled", "peer_port_random_on_start",
        "port_forwarding_enabled", "queue_stalled_enabled", "rename_partial_files", "script_torrent_added_enabled", "script_torrent_done_enabled", "script_torrent_done_seeding_enabled",
        "seed_queue_enabled", "seed_ratio_limited", "trash_original_torrent_files", "utp_enabled",
    ];

    private static string[] Zeros() =>
    [
        "alt_speed_down", "alt_speed_up", "alt_speed_time_begin", "alt_speed_time_end", "alt_speed_time_day", "blocklist_size", "cache_size_mb", "download_queue_size", "idle_seeding_limit",
        "peer_limit_global", "peer_limit_per_torrent", "queue_stalled_minutes", "seed_queue_size",
    ];

    private static void Units(RpcWriter writer, string name)
    {
        writer.StartObject(name);
        foreach (var (what, last) in new[] { ("speed", "/s"), ("size", ""), ("memory", "") })
        {
            var isMemory = what == "memory";
            writer.Texts($"{what}_units", new[] { "k", "M", "G", "T" }.Select(prefix => isMemory ? $"{prefix.ToUpperInvariant()}iB" : $"{prefix}B{last}"));
            writer.Number($"{what}_bytes", isMemory ? 1_024 : Kilo);
        }

        writer.Json.WriteEndObject();
    }
}
