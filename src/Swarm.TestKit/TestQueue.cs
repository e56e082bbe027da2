using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Swarm.TestKit;

/// <summary>A message that a test actor received, with who sent it; the dead letters where nobody did.</summary>
public sealed record MessageEnvelope(object Message, IActorRef Sender);

/// <summary>
/// What a test actor received and no test has taken yet, oldest first. The actor writes, the test reads. A message beyond the bound is refused and counted; that, and what went wrong inside of the
/// test actor, is kept as <see cref="Broken"/> until the test hears of it.
/// </summary>
internal sealed class TestQueue(int capacity)
{
    private readonly Lock _gate = new();
    private readonly Queue<MessageEnvelope> _messages = new();
    private Exception? _fault;
    private long _refused;
    private bool _stopped;

    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _messages.Count;
            }
        }
    }

    /// <summary>Whether the actor is dead, so that nothing more will come.</summary>
    internal bool IsStopped
    {
        get
        {
            lock (_gate)
            {
                return _stopped;
            }
        }
    }

    internal void Add(MessageEnvelope envelope)
    {
        lock (_gate)
        {
            if (_messages.Count < capacity) _messages.Enqueue(envelope);
            else _refused++;
        }
    }

    internal void Fail(Exception fault)
    {
        lock (_gate)
        {
            _fault ??= fault;
        }
    }

    internal void Stop()
    {
        lock (_gate)
        {
            _stopped = true;
        }
    }

    internal bool TryPeek([NotNullWhen(true)] out MessageEnvelope? envelope)
    {
        lock (_gate)
        {
            return _messages.TryPeek(out envelope);
        }
    }

    internal bool TryTake([NotNullWhen(true)] out MessageEnvelope? envelope)
    {
        lock (_gate)
        {
            return _messages.TryDequeue(out envelope);
        }
    }

    internal ImmutableArray<MessageEnvelope> Snapshot()
    {
        lock (_gate)
        {
            return [.. _messages];
        }
    }

    /// <summary>Why nothing that is read here can be believed, or null; with the exception behind it, if there is one.</summary>
    internal (string Reason, Exception? Cause)? Broken()
    {
        lock (_gate)
        {
            if (_fault is not null) return ($"its auto pilot or filter threw {Described.Type(_fault.GetType())}: {_fault.Message}", _fault);
            return _refused > 0 ? ($"{_refused} messages were refused because {capacity} were queued ({nameof(TestKitSettings)}.{nameof(TestKitSettings.MaxQueuedMessages)})", null) : null;
        }
    }
}
