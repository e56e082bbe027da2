using Swarm.Protocol.Dht.Security;

namespace Swarm.Actors.Dht;

/// <summary>
/// Addresses where nodes may be, to be pinged one after the other: who asked us and is not in the table, who was named in a torrent or by a peer. A node gets into the table only by its answer.
/// Bounded: what finds no room is dropped and counted. An address is here once.
/// </summary>
internal sealed class Newcomers(int capacity, AddressFilter filter)
{
    private readonly Queue<UdpAddress> _queue = new();
    private readonly HashSet<UdpAddress> _known = [];

    /// <summary>Addresses that wait.</summary>
    public int Count => _queue.Count;

    /// <summary>Addresses for which there was no room.</summary>
    public long Dropped { get; private set; }

    /// <summary>Adds an address that <paramref name="toldBy"/> told of.</summary>
    public void Add(UdpAddress address, UdpAddress toldBy)
    {
        if (_known.Contains(address) || !filter.Accepts(address, toldBy)) return;
        if (_queue.Count >= capacity)
        {
            Dropped++;
            return;
        }

        _known.Add(address);
        _queue.Enqueue(address);
    }

    /// <summary>The next one that may be asked now: those whose host was asked just before go to the end.</summary>
    public bool TryTake(QueryPacer pacer, long nowTicks, out UdpAddress address)
    {
        for (var left = _queue.Count; left > 0; left--)
        {
            address = _queue.Dequeue();
            if (pacer.TryPass(address, nowTicks))
            {
                _known.Remove(address);
                return true;
            }

            _queue.Enqueue(address);
        }

        address = default;
        return false;
    }
}
