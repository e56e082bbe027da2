using Swarm.Actors.Ports;
using Swarm.Io.Net;

namespace Swarm.Tests.Io.Net;

public sealed class SlabPoolTests
{
    private static readonly NetSettings OneMebibyte = NetSettings.Default with { SlabPoolBytes = 1 << 20 };

    [Fact]
    public void The_pool_lends_up_to_its_bound_and_then_only_each_links_reserve()
    {
        var pool = new SlabPool(OneMebibyte);
        var hog = new Link(pool);
        var large = Enumerable.Range(0, 4).Select(_ => hog.Rent(SlabClass.Large)).ToList();
        large.ShouldAllBe(slab => slab!.Buffer.Length == SlabPool.LargeBytes);
        pool.LentBytes.ShouldBe(1 << 20);

        hog.Rent(SlabClass.Small).ShouldBeNull("it has more than its reserve out");
        var late = new Link(pool);
        late.Rent(SlabClass.Large)!.Buffer.Length.ShouldBe(SlabPool.SmallBytes);
        late.Rent(SlabClass.Large)!.Buffer.Length.ShouldBe(SlabPool.SmallBytes);
        late.Rent(SlabClass.Large).ShouldBeNull();
        pool.Outstanding.ShouldBe(6);
        pool.Waits.ShouldBe(2);
    }

    [Fact]
    public void A_small_slab_is_lent_where_no_large_one_fits()
    {
        var pool = new SlabPool(OneMebibyte);
        var link = new Link(pool);
        for (var i = 0; i < 3; i++) link.Rent(SlabClass.Large);
        link.Rent(SlabClass.Small);
        link.Rent(SlabClass.Large)!.Buffer.Length.ShouldBe(SlabPool.SmallBytes);
    }

    [Fact]
    public void Links_that_wait_are_served_in_the_order_of_waiting()
    {
        var pool = new SlabPool(OneMebibyte with { SlabReservePerLink = 1 });
        var hog = new Link(pool);
        var slabs = Enumerable.Range(0, 4).Select(_ => hog.Rent(SlabClass.Large)!).ToList();
        var waiting = Enumerable.Range(0, 3).Select(_ => new Link(pool)).ToList();
        foreach (var link in waiting) link.Rent(SlabClass.Small).ShouldNotBeNull();
        foreach (var link in waiting) link.Rent(SlabClass.Large).ShouldBeNull();

        slabs[0].Release();
        waiting.Select(link => link.Brought.Count).ShouldBe([1, 1, 1], "what one large slab left makes room for small ones");
        waiting[0].Brought[0].Buffer.Length.ShouldBe(SlabPool.SmallBytes);
    }

    [Fact]
    public void The_first_in_line_gets_the_large_slab_that_it_waits_for()
    {
        var pool = new SlabPool(OneMebibyte with { SlabReservePerLink = 1 });
        var hog = new Link(pool);
        var slabs = Enumerable.Range(0, 4).Select(_ => hog.Rent(SlabClass.Large)!).ToList();
        var (first, second) = (new Link(pool), new Link(pool));
        var reserve = first.Rent(SlabClass.Small)!;
        first.Rent(SlabClass.Large).ShouldBeNull();
        second.Rent(SlabClass.Small);
        second.Rent(SlabClass.Small).ShouldBeNull();
        reserve.Release();
        first.Brought.ShouldHaveSingleItem().Buffer.Length.ShouldBe(SlabPool.SmallBytes, "its reserve is free again");
        slabs[1].Release();
        second.Brought.Count.ShouldBe(1);
    }

    [Fact]
    public void A_link_at_its_limit_waits_for_its_own_slabs_and_holds_up_nobody()
    {
        var pool = new SlabPool(OneMebibyte with { SlabsPerLink = 2 });
        var link = new Link(pool);
        var mine = link.Rent(SlabClass.Small)!;
        link.Rent(SlabClass.Small);
        link.Rent(SlabClass.Small).ShouldBeNull();
        var other = new Link(pool);
        other.Rent(SlabClass.Small)!.Release();
        link.Brought.ShouldBeEmpty();
        mine.Release();
        link.Brought.Count.ShouldBe(1);
    }

    [Fact]
    public void It_is_dry_while_a_link_waits_and_until_a_quarter_is_free_and_tells_it_once()
    {
        var told = new List<Func<bool>>();
        var pool = new SlabPool(OneMebibyte with { SlabReservePerLink = 1 }, told.Add);
        var hog = new Link(pool);
        var slabs = Enumerable.Range(0, 4).Select(_ => hog.Rent(SlabClass.Large)!).ToList();
        pool.IsDry.ShouldBeFalse("all is lent, and nobody wants more");
        var waiting = Enumerable.Range(0, 2).Select(_ => new Link(pool)).ToList();
        foreach (var link in waiting) link.Hold(link.Rent(SlabClass.Small)!);
        foreach (var link in waiting) link.Rent(SlabClass.Small).ShouldBeNull();
        told.Count.ShouldBe(1);
        told[0]().ShouldBeTrue();

        slabs[0].Release();
        waiting.ShouldAllBe(link => link.Brought.Count == 1);
        told[0]().ShouldBeTrue("nobody waits, but there is little room");
        slabs[1].Release();
        told[0]().ShouldBeFalse();
        while (hog.Rent(SlabClass.Large) is { } more) hog.Hold(more);
        told.Count.ShouldBe(2);
        pool.IsDry.ShouldBeTrue();
    }

    [Fact]
    public void A_link_at_its_limit_does_not_make_the_pool_dry()
    {
        var pool = new SlabPool(OneMebibyte with { SlabsPerLink = 2 }, _ => throw new InvalidOperationException("it was told"));
        var link = new Link(pool);
        link.Rent(SlabClass.Small);
        link.Rent(SlabClass.Small);
        link.Rent(SlabClass.Small).ShouldBeNull();
        pool.IsDry.ShouldBeFalse();
    }

    [Fact]
    public void A_closed_account_is_not_served()
    {
        var pool = new SlabPool(OneMebibyte with { SlabsPerLink = 2 });
        var link = new Link(pool);
        var slabs = new[] { link.Rent(SlabClass.Small)!, link.Rent(SlabClass.Small)! };
        link.Rent(SlabClass.Small).ShouldBeNull();
        pool.Close(link.Account);
        foreach (var slab in slabs) slab.Release();
        link.Brought.ShouldBeEmpty();
        link.Rent(SlabClass.Small).ShouldBeNull();
        pool.Outstanding.ShouldBe(0);
    }

    [Fact]
    public void Memory_unused_since_the_last_trim_is_given_back_and_comes_again()
    {
        var pool = new SlabPool(OneMebibyte);
        var link = new Link(pool);
        var slabs = Enumerable.Range(0, 4).Select(_ => link.Rent(SlabClass.Large)!).ToList();
        slabs.ForEach(slab => slab.Release());
        pool.FreeBytes.ShouldBe(1 << 20);
        pool.Trim().ShouldBe(0, "all four were in use since the last call");
        link.Rent(SlabClass.Large)!.Release();
        pool.Trim().ShouldBe(3 * SlabPool.LargeBytes);
        pool.Trim().ShouldBe(SlabPool.LargeBytes);
        pool.FreeBytes.ShouldBe(0);

        var again = Enumerable.Range(0, 4).Select(_ => link.Rent(SlabClass.Large)!).ToList();
        foreach (var slab in again)
        {
            slab.Buffer.AsSpan().Fill(7);
            slab.Buffer.ShouldAllBe(value => value == 7);
            slab.Release();
        }

        pool.Outstanding.ShouldBe(0);
    }

    [Fact]
    public void What_comes_back_is_lent_again_though_free_buffers_of_the_other_size_fill_the_bound()
    {
        var pool = new SlabPool(OneMebibyte);
        var link = new Link(pool);
        for (var i = 0; i < 3; i++) link.Rent(SlabClass.Large);
        link.Rent(SlabClass.Small)!.Release();
        var last = link.Rent(SlabClass.Large)!;
        last.Release();
        pool.FreeBytes.ShouldBe(SlabPool.LargeBytes, "it takes the place of the small one");

        var again = Enumerable.Range(0, 8).Select(_ =>
        {
            var slab = link.Rent(SlabClass.Large)!;
            slab.Release();
            return slab;
        });
        again.ShouldAllBe(slab => ReferenceEquals(slab, last), "a new buffer each time is new memory each time");
    }

    [Fact]
    public void Rents_and_releases_from_many_threads_lose_nothing_and_keep_the_bound()
    {
        var pool = new SlabPool(OneMebibyte with { SlabsPerLink = 4 });
        var threads = Enumerable.Range(0, 8).Select(seed => new Thread(() =>
        {
            var link = new Link(pool);
            var random = new Random(seed);
            for (var i = 0; i < 3000; i++)
            {
                var slab = link.Rent((SlabClass)random.Next(2));
                // Who waits lets go of what it holds, as a disk does: eight links that each kept two and wanted a third would wait for each other for ever.
                while (slab is null && !link.TryTakeBrought(out slab))
                {
                    link.ReleaseHeld();
                    Thread.Yield();
                }

                if (random.Next(3) == 0) link.ReleaseHeld();
                link.Hold(slab!);
                if (link.Held == 3) link.ReleaseHeld();
            }

            link.ReleaseHeld();
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        pool.Outstanding.ShouldBe(0);
        pool.LentBytes.ShouldBe(0);
        pool.FreeBytes.ShouldBeLessThanOrEqualTo(1 << 20);
    }

    private sealed class Link : ISlabReceiver
    {
        private readonly SlabPool _pool;
        private readonly List<Slab> _held = [];

        public Link(SlabPool pool)
        {
            _pool = pool;
            Account = pool.OpenAccount(this);
        }

        public SlabAccount Account { get; }

        public List<Slab> Brought { get; } = [];

        public int Held => _held.Count;

        public Slab? Rent(SlabClass size) => _pool.TryRent(Account, size);

        public void OnSlab(Slab slab)
        {
            lock (Brought) Brought.Add(slab);
        }

        public bool TryTakeBrought(out Slab? slab)
        {
            lock (Brought)
            {
                slab = Brought.FirstOrDefault();
                Brought.Clear();
                return slab is not null;
            }
        }

        public void Hold(Slab slab) => _held.Add(slab);

        public void ReleaseHeld()
        {
            _held.ForEach(slab => slab.Release());
            _held.Clear();
        }
    }
}
