using System.Collections.Immutable;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Trackers;

namespace Swarm.Tests.Actors.Torrents;

/// <summary>Who at rest is announced when, and to whom.</summary>
public sealed class RestingAnnouncesTests
{
    private static readonly RestingSettings Settings = RestingSettings.Default with { Spread = TimeSpan.FromMinutes(10), MaxToTrackers = 8, MaxInDht = 2 };
    private readonly RestingAnnounces _announces = new(Settings, 1, new Random(3));

    [Fact]
    public void First_announces_are_spread_say_started_and_keep_to_their_limit()
    {
        for (var i = 0; i < 100; i++) _announces.Add(Torrent(i), TimeSpan.Zero);
        var told = new HashSet<InfoHash>();
        for (var now = TimeSpan.Zero; now <= TimeSpan.FromMinutes(10); now += TimeSpan.FromSeconds(10))
        {
            var sent = Drain(now);
            sent.Count.ShouldBeLessThanOrEqualTo(Settings.MaxToTrackers);
            sent.ShouldAllBe(announce => announce.Event == AnnounceEvent.Started && announce.Left == 0);
            told.UnionWith(sent.Select(announce => announce.Torrent));
            if (now == TimeSpan.FromMinutes(5)) told.Count.ShouldBeInRange(30, 70);
            foreach (var announce in sent) _announces.Succeeded(announce.Ticket, new AnnounceReply { Interval = TimeSpan.FromHours(1) }, now);
        }

        told.Count.ShouldBe(100);
    }

    [Fact]
    public void The_interval_of_the_tracker_is_kept_and_no_event_is_repeated()
    {
        _announces.Add(Torrent(1), TimeSpan.Zero);
        var now = Next();
        _announces.Succeeded(Drain(now).ShouldHaveSingleItem().Ticket, new AnnounceReply { Interval = TimeSpan.FromMinutes(20) }, now).ShouldBe(Torrent(1).Row.Torrent);
        Drain(now + TimeSpan.FromMinutes(17.9)).ShouldBeEmpty();
        Drain(now + TimeSpan.FromMinutes(22.1)).ShouldHaveSingleItem().Event.ShouldBe(AnnounceEvent.None);
    }

    [Fact]
    public void Where_a_tracker_fails_the_next_is_asked_and_after_all_of_them_there_is_a_pause()
    {
        _announces.Add(Torrent(1, ["http://one/a", "no tracker"], ["http://two/a"]), TimeSpan.Zero);
        var asked = new List<string>();
        var now = TimeSpan.FromMinutes(10);
        for (; now < TimeSpan.FromMinutes(13); now += TimeSpan.FromSeconds(1))
        {
            foreach (var announce in Drain(now))
            {
                announce.Event.ShouldBe(AnnounceEvent.Started);
                asked.Add(announce.Url.Host);
                _announces.Failed(announce.Ticket, now);
            }
        }

        asked[..4].ShouldBe(["one", "two", "one", "two"]);
        asked.Count.ShouldBeLessThan(7, "failures in a row make the pauses longer");
    }

    [Fact]
    public void Who_wakes_is_not_announced_any_more_and_its_answer_concerns_nobody()
    {
        _announces.Add(Torrent(1, isPrivate: true), TimeSpan.Zero);
        var announce = Drain(TimeSpan.FromMinutes(10)).ShouldHaveSingleItem();
        _announces.Remove(announce.Torrent);
        _announces.Succeeded(announce.Ticket, new AnnounceReply(), TimeSpan.FromMinutes(10)).ShouldBeNull();
        Drain(TimeSpan.FromDays(1)).ShouldBeEmpty();
        _announces.NextWakeUp().ShouldBeNull();
    }

    [Fact]
    public void The_dht_hears_of_public_torrents_alone_and_of_few_at_a_time()
    {
        for (var i = 0; i < 10; i++) _announces.Add(Torrent(i), TimeSpan.Zero);
        _announces.Add(Torrent(50, isPrivate: true), TimeSpan.Zero);
        var told = new HashSet<InfoHash>();
        for (var now = TimeSpan.FromMinutes(10); now < TimeSpan.FromMinutes(12); now += TimeSpan.FromSeconds(1))
        {
            var under = 0;
            while (_announces.NextInDht(now) is { } announce)
            {
                (++under).ShouldBeLessThanOrEqualTo(Settings.MaxInDht);
                told.Add(announce.Torrent).ShouldBeTrue("each once in its interval");
                announce.IsSeed.ShouldBeTrue();
                if (under == Settings.MaxInDht) break;
            }

            for (var ticket = 1L; ticket < 100; ticket++) _announces.DoneInDht(ticket, now);
        }

        told.Count.ShouldBe(10);
    }

    [Fact]
    public void Goodbye_is_said_to_the_trackers_that_know_a_torrent_and_then_there_is_silence()
    {
        _announces.Add(Torrent(1), TimeSpan.Zero);
        _announces.Add(Torrent(2) with { WasAnnounced = true }, TimeSpan.Zero);
        _announces.SayGoodbye();
        var goodbye = Drain(TimeSpan.Zero).ShouldHaveSingleItem();
        (goodbye.Torrent, goodbye.Event).ShouldBe((Torrent(2).Row.Torrent, AnnounceEvent.Stopped));
        _announces.IsSilent.ShouldBeFalse();
        _announces.Failed(goodbye.Ticket, TimeSpan.Zero);
        _announces.IsSilent.ShouldBeTrue();
    }

    [Fact]
    public void One_that_another_replica_announces_is_told_goodbye_once_and_announced_no_more()
    {
        _announces.Add(Torrent(1) with { WasAnnounced = true }, TimeSpan.Zero);
        _announces.Add(Torrent(2), TimeSpan.Zero);
        _announces.Leave(Torrent(1).Row.Torrent);
        _announces.Leave(Torrent(2).Row.Torrent);
        _announces.Leave(Torrent(3).Row.Torrent);
        var goodbye = Drain(TimeSpan.Zero).ShouldHaveSingleItem();
        (goodbye.Torrent, goodbye.Event).ShouldBe((Torrent(1).Row.Torrent, AnnounceEvent.Stopped));
        _announces.Succeeded(goodbye.Ticket, new AnnounceReply(), TimeSpan.Zero).ShouldBeNull();
        Drain(TimeSpan.FromHours(9)).ShouldBeEmpty();
        _announces.Count.ShouldBe(0);
    }

    [Fact]
    public void One_that_falls_silent_while_it_is_being_announced_is_told_goodbye_afterwards()
    {
        _announces.Add(Torrent(1), TimeSpan.Zero);
        var now = Next();
        var started = Drain(now).ShouldHaveSingleItem();
        _announces.Leave(Torrent(1).Row.Torrent);
        Drain(now).ShouldBeEmpty();
        _announces.Succeeded(started.Ticket, new AnnounceReply(), now);
        Drain(now).ShouldHaveSingleItem().Event.ShouldBe(AnnounceEvent.Stopped);
    }

    [Fact]
    public void A_silent_one_is_not_announced_and_one_that_is_not_private_cannot_be_silent()
    {
        var group = new Swarm.Protocol.Cluster.ReplicaGroup { Torrent = Torrent(1).Row.Torrent, Self = "s1", IsAnnouncer = false };
        _announces.Add(Torrent(1, isPrivate: true) with { Group = group }, TimeSpan.Zero);
        _announces.Count.ShouldBe(0);
        _announces.Add(Torrent(1) with { Group = group }, TimeSpan.Zero);
        _announces.Count.ShouldBe(1);
    }

    [Fact]
    public void An_answer_that_is_lost_silences_no_torrent()
    {
        _announces.Add(Torrent(1), TimeSpan.Zero);
        Drain(TimeSpan.FromMinutes(10)).ShouldHaveSingleItem();
        var asked = 0;
        for (var now = TimeSpan.FromMinutes(10); now < TimeSpan.FromMinutes(40); now += TimeSpan.FromMinutes(1)) asked += Drain(now).Count;
        asked.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Sleeping_and_waking_for_ever_leaves_nothing_behind()
    {
        for (var round = 0; round < 2_000; round++)
        {
            _announces.Add(Torrent(round % 3), TimeSpan.Zero);
            _announces.Remove(Torrent(round % 3).Row.Torrent);
        }

        _announces.Count.ShouldBe(0);
        _announces.Queued.ShouldBeLessThan(300);
    }

    private static RestingTorrent Torrent(int number, params ImmutableArray<ImmutableArray<string>> tiers) => Torrent(number, false, tiers);

    private static RestingTorrent Torrent(int number, bool isPrivate, params ImmutableArray<ImmutableArray<string>> tiers) =>
        new(new TorrentRow
        {
            Torrent = new InfoHash([.. Enumerable.Repeat((byte)number, 20)]),
            Name = "",
            State = TorrentState.Seeding,
            Folder = "/",
            IsPrivate = isPrivate,
            TotalLength = 7,
            VerifiedLength = 7,
        })
        { TrackerTiers = tiers.IsEmpty ? [["http://tracker/announce"]] : tiers };

    private TimeSpan Next() => _announces.NextWakeUp() is { } next ? next < TimeSpan.FromMinutes(10) ? TimeSpan.FromMinutes(10) : next : TimeSpan.Zero;

    private List<RestingAnnounces.ToTracker> Drain(TimeSpan now)
    {
        var sent = new List<RestingAnnounces.ToTracker>();
        while (_announces.NextToTracker(now) is { } announce) sent.Add(announce);
        return sent;
    }
}
