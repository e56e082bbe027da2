using System.Collections.Concurrent;

namespace Swarm.Io.Net;

/// <summary>The open links, at most as many as the limit says. Places are taken before a connection is made, so that dials count as well.</summary>
internal sealed class LinkTable(int limit)
{
    private readonly ConcurrentDictionary<TcpLink, bool> _links = new();
    private int _places;
    private long _refused;

    public int Count => _links.Count;

    /// <summary>Places taken: open links and connections on their way.</summary>
    public int Places => Volatile.Read(ref _places);

    /// <summary>Connections that found no place.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    public bool TryTakePlace()
    {
        if (Interlocked.Increment(ref _places) <= limit) return true;
        FreePlace();
        Interlocked.Increment(ref _refused);
        return false;
    }

    public void FreePlace() => Interlocked.Decrement(ref _places);

    /// <summary>Enters a link that has a place.</summary>
    public void Add(TcpLink link) => _links[link] = true;

    /// <summary>Takes a link out, and frees its place.</summary>
    public void Remove(TcpLink link)
    {
        if (_links.TryRemove(link, out _)) FreePlace();
    }

    /// <summary>Gives back what idle links hold.</summary>
    public void Sweep()
    {
        foreach (var (link, _) in _links) link.Sweep();
    }

    public void CloseAll()
    {
        foreach (var (link, _) in _links) link.Close();
    }
}
