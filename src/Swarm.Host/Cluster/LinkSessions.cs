using System.Collections.Immutable;

namespace Swarm.Host.Cluster;

/// <summary>Two processes that have proven themselves to each other, at the side that receives.</summary>
internal sealed class LinkSession(ImmutableArray<byte> name, byte[] key, string from)
{
    public ImmutableArray<byte> Name { get; } = name;

    /// <summary>What its requests are proven with.</summary>
    public byte[] Key { get; } = key;

    /// <summary>The end point that the sender says it is at.</summary>
    public string From { get; } = from;

    internal ReplayWindow Window { get; } = new();

    internal bool IsUsed { get; set; }
}

/// <summary>
/// The sessions that others have with this process; any thread. Bounded twice: those under which something proven has come, where the one not heard for longest makes room, and a few of which only the hello has come,
/// where the oldest makes room: so whoever plays recorded hellos again displaces none that is in use.
/// </summary>
internal sealed class LinkSessions(int limit)
{
    /// <summary>Sessions at most under which nothing has come yet.</summary>
    public const int UnusedLimit = 256;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<LinkSession>> _byName = [];
    private readonly LinkedList<LinkSession> _unused = new();
    private readonly LinkedList<LinkSession> _used = new();

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _byName.Count;
        }
    }

    /// <summary>Remembers a new one.</summary>
    public void Add(LinkSession session)
    {
        lock (_gate)
        {
            if (_unused.Count == UnusedLimit) Forget(_unused);
            _byName[NameOf(session.Name)] = _unused.AddLast(session);
        }
    }

    /// <summary>The session of a name, or null.</summary>
    public LinkSession? Find(ImmutableArray<byte> name)
    {
        lock (_gate) return _byName.TryGetValue(NameOf(name), out var node) ? node.Value : null;
    }

    /// <summary>Takes a request that is proven: false if its number was taken before.</summary>
    public bool TryTake(LinkSession session, ulong sequence)
    {
        lock (_gate)
        {
            if (!session.Window.TryTake(sequence)) return false;
            // It may have made room meanwhile; then this is its last request.
            if (!_byName.TryGetValue(NameOf(session.Name), out var node)) return true;
            (session.IsUsed ? _used : _unused).Remove(node);
            if (!session.IsUsed && _used.Count == limit) Forget(_used);
            session.IsUsed = true;
            _used.AddLast(node);
            return true;
        }
    }

    private static string NameOf(ImmutableArray<byte> name) => Convert.ToHexString(name.AsSpan());

    private void Forget(LinkedList<LinkSession> sessions)
    {
        _byName.Remove(NameOf(sessions.First!.Value.Name));
        sessions.RemoveFirst();
    }
}
