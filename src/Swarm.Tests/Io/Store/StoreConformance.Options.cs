using System.Collections.Immutable;
using System.Text.Json;
using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Picking;

namespace Swarm.Tests.Io.Store;

// What users want of torrents, what was begun with them, what lists show, and how a start takes all of it up.
public abstract partial class StoreConformance
{
    [Fact]
    public void What_a_user_wants_and_what_lists_show_come_back_as_they_were_put()
    {
        var store = Open();
        var token = Acquire(store, Torrent(1));
        var record = Record(1) with { Options = Options("/downloads/1"), Unfinished = new UnfinishedWork.Moving("/elsewhere"), Summary = Summary(1) };
        Run(store, new StoreCommand.PutTorrent(Torrent(1), token, record));
        ShouldBeStored(store, Torrent(1), record, progress: null);
        foreach (var unfinished in new UnfinishedWork?[] { new UnfinishedWork.Removal(true), new UnfinishedWork.Removal(false), new UnfinishedWork.Renaming(7, "a/b"), null })
        {
            var options = Options("/other") with { Paused = false, TrackerTiers = null };
            Run(store, new StoreCommand.PutOptions(Torrent(1), token, options, unfinished)).ShouldBe([new StoreOutcome.Done()]);
            ShouldBeStored(store, Torrent(1), record with { Folder = "/other", Options = options, Unfinished = unfinished }, progress: null);
        }
    }

    [Fact]
    public void What_is_of_one_run_only_is_not_kept()
    {
        var store = Open();
        var options = new TorrentOptions { Folder = "/", Recheck = true, TrustExisting = true, Peers = [new System.Net.IPEndPoint(1, 1)] };
        Run(store, new StoreCommand.PutTorrent(Torrent(1), Acquire(store, Torrent(1)), Record(1) with { Folder = "/", Options = options }));
        var loaded = Run(store, new StoreCommand.LoadTorrent(Torrent(1)))[0].ShouldBeOfType<StoreOutcome.Loaded>().Record!.Options;
        (loaded.Recheck, loaded.TrustExisting, loaded.Peers.Length).ShouldBe((false, false, 0));
    }

    [Fact]
    public void Options_are_written_under_the_token_of_the_lease_and_of_a_torrent_that_is_there()
    {
        var store = Open();
        var token = Acquire(store, Torrent(1));
        Run(store, new StoreCommand.PutOptions(Torrent(1), token, Options("/x"), null)).ShouldBe([new StoreOutcome.Done()]);
        Run(store, new StoreCommand.LoadTorrent(Torrent(1))).ShouldBe([new StoreOutcome.Loaded(Record: null, Progress: null)]);
        Run(store, new StoreCommand.PutTorrent(Torrent(1), token, Record(1)));
        Acquire(store, Torrent(1));
        Run(store, new StoreCommand.PutOptions(Torrent(1), token, Options("/x"), null)).ShouldBe([new StoreOutcome.Fenced()]);
        ShouldBeStored(store, Torrent(1), Record(1), progress: null);
    }

    [Fact]
    public void Progress_brings_what_lists_show_or_leaves_it()
    {
        var store = Open();
        var token = Acquire(store, Torrent(1));
        Run(store, new StoreCommand.PutTorrent(Torrent(1), token, Record(1)), new StoreCommand.PutProgress(Torrent(1), token, Progress(1)) { Summary = Summary(2) });
        ShouldBeStored(store, Torrent(1), Record(1) with { Summary = Summary(2) }, Progress(1));
        Run(store, new StoreCommand.PutProgress(Torrent(1), token, Progress(2)));
        ShouldBeStored(store, Torrent(1), Record(1) with { Summary = Summary(2) }, Progress(2));
    }

    [Fact]
    public void A_start_takes_everything_up_page_by_page_in_the_order_of_addition()
    {
        const int count = 7;
        var store = Open();
        for (var i = 1; i <= count; i++) Run(store, new StoreCommand.PutTorrent(Torrent(i), Acquire(store, Torrent(i)), Record(i) with { Summary = i == 3 ? null : Summary(i), Options = Options($"/downloads/{i}") }));
        Close(store);
        var next = Open();
        var taken = TakeUpAll(next, pageSize: 3);
        taken.Select(torrent => torrent.Torrent).ShouldBe(Enumerable.Range(1, count).Select(Torrent));
        taken.ShouldAllBe(torrent => torrent.HeldBy == null);
        taken[0].Magnet.ShouldBe(Record(1).Magnet);
        taken[1].AddedTicks.ShouldBe(Record(2).AddedTicks);
        taken[2].Summary.ShouldBeNull();
        JsonSerializer.Serialize(taken[3].Summary).ShouldBe(JsonSerializer.Serialize(Summary(4)));
        JsonSerializer.Serialize(taken[4].Options).ShouldBe(JsonSerializer.Serialize(Options("/downloads/5")));
        // What is taken up is ours: nobody else gets it, and it can be written after a lease of its own.
        Run(Open(), new StoreCommand.AcquireLease(Torrent(5)))[0].ShouldBeOfType<StoreOutcome.HeldBy>();
        var token = Acquire(next, Torrent(5));
        Run(next, new StoreCommand.PutProgress(Torrent(5), token, Progress(1))).ShouldBe([new StoreOutcome.Done()]);
    }

    [Fact]
    public void A_start_leaves_what_others_run_and_says_by_whom()
    {
        var first = Open();
        for (var i = 1; i <= 3; i++) Run(first, new StoreCommand.PutTorrent(Torrent(i), Acquire(first, Torrent(i)), Record(i)));
        var token = Acquire(first, Torrent(2));
        for (var i = 1; i <= 3; i += 2) Run(first, new StoreCommand.ReleaseLease(Torrent(i), Acquire(first, Torrent(i))));
        TakeUpAll(Open(), pageSize: 10).Select(torrent => torrent.HeldBy is null).ShouldBe([true, false, true]);
        Run(first, new StoreCommand.PutProgress(Torrent(2), token, Progress(1))).ShouldBe([new StoreOutcome.Done()]);
    }

    [Fact]
    public void A_start_takes_over_from_a_process_that_died()
    {
        var first = Open();
        var token = Acquire(first, Torrent(1));
        Run(first, new StoreCommand.PutTorrent(Torrent(1), token, Record(1)));
        Kill(first);
        var second = Open();
        TakeUpAll(second, pageSize: 10).ShouldHaveSingleItem().HeldBy.ShouldBeNull();
        Acquire(second, Torrent(1)).ShouldBeGreaterThan(token);
    }

    [Fact]
    public void Taking_up_leaves_a_lease_that_is_ours_as_it_is()
    {
        var store = Open();
        var token = Acquire(store, Torrent(1));
        Run(store, new StoreCommand.PutTorrent(Torrent(1), token, Record(1)));
        TakeUpAll(store, pageSize: 1).ShouldHaveSingleItem();
        Run(store, new StoreCommand.PutProgress(Torrent(1), token, Progress(1))).ShouldBe([new StoreOutcome.Done()]);
    }

    protected static TorrentOptions Options(string folder) => new()
    {
        Folder = folder,
        Name = "Ein Name 🐝",
        Category = "films",
        Labels = ["a", "b\0c"],
        Select = ["*.mkv"],
        Trackers = ["http://tracker/announce"],
        TrackerTiers = [["udp://one:1"], [], ["udp://two:2", "udp://three:3"]],
        FilePriorities = ImmutableSortedDictionary<int, PiecePriority>.Empty.Add(0, PiecePriority.Skip).Add(70_000, PiecePriority.Top),
        RenamedFiles = ImmutableSortedDictionary<int, string>.Empty.Add(3, "other/name"),
        Sequential = true,
        SeedOnly = true,
        Paused = true,
        Allocation = FileAllocation.Full,
        DownloadLimit = 1,
        UploadLimit = long.MaxValue,
        MaxConnections = 50,
        RatioGoal = 1.5,
        SeedTimeGoal = TimeSpan.FromHours(3),
        QueuePosition = 12,
    };

    protected static TorrentSummary Summary(int number) => new()
    {
        Name = $"content {number}",
        HasMetadata = true,
        IsPrivate = number % 2 == 0,
        TotalLength = number * 1_000_000_000_000L,
        SelectedLength = number * 500L,
        VerifiedLength = number * 400L,
        PieceCount = 10 * number,
        VerifiedPieces = number,
        Downloaded = long.MaxValue,
        Uploaded = number,
        CompletedTicks = 638_000_000_000_000_000,
        ActiveTicks = 638_000_000_000_000_001,
        TrackerTiers = [["http://tracker/announce", "udp://tracker:6969"], ["udp://other:1"]],
    };

    private static string Described(TorrentRecord record) => JsonSerializer.Serialize(record.Options) + record.Unfinished + JsonSerializer.Serialize(record.Summary);

    private List<TakenTorrent> TakeUpAll(IStore store, int pageSize)
    {
        var all = new List<TakenTorrent>();
        for (long last = 0; ;)
        {
            var page = Run(store, new StoreCommand.TakeUp(last, pageSize))[0].ShouldBeOfType<StoreOutcome.TakenUp>();
            if (page.Torrents.IsEmpty) return all;
            page.Torrents.Length.ShouldBeLessThanOrEqualTo(pageSize);
            page.Last.ShouldBeGreaterThan(last);
            all.AddRange(page.Torrents);
            last = page.Last;
        }
    }
}
