using System.Diagnostics.CodeAnalysis;

namespace Swarm.Kernel;

/// <summary>The children: making, finding and stopping them, and knowing when the last of those being stopped is gone.</summary>
internal sealed partial class ActorCell
{
    private readonly Lock _childrenGate = new();
    private InsertionOrderedMap<string, ChildRestartStats>? _children;
    private TerminationReason _terminationReason;
    private Exception? _recreationCause;
    private int _dyingChildren;
    private long _nextChildName;

    /// <summary>Why the cell waits for children to die.</summary>
    private enum TerminationReason
    {
        /// <summary>It does not: a child was merely stopped.</summary>
        UserRequest,

        /// <summary>To be created anew after a failed beginning.</summary>
        Creation,

        /// <summary>To finish a restart.</summary>
        Recreation,

        /// <summary>To finish stopping.</summary>
        Termination,
    }

    private bool IsTerminating => _terminationReason == TerminationReason.Termination;

    private bool IsWaitingForChildren => _terminationReason is TerminationReason.Creation or TerminationReason.Recreation;

    public IActorRef ActorOf(Props props, string? name = null) => AttachChild(props, name);

    public IActorRef Child(string name)
    {
        lock (_childrenGate)
        {
            return _children is not null && _children.TryGetValue(name, out var stats) ? stats.Child : ActorRefs.Nobody;
        }
    }

    public IEnumerable<IActorRef> GetChildren() => Array.ConvertAll(ChildrenStats(), stats => stats.Child);

    public void Stop(IActorRef actor)
    {
        if (actor is not LocalActorRef local)
        {
            (actor as IInternalActorRef)?.Stop();
            return;
        }

        ShallDie(local);
        local.Stop();
    }

    /// <summary>Makes a child. Any thread, for guardians make children for callers from outside.</summary>
    internal LocalActorRef AttachChild(Props props, string? name)
    {
        ArgumentNullException.ThrowIfNull(props);
        if (name is not null)
        {
            CheckName(name);
        }

        LocalActorRef child;
        lock (_childrenGate)
        {
            if (IsTerminating || Mailbox.IsClosed)
            {
                throw new InvalidOperationException("Cannot create child while terminating or terminated");
            }

            name ??= NextName();
            _children ??= new InsertionOrderedMap<string, ChildRestartStats>(StringComparer.Ordinal);
            if (_children.ContainsKey(name))
            {
                throw new InvalidActorNameException($"Actor name \"{name}\" is not unique!");
            }

            var path = (_self.Path / name).WithUid(SystemImpl.NextUid());
            var executor = SystemImpl.Dispatchers.Lookup(props.Dispatcher, path);
            child = new LocalActorRef(SystemImpl, props, executor, _self, path);
            _children.Add(name, new ChildRestartStats(child, SystemImpl.Settings.TimeProvider));
        }

        child.Cell.Mailbox.Start();
        return child;
    }

    internal ChildRestartStats[] ChildrenStats()
    {
        lock (_childrenGate)
        {
            return _children is null ? [] : _children.ToArray();
        }
    }

    private static void CheckName(string name)
    {
        if (name.Length == 0)
        {
            throw new InvalidActorNameException("Actor name must not be empty.");
        }

        if (!ActorPath.IsValidPathElement(name))
        {
            throw new InvalidActorNameException(
                $"Illegal actor name [{name}]. Actor paths MUST: not start with `$`, include only ASCII letters and the symbols -_.*$+:@&=,!~';()");
        }
    }

    private string NextName()
    {
        const string Digits = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+~";
        var number = _nextChildName++;
        var name = "$";
        do
        {
            name += Digits[(int)(number & 63)];
            number >>= 6;
        }
        while (number > 0);
        return name;
    }

    private bool TryGetChildStats(IActorRef child, [NotNullWhen(true)] out ChildRestartStats? stats)
    {
        lock (_childrenGate)
        {
            stats = null;
            return _children is not null && _children.TryGetValue(child.Path.Name, out stats) && ReferenceEquals(stats.Child, child);
        }
    }

    private void ShallDie(LocalActorRef child)
    {
        if (TryGetChildStats(child, out var stats) && !stats.IsDying)
        {
            stats.IsDying = true;
            _dyingChildren++;
        }
    }

    private void StopChildren()
    {
        foreach (var stats in ChildrenStats())
        {
            Stop(stats.Child);
        }
    }

    private void SuspendChildren(IActorRef? except)
    {
        foreach (var stats in ChildrenStats())
        {
            if (!ReferenceEquals(stats.Child, except))
            {
                stats.Child.Suspend();
            }
        }
    }

    private void ResumeChildren(Exception? cause, IActorRef? perpetrator)
    {
        foreach (var stats in ChildrenStats())
        {
            stats.Child.Resume(ReferenceEquals(stats.Child, perpetrator) ? cause : null);
        }
    }

    // True when there is someone to wait for; the reason then comes back from RemoveChild with the last of them.
    private bool SetTerminationReason(TerminationReason reason, Exception? cause = null)
    {
        lock (_childrenGate)
        {
            if (_dyingChildren > 0)
            {
                _terminationReason = reason;
                _recreationCause = cause;
            }

            return _dyingChildren > 0;
        }
    }

    // Before the children are stopped, so that none can be added from outside that nobody would stop.
    private void BeginTermination()
    {
        lock (_childrenGate)
        {
            _terminationReason = TerminationReason.Termination;
        }
    }

    private TerminationReason RemoveChild(LocalActorRef child)
    {
        lock (_childrenGate)
        {
            if (!TryGetChildStats(child, out var stats))
            {
                return TerminationReason.UserRequest;
            }

            _children!.Remove(child.Path.Name);
            if (!stats.IsDying || --_dyingChildren > 0)
            {
                return TerminationReason.UserRequest;
            }

            var reason = _terminationReason;
            if (reason != TerminationReason.Termination)
            {
                _terminationReason = TerminationReason.UserRequest;
            }

            return reason;
        }
    }
}
