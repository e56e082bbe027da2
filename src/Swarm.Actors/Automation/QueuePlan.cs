using System.Collections.Immutable;
using Swarm.Actors.Torrents;

namespace Swarm.Actors.Automation;

/// <summary>
/// Which torrents are at work and which wait. Pure; owned by <see cref="AutomationPlan"/>, called with all rows each time something is decided. Owns what has to be remembered between: since when a torrent is
/// slow, and when it was begun.
/// <para>Torrents have their turn by place, then by age. A slow one keeps its turn and takes nobody's place. One that is at work is stopped only where the count says so; the bandwidth that is enough keeps
/// others from being begun, one after the other so that each shows what it takes, and stops nobody.</para>
/// <para>Always holds: of the torrents that it decides on, after its decisions at most so many that are not slow are at work as the settings say.</para>
/// </summary>
public sealed class QueuePlan(QueueSettings settings)
{
    private readonly Dictionary<InfoHash, Memory> _memories = [];

    /// <summary>Decides; a step for each torrent that the queue has a say in, in their order. Moments in UTC ticks.</summary>
    public ImmutableArray<AutomationStep> Decide(IEnumerable<TorrentRow> rows, long now)
    {
        var governed = rows.Where(IsGoverned).ToList();
        Remember(governed, now);
        var ordered = governed.OrderBy(row => row.QueuePosition < 0 ? int.MaxValue : row.QueuePosition).ThenBy(row => row.AddedTicks).ThenBy(row => row.Torrent).ToList();
        var downloads = ordered.Where(row => !row.IsComplete).ToList();
        var seeds = ordered.Where(row => row.IsComplete).ToList();
        return [.. Downloads(downloads, now), .. Seeds(seeds, now)];
    }

    private bool IsGoverned(TorrentRow row) =>
        row.State is TorrentState.Queued or TorrentState.FetchingMetadata or TorrentState.Downloading or TorrentState.Seeding && !row.Labels.Contains(settings.ExemptLabel);

    private void Remember(List<TorrentRow> governed, long now)
    {
        var there = governed.Select(row => row.Torrent).ToHashSet();
        foreach (var gone in _memories.Keys.Where(torrent => !there.Contains(torrent)).ToList()) _memories.Remove(gone);
        foreach (var row in governed)
        {
            if (row.State == TorrentState.Queued)
            {
                _memories.Remove(row.Torrent);
                continue;
            }

            if (!_memories.TryGetValue(row.Torrent, out var memory)) _memories.Add(row.Torrent, memory = new Memory(now, row.IsComplete));
            // What it took as a download says nothing of what it gives as a seed.
            if (memory.IsSeed != row.IsComplete) _memories[row.Torrent] = memory = new Memory(now, row.IsComplete);
            var isSlow = row.IsComplete ? row.UploadRate < settings.SlowUploadBytesPerSecond : row.DownloadRate < settings.SlowDownloadBytesPerSecond;
            memory.SlowSince = isSlow ? memory.SlowSince ?? now : null;
        }
    }

    private bool IsSlow(TorrentRow row, long now) => _memories.TryGetValue(row.Torrent, out var memory) && memory.SlowSince is { } since && now - since >= settings.SlowAfter.Ticks;

    private bool IsNew(TorrentRow row, long now) => _memories.TryGetValue(row.Torrent, out var memory) && now - memory.BegunAt < settings.SlowAfter.Ticks;

    private IEnumerable<AutomationStep> Downloads(List<TorrentRow> rows, long now)
    {
        var received = rows.Sum(row => row.DownloadRate);
        var enough = settings.EnoughDownloadBytesPerSecond;
        var isEnough = enough > 0 && received >= enough;
        // By bandwidth one is begun at a time: what the last one takes has to be seen first.
        var mayBegin = enough == 0 || (!isEnough && !rows.Any(row => row.State != TorrentState.Queued && IsNew(row, now)));
        var active = 0;
        foreach (var row in rows)
        {
            var isFull = settings.MaxDownloads > 0 && active >= settings.MaxDownloads;
            if (row.State != TorrentState.Queued)
            {
                var step = AtWork(row, isFull, active, settings.MaxDownloads, "downloads", now);
                if (step.Action == AutomationAction.Keep && !IsSlow(row, now)) active++;
                yield return step;
            }
            else if (isFull)
            {
                yield return new AutomationStep(row, AutomationAction.Keep, $"waits: {active} of {settings.MaxDownloads} downloads are active");
            }
            else if (!mayBegin)
            {
                yield return new AutomationStep(row, AutomationAction.Keep, isEnough
                    ? $"waits: all downloads together receive {received} bytes a second, and {enough} are enough"
                    : "waits: another was begun just now, and it is seen first what it takes");
            }
            else
            {
                active++;
                mayBegin = enough == 0;
                yield return new AutomationStep(row, AutomationAction.Release, $"its turn: {active} of {(settings.MaxDownloads == 0 ? "any number of" : settings.MaxDownloads)} downloads");
            }
        }
    }

    private IEnumerable<AutomationStep> Seeds(List<TorrentRow> rows, long now)
    {
        var active = 0;
        foreach (var row in rows)
        {
            var isFull = settings.MaxSeeds > 0 && active >= settings.MaxSeeds;
            if (row.State != TorrentState.Queued)
            {
                var step = AtWork(row, isFull, active, settings.MaxSeeds, "seeds", now);
                if (step.Action == AutomationAction.Keep && !IsSlow(row, now)) active++;
                yield return step;
            }
            else if (isFull)
            {
                yield return new AutomationStep(row, AutomationAction.Keep, $"waits: {active} of {settings.MaxSeeds} seeds are active");
            }
            else
            {
                active++;
                yield return new AutomationStep(row, AutomationAction.Release, $"its turn: {active} of {(settings.MaxSeeds == 0 ? "any number of" : settings.MaxSeeds)} seeds");
            }
        }
    }

    private AutomationStep AtWork(TorrentRow row, bool isFull, int active, int limit, string what, long now)
    {
        if (IsSlow(row, now)) return new AutomationStep(row, AutomationAction.Keep, "at work, slow, so it takes nobody's place");
        return isFull
            ? new AutomationStep(row, AutomationAction.Hold, $"{active} of {limit} {what} are active before it")
            : new AutomationStep(row, AutomationAction.Keep, "at work");
    }

    /// <summary>What is remembered of a torrent that is at work.</summary>
    private sealed class Memory(long begunAt, bool isSeed)
    {
        public long BegunAt { get; } = begunAt;

        public bool IsSeed { get; } = isSeed;

        public long? SlowSince { get; set; }
    }
}
