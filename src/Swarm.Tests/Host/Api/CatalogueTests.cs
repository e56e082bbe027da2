using Swarm.Actors.Torrents;
using Swarm.Host.Api.Catalogue;

namespace Swarm.Tests.Host.Api;

public sealed class CatalogueTests
{
    private readonly SettableClock _clock = new();

    [Fact]
    public void A_page_has_the_first_of_its_order_and_the_next_page_goes_on()
    {
        var catalogue = Catalogue(5);
        var order = CatalogueOrder.Parse("-addedAt")!;

        var first = catalogue.Page(CatalogueFilter.All, order, after: null, 2);
        var second = catalogue.Page(CatalogueFilter.All, order, first.Next, 2);
        var last = catalogue.Page(CatalogueFilter.All, order, second.Next, 2);

        Names(first).ShouldBe(["torrent 4", "torrent 3"]);
        Names(second).ShouldBe(["torrent 2", "torrent 1"]);
        Names(last).ShouldBe(["torrent 0"]);
        last.Next.ShouldBeNull();
        first.Matches.ShouldBe(5);
    }

    [Fact]
    public void A_torrent_that_is_removed_between_pages_takes_no_other_from_them()
    {
        var catalogue = Catalogue(5);
        var order = CatalogueOrder.Parse("name")!;
        var first = catalogue.Page(CatalogueFilter.All, order, after: null, 2);

        catalogue.Remove(Rows.Hash(1));

        Names(catalogue.Page(CatalogueFilter.All, order, first.Next, 9)).ShouldBe(["torrent 2", "torrent 3", "torrent 4"]);
    }

    [Theory]
    [InlineData("downloading", null, null, null, null, "a b c")]
    [InlineData("seeding", null, null, null, null, "d")]
    [InlineData(null, "linux", null, null, null, "a d")]
    [InlineData(null, "LINUX", null, null, null, "a d")]
    [InlineData(null, null, "films", null, null, "b")]
    [InlineData(null, null, "", null, null, "a c d")]
    [InlineData(null, null, null, "tracker.example", null, "c")]
    [InlineData(null, null, null, null, "B", "b")]
    [InlineData("downloading", "linux", null, null, null, "a")]
    [InlineData("seeding", "linux", "films", null, null, "")]
    public void A_filter_lets_through_what_agrees_with_all_of_it(string? state, string? label, string? category, string? tracker, string? text, string expected)
    {
        var catalogue = new TorrentCatalogue(CatalogueSettings.Default, _clock);
        catalogue.Put(
        [
            Rows.Row(0) with { Name = "a", Labels = ["linux"] }, Rows.Row(1) with { Name = "b", Category = "films" }, Rows.Row(2) with { Name = "c", TrackerHosts = "other.example tracker.example" },
            Rows.Row(3, TorrentState.Seeding) with { Name = "d", Labels = ["linux", "old"] },
        ]);
        var filter = new CatalogueFilter
        {
            States = state is null ? 0 : CatalogueFilter.BitOf(Enum.Parse<TorrentState>(state, ignoreCase: true)),
            Label = label,
            Category = category,
            Tracker = tracker,
            Text = text,
        };

        string.Join(' ', Names(catalogue.Page(filter, CatalogueOrder.Parse("name")!, after: null, 9))).ShouldBe(expected);
    }

    [Fact]
    public void What_changed_is_told_once_and_in_the_order_of_change()
    {
        var catalogue = Catalogue(3);
        var seen = catalogue.Revision;
        catalogue.Put([Rows.Row(2) with { Name = "new name" }]);
        catalogue.Put([Rows.Row(0) with { DownloadRate = 7 }]);

        var delta = catalogue.Since(seen);

        delta.Changed.Select(entry => entry.Row.Torrent).ShouldBe([Rows.Hash(2), Rows.Hash(0)]);
        delta.Resync.ShouldBeFalse();
        catalogue.Since(delta.Revision).Changed.ShouldBeEmpty();
    }

    [Fact]
    public void A_removed_torrent_is_told_and_one_that_comes_again_is_told_after_it()
    {
        var catalogue = Catalogue(2);
        var seen = catalogue.Revision;
        catalogue.Remove(Rows.Hash(1));
        catalogue.Put([Rows.Row(1)]);

        var delta = catalogue.Since(seen);

        delta.Removed.Select(tombstone => tombstone.Torrent).ShouldBe([Rows.Hash(1)]);
        delta.Changed.Select(entry => entry.Row.Torrent).ShouldBe([Rows.Hash(1)]);
        delta.Changed[0].Id.ShouldBe(3, "a number is never given twice");
    }

    [Fact]
    public void Who_asks_from_before_the_oldest_tombstone_is_told_to_begin_again()
    {
        var catalogue = Catalogue(4, CatalogueSettings.Default with { TombstoneLimit = 2 });
        var seen = catalogue.Revision;
        catalogue.Remove(Rows.Hash(0));
        var after1 = catalogue.Revision;
        catalogue.Remove(Rows.Hash(1));
        catalogue.Remove(Rows.Hash(2));

        catalogue.Since(seen).Resync.ShouldBeTrue();
        catalogue.Since(after1).Resync.ShouldBeFalse("its two removals are both remembered");
        catalogue.Since(after1).Removed.Count.ShouldBe(2);
    }

    [Fact]
    public void A_revision_of_another_run_is_told_to_begin_again()
    {
        var before = Catalogue(3).Revision;
        _clock.Advance(TimeSpan.FromSeconds(1));
        var catalogue = Catalogue(3);

        catalogue.Since(before).Resync.ShouldBeTrue();
        catalogue.Since(catalogue.Revision + 1).Resync.ShouldBeTrue("nobody can have seen the future");
        catalogue.Since(0).Resync.ShouldBeTrue();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void A_delta_that_is_larger_than_its_limit_comes_in_parts_and_all_of_it_comes(int limit)
    {
        var catalogue = Catalogue(6, CatalogueSettings.Default with { DeltaLimit = limit });
        var revision = catalogue.Revision;
        foreach (var number in (int[])[0, 1, 2]) catalogue.Remove(Rows.Hash(number));
        catalogue.Put([Rows.Row(3), Rows.Row(4)]);
        catalogue.Remove(Rows.Hash(5));
        var changed = new List<InfoHash>();
        var removed = new List<InfoHash>();
        CatalogueDelta delta;
        do
        {
            delta = catalogue.Since(revision);
            (delta.Changed.Count + delta.Removed.Count).ShouldBeLessThanOrEqualTo(limit);
            delta.Revision.ShouldBeGreaterThan(revision);
            revision = delta.Revision;
            changed.AddRange(delta.Changed.Select(entry => entry.Row.Torrent));
            removed.AddRange(delta.Removed.Select(tombstone => tombstone.Torrent));
        }
        while (delta.More);

        changed.ShouldBe([Rows.Hash(3), Rows.Hash(4)]);
        removed.ShouldBe([Rows.Hash(0), Rows.Hash(1), Rows.Hash(2), Rows.Hash(5)]);
        revision.ShouldBe(catalogue.Revision);
    }

    [Fact]
    public void Whatever_happens_pages_are_what_sorting_all_would_give_and_deltas_lead_to_what_is_there() => PropertyCheck(seed =>
    {
        var random = new Random(seed);
        var catalogue = new TorrentCatalogue(CatalogueSettings.Default with { DeltaLimit = 1 + random.Next(20), TombstoneLimit = 1 + random.Next(30) }, _clock);
        var model = new SortedDictionary<InfoHash, TorrentRow>();
        var follower = new SortedDictionary<InfoHash, TorrentRow>();
        var followed = catalogue.Revision;
        for (var step = 0; step < 200; step++)
        {
            var number = random.Next(40);
            if (random.Next(4) == 0)
            {
                model.Remove(Rows.Hash(number));
                catalogue.Remove(Rows.Hash(number));
            }
            else
            {
                var row = Rows.Row(number) with { Name = $"n{random.Next(5)}", DownloadRate = random.Next(4), UploadedEver = random.Next(1_000) };
                model[row.Torrent] = row;
                catalogue.Put([row]);
            }

            if (random.Next(10) == 0) Follow(catalogue, follower, ref followed);
        }

        Follow(catalogue, follower, ref followed);
        follower.Values.ShouldBe(model.Values);
        foreach (var name in CatalogueOrder.Names.SelectMany(name => new[] { name, "-" + name }))
        {
            var order = CatalogueOrder.Parse(name)!;
            var limit = 1 + random.Next(15);
            var paged = new List<TorrentRow>();
            CataloguePosition? after = null;
            do
            {
                var page = catalogue.Page(CatalogueFilter.All, order, after, limit);
                paged.AddRange(page.Entries.Select(entry => entry.Row));
                page.Matches.ShouldBe(model.Count);
                after = page.Next is { } next ? Carried(order, next) : null;
            }
            while (after is not null);
            paged.ShouldBe(model.Values.OrderBy(order.PositionOf, order));
        }
    });

    [Theory]
    [InlineData("")]
    [InlineData("AAAA")]
    [InlineData("not base64 at all")]
    [InlineData("bmFtZQo")]
    public void A_cursor_that_is_none_is_refused(string text) => PageCursor.TryRead(text, CatalogueOrder.ByHash, out _).ShouldBeFalse();

    [Fact]
    public void A_cursor_of_another_order_is_refused()
    {
        var cursor = PageCursor.Write(CatalogueOrder.Parse("ratio")!, CatalogueOrder.Parse("ratio")!.PositionOf(Rows.Row(1)));

        PageCursor.TryRead(cursor, CatalogueOrder.Parse("-ratio")!, out _).ShouldBeFalse();
        PageCursor.TryRead(cursor, CatalogueOrder.Parse("ratio")!, out _).ShouldBeTrue();
    }

    [Fact]
    public void Cursors_of_random_bytes_are_refused_or_read_and_nothing_else() => PropertyCheck(seed =>
    {
        // A fuzz test: whoever carries a cursor can write one.
        var random = new Random(seed);
        var bytes = new byte[random.Next(200)];
        random.NextBytes(bytes);
        var text = System.Buffers.Text.Base64Url.EncodeToString(bytes);
        Should.NotThrow(() => PageCursor.TryRead(text, CatalogueOrder.Parse("name")!, out _));
        Should.NotThrow(() => PageCursor.TryRead(Convert.ToBase64String(bytes), CatalogueOrder.Parse("name")!, out _));
    });

    [Fact]
    public async Task Who_waits_for_a_change_is_woken_by_it()
    {
        var catalogue = Catalogue(1);
        var waiting = catalogue.WaitAsync(catalogue.Revision, TestContext.Current.CancellationToken);
        waiting.IsCompleted.ShouldBeFalse();

        catalogue.Put([Rows.Row(1)]);

        await waiting.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_walk_while_others_change_and_grow_sees_every_torrent_that_stays()
    {
        var catalogue = Catalogue(500);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var writer = Task.Run(() =>
        {
            for (var number = 500; !over.IsCancellationRequested; number++)
            {
                catalogue.Put([Rows.Row(number), Rows.Row(number % 500)]);
                catalogue.Remove(Rows.Hash(number - 3));
                if (number - 3 < 500) catalogue.Put([Rows.Row(number - 3)]);
            }
        }, CancellationToken.None);

        for (var round = 0; round < 200; round++)
        {
            var seen = catalogue.Walk().Select(entry => entry.Row.Torrent).ToHashSet();
            Enumerable.Range(0, 490).All(number => seen.Contains(Rows.Hash(number))).ShouldBeTrue();
        }

        await over.CancelAsync();
        await writer;
    }

    private static void PropertyCheck(Action<int> property)
    {
        for (var seed = 1; seed <= 30; seed++) property(seed);
    }

    private static IEnumerable<string> Names(CataloguePage page) => page.Entries.Select(entry => entry.Row.Name);

    private static CataloguePosition Carried(CatalogueOrder order, CataloguePosition position)
    {
        PageCursor.TryRead(PageCursor.Write(order, position), order, out var read).ShouldBeTrue();
        read.ShouldBe(position);
        return read;
    }

    // As a client does: what is removed goes first, and a resync begins with the list.
    private static void Follow(TorrentCatalogue catalogue, SortedDictionary<InfoHash, TorrentRow> rows, ref long revision)
    {
        CatalogueDelta delta;
        do
        {
            delta = catalogue.Since(revision);
            if (delta.Resync)
            {
                var page = catalogue.Page(CatalogueFilter.All, CatalogueOrder.ByHash, after: null, 1_000);
                rows.Clear();
                foreach (var entry in page.Entries) rows[entry.Row.Torrent] = entry.Row;
                revision = page.Revision;
                continue;
            }

            foreach (var tombstone in delta.Removed) rows.Remove(tombstone.Torrent);
            foreach (var entry in delta.Changed) rows[entry.Row.Torrent] = entry.Row;
            revision = delta.Revision;
        }
        while (delta.More || delta.Resync);
    }

    private TorrentCatalogue Catalogue(int torrents, CatalogueSettings? settings = null)
    {
        var catalogue = new TorrentCatalogue(settings ?? CatalogueSettings.Default, _clock);
        catalogue.Put([.. Enumerable.Range(0, torrents).Select(number => Rows.Row(number))]);
        return catalogue;
    }
}
