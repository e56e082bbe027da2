using System.Collections.Immutable;
using Swarm.Actors.Torrents;

namespace Swarm.Actors.Automation;

/// <summary>
/// What is to be done with the torrents as they are: what queue, seeding rules, folders and the program for complete torrents say, put together. Pure but for what it remembers: which torrents became complete
/// since it was made and have had their program. Owned by <see cref="AutomationActor"/>; the same plan is the preview's.
/// <para>Of a torrent at most one step is done at a time, in this order: move, run, end of seeding, queue. So a program finds the files where they stay, and nothing is removed before its program has run.</para>
/// </summary>
public sealed class AutomationPlan
{
    private readonly AutomationSettings _settings;
    private readonly CategoryFolders _folders;
    private readonly QueuePlan? _queue;
    private readonly long _startedTicks;
    private readonly HashSet<InfoHash> _ran;

    /// <summary>A plan from this moment on, in UTC ticks: torrents that were complete before get no program.</summary>
    public AutomationPlan(AutomationSettings settings, CategoryFolders folders, long startedTicks)
        : this(settings, folders, startedTicks, [])
    {
    }

    private AutomationPlan(AutomationSettings settings, CategoryFolders folders, long startedTicks, HashSet<InfoHash> ran)
    {
        _settings = settings;
        _folders = folders;
        _startedTicks = startedTicks;
        _ran = ran;
        _queue = settings.Queue is { } queue ? new QueuePlan(queue) : null;
    }

    /// <summary>The plan by other settings from this moment on, with the memory of this one: no torrent gets a second program, and none that was complete before there was one to run.</summary>
    public AutomationPlan With(AutomationSettings settings, CategoryFolders folders, long now) => new(settings, folders, _settings.RunOnComplete is null ? now : _startedTicks, _ran);

    /// <summary>Everything there is to say at a moment: what is to be done, and, as <see cref="AutomationAction.Keep"/>, why nothing is. <paramref name="seedersOf"/>: how many others seed a torrent; null: unknown.</summary>
    public ImmutableArray<AutomationStep> Decide(IReadOnlyCollection<TorrentRow> rows, Func<InfoHash, int?> seedersOf, long now)
    {
        var steps = ImmutableArray.CreateBuilder<AutomationStep>();
        var taken = new HashSet<InfoHash>();
        foreach (var row in rows)
        {
            if (OfCompletion(row) is not { } step) continue;
            steps.Add(step);
            taken.Add(row.Torrent);
        }

        foreach (var row in rows.Where(SeedingPlan.IsGoverned))
        {
            if (taken.Contains(row.Torrent) || SeedingPlan.RuleFor(row, _settings.SeedingRules) is not { } rule) continue;
            var step = SeedingPlan.Decide(row, rule, seedersOf(row.Torrent), now);
            steps.Add(step);
            if (step.Action != AutomationAction.Keep) taken.Add(row.Torrent);
        }

        if (_queue is not null) steps.AddRange(_queue.Decide(rows.Where(row => !taken.Contains(row.Torrent)), now));
        else steps.AddRange(rows.Where(row => row.State == TorrentState.Queued && !taken.Contains(row.Torrent)).Select(row => new AutomationStep(row, AutomationAction.Release, "there is no queue any more")));
        return steps.DrainToImmutable();
    }

    /// <summary>Torrents of which it has to be known how many others seed them.</summary>
    public IEnumerable<TorrentRow> DependOnSeeders(IEnumerable<TorrentRow> rows, long now) =>
        rows.Where(row => SeedingPlan.IsGoverned(row) && SeedingPlan.RuleFor(row, _settings.SeedingRules) is { } rule && SeedingPlan.DependsOnSeeders(row, rule, now));

    /// <summary>A program was run for a torrent, or never will be.</summary>
    public void Ran(InfoHash torrent) => _ran.Add(torrent);

    /// <summary>A torrent is gone.</summary>
    public void Forget(InfoHash torrent) => _ran.Remove(torrent);

    private AutomationStep? OfCompletion(TorrentRow row)
    {
        if (_folders.TargetOf(row) is { } folder) return new AutomationStep(row, AutomationAction.Move, $"is complete, and goes to {folder}") { Folder = folder };
        var isNew = row.IsComplete && row.CompletedTicks >= _startedTicks && row.State is TorrentState.Seeding or TorrentState.Queued or TorrentState.Stopped;
        return isNew && _settings.RunOnComplete is { Command.IsEmpty: false } run && !_ran.Contains(row.Torrent)
            ? new AutomationStep(row, AutomationAction.Run, $"has become complete: {run.Command[0]} is run")
            : null;
    }
}
