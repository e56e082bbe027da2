using System.Diagnostics;
using Swarm.Actors.Torrents;
using Swarm.Host.Configuration;

namespace Swarm.Host.Watching;

/// <summary>
/// The life of torrents as traces: a span for each state that a torrent was in, from when it entered it until it left it. Owns the spans that are open; fed with rows as they change, by one caller. Costs
/// nothing while nobody follows <see cref="Source"/>.
/// </summary>
internal sealed class NodeTraces
{
    /// <summary>Spans that are open at a time; torrents beyond it leave none.</summary>
    public const int MaxOpen = 10_000;

    private readonly Dictionary<InfoHash, (TorrentState State, Activity Span)> _open = [];

    /// <summary>The source of all spans.</summary>
    public static ActivitySource Source { get; } = new(NodeMetrics.Name);

    /// <summary>A row is new or other than before.</summary>
    public void Put(TorrentRow row)
    {
        if (!Source.HasListeners()) return;
        if (_open.TryGetValue(row.Torrent, out var open))
        {
            if (open.State == row.State) return;
            End(row.Torrent, open.Span, row.Reason, row.State == TorrentState.Failed);
        }

        if (_open.Count >= MaxOpen) return;
        // Not a child of whatever the caller is doing: a torrent's life is a trace of its own.
        Activity.Current = null;
        if (Source.StartActivity($"torrent {SettingsGroup.KeyOf(row.State.ToString())}") is not { } span) return;
        span.SetTag("swarm.torrent.hash", row.Torrent.ToString()).SetTag("swarm.torrent.category", row.Category).SetTag("swarm.torrent.length", row.TotalLength);
        Activity.Current = null;
        _open[row.Torrent] = (row.State, span);
    }

    /// <summary>A torrent is gone.</summary>
    public void Remove(InfoHash torrent)
    {
        if (_open.TryGetValue(torrent, out var open)) End(torrent, open.Span, "removed", isError: false);
    }

    /// <summary>The node ends, and all spans with it.</summary>
    public void EndAll()
    {
        foreach (var (_, (_, span)) in _open) span.Dispose();
        _open.Clear();
    }

    private void End(InfoHash torrent, Activity span, string? reason, bool isError)
    {
        if (reason is not null) span.SetTag("swarm.torrent.reason", reason);
        if (isError) span.SetStatus(ActivityStatusCode.Error, reason);
        span.Dispose();
        _open.Remove(torrent);
    }
}
