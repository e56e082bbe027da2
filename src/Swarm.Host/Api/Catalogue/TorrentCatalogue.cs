using System.Collections.Immutable;
using Swarm.Actors.Torrents;

namespace Swarm.Host.Api.Catalogue;

/// <summary>
/// What lists of torrents are answered from: the newest row of each, told by the node as they change. Owns the rows, their revisions and what it remembers of removed ones; called by one
/// writer, which follows the node, and any number of readers.
/// <para>The revision grows with every change, and begins each run above all revisions of the runs before, so that who comes with an old one is recognised. Each row has the revision that
/// brought it. Rows are linked from the one that changed longest ago to the newest: what changed after a revision is found in as many steps as there are changes. A removed torrent leaves a
/// tombstone; they are bounded, and who asks from before the oldest is told to begin again.</para>
/// <para>A page is the best of one walk over all rows, gathered in a heap of its size: nothing is ever sorted as a whole, nothing is kept between pages, and a walk takes no lock, for a slot
/// holds an immutable entry and a torrent keeps its slot for life. So a walk sees every torrent that is there from its beginning to its end. The lock is held for single steps, and for a delta
/// of at most <see cref="CatalogueSettings.DeltaLimit"/>.</para>
/// </summary>
internal sealed class TorrentCatalogue
{
    private const int BlockSize = 256;

    private readonly Lock _gate = new();
    private readonly TimeProvider _clock;
    private readonly Dictionary<InfoHash, Slot> _byHash = [];
    private readonly Dictionary<int, Slot> _byId = [];
    private readonly Stack<int> _free = new();
    private readonly Queue<Tombstone> _tombstones = new();
    private readonly long _firstRevision;
    private Slot?[] _slots = new Slot?[64];
    private int _used;
    private Slot? _newest;
    private long _forgotten;
    private long _revision;
    private int _lastId;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>An empty catalogue.</summary>
    public TorrentCatalogue(CatalogueSettings settings, TimeProvider clock)
    {
        Settings = settings;
        _clock = clock;
        // A thousand changes a millisecond, run after run, would be needed to catch up with this; and it is exact in JavaScript's numbers.
        _firstRevision = clock.GetUtcNow().ToUnixTimeMilliseconds() * 1_000;
        _revision = _firstRevision;
        _forgotten = _firstRevision;
    }

    /// <summary>Its limits.</summary>
    public CatalogueSettings Settings { get; }

    /// <summary>The newest revision.</summary>
    public long Revision => Volatile.Read(ref _revision);

    /// <summary>How many torrents there are.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _byHash.Count;
        }
    }

    /// <summary>Takes in new and changed rows of torrents that are the node's alone. One writer.</summary>
    public void Put(ImmutableArray<TorrentRow> rows)
    {
        var now = _clock.GetUtcNow().UtcTicks;
        foreach (var row in rows)
        {
            lock (_gate) Put(row, null, now);
        }

        Tell();
    }

    /// <summary>Takes in new and changed rows, each with where it is in the cluster. One writer.</summary>
    public void Put(IReadOnlyCollection<(TorrentRow Row, Placement? Placement)> rows)
    {
        if (rows.Count == 0) return;
        var now = _clock.GetUtcNow().UtcTicks;
        foreach (var (row, placement) in rows)
        {
            lock (_gate) Put(row, placement, now);
        }

        Tell();
    }

    /// <summary>Takes a torrent out; nothing if it is not there.</summary>
    public void Remove(InfoHash torrent)
    {
        lock (_gate)
        {
            if (!_byHash.Remove(torrent, out var slot)) return;
            var id = slot.Entry!.Id;
            _byId.Remove(id);
            Unlink(slot);
            Volatile.Write(ref slot.Entry, null);
            Volatile.Write(ref _slots[slot.Index], null);
            _free.Push(slot.Index);
            _tombstones.Enqueue(new Tombstone(torrent, id, _revision + 1, _clock.GetUtcNow().UtcTicks));
            if (_tombstones.Count > Settings.TombstoneLimit) _forgotten = _tombstones.Dequeue().Revision;
            Volatile.Write(ref _revision, _revision + 1);
        }

        Tell();
    }

    /// <summary>A torrent, or null.</summary>
    public CatalogueEntry? Find(InfoHash torrent)
    {
        lock (_gate) return _byHash.GetValueOrDefault(torrent)?.Entry;
    }

    /// <summary>A torrent by its number in this run, or null.</summary>
    public CatalogueEntry? Find(int id)
    {
        lock (_gate) return _byId.GetValueOrDefault(id)?.Entry;
    }

    /// <summary>Every torrent that is there throughout, in no order.</summary>
    public IEnumerable<CatalogueEntry> Walk()
    {
        var slots = Volatile.Read(ref _slots);
        var used = Math.Min(Volatile.Read(ref _used), slots.Length);
        var blocks = (used + BlockSize - 1) / BlockSize;
        var step = Stride(blocks);
        for (int i = 0, block = 0; i < blocks; i++, block = (int)((block + (long)step) % blocks))
        {
            var end = Math.Min(used, (block + 1) * BlockSize);
            for (var at = block * BlockSize; at < end; at++)
            {
                if (Volatile.Read(ref slots[at]) is { } slot && Volatile.Read(ref slot.Entry) is { } entry) yield return entry;
            }
        }
    }

    /// <summary>At most <paramref name="limit"/> torrents that the filter lets through, in order, after a place; and how many there are in all.</summary>
    public CataloguePage Page(CatalogueFilter filter, CatalogueOrder order, CataloguePosition? after, int limit)
    {
        // Before the walk: what changes while it goes on is told again to who asks from here.
        var revision = Revision;
        var best = new BestOf(order, limit + 1);
        var matches = 0;
        foreach (var entry in Walk())
        {
            if (!filter.Lets(entry)) continue;
            matches++;
            var position = order.PositionOf(entry.Row);
            if (after is null || order.Compare(position, after.Value) > 0) best.Offer(entry, position);
        }

        var entries = best.Sorted();
        if (entries.Count <= limit) return new CataloguePage(entries, matches, Next: null, revision);
        entries.RemoveAt(limit);
        return new CataloguePage(entries, matches, order.PositionOf(entries[^1].Row), revision);
    }

    /// <summary>What changed after a revision.</summary>
    public CatalogueDelta Since(long revision)
    {
        lock (_gate)
        {
            if (revision < _forgotten || revision > _revision) return new CatalogueDelta([], [], _revision, Resync: true, More: false);
            var first = _newest?.Entry!.Revision > revision ? _newest : null;
            while (first?.Older is { } older && older.Entry!.Revision > revision) first = older;
            var buried = _tombstones.SkipWhile(tombstone => tombstone.Revision <= revision).Take(Settings.DeltaLimit + 1).ToList();
            return Merge(first, buried);
        }
    }

    /// <summary>What changed, and what was removed, at or after a moment; bounded by what there is.</summary>
    public (List<CatalogueEntry> Changed, List<Tombstone> Removed) ChangedSince(DateTimeOffset moment)
    {
        lock (_gate)
        {
            var changed = new List<CatalogueEntry>();
            for (var slot = _newest; slot is not null && slot.Entry!.ChangedTicks >= moment.UtcTicks; slot = slot.Older) changed.Add(slot.Entry);
            return (changed, [.. _tombstones.Where(tombstone => tombstone.RemovedTicks >= moment.UtcTicks)]);
        }
    }

    /// <summary>Ends when there is a revision after the given one.</summary>
    public async Task WaitAsync(long revision, CancellationToken cancellation)
    {
        while (Revision <= revision)
        {
            var changed = Volatile.Read(ref _changed);
            if (Revision > revision) return;
            await changed.Task.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    // Torrents often lie in the order of a column. A walk that meets them from the last to the first would put each into a page's heap, so it jumps: by a step that meets every block once, about a
    // golden section of all, while within a block it goes on as memory does.
    private static int Stride(int blocks)
    {
        var step = Math.Max(1, (int)(blocks * 0.618));
        while (Gcd(step, blocks) > 1) step++;
        return step;

        static int Gcd(int a, int b) => b == 0 ? a : Gcd(b, a % b);
    }

    private void Put(TorrentRow row, Placement? placement, long now)
    {
        if (!_byHash.TryGetValue(row.Torrent, out var slot))
        {
            slot = new Slot(TakeIndex(), ++_lastId);
            _byHash.Add(row.Torrent, slot);
            _byId.Add(slot.Id, slot);
        }
        else
        {
            Unlink(slot);
        }

        Volatile.Write(ref slot.Entry, new CatalogueEntry(slot.Id, row, _revision + 1, now, placement));
        Volatile.Write(ref _slots[slot.Index], slot);
        slot.Older = _newest;
        if (_newest is not null) _newest.Newer = slot;
        _newest = slot;
        Volatile.Write(ref _revision, _revision + 1);
    }

    private int TakeIndex()
    {
        if (_free.TryPop(out var index)) return index;
        if (_used == _slots.Length)
        {
            var larger = new Slot?[_slots.Length * 2];
            _slots.CopyTo(larger, 0);
            Volatile.Write(ref _slots, larger);
        }

        index = _used;
        Volatile.Write(ref _used, _used + 1);
        return index;
    }

    private void Unlink(Slot slot)
    {
        if (slot.Older is not null) slot.Older.Newer = slot.Newer;
        if (slot.Newer is null) _newest = slot.Older;
        else slot.Newer.Older = slot.Older;
        slot.Older = null;
        slot.Newer = null;
    }

    // Both lists by revision, together as far as the limit.
    private CatalogueDelta Merge(Slot? first, List<Tombstone> buried)
    {
        var changed = new List<CatalogueEntry>();
        var removed = 0;
        var slot = first;
        var reached = _revision;
        while (slot is not null || removed < buried.Count)
        {
            if (changed.Count + removed == Settings.DeltaLimit) return new CatalogueDelta(changed, buried[..removed], reached, Resync: false, More: true);
            if (slot is not null && (removed == buried.Count || slot.Entry!.Revision < buried[removed].Revision))
            {
                changed.Add(slot.Entry!);
                reached = slot.Entry!.Revision;
                slot = slot.Newer;
            }
            else
            {
                reached = buried[removed++].Revision;
            }
        }

        return new CatalogueDelta(changed, buried, _revision, Resync: false, More: false);
    }

    private void Tell() => Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    // A torrent's place for life. Links are the lock's; the entry is anybody's to read.
    private sealed class Slot(int index, int id)
    {
        public CatalogueEntry? Entry;

        public int Index { get; } = index;

        public int Id { get; } = id;

        public Slot? Older { get; set; }

        public Slot? Newer { get; set; }
    }
}
