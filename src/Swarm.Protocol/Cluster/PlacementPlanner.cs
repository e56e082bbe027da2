using System.Collections.Immutable;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Cluster;

/// <summary>
/// Walks the torrents of the cluster, round by round, and says what to change: what changed, and everything when the storages have changed and once in a while. Pure; one planner at a time, by a lease, and it begins anew with each.
/// <para>Keeps to limits: so many torrents looked at and so many steps a round; so many copies under way before another is begun, fewer before one is begun only to rebalance, and so many of those a minute. What has to wait stays in the queue.</para>
/// </summary>
public sealed class PlacementPlanner(PlacementSettings settings)
{
    private readonly Queue<InfoHash> _queue = new();
    private readonly HashSet<InfoHash> _queued = [];
    private readonly Dictionary<InfoHash, (long Change, long UntilTicks)> _pending = [];
    private readonly Dictionary<InfoHash, int> _assigned = [];
    private readonly SortedSet<InfoHash> _changed = [];
    private SiteTable? _sites;
    private ClusterView _view = ClusterView.Empty;
    private long _sweptAt;
    private long _minute;
    private int _movesThisMinute;

    /// <summary>Torrents that wait to be looked at.</summary>
    public int Waiting => _queue.Count;

    /// <summary>Copies that are being made at storages that are here.</summary>
    public int CopiesUnderWay { get; private set; }

    /// <summary>Takes the next view; none may be left out, because each says what changed with it alone. Of one that is not caught up nothing else is taken: it is a page of the one to come.</summary>
    public void Look(ClusterView view)
    {
        _changed.UnionWith(view.Changed);
        if (!view.IsCaughtUp) return;
        _view = view;
        var sites = new SiteTable(view, settings);
        var anew = _sites is null || !sites.Equals(_sites);
        _sites = sites;
        // Where the storages are others, so is what counts of torrents that did not change; and those that are gone are among the changed ones alone.
        if (anew) _changed.UnionWith(view.Torrents.Keys);
        foreach (var torrent in _changed)
        {
            Count(torrent);
            Enqueue(torrent);
        }

        _changed.Clear();
    }

    /// <summary>Looks at every torrent in the next rounds, whatever has changed.</summary>
    public void Sweep()
    {
        foreach (var torrent in _view.Torrents.Keys) Enqueue(torrent);
    }

    /// <summary>The changes of one round, at a moment of the node's monotonic clock; all that are missing of a torrent together, so there may be a few more than the settings say. A torrent of which one was asked for is looked at again when it has changed, or after <see cref="PlacementSettings.StepTimeout"/>.</summary>
    public ImmutableArray<PlanStep> Round(long nowTicks)
    {
        var steps = ImmutableArray.CreateBuilder<PlanStep>();
        if (nowTicks - _sweptAt >= settings.SweepInterval.Ticks)
        {
            _sweptAt = nowTicks;
            Sweep();
        }

        if (nowTicks - _minute >= TimeSpan.TicksPerMinute) (_minute, _movesThisMinute) = (nowTicks, 0);
        var begun = 0;
        for (var looked = Math.Min(_queue.Count, settings.TorrentsPerRound); looked > 0 && steps.Count < settings.StepsPerRound; looked--)
        {
            var torrent = _queue.Dequeue();
            _queued.Remove(torrent);
            if (_sites is null || !_view.Torrents.TryGetValue(torrent, out var placed))
            {
                _pending.Remove(torrent);
                continue;
            }

            if (_pending.TryGetValue(torrent, out var pending) && pending.Change == placed.Change && nowTicks < pending.UntilTicks)
            {
                Enqueue(torrent);
                continue;
            }

            _pending.Remove(torrent);
            var isAny = false;
            foreach (var step in PlacementRule.Steps(placed, _sites, settings))
            {
                isAny = true;
                if (!MayBegin(step.Reason, CopiesUnderWay + begun)) break;
                if (step.Reason == PlanReason.Move) _movesThisMinute++;
                if (step.Reason != PlanReason.Trim) begun++;
                _pending[torrent] = (placed.Change, nowTicks + settings.StepTimeout.Ticks);
                steps.Add(step);
            }

            // It is looked at again in any case: what is done now seldom is all.
            if (isAny) Enqueue(torrent);
        }

        return steps.ToImmutable();
    }

    private bool MayBegin(PlanReason reason, int underWay) => reason switch
    {
        PlanReason.Repair => underWay < settings.MaxRepairs,
        PlanReason.Move => underWay < settings.MaxMoves && _movesThisMinute < settings.MovesPerMinute,
        _ => true,
    };

    private void Enqueue(InfoHash torrent)
    {
        if (_queued.Add(torrent)) _queue.Enqueue(torrent);
    }

    private void Count(InfoHash torrent)
    {
        var before = _assigned.GetValueOrDefault(torrent);
        var now = _view.Torrents.TryGetValue(torrent, out var placed) ? placed.Replicas.Count(replica => replica.State == ReplicaState.Assigned && _sites!.StateOf(replica.Storage) == SiteState.Here) : 0;
        CopiesUnderWay += now - before;
        if (now > 0) _assigned[torrent] = now;
        else _assigned.Remove(torrent);
    }
}
