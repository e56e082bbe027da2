namespace Swarm.Kernel;

/// <summary>
/// An actor's two queues and the right to run it. User messages come through a <see cref="MessageQueue"/>, system
/// messages through an intrusive stack that is reversed when it is taken. A status word says idle, scheduled or
/// closed; who turns idle into scheduled hands the mailbox to its executor, so one thread at most is ever inside.
/// <para>
/// A turn handles every system message, then up to <c>throughput</c> user messages, looking for system messages
/// between two of them. While <c>_suspendCount</c> is above zero, only system messages are handled. After
/// <see cref="Close"/> nothing is handled: what is queued, and what is told later, becomes dead letters. After
/// <see cref="Crash"/>, which a simulation alone calls, both vanish.
/// </para>
/// </summary>
internal sealed class Mailbox : IThreadPoolWorkItem
{
    private const int Idle = 0;
    private const int Scheduled = 1;
    private const int Closed = 2;
    private const int Crashed = 3;
    private static readonly SystemMessage ClosedMark = new SystemMessage.Closed();

    private readonly ActorCell _cell;
    private readonly MessageQueue _queue;
    private readonly MailboxExecutor _executor;
    private readonly Simulation? _simulation;
    private EnvelopeDeque? _front;
    private SystemMessage? _system;
    private int _status;
    private int _suspendCount;

    internal Mailbox(ActorCell cell, MailboxExecutor executor, int capacity, Simulation? simulation)
    {
        _cell = cell;
        _executor = executor;
        _simulation = simulation;
        _queue = new MessageQueue(capacity);
    }

    internal ActorCell Cell => _cell;

    internal bool IsSuspended => _suspendCount > 0;

    internal bool IsClosed => Volatile.Read(ref _status) >= Closed;

    /// <summary>How many user messages wait; near while others write.</summary>
    internal int Depth => _queue.Count + (_front?.Count ?? 0);

    /// <summary>Any thread. Messages of the kernel itself pass <paramref name="force"/> and are not bounded.</summary>
    internal void Post(object message, IActorRef? sender, bool force = false)
    {
        if (Volatile.Read(ref _status) is var before && before >= Closed)
        {
            if (before == Closed)
            {
                _cell.SystemImpl.PublishDeadLetter(message, sender, _cell.Self);
            }

            return;
        }

        if (!_queue.TryEnqueue(message, sender, force))
        {
            _cell.SystemImpl.PublishDropped(message, sender, _cell.Self);
            return;
        }

        // Enqueueing was a full fence, and so is going idle: either this read sees "idle", or the consumer sees the message.
        var status = Volatile.Read(ref _status);
        if (status == Idle)
        {
            TrySchedule();
        }
        else if (status == Closed)
        {
            DrainToDeadLetters();
        }
    }

    /// <summary>Any thread.</summary>
    internal void PostSystem(SystemMessage message)
    {
        while (true)
        {
            var head = Volatile.Read(ref _system);
            if (ReferenceEquals(head, ClosedMark))
            {
                if (Volatile.Read(ref _status) != Crashed)
                {
                    _cell.OnSystemMessageAfterClose(message);
                }

                return;
            }

            message.Next = head;
            if (ReferenceEquals(Interlocked.CompareExchange(ref _system, message, head), head))
            {
                break;
            }
        }

        TrySchedule();
    }

    /// <summary>The first message of a new actor; does not schedule, for the parent has not finished with it.</summary>
    internal void PostCreate() => _system = new SystemMessage.Create();

    internal void Start() => TrySchedule();

    void IThreadPoolWorkItem.Execute() => Run(_executor.Throughput);

    /// <summary>One turn. The executor calls it, once for each time it was scheduled.</summary>
    internal void Run(int throughput)
    {
        var outer = ActorCell.Enter(_cell);
        try
        {
            ProcessSystemMessages();
            ProcessUserMessages(throughput);
        }
        finally
        {
            ActorCell.Leave(outer);
        }

        if (_status >= Closed)
        {
            return;
        }

        Interlocked.Exchange(ref _status, Idle);
        if (HasWork())
        {
            TrySchedule();
        }
    }

    internal void Suspend() => _suspendCount++;

    internal void Resume()
    {
        if (_suspendCount > 0)
        {
            _suspendCount--;
        }
    }

    /// <summary>Puts a message before all that wait. The actor's own thread.</summary>
    internal void Prepend(Envelope envelope) => (_front ??= new EnvelopeDeque()).AddFirst(envelope);

    /// <summary>For good. The actor's own thread.</summary>
    internal void Close()
    {
        var late = Reverse(Interlocked.Exchange(ref _system, ClosedMark));
        Interlocked.Exchange(ref _status, Closed);
        DrainToDeadLetters();
        _executor.Release();
        while (late is not null)
        {
            var next = late.Next;
            late.Next = null;
            _cell.OnSystemMessageAfterClose(late);
            late = next;
        }
    }

    /// <summary>For good, and as if the process were gone: nothing is told to anybody. The simulation's thread.</summary>
    internal void Crash()
    {
        _system = ClosedMark;
        _status = Crashed;
        _front = null;
        while (_queue.TryDequeue(out _, out _))
        {
            // What waited is lost with the process.
        }
    }

    private static SystemMessage? Reverse(SystemMessage? newestFirst)
    {
        SystemMessage? oldestFirst = null;
        while (newestFirst is not null)
        {
            var next = newestFirst.Next;
            newestFirst.Next = oldestFirst;
            oldestFirst = newestFirst;
            newestFirst = next;
        }

        return oldestFirst;
    }

    private bool HasWork() =>
        Volatile.Read(ref _system) is not null || (_suspendCount == 0 && (_front is { Count: > 0 } || _queue.HasMessages));

    private void TrySchedule()
    {
        if (Interlocked.CompareExchange(ref _status, Scheduled, Idle) == Idle)
        {
            _executor.Schedule(this);
        }
    }

    private void ProcessSystemMessages()
    {
        while (_status < Closed && Volatile.Read(ref _system) is not null)
        {
            var batch = Reverse(Interlocked.Exchange(ref _system, null));
            while (batch is not null)
            {
                if (_status == Crashed)
                {
                    return;
                }

                if (_status == Closed)
                {
                    _cell.OnSystemMessageAfterClose(batch);
                    batch = batch.Next;
                    continue;
                }

                var message = batch;
                batch = message.Next;
                message.Next = null;
                batch = _cell.SystemInvoke(message, batch);
            }
        }
    }

    private void ProcessUserMessages(int throughput)
    {
        var left = throughput;
        while (left > 0 && _suspendCount == 0 && _status < Closed)
        {
            object? message;
            IActorRef? sender;
            if (_front is { Count: > 0 })
            {
                (message, sender) = _front.RemoveFirst();
            }
            else if (!_queue.TryDequeue(out message, out sender))
            {
                return;
            }

            left--;
            if (_simulation is not null && !_simulation.OnTurn(_cell, ref message))
            {
                continue;
            }

            _cell.Invoke(message, sender);
            if (Volatile.Read(ref _system) is not null)
            {
                ProcessSystemMessages();
            }
        }
    }

    // After closing there is no consumer any more, so whoever finds messages left takes that role, one at a time.
    private void DrainToDeadLetters()
    {
        lock (_queue)
        {
            while (_front is { Count: > 0 })
            {
                var (message, sender) = _front.RemoveFirst();
                _cell.SystemImpl.PublishDeadLetter(message, sender, _cell.Self);
            }

            while (_queue.TryDequeue(out var message, out var sender))
            {
                _cell.SystemImpl.PublishDeadLetter(message, sender, _cell.Self);
            }
        }
    }
}
