namespace Swarm.Kernel;

/// <summary>A growing ring of envelopes with two ends, for one thread: the stash, and what was unstashed.</summary>
internal sealed class EnvelopeDeque
{
    private Envelope[] _items = new Envelope[8];
    private int _first;

    internal int Count { get; private set; }

    internal Envelope Last => _items[(_first + Count - 1) & (_items.Length - 1)];

    internal void AddFirst(Envelope item)
    {
        Grow();
        _first = (_first - 1) & (_items.Length - 1);
        _items[_first] = item;
        Count++;
    }

    internal void AddLast(Envelope item)
    {
        Grow();
        _items[(_first + Count) & (_items.Length - 1)] = item;
        Count++;
    }

    internal Envelope RemoveFirst()
    {
        var item = _items[_first];
        _items[_first] = default;
        _first = (_first + 1) & (_items.Length - 1);
        Count--;
        return item;
    }

    internal Envelope RemoveLast()
    {
        var index = (_first + Count - 1) & (_items.Length - 1);
        var item = _items[index];
        _items[index] = default;
        Count--;
        return item;
    }

    private void Grow()
    {
        if (Count < _items.Length)
        {
            return;
        }

        var larger = new Envelope[_items.Length * 2];
        for (var i = 0; i < Count; i++)
        {
            larger[i] = _items[(_first + i) & (_items.Length - 1)];
        }

        _items = larger;
        _first = 0;
    }
}
