namespace Swarm.Kernel;

/// <summary>Puts messages aside that cannot be handled yet.</summary>
public interface IStash
{
    /// <summary>Puts the current message aside.</summary>
    /// <exception cref="IllegalActorStateException">It is there already.</exception>
    /// <exception cref="StashOverflowException">The stash is full.</exception>
    void Stash();

    /// <summary>Puts the oldest stashed message before the mailbox.</summary>
    void Unstash();

    /// <summary>Puts all stashed messages before the mailbox, in their order.</summary>
    void UnstashAll();

    /// <summary>As <see cref="UnstashAll()"/>, for those that match; the others are dropped.</summary>
    void UnstashAll(Func<Envelope, bool> predicate);

    /// <summary>Empties the stash and gives back what was in it.</summary>
    IEnumerable<Envelope> ClearStash();

    /// <summary>Puts messages before those in the stash.</summary>
    void Prepend(IEnumerable<Envelope> envelopes);
}

/// <summary>An actor with a stash, which the kernel sets before <c>PreStart</c>.</summary>
public interface IActorStash
{
    IStash Stash { get; set; }
}

/// <summary>An actor with a stash, bounded by the system's settings only.</summary>
public interface IWithUnboundedStash : IActorStash;

/// <summary>An actor with a stash.</summary>
public interface IWithStash : IActorStash;

/// <summary>
/// The stash of one incarnation. When the incarnation ends, by restart or stop, the kernel unstashes everything: after a
/// restart the new incarnation meets the messages again, after a stop they become dead letters.
/// </summary>
internal sealed class Stash(ActorCell cell, int capacity) : IStash
{
    private readonly EnvelopeDeque _stash = new();

    void IStash.Stash()
    {
        var envelope = cell.CurrentEnvelope;
        if (_stash.Count > 0 && ReferenceEquals(_stash.Last.Message, envelope.Message) && Equals(_stash.Last.Sender, envelope.Sender))
        {
            throw new IllegalActorStateException($"Can't stash the same message {envelope.Message} more than once");
        }

        if (_stash.Count >= capacity)
        {
            throw new StashOverflowException($"Couldn't enqueue message {envelope.Message} to stash of {cell.Self}");
        }

        _stash.AddLast(envelope);
    }

    public void Unstash()
    {
        if (_stash.Count > 0)
        {
            cell.Mailbox.Prepend(_stash.RemoveFirst());
        }
    }

    public void UnstashAll() => UnstashAll(static _ => true);

    public void UnstashAll(Func<Envelope, bool> predicate)
    {
        while (_stash.Count > 0)
        {
            var envelope = _stash.RemoveLast();
            if (predicate(envelope))
            {
                cell.Mailbox.Prepend(envelope);
            }
        }
    }

    public IEnumerable<Envelope> ClearStash()
    {
        var cleared = new List<Envelope>(_stash.Count);
        while (_stash.Count > 0)
        {
            cleared.Add(_stash.RemoveFirst());
        }

        return cleared;
    }

    public void Prepend(IEnumerable<Envelope> envelopes)
    {
        foreach (var envelope in envelopes.Reverse())
        {
            _stash.AddFirst(envelope);
        }
    }
}
