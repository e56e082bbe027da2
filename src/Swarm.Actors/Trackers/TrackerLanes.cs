using System.Diagnostics.CodeAnalysis;

namespace Swarm.Actors.Trackers;

/// <summary>
/// The pacing of requests: every tracker has a lane with a number of places and a bounded queue before them, and the lanes take turns.
/// Pure. A lane exists while something waits or runs in it.
/// Always holds: no more run in a lane than it has places; requests of a lane start in the order in which they came.
/// </summary>
internal sealed class TrackerLanes<TJob>(int places, int maxQueued)
    where TJob : class
{
    private readonly Dictionary<string, Lane> _lanes = new(StringComparer.Ordinal);

    // Lanes that have a free place and somebody who waits, each once.
    private readonly Queue<Lane> _ready = [];

    /// <summary>Puts a request into the queue of a tracker. False if that is full.</summary>
    public bool TryAdd(string tracker, TJob job)
    {
        if (!_lanes.TryGetValue(tracker, out var lane))
        {
            lane = new Lane();
            _lanes.Add(tracker, lane);
        }

        if (lane.Waiting.Count >= maxQueued) return false;
        lane.Waiting.Enqueue(job);
        Offer(lane);
        return true;
    }

    /// <summary>The next request to begin with; it holds its place until <see cref="Finish"/>.</summary>
    public bool TryStart([NotNullWhen(true)] out TJob? job)
    {
        job = null;
        if (!_ready.TryDequeue(out var lane)) return false;
        lane.IsReady = false;
        lane.Running++;
        job = lane.Waiting.Dequeue();
        Offer(lane);
        return true;
    }

    /// <summary>Gives the place of a finished request back.</summary>
    public void Finish(string tracker)
    {
        var lane = _lanes[tracker];
        lane.Running--;
        if (lane.Running == 0 && lane.Waiting.Count == 0) _lanes.Remove(tracker);
        else Offer(lane);
    }

    private void Offer(Lane lane)
    {
        if (lane.IsReady || lane.Waiting.Count == 0 || lane.Running >= places) return;
        lane.IsReady = true;
        _ready.Enqueue(lane);
    }

    private sealed class Lane
    {
        public Queue<TJob> Waiting { get; } = [];

        public int Running { get; set; }

        public bool IsReady { get; set; }
    }
}
