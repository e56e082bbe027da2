using Npgsql;
using Swarm.Io.Store.Postgres;
using Swarm.Protocol.Cluster;
using Swarm.Tests.Interop.Clients;
using Swarm.Tests.Postgres;
using Swarm.Tests.Protocol.Cluster;

namespace Swarm.Tests.Io.Cluster;

/// <summary>Two transactions at once, one of them held between its looking and its writing: who waits for whom, and who for nobody.</summary>
public sealed class PostgresClusterRacesTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly SharedPostgres _postgres;
    private readonly HeldClock _clock;
    private string _database = null!;
    private PostgresClusterStore _held = null!;
    private PostgresClusterStore _other = null!;
    private double _seconds;

    public PostgresClusterRacesTests(SharedPostgres postgres)
    {
        _postgres = postgres;
        _clock = new HeldClock(Now);
    }

    public async ValueTask InitializeAsync()
    {
        _database = await _postgres.CreateDatabaseAsync();
        _held = PostgresClusterStores.Open(_database, _clock.Read);
        _other = PostgresClusterStores.Open(_database, Now);
    }

    public async ValueTask DisposeAsync()
    {
        _clock.Dispose();
        await _held.DisposeAsync();
        await _other.DisposeAsync();
    }

    // A reader that has seen n + 1 asks for what came after it, and would never see n.
    [Fact]
    public async Task No_change_is_seen_before_the_one_that_was_numbered_before_it()
    {
        await using var reader = PostgresClusterStores.Open(_database);
        await reader.ViewAsync();
        var first = await HoldAsync(Put(1));
        var second = _other.DoAsync(Put(2));
        await UntilOneWaitsAsync();
        for (var i = 0; i < 20; i++) (await reader.ViewAsync()).UpToChange.ShouldBe(0);
        second.IsCompleted.ShouldBeFalse();
        _clock.Release();
        await Task.WhenAll(first, second);
        var view = await reader.ViewAsync();
        (view.Torrents[Some.Torrent(1)].Change, view.Torrents[Some.Torrent(2)].Change).ShouldBe((1, 2));
    }

    [Fact]
    public async Task Reading_and_renewing_wait_for_nobody_who_places_torrents()
    {
        var id = await UpAsync(1);
        var put = await HoldAsync(Put(1));
        var outcomes = await _other.DoAsync(new ClusterCommand.Renew(id, Some.Lease, 5), new ClusterCommand.Read(0, 10), new ClusterCommand.LoadSource(Some.Torrent(1)));
        put.IsCompleted.ShouldBeFalse();
        outcomes[0].ShouldBeOfType<ClusterOutcome.Done>();
        outcomes[1].ShouldBeOfType<ClusterOutcome.View>().Members.ShouldHaveSingleItem().FreeBytes.ShouldBe(5);
        outcomes[2].ShouldBeOfType<ClusterOutcome.Source>().Bytes.ShouldBeEmpty();
        _clock.Release();
        await put;
    }

    [Fact]
    public async Task A_renewal_that_comes_while_its_session_is_judged_hears_the_judgement()
    {
        var (id, judge) = await OneExpiredAsync();
        var judgement = await HoldAsync(new ClusterCommand.DeclareExpired(id, judge, TimeSpan.Zero, 4));
        var renewal = _other.DoAsync(new ClusterCommand.Renew(id, Some.Lease, 0));
        await UntilOneWaitsAsync();
        renewal.IsCompleted.ShouldBeFalse();
        _clock.Release();
        (await judgement).ShouldBeOfType<ClusterOutcome.Done>();
        (await renewal).ShouldBeOfType<ClusterOutcome.Ended>();
    }

    [Fact]
    public async Task A_renewal_that_looked_before_the_judgement_hears_it_too()
    {
        var (id, judge) = await OneExpiredAsync();
        var renewal = await HoldAsync(new ClusterCommand.Renew(id, Some.Lease, 0));
        (await _other.DoAsync(new ClusterCommand.DeclareExpired(id, judge, TimeSpan.Zero, 4))).ShouldBeOfType<ClusterOutcome.Done>();
        _clock.Release();
        (await renewal).ShouldBeOfType<ClusterOutcome.Ended>();
        (await _other.ViewAsync()).Find(id)!.AliveUntilTicks.ShouldBe(30 * Some.Second);
    }

    [Fact]
    public async Task A_lease_that_is_being_taken_holds_its_owners_renewal_up()
    {
        var (id, taker) = await OneExpiredAsync();
        var taken = await HoldAsync(Acquire(taker), looks: 2);
        var renewal = _other.DoAsync(new ClusterCommand.Renew(id, Some.Lease, 0));
        await UntilOneWaitsAsync();
        _clock.Release();
        (await taken).ShouldBe(new ClusterOutcome.Leased(2));
        (await renewal).ShouldBeOfType<ClusterOutcome.Done>();
        (await _other.DoAsync(Acquire(id))).ShouldBe(new ClusterOutcome.HeldBy(taker));
    }

    [Fact]
    public async Task Of_two_who_take_a_free_lease_at_once_one_gets_it()
    {
        var (one, two) = (await UpAsync(1), await UpAsync(2));
        var first = await HoldAsync(Acquire(one));
        (await _other.DoAsync(Acquire(two))).ShouldBe(new ClusterOutcome.Leased(1));
        _clock.Release();
        (await first).ShouldBe(new ClusterOutcome.HeldBy(two));
    }

    [Fact]
    public async Task Of_two_who_change_a_state_under_one_version_one_is_told_that_there_is_another()
    {
        var id = await UpAsync(1);
        var first = await HoldAsync(new ClusterCommand.SetState(id, MemberState.Draining, 2));
        var second = _other.DoAsync(new ClusterCommand.SetState(id, MemberState.Down, 2));
        await UntilOneWaitsAsync();
        _clock.Release();
        (await first).ShouldBeOfType<ClusterOutcome.Done>();
        (await second).ShouldBeOfType<ClusterOutcome.Conflict>();
    }

    private static ClusterCommand.AddTorrent Put(int number) => new(new WantedTorrent { Torrent = Some.Torrent(number) }, [1]);

    private static ClusterCommand.AcquireLease Acquire(MemberId member) => new(ClusterTables.PlannerLease, member);

    private long Now(long ticks) => (long)(_seconds * Some.Second);

    // The first session ran out, the second did not; the first has the planner's lease. Version 4.
    private async Task<(MemberId Expired, MemberId Other)> OneExpiredAsync()
    {
        var (one, two) = (await UpAsync(1), await UpAsync(2));
        await _other.DoAsync(Acquire(one));
        _seconds = 20;
        await _other.DoAsync(new ClusterCommand.Renew(two, Some.Lease, 0));
        _seconds = 40;
        return (one, two);
    }

    private async Task<MemberId> UpAsync(int number)
    {
        var id = ((ClusterOutcome.Joined)await _other.DoAsync(new ClusterCommand.Join($"n{number}:1", Some.Traits($"n{number}"), Some.Lease, 0))).Member;
        await _other.DoAsync(new ClusterCommand.SetState(id, MemberState.Up, (await _other.ViewAsync()).Version));
        return id;
    }

    // Ends when it is held. A batch that turns out to need the lock looks twice.
    private async Task<Task<ClusterOutcome>> HoldAsync(ClusterCommand command, int looks = 1)
    {
        await _held.ViewAsync();
        _clock.Arm(looks);
        var done = _held.DoAsync(command);
        await _clock.HeldAsync();
        return done;
    }

    private Task UntilOneWaitsAsync() => Poll.UntilAsync(
        async () =>
        {
            await using var connection = new NpgsqlConnection(_database + ";Pooling=false");
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'", connection);
            return (long)(await command.ExecuteScalarAsync())! > 0;
        },
        "somebody waits for a lock",
        Patience);
}
