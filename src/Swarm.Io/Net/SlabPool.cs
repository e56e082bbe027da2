using Swarm.Actors.Ports;

namespace Swarm.Io.Net;

/// <summary>
/// The memory that received bytes lie in: pinned buffers of two sizes, lent to links and back when the last holder of a slice releases it.
/// Shared by all links, safe from any thread; every operation takes one short lock.
/// <para>
/// What always holds: slabs lent within the bound sum to at most the bound. Beyond the bound a link is lent small slabs only, and only while it has
/// fewer than its reserve out, so every link goes on however little there is. A link with its limit of slabs out gets none. Who gets none waits, and is
/// served in the order of waiting as slabs come back. Free buffers are reused last in, first out, for they are in the processor's cache.
/// </para>
/// <para>
/// Dry: a link waits for want of slabs, not because of its own limit. It is told once when it begins, to whoever holds slabs that he can do without. It ends when nobody waits and a quarter of the
/// bound is free: with less room than that, what was let go of would only be taken up again, and let go of again.
/// </para>
/// <para>
/// Memory goes back to the system in <see cref="Trim"/>: buffers that nobody needed since the last trim are emptied of pages (Linux) or forgotten; so are free
/// buffers that, with what is lent, would be more than the bound.
/// </para>
/// </summary>
public sealed class SlabPool
{
    /// <summary>Bytes of a small slab.</summary>
    public const int SmallBytes = 32 << 10;

    /// <summary>Bytes of a large slab.</summary>
    public const int LargeBytes = 256 << 10;

    private readonly Lock _gate = new();
    private readonly NetSettings _settings;
    private readonly Shelf[] _shelves = [new(SmallBytes), new(LargeBytes)];
    private readonly Queue<(SlabAccount Account, long Ticket)> _waiters = new();
    private readonly Action<Func<bool>>? _ranDry;
    private readonly Func<bool> _askDry;
    private volatile bool _isDry;
    private long _lentBytes;
    private long _lastTicket;
    private long _waits;
    private int _outstanding;

    /// <summary>An empty pool; buffers are made when they are first needed.</summary>
    /// <param name="settings">The bounds.</param>
    /// <param name="ranDry">Told each time it becomes dry, from any thread, outside of all locks, with the question whether it still is.</param>
    public SlabPool(NetSettings settings, Action<Func<bool>>? ranDry = null)
    {
        _settings = settings;
        _ranDry = ranDry;
        _askDry = () => _isDry;
    }

    /// <summary>Whether links wait for want of slabs, or did a moment ago.</summary>
    public bool IsDry => _isDry;

    /// <summary>Slabs that somebody holds; 0 when every slice was released. For leak checks.</summary>
    public int Outstanding => Volatile.Read(ref _outstanding);

    /// <summary>How often a link had to wait for a slab.</summary>
    public long Waits => Interlocked.Read(ref _waits);

    /// <summary>Bytes of slabs lent now.</summary>
    public long LentBytes => Interlocked.Read(ref _lentBytes);

    /// <summary>Bytes of free buffers that have memory behind them.</summary>
    public long FreeBytes
    {
        get
        {
            lock (_gate) return _shelves[0].FreeBytes + _shelves[1].FreeBytes;
        }
    }

    /// <summary>Opens a link's account.</summary>
    public SlabAccount OpenAccount(ISlabReceiver receiver) => new(receiver);

    /// <summary>Ends a link's waiting. Slabs it has out come back when they are released.</summary>
    public void Close(SlabAccount account)
    {
        lock (_gate)
        {
            account.Closed = true;
            account.Ticket = 0;
        }
    }

    /// <summary>
    /// Lends a slab, of the wanted size or else small, with one reference. Null: none now; <see cref="ISlabReceiver.OnSlab"/> brings it later, perhaps before this
    /// call has returned.
    /// </summary>
    public Slab? TryRent(SlabAccount account, SlabClass wanted)
    {
        bool ranDry;
        lock (_gate)
        {
            if (account.Closed) return null;
            var entry = Choose(account, wanted, _waiters.Count == 0);
            if (entry is not null) return Lend(entry, account);
            account.Wanted = wanted;
            account.Ticket = ++_lastTicket;
            account.AtLimit = account.Outstanding >= _settings.SlabsPerLink;
            if (!account.AtLimit) _waiters.Enqueue((account, account.Ticket));
            Interlocked.Increment(ref _waits);
            ranDry = LookWhetherDry();
        }

        if (ranDry) _ranDry?.Invoke(_askDry);
        return null;
    }

    /// <summary>Gives back the memory of buffers that were free ever since the last call. Returns the bytes given back.</summary>
    public long Trim()
    {
        lock (_gate) return _shelves[0].Trim() + _shelves[1].Trim();
    }

    private Entry? Choose(SlabAccount account, SlabClass wanted, bool fromPool)
    {
        if (account.Outstanding >= _settings.SlabsPerLink) return null;
        if (fromPool && wanted == SlabClass.Large && Fits(LargeBytes)) return Take(SlabClass.Large);
        if (fromPool && Fits(SmallBytes)) return Take(SlabClass.Small);
        return account.Outstanding < _settings.SlabReservePerLink ? Take(SlabClass.Small) : null;
    }

    private bool Fits(int bytes) => _lentBytes + bytes <= _settings.SlabPoolBytes;

    private Entry Take(SlabClass size) => _shelves[(int)size].Take() ?? new Entry(this, size);

    private Slab Lend(Entry entry, SlabAccount account)
    {
        entry.Account = account;
        account.Outstanding++;
        _lentBytes += entry.Slab.Buffer.Length;
        _outstanding++;
        entry.Slab.Rent();
        return entry.Slab;
    }

    private void TakeBack(Entry entry)
    {
        var returner = entry.Account!;
        for (var first = true; ; first = false)
        {
            SlabAccount? served;
            Slab? slab = null;
            bool ranDry;
            lock (_gate)
            {
                if (first) Shelve(entry);
                served = NextServed(returner, out var next);
                if (served is not null)
                {
                    served.Ticket = 0;
                    slab = Lend(next!, served);
                }

                ranDry = LookWhetherDry();
            }

            if (ranDry) _ranDry?.Invoke(_askDry);
            if (served is null) return;
            served.Receiver.OnSlab(slab!);
        }
    }

    // True: it begins. Beyond the bound a link is lent its reserve, so with many links there may never be a quarter free; then there is nothing to spare either.
    private bool LookWhetherDry()
    {
        var wasDry = _isDry;
        if (_waiters.Count > 0) _isDry = true;
        else if (_lentBytes <= _settings.SlabPoolBytes / 4 * 3) _isDry = false;
        return _isDry && !wasDry;
    }

    private void Shelve(Entry entry)
    {
        var bytes = entry.Slab.Buffer.Length;
        var account = entry.Account!;
        entry.Account = null;
        account.Outstanding--;
        if (account.AtLimit && account.Ticket != 0) _waiters.Enqueue((account, account.Ticket));
        account.AtLimit = false;
        _lentBytes -= bytes;
        _outstanding--;

        // Kept in any case: what was just used is wanted again, and a new buffer is new memory. Over the bound others lose their memory, first those of the other size, and if need be this one.
        var own = _shelves[bytes == SmallBytes ? 0 : 1];
        var other = _shelves[bytes == SmallBytes ? 1 : 0];
        own.Put(entry);
        while (_lentBytes + own.FreeBytes + other.FreeBytes > _settings.SlabPoolBytes && (other.TryChill() || own.TryChill()))
        {
            // One by one, until it fits.
        }
    }

    // The one whose slab came back is first asked whether it may use its reserve now; then the one that has waited longest.
    private SlabAccount? NextServed(SlabAccount returner, out Entry? entry)
    {
        entry = returner.Ticket != 0 ? Choose(returner, SlabClass.Small, fromPool: false) : null;
        if (entry is not null) return returner;
        while (_waiters.TryPeek(out var head))
        {
            var waits = head.Account.Ticket == head.Ticket;
            if (waits) entry = Choose(head.Account, head.Account.Wanted, fromPool: true);
            if (waits && entry is null) return null;
            _waiters.Dequeue();
            if (waits) return head.Account;
        }

        return null;
    }

    /// <summary>A buffer for life: its slab, and who has it now.</summary>
    private sealed class Entry
    {
        private readonly SlabPool _pool;

        public Entry(SlabPool pool, SlabClass size)
        {
            _pool = pool;
            Slab = new Slab(GC.AllocateUninitializedArray<byte>(size == SlabClass.Small ? SmallBytes : LargeBytes, pinned: true), Returned);
        }

        public Slab Slab { get; }

        public SlabAccount? Account { get; set; }

        private void Returned(Slab slab) => _pool.TakeBack(this);
    }

    /// <summary>Free buffers of one size: those with memory, and on Linux those whose pages the system has back.</summary>
    private sealed class Shelf(int bytes)
    {
        private readonly Stack<Entry> _warm = new();
        private readonly Stack<Entry> _cold = new();
        private int _fewest;

        public long FreeBytes => (long)_warm.Count * bytes;

        public Entry? Take()
        {
            if (!_warm.TryPop(out var entry)) _cold.TryPop(out entry);
            _fewest = Math.Min(_fewest, _warm.Count);
            return entry;
        }

        public void Put(Entry entry) => _warm.Push(entry);

        /// <summary>Gives the memory of one buffer back; where the system does not take it, the buffer is forgotten. False: there is none with memory.</summary>
        public bool TryChill()
        {
            if (!_warm.TryPop(out var entry)) return false;
            _fewest = Math.Min(_fewest, _warm.Count);
            if (PageRelease.TryRelease(entry.Slab.Buffer)) _cold.Push(entry);
            return true;
        }

        public long Trim()
        {
            long freed = 0;
            for (var unused = _fewest; unused > 0; unused--)
            {
                TryChill();
                freed += bytes;
            }

            _fewest = _warm.Count;
            return freed;
        }
    }
}
