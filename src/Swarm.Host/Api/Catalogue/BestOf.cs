namespace Swarm.Host.Api.Catalogue;

/// <summary>The first so many of what it is offered, in an order: a heap with the last of them on top, so that most offers cost one comparison.</summary>
internal sealed class BestOf(CatalogueOrder order, int limit)
{
    private readonly PriorityQueue<CatalogueEntry, CataloguePosition> _heap = new(Comparer<CataloguePosition>.Create((x, y) => order.Compare(y, x)));

    /// <summary>Keeps it if it is among the first.</summary>
    public void Offer(CatalogueEntry entry, CataloguePosition position)
    {
        if (_heap.Count < limit) _heap.Enqueue(entry, position);
        else _heap.EnqueueDequeue(entry, position);
    }

    /// <summary>What was kept, in order; it is empty then.</summary>
    public List<CatalogueEntry> Sorted()
    {
        var entries = new List<CatalogueEntry>(_heap.Count);
        while (_heap.TryDequeue(out var entry, out _)) entries.Add(entry);
        entries.Reverse();
        return entries;
    }
}
