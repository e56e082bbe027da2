using Swarm.Actors.Ports;
using Swarm.Protocol.Cluster;
using Swarm.Tests.Postgres;
using Swarm.Tests.Protocol.Cluster;

namespace Swarm.Tests.Io.Cluster;

/// <summary>
/// What every <see cref="IClusterStore"/> must do, command by command, whatever it is made of. A subclass opens stores on the test's own tables; two of them are two nodes'. The clock is the test's: <see cref="Seconds"/>.
/// That one store does exactly what another does, in any order of commands, is <see cref="ClusterStoreSequencesTests"/>'.
/// </summary>
public abstract partial class ClusterStoreConformance : IAsyncLifetime
{
    private const string Lease = ClusterTables.PlannerLease;
    private IClusterStore _one = null!;
    private IClusterStore _two = null!;

    /// <summary>What the database's clock says.</summary>
    protected double Seconds { get; set; }

    /// <summary>The same in ticks, for a store.</summary>
    protected long NowTicks => (long)(Seconds * Some.Second);

    /// <summary>Opens one more store on the test's tables.</summary>
    protected abstract Task<IClusterStore> OpenAsync();

    public async ValueTask InitializeAsync() => (_one, _two) = (await OpenAsync(), await OpenAsync());

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var store in new[] { _one, _two }.OfType<IAsyncDisposable>()) await store.DisposeAsync();
    }

    [Fact]
    public async Task A_batch_without_commands_is_committed() => (await _one.DoAsync([])).ShouldBeEmpty();

    [Fact]
    public async Task A_member_is_told_as_it_joined_and_its_predecessor_is_gone()
    {
        var traits = new MemberTraits { Storage = "s\u00e9\u4e16", Zone = "z", Weight = 0.1, Roles = MemberRoles.Planner, PeerEndPoints = ["[::1]:1", "10.0.0.1:2"], MessageVersion = 3 };
        await JoinAsync("n1:1", traits);
        Seconds = 5;
        var joined = await _two.DoAsync(new ClusterCommand.Join("n1:1", traits, Some.Lease, 77));
        joined.ShouldBe(new ClusterOutcome.Joined(new MemberId("n1:1", 2)));
        var view = await _one.ViewAsync();
        view.Version.ShouldBe(2);
        var member = view.Members.ShouldHaveSingleItem();
        (member.Traits with { PeerEndPoints = [] }).ShouldBe(traits with { PeerEndPoints = [] });
        member.Traits.PeerEndPoints.ShouldBe(traits.PeerEndPoints);
        (member with { Traits = traits, Suspicions = [] }).ShouldBe(new Member(new MemberId("n1:1", 2), traits, MemberState.Joining, 5 * Some.Second, 35 * Some.Second, 77, []));
        (await _one.DoAsync(new ClusterCommand.Renew(new MemberId("n1:1", 1), Some.Lease, 0))).ShouldBeOfType<ClusterOutcome.Ended>();
    }

    [Fact]
    public async Task A_renewal_lengthens_a_session_and_never_shortens_it()
    {
        var id = await UpAsync(1);
        Seconds = 10;
        (await _one.DoAsync(new ClusterCommand.Renew(id, Some.Lease, 5))).ShouldBeOfType<ClusterOutcome.Done>();
        (await _two.DoAsync(new ClusterCommand.Renew(id, TimeSpan.FromSeconds(1), 6))).ShouldBeOfType<ClusterOutcome.Done>();
        var member = (await _two.ViewAsync()).Members.ShouldHaveSingleItem();
        (member.AliveUntilTicks, member.FreeBytes).ShouldBe((40 * Some.Second, 6));
    }

    [Fact]
    public async Task A_state_is_changed_under_the_version_that_was_seen_and_down_is_final()
    {
        var id = await UpAsync(1);
        (await _one.DoAsync(new ClusterCommand.SetState(id, MemberState.Draining, 1))).ShouldBeOfType<ClusterOutcome.Conflict>();
        (await _one.DoAsync(new ClusterCommand.SetState(id, MemberState.Draining, 2))).ShouldBeOfType<ClusterOutcome.Done>();
        (await _one.DoAsync(new ClusterCommand.SetState(id, MemberState.Down, 3))).ShouldBeOfType<ClusterOutcome.Done>();
        (await _two.DoAsync(new ClusterCommand.SetState(id, MemberState.Up, 4))).ShouldBeOfType<ClusterOutcome.Refused>();
        (await _two.DoAsync(new ClusterCommand.SetState(new MemberId("x:1", 1), MemberState.Up, 4))).ShouldBe(new ClusterOutcome.Refused("there is no member x:1#1"));
        (await _two.DoAsync(new ClusterCommand.Renew(id, Some.Lease, 0))).ShouldBeOfType<ClusterOutcome.Ended>();
    }

    [Fact]
    public async Task Two_fresh_votes_make_a_member_down_and_an_old_one_does_not_count()
    {
        var ids = new[] { await UpAsync(1), await UpAsync(2), await UpAsync(3) };
        (await _one.DoAsync(Vote(ids[0], ids[1], 6))).ShouldBeOfType<ClusterOutcome.Done>();
        var accused = (await _two.ViewAsync()).Find(ids[0])!;
        accused.Suspicions.ShouldBe([new Suspicion(ids[1], 0)]);
        Seconds = 20;
        (await _two.DoAsync(Vote(ids[0], ids[2], 7))).ShouldBeOfType<ClusterOutcome.Done>();
        (await _two.ViewAsync()).Find(ids[0])!.Suspicions.ShouldBe([new Suspicion(ids[2], 20 * Some.Second)]);
        Seconds = 22;
        (await _one.DoAsync(Vote(ids[0], ids[1], 8))).ShouldBeOfType<ClusterOutcome.Done>();
        (await _two.ViewAsync()).Find(ids[0])!.State.ShouldBe(MemberState.Down);
        (await _one.DoAsync(Vote(ids[1], ids[0], 9))).ShouldBeOfType<ClusterOutcome.Refused>();
    }

    [Fact]
    public async Task A_session_that_ran_out_and_its_grace_make_a_member_down()
    {
        var (id, judge) = (await UpAsync(1), await UpAsync(2));
        Seconds = 29;
        await _one.DoAsync(new ClusterCommand.Renew(judge, Some.Lease, 0));
        Seconds = 34;
        (await _one.DoAsync(new ClusterCommand.DeclareExpired(id, judge, TimeSpan.FromSeconds(5), 4))).ShouldBeOfType<ClusterOutcome.Refused>();
        Seconds = 35;
        (await _one.DoAsync(new ClusterCommand.DeclareExpired(id, judge, TimeSpan.FromSeconds(5), 4))).ShouldBeOfType<ClusterOutcome.Done>();
        (await _two.ViewAsync()).Find(id)!.State.ShouldBe(MemberState.Down);
    }

    [Fact]
    public async Task A_lease_is_its_owners_while_his_session_runs_and_the_next_token_is_greater()
    {
        var (one, two) = (await UpAsync(1), await UpAsync(2));
        (await _one.DoAsync(new ClusterCommand.AcquireLease(Lease, one))).ShouldBe(new ClusterOutcome.Leased(1));
        (await _one.DoAsync(new ClusterCommand.AcquireLease(Lease, one))).ShouldBe(new ClusterOutcome.Leased(1));
        (await _two.DoAsync(new ClusterCommand.AcquireLease(Lease, two))).ShouldBe(new ClusterOutcome.HeldBy(one));
        (await _two.DoAsync(new ClusterCommand.AcquireLease("other", two))).ShouldBe(new ClusterOutcome.Leased(2));
        (await _two.DoAsync(new ClusterCommand.ReleaseLease(Lease, 2))).ShouldBeOfType<ClusterOutcome.Done>();
        (await _two.DoAsync(new ClusterCommand.AcquireLease(Lease, two))).ShouldBe(new ClusterOutcome.HeldBy(one));
        Seconds = 25;
        await _two.DoAsync(new ClusterCommand.Renew(two, Some.Lease, 0));
        Seconds = 30;
        (await _one.DoAsync(new ClusterCommand.AcquireLease(Lease, one))).ShouldBeOfType<ClusterOutcome.Ended>();
        (await _two.DoAsync(new ClusterCommand.AcquireLease(Lease, two))).ShouldBe(new ClusterOutcome.Leased(3));
        (await _two.DoAsync(new ClusterCommand.ReleaseLease(Lease, 3))).ShouldBeOfType<ClusterOutcome.Done>();
        (await _two.DoAsync(new ClusterCommand.AcquireLease(Lease, two))).ShouldBe(new ClusterOutcome.Leased(4));
    }

    [Fact]
    public async Task A_torrent_is_told_as_it_was_put_and_its_source_stands_beside_it()
    {
        var wanted = new WantedTorrent { Torrent = Some.Torrent(1), Replicas = 32, IsPaused = true, IsSequential = true, DownloadLimit = 1, UploadLimit = long.MaxValue, Length = 3 };
        (await _one.DoAsync(new ClusterCommand.AddTorrent(wanted, []))).ShouldBeOfType<ClusterOutcome.Refused>();
        (await _one.DoAsync(new ClusterCommand.AddTorrent(wanted, [1, 2, 3]))).ShouldBeOfType<ClusterOutcome.Done>();
        ((ClusterOutcome.View)await _two.DoAsync(new ClusterCommand.Read(0, 10))).Torrents.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            torrent => torrent.Wanted.ShouldBe(wanted), torrent => torrent.Change.ShouldBe(1), torrent => torrent.Replicas.ShouldBeEmpty());
        (await _two.DoAsync(new ClusterCommand.LoadSource(wanted.Torrent))).ShouldBeOfType<ClusterOutcome.Source>().Bytes.ShouldBe([1, 2, 3]);
        (await _two.DoAsync(new ClusterCommand.LoadSource(Some.Torrent(2)))).ShouldBeOfType<ClusterOutcome.Source>().Bytes.ShouldBeEmpty();
        (await _two.DoAsync(new ClusterCommand.AddTorrent(new WantedTorrent { Torrent = wanted.Torrent, Replicas = 2, Name = "n", Length = 9 }, [4]))).ShouldBeOfType<ClusterOutcome.Done>();
        (await _one.ViewAsync()).Torrents[wanted.Torrent].Wanted.ShouldBe(wanted with { Replicas = 2, Name = "n" }, "what was wanted of it stays");
        (await _one.DoAsync(new ClusterCommand.LoadSource(wanted.Torrent))).ShouldBeOfType<ClusterOutcome.Source>().Bytes.ShouldBe([4]);
    }

    [Fact]
    public async Task A_change_leaves_what_it_does_not_name_and_counts_when_something_is_different()
    {
        var torrent = Some.Torrent(1);
        var limits = new ClusterCommand.ChangeTorrent(torrent, new WantedChanges { DownloadLimit = 5, UploadLimit = long.MaxValue });
        (await _one.DoAsync(limits)).ShouldBe(new ClusterOutcome.Refused($"the cluster has no torrent {torrent}"));
        await _one.DoAsync(new ClusterCommand.AddTorrent(new WantedTorrent { Torrent = torrent, Replicas = 3, Name = "n" }, [1]));
        // Two nodes that know nothing of each other.
        var both = new[] { _one.DoAsync(limits), _two.DoAsync(new ClusterCommand.ChangeTorrent(torrent, new WantedChanges { IsPaused = true, IsSequential = true })) };
        (await Task.WhenAll(both)).ShouldAllBe(outcome => outcome is ClusterOutcome.Done);
        var wanted = new WantedTorrent { Torrent = torrent, Replicas = 3, Name = "n", IsPaused = true, IsSequential = true, DownloadLimit = 5, UploadLimit = long.MaxValue };
        (await _one.ViewAsync()).Torrents[torrent].ShouldSatisfyAllConditions(placed => placed.Wanted.ShouldBe(wanted), placed => placed.Change.ShouldBe(3));
        (await _two.DoAsync(limits)).ShouldBeOfType<ClusterOutcome.Done>();
        (await _one.ViewAsync()).UpToChange.ShouldBe(3);
        (await _two.DoAsync(new ClusterCommand.ChangeTorrent(torrent, new WantedChanges { Replicas = 1, IsPaused = false, DownloadLimit = 0 }))).ShouldBeOfType<ClusterOutcome.Done>();
        (await _one.ViewAsync()).Torrents[torrent].Wanted.ShouldBe(wanted with { Replicas = 1, IsPaused = false, DownloadLimit = 0 });
        (await _one.DoAsync(new ClusterCommand.LoadSource(torrent))).ShouldBeOfType<ClusterOutcome.Source>().Bytes.ShouldBe([1]);
    }

    // A source is written before the tables are looked at, unless the same batch looks at it.
    [Fact]
    public async Task Within_a_batch_each_command_sees_what_those_before_it_did_and_nothing_else()
    {
        var wanted = new WantedTorrent { Torrent = Some.Torrent(1) };
        var outcomes = await _one.DoAsync(
            new ClusterCommand.LoadSource(wanted.Torrent),
            new ClusterCommand.AddTorrent(wanted, []),
            new ClusterCommand.AddTorrent(wanted, [1]),
            new ClusterCommand.LoadSource(wanted.Torrent),
            new ClusterCommand.AddTorrent(wanted, [2]),
            new ClusterCommand.Read(0, 10));
        outcomes[0].ShouldBeOfType<ClusterOutcome.Source>().Bytes.ShouldBeEmpty();
        outcomes[1].ShouldBeOfType<ClusterOutcome.Refused>();
        outcomes[3].ShouldBeOfType<ClusterOutcome.Source>().Bytes.ShouldBe([1]);
        outcomes[5].ShouldBeOfType<ClusterOutcome.View>().Torrents.ShouldHaveSingleItem().Change.ShouldBe(2);
        (await _two.DoAsync(new ClusterCommand.LoadSource(wanted.Torrent))).ShouldBeOfType<ClusterOutcome.Source>().Bytes.ShouldBe([2]);
    }

    [Fact]
    public async Task Placement_is_written_under_the_last_token_and_reported_by_who_runs_it()
    {
        var (one, two) = (await UpAsync(1), await UpAsync(2));
        var torrent = await PlaceAsync(one);
        (await _one.DoAsync(new ClusterCommand.Assign(torrent, "n2", 9))).ShouldBeOfType<ClusterOutcome.Fenced>();
        (await _one.DoAsync(new ClusterCommand.Assign(Some.Torrent(9), "n1", 1))).ShouldBeOfType<ClusterOutcome.Refused>();
        (await _two.DoAsync(new ClusterCommand.Report(two, torrent, new Replica("n1", ReplicaState.Complete)))).ShouldBeOfType<ClusterOutcome.Ended>();
        (await _two.DoAsync(new ClusterCommand.Report(two, torrent, new Replica("n2", ReplicaState.Complete)))).ShouldBeOfType<ClusterOutcome.Refused>();
        (await _two.DoAsync(new ClusterCommand.Report(two, torrent, new Replica("n2", ReplicaState.Complete, IsPinned: true)))).ShouldBeOfType<ClusterOutcome.Done>();
        (await _one.DoAsync(new ClusterCommand.Drop(torrent, "n2", 1))).ShouldBeOfType<ClusterOutcome.Refused>();
        (await _one.DoAsync(new ClusterCommand.Report(one, torrent, new Replica("n1", ReplicaState.Failed, Reason: "the disk is \u0001 full")))).ShouldBeOfType<ClusterOutcome.Done>();
        (await _two.ViewAsync()).Torrents[torrent].Replicas.ShouldBe([new Replica("n1", ReplicaState.Failed, Reason: "the disk is \u0001 full"), new Replica("n2", ReplicaState.Complete, IsPinned: true)]);
    }

    [Fact]
    public async Task A_replica_is_dropped_when_enough_others_are_complete_and_gone_when_its_storage_says_so()
    {
        var (one, two) = (await UpAsync(1), await UpAsync(2));
        var torrent = await PlaceAsync(one);
        await _one.DoAsync(new ClusterCommand.Assign(torrent, "n2", 1));
        (await _one.DoAsync(new ClusterCommand.Drop(torrent, "n1", 1))).ShouldBe(new ClusterOutcome.Refused("only 0 others are complete, and 1 are wanted"));
        await _two.DoAsync(new ClusterCommand.Report(two, torrent, new Replica("n2", ReplicaState.Complete)));
        (await _one.DoAsync(new ClusterCommand.Drop(torrent, "n1", 1))).ShouldBeOfType<ClusterOutcome.Done>();
        (await _one.DoAsync(new ClusterCommand.ReportGone(one, torrent))).ShouldBeOfType<ClusterOutcome.Done>();
        (await _two.ViewAsync()).Torrents[torrent].Replicas.ShouldBe([new Replica("n2", ReplicaState.Complete)]);
    }

    [Fact]
    public async Task Pages_are_in_the_order_of_changes_and_what_the_batch_changes_is_in_them()
    {
        var one = await UpAsync(1);
        await _one.DoAsync(new ClusterCommand.AcquireLease(Lease, one));
        await _one.DoAsync([.. Enumerable.Range(1, 20).Select(i => new ClusterCommand.AddTorrent(new WantedTorrent { Torrent = Some.Torrent(i) }, [1]))]);
        var page = (await _two.DoAsync(new ClusterCommand.Read(5, 4))).ShouldBeOfType<ClusterOutcome.View>();
        page.Torrents.Select(torrent => torrent.Change).ShouldBe([6, 7, 8, 9]);
        (page.UpToChange, page.HasMore).ShouldBe((9, true));
        // Two of the page are changed before it is read, and one far behind it.
        var outcomes = await _one.DoAsync(
            new ClusterCommand.Assign(Some.Torrent(6), "n1", 1), new ClusterCommand.Assign(Some.Torrent(7), "n1", 1), new ClusterCommand.Assign(Some.Torrent(20), "n1", 1), new ClusterCommand.Read(5, 4));
        page = outcomes[3].ShouldBeOfType<ClusterOutcome.View>();
        page.Torrents.Select(torrent => torrent.Change).ShouldBe([8, 9, 10, 11]);
        (page.UpToChange, page.HasMore).ShouldBe((11, true));
        var rest = (await _two.DoAsync(new ClusterCommand.Read(11, int.MaxValue))).ShouldBeOfType<ClusterOutcome.View>();
        rest.Torrents.Select(torrent => torrent.Change).ShouldBe([12, 13, 14, 15, 16, 17, 18, 19, 21, 22, 23]);
        (rest.UpToChange, rest.HasMore).ShouldBe((23, false));
        var none = (await _two.DoAsync(new ClusterCommand.Read(99, 10))).ShouldBeOfType<ClusterOutcome.View>();
        (none.Torrents.Length, none.UpToChange, none.HasMore).ShouldBe((0, 99, false));
    }

    [Fact]
    public async Task The_source_of_a_torrent_goes_when_it_is_forgotten_and_its_row_stays()
    {
        var one = await UpAsync(1);
        var torrent = await PlaceAsync(one);
        var removed = new ClusterCommand.ChangeTorrent(torrent, new WantedChanges { Removal = true });
        (await _one.DoAsync(removed)).ShouldBeOfType<ClusterOutcome.Done>();
        (await _two.DoAsync(new ClusterCommand.LoadSource(torrent))).ShouldBeOfType<ClusterOutcome.Source>().Bytes.ShouldBe([1]);
        (await _one.DoAsync(new ClusterCommand.ReportGone(one, torrent))).ShouldBeOfType<ClusterOutcome.Done>();
        (await _two.DoAsync(new ClusterCommand.LoadSource(torrent))).ShouldBeOfType<ClusterOutcome.Source>().Bytes.ShouldBeEmpty();
        ((ClusterOutcome.View)await _two.DoAsync(new ClusterCommand.Read(0, 10))).Torrents.ShouldHaveSingleItem().IsForgotten.ShouldBeTrue();
        (await _one.DoAsync(removed)).ShouldBeOfType<ClusterOutcome.Done>("what was done is done");
        (await _two.DoAsync(new ClusterCommand.ChangeTorrent(torrent, new WantedChanges { IsPaused = true }))).ShouldBeOfType<ClusterOutcome.Refused>("there is nothing left of it");
        (await _two.DoAsync(new ClusterCommand.AddTorrent(new WantedTorrent { Torrent = torrent }, [2]))).ShouldBeOfType<ClusterOutcome.Done>();
        (await _one.DoAsync(new ClusterCommand.LoadSource(torrent))).ShouldBeOfType<ClusterOutcome.Source>().Bytes.ShouldBe([2]);
        // One that nobody has is forgotten as it is removed.
        (await _one.DoAsync(removed)).ShouldBeOfType<ClusterOutcome.Done>();
        (await _two.DoAsync(new ClusterCommand.LoadSource(torrent))).ShouldBeOfType<ClusterOutcome.Source>().Bytes.ShouldBeEmpty();
    }

    [Fact]
    public async Task Rows_of_forgotten_torrents_are_purged_by_the_planner_and_who_was_away_reads_anew()
    {
        var one = await UpAsync(1);
        await _one.DoAsync(new ClusterCommand.AcquireLease(Lease, one));
        await _one.DoAsync([.. Enumerable.Range(1, 4).Select(i => new ClusterCommand.AddTorrent(new WantedTorrent { Torrent = Some.Torrent(i) }, [1]))]);
        var away = await _two.ViewAsync();
        await _one.DoAsync([.. Enumerable.Range(1, 3).Select(i => new ClusterCommand.ChangeTorrent(Some.Torrent(i), new WantedChanges { Removal = true }))]);
        await _one.DoAsync(new ClusterCommand.ChangeTorrent(Some.Torrent(4), new WantedChanges { IsPaused = true }));
        var purge = new ClusterCommand.Purge(TimeSpan.FromSeconds(10), 2, 1);
        Seconds = 1;
        (await _two.DoAsync(purge with { Token = 2 })).ShouldBeOfType<ClusterOutcome.Fenced>();
        (await _two.DoAsync(purge)).ShouldBe(new ClusterOutcome.Purged(0, HasMore: false));
        Seconds = 10;
        (await _two.DoAsync(purge)).ShouldBe(new ClusterOutcome.Purged(0, HasMore: false), "it is too early");
        Seconds = 11;
        // One of the three is wanted again in the same batch, and a page is whole whatever is purged before it is read.
        var outcomes = await _two.DoAsync(new ClusterCommand.AddTorrent(new WantedTorrent { Torrent = Some.Torrent(2) }, [2]), purge with { Limit = 1 }, new ClusterCommand.Read(4, 2), purge);
        outcomes[1].ShouldBe(new ClusterOutcome.Purged(1, HasMore: true));
        outcomes[2].ShouldBeOfType<ClusterOutcome.View>().ShouldSatisfyAllConditions(page => page.Torrents.Select(placed => placed.Change).ShouldBe([7, 8]), page => (page.UpToChange, page.LastChange, page.PurgedTo, page.HasMore).ShouldBe((8, 9, 5, true)));
        outcomes[3].ShouldBe(new ClusterOutcome.Purged(1, HasMore: false));
        var first = away.With((ClusterOutcome.View)await _one.DoAsync(new ClusterCommand.Read(away.UpToChange, 10)));
        first.IsCaughtUp.ShouldBeFalse("it was away when they were forgotten");
        first.Torrents.Count.ShouldBe(4);
        var view = await _one.ViewAsync(first, limit: 1);
        view.Torrents.Keys.ShouldBe([Some.Torrent(2), Some.Torrent(4)], ignoreOrder: true);
        view.Changed.ShouldBe([Some.Torrent(2), Some.Torrent(1), Some.Torrent(3)], ignoreOrder: true);
        (await _two.ViewAsync()).Torrents.Count.ShouldBe(2);
        (await _one.DoAsync(new ClusterCommand.AddTorrent(new WantedTorrent { Torrent = Some.Torrent(1) }, [3]))).ShouldBeOfType<ClusterOutcome.Done>();
    }

    [Fact]
    public async Task What_a_link_left_open_is_filled_in_once_and_a_file_stays()
    {
        var one = await UpAsync(1);
        var wanted = new WantedTorrent { Torrent = Some.Torrent(1), Name = "dn", IsPaused = true };
        await _one.DoAsync(new ClusterCommand.AddTorrent(wanted, [.. "magnet:?1"u8]));
        (await _one.DoAsync(new ClusterCommand.Describe(new MemberId("x:1", 9), wanted.Torrent, "no", 1, [1]))).ShouldBeOfType<ClusterOutcome.Ended>();
        (await _one.DoAsync(new ClusterCommand.Describe(one, Some.Torrent(2), "no", 1, [1]))).ShouldBeOfType<ClusterOutcome.Done>();
        (await _one.DoAsync(new ClusterCommand.Describe(one, wanted.Torrent, "no", 1, [.. new byte[ClusterLimits.MaxSourceBytes + 1]]))).ShouldBeOfType<ClusterOutcome.Refused>();
        (await _one.DoAsync(new ClusterCommand.Describe(one, wanted.Torrent, "name", 5, []))).ShouldBeOfType<ClusterOutcome.Done>();
        (await _two.DoAsync(new ClusterCommand.LoadSource(wanted.Torrent))).ShouldBeOfType<ClusterOutcome.Source>().Bytes.ShouldBe([.. "magnet:?1"u8]);
        var described = new ClusterCommand.Describe(one, wanted.Torrent, "name", 7, [4, 5]);
        (await _one.DoAsync(described)).ShouldBeOfType<ClusterOutcome.Done>();
        // Nothing is written twice, nor by somebody who was slower, nor by a link.
        (await _two.DoAsync(described)).ShouldBeOfType<ClusterOutcome.Done>();
        (await _two.DoAsync(described with { Name = "other", Source = [6] })).ShouldBeOfType<ClusterOutcome.Done>();
        (await _two.DoAsync(new ClusterCommand.LoadSource(wanted.Torrent))).ShouldBeOfType<ClusterOutcome.Source>().Bytes.ShouldBe([4, 5]);
        var placed = (await _two.ViewAsync()).Torrents[wanted.Torrent];
        placed.Wanted.ShouldBe(wanted with { Name = "name", Length = 7 });
        placed.Change.ShouldBe(3);
        await _one.DoAsync(new ClusterCommand.ChangeTorrent(wanted.Torrent, new WantedChanges { IsPaused = false }));
        (await _one.ViewAsync()).Torrents[wanted.Torrent].Wanted.ShouldBe(wanted with { IsPaused = false, Name = "name", Length = 7 });
        await _one.DoAsync(new ClusterCommand.AddTorrent(wanted, [.. "magnet:?2"u8]));
        (await _two.DoAsync(new ClusterCommand.LoadSource(wanted.Torrent))).ShouldBeOfType<ClusterOutcome.Source>().Bytes.ShouldBe([4, 5]);
        (await _one.ViewAsync()).Torrents[wanted.Torrent].ShouldSatisfyAllConditions(
            after => after.Wanted.ShouldBe(wanted with { IsPaused = false, Name = "name", Length = 7 }, "who had not heard of it does not take it back"), after => after.Change.ShouldBe(4));
        await _one.DoAsync(new ClusterCommand.AddTorrent(wanted, [7]));
        (await _two.DoAsync(new ClusterCommand.LoadSource(wanted.Torrent))).ShouldBeOfType<ClusterOutcome.Source>().Bytes.ShouldBe([7]);
    }

    [Fact]
    public async Task Peers_that_links_named_stay_beside_whatever_takes_the_links_place()
    {
        var one = await UpAsync(1);
        var wanted = new WantedTorrent { Torrent = Some.Torrent(1) };
        async Task<string> HintsAsync() => string.Join(' ', (await _two.DoAsync(new ClusterCommand.LoadSource(wanted.Torrent))).ShouldBeOfType<ClusterOutcome.Source>().Hints);
        await _one.DoAsync(new ClusterCommand.AddTorrent(wanted, [.. "magnet:?1"u8]) { Hints = ["a:1", "b:2"] });
        (await HintsAsync()).ShouldBe("a:1 b:2");
        await _one.DoAsync(new ClusterCommand.Describe(one, wanted.Torrent, "n", 5, [1]) { Hints = ["c:3", "a:1"] });
        (await HintsAsync()).ShouldBe("c:3 a:1 b:2");
        await _one.DoAsync(new ClusterCommand.AddTorrent(wanted, [2, 3]));
        (await HintsAsync()).ShouldBe("c:3 a:1 b:2", "a file names none");
        // A link that comes later does not take the file's place, and its peers are known all the same.
        await _one.DoAsync(new ClusterCommand.AddTorrent(wanted, [.. "magnet:?2"u8]) { Hints = ["d:4"] });
        (await HintsAsync()).ShouldBe("d:4 c:3 a:1 b:2");
        (await _two.DoAsync(new ClusterCommand.LoadSource(wanted.Torrent))).ShouldBeOfType<ClusterOutcome.Source>().Bytes.ShouldBe([2, 3]);
        await _one.DoAsync(new ClusterCommand.AddTorrent(wanted, [.. "magnet:?3"u8]) { Hints = [.. Enumerable.Range(0, ClusterLimits.MaxHints - 1).Select(i => $"e{i}:1")] });
        (await HintsAsync()).ShouldEndWith($"e{ClusterLimits.MaxHints - 2}:1 d:4");
        await _one.DoAsync(new ClusterCommand.ChangeTorrent(wanted.Torrent, new WantedChanges { Removal = false }));
        (await HintsAsync()).ShouldBeEmpty();
        await _one.DoAsync(new ClusterCommand.AddTorrent(wanted, [1]));
        (await HintsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task As_many_members_as_there_may_be_join_and_one_more_when_one_has_ended()
    {
        var joins = Enumerable.Range(1, ClusterLimits.MaxMembers).Select(i => new ClusterCommand.Join($"n{i}:1", Some.Traits($"n{i}"), Some.Lease, 0));
        foreach (var some in joins.Chunk(128)) await _one.DoAsync([.. some]);
        var more = new ClusterCommand.Join("more:1", Some.Traits("more"), Some.Lease, 0);
        (await _one.DoAsync(more)).ShouldBeOfType<ClusterOutcome.Refused>();
        (await _one.DoAsync(new ClusterCommand.SetState(new MemberId("n7:1", 7), MemberState.Left, ClusterLimits.MaxMembers))).ShouldBeOfType<ClusterOutcome.Done>();
        (await _one.DoAsync(more)).ShouldBeOfType<ClusterOutcome.Joined>();
        var view = await _two.ViewAsync();
        view.Members.Length.ShouldBe(ClusterLimits.MaxMembers);
        view.Find(new MemberId("n7:1", 7)).ShouldBeNull();
    }

    [Fact]
    public async Task A_source_may_be_as_large_as_the_limit_and_no_larger()
    {
        var wanted = new WantedTorrent { Torrent = Some.Torrent(1) };
        (await _one.DoAsync(new ClusterCommand.AddTorrent(wanted, [.. new byte[ClusterLimits.MaxSourceBytes + 1]]))).ShouldBeOfType<ClusterOutcome.Refused>();
        (await _one.DoAsync(new ClusterCommand.AddTorrent(wanted, [.. new byte[ClusterLimits.MaxSourceBytes]]))).ShouldBeOfType<ClusterOutcome.Done>();
        (await _two.DoAsync(new ClusterCommand.LoadSource(wanted.Torrent))).ShouldBeOfType<ClusterOutcome.Source>().Bytes.Length.ShouldBe(ClusterLimits.MaxSourceBytes);
    }

    private static ClusterCommand.Suspect Vote(MemberId member, MemberId voter, long version) => new(member, voter, TimeSpan.FromSeconds(20), 2, version);

    private async Task<MemberId> JoinAsync(string endPoint, MemberTraits traits) => ((ClusterOutcome.Joined)await _one.DoAsync(new ClusterCommand.Join(endPoint, traits, Some.Lease, 0))).Member;

    private async Task<MemberId> UpAsync(int number)
    {
        var id = await JoinAsync($"n{number}:1", Some.Traits($"n{number}"));
        await _one.DoAsync(new ClusterCommand.SetState(id, MemberState.Up, (await _one.ViewAsync()).Version));
        return id;
    }

    // A torrent, assigned to n1 under token 1.
    private async Task<InfoHash> PlaceAsync(MemberId planner)
    {
        (await _one.DoAsync(new ClusterCommand.AcquireLease(Lease, planner))).ShouldBe(new ClusterOutcome.Leased(1));
        var torrent = Some.Torrent(1);
        await _one.DoAsync(new ClusterCommand.AddTorrent(new WantedTorrent { Torrent = torrent }, [1]));
        (await _one.DoAsync(new ClusterCommand.Assign(torrent, "n1", 1))).ShouldBeOfType<ClusterOutcome.Done>();
        return torrent;
    }
}

/// <summary>The state machine holds to what it asks of others.</summary>
public sealed class MemoryClusterStoreTests : ClusterStoreConformance
{
    private readonly MemoryClusterStore.Shared _shared = new();

    protected override Task<IClusterStore> OpenAsync() => Task.FromResult<IClusterStore>(new MemoryClusterStore(_shared, () => NowTicks));
}

/// <summary>And so does PostgreSQL.</summary>
public sealed class PostgresClusterStoreTests(SharedPostgres postgres) : ClusterStoreConformance
{
    private string? _database;

    protected override async Task<IClusterStore> OpenAsync() => PostgresClusterStores.Open(_database ??= await postgres.CreateDatabaseAsync(), _ => NowTicks);
}
