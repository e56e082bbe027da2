using System.Globalization;
using Swarm.Actors.Torrents;
using Swarm.Api.Contracts;

namespace Swarm.Host.Api.Explaining;

/// <summary>What the rules are written with.</summary>
internal static class Findings
{
    /// <summary>A finding.</summary>
    public static Finding Of(string code, FindingSeverity severity, string sentence, string? remedy, params (string Name, object Value)[] evidence) =>
        new(code, severity, sentence, remedy, evidence.ToDictionary(pair => pair.Name, pair => Convert.ToString(pair.Value, CultureInfo.InvariantCulture) ?? "", StringComparer.Ordinal));

    /// <summary>Whether it stands still, whoever said so.</summary>
    public static bool StandsStill(TorrentDetails torrent) => torrent.Row.State is TorrentState.Waiting or TorrentState.Failed or TorrentState.Stopping or TorrentState.Stopped or TorrentState.Queued;

    /// <summary>Whether it wants pieces, or the dictionary that says what they are.</summary>
    public static bool Wants(TorrentDetails torrent) => torrent.Row.State is TorrentState.Downloading or TorrentState.FetchingMetadata;
}
