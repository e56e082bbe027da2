namespace Swarm.TestKit;

/// <summary>Which events a filter means. Dead letters are counted as such; the line that the engine logs for one is only muted.</summary>
/// <param name="Description">For a failure's text.</param>
/// <param name="Log">Whether it means the line.</param>
/// <param name="DeadLetter">Whether it means the dead letter; null for filters of lines.</param>
internal sealed record EventCriterion(string Description, Predicate<LogEvent> Log, Predicate<DeadLetter>? DeadLetter = null)
{
    public override string ToString() => Description;
}

/// <summary>
/// Counts the events that any of some criteria mean, mutes their lines, and remembers a few of them, and the last few others, for a failure's text. A criterion that throws fails the test, not
/// whoever logged. Any thread.
/// </summary>
internal sealed class EventCount(IReadOnlyList<EventCriterion> criteria, TestClock clock)
{
    private const int MaxRemembered = 10;

    private readonly Lock _gate = new();
    private readonly List<string> _meant = [];
    private readonly Queue<string> _others = new();
    private Exception? _fault;
    private int _count;

    internal bool CountsDeadLetters => criteria.Any(criterion => criterion.DeadLetter is not null);

    internal int Value
    {
        get
        {
            lock (_gate)
            {
                return _count;
            }
        }
    }

    /// <summary>What a criterion threw, or null.</summary>
    internal Exception? Fault
    {
        get
        {
            lock (_gate)
            {
                return _fault;
            }
        }
    }

    /// <summary>Takes a line in.</summary>
    /// <returns>Whether to mute it.</returns>
    internal bool Log(LogEvent logged)
    {
        var meant = IsMeant(criterion => criterion.DeadLetter is null && criterion.Log(logged));
        Take(logged, meant);
        return meant || IsMeant(criterion => criterion.DeadLetter is not null && criterion.Log(logged));
    }

    internal void DeadLetter(DeadLetter letter)
    {
        if (IsMeant(criterion => criterion.DeadLetter?.Invoke(letter) == true)) Take(letter, meant: true);
    }

    /// <summary>What was counted and what was logged besides.</summary>
    internal string Report()
    {
        lock (_gate)
        {
            return Described.List($"{_count}", _meant, _count) + (_others.Count == 0 ? "\nNothing else was logged" : "\n" + Described.List("Logged besides, lately:", _others, _others.Count));
        }
    }

    private bool IsMeant(Predicate<EventCriterion> means)
    {
        try
        {
            return criteria.Any(criterion => means(criterion));
        }
        catch (Exception e)
        {
            lock (_gate)
            {
                _fault ??= e;
            }

            return false;
        }
    }

    private void Take(object happened, bool meant)
    {
        lock (_gate)
        {
            if (meant)
            {
                _count++;
                if (_meant.Count < MaxRemembered) _meant.Add(happened.ToString()!);
            }
            else
            {
                _others.Enqueue(happened.ToString()!);
                if (_others.Count > MaxRemembered) _others.Dequeue();
            }
        }

        clock.Changed();
    }
}
