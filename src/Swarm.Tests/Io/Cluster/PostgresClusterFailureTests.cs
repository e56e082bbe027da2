using System.Collections.Concurrent;
using System.Net;
using Npgsql;
using Swarm.Actors.Ports;
using Swarm.Io.Store.Postgres;
using Swarm.Protocol.Cluster;
using Swarm.Tests.Postgres;
using Swarm.Tests.Protocol.Cluster;

namespace Swarm.Tests.Io.Cluster;

/// <summary>The database goes away, freezes, dies and is wrong: every batch is answered, what was acknowledged is kept, and what was given up is not done later.</summary>
public sealed class PostgresClusterFailureTests(SharedPostgres postgres)
{
    private static readonly PostgresClusterSettings Hasty = new() { Timeout = TimeSpan.FromSeconds(1), QueueLimit = 1 };

    [Fact]
    public async Task A_database_that_cannot_be_reached_is_a_failure_with_a_reason()
    {
        await using var store = PostgresClusterStores.Open("Host=127.0.0.1;Port=1;Database=d;Username=u");
        (await store.AnswerAsync(new ClusterCommand.Read(0, 1))).ShouldBeOfType<IClusterStore.Failed>().Reason.ShouldContain("Nothing listens where the database d at 127.0.0.1:1 should be");
    }

    [Fact]
    public async Task A_database_of_a_newer_version_is_refused()
    {
        var database = await postgres.CreateDatabaseAsync();
        await using (var store = PostgresClusterStores.Open(database)) await store.ViewAsync();
        await RunAsync(database, "INSERT INTO swarm.schema_steps (number, name, machine) VALUES (999, 'of tomorrow', 'm')");
        await using var older = PostgresClusterStores.Open(database);
        (await older.AnswerAsync(new ClusterCommand.Read(0, 1))).ShouldBeOfType<IClusterStore.Failed>().Reason.ShouldContain("was written by a newer version of Swarm");
    }

    [Fact]
    public void A_connection_that_cannot_be_read_is_told_at_once()
    {
        PostgresClusterStore.Create(new PostgresSettings { Connection = "nonsense" }, PostgresClusterSettings.Default, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, out var error).ShouldBeNull();
        error.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_reason_that_no_text_of_the_database_can_hold_is_kept_without_what_is_wrong_with_it()
    {
        await using var store = PostgresClusterStores.Open(await postgres.CreateDatabaseAsync());
        var id = ((ClusterOutcome.Joined)await store.DoAsync(new ClusterCommand.Join("n1:1", Some.Traits("n1"), Some.Lease, 0))).Member;
        var report = new ClusterCommand.Report(id, Some.Torrent(1), new Replica("n1", ReplicaState.Failed, IsPinned: true, Reason: "a\0b\ud800"));
        await store.DoAsync(new ClusterCommand.AddTorrent(new WantedTorrent { Torrent = Some.Torrent(1) }, [1]), report, report);
        (await store.DoAsync(report)).ShouldBeOfType<ClusterOutcome.Done>();
        var view = await store.ViewAsync();
        view.Torrents[Some.Torrent(1)].Replicas.ShouldHaveSingleItem().Reason.ShouldBe("a\uFFFDb\uFFFD");
        view.UpToChange.ShouldBe(2);
    }

    [Fact]
    public async Task Whatever_text_a_command_brings_the_others_of_its_batch_are_done()
    {
        await using var store = PostgresClusterStores.Open(await postgres.CreateDatabaseAsync());
        var id = ((ClusterOutcome.Joined)await store.DoAsync(new ClusterCommand.Join("n1:1", Some.Traits("n1"), Some.Lease, 0))).Member;
        var link = new ClusterCommand.AddTorrent(new WantedTorrent { Torrent = Some.Torrent(1), Name = "a\0\ud800" }, [.. "magnet:?"u8]) { Hints = ["[fe80::1%\0]:6881", "\ud800:1", "peer:1"] };
        // Each half alone is no text, and together they are one.
        var ban = new ClusterCommand.SetBan(new Ban(IPAddress.Parse("192.0.2.1"), Some.Lease, "\ud83d") { By = "\ude00" });
        (await store.DoAsync(
            link, new ClusterCommand.Describe(id, Some.Torrent(1), "b\0\udc00", 5, []) { Hints = ["h\0:1", "other:2"] }, ban, new ClusterCommand.LiftBan(IPAddress.Parse("192.0.2.2"), "\0", Some.Lease),
            new ClusterCommand.AddTorrent(new WantedTorrent { Torrent = Some.Torrent(2) }, [1]))).ShouldAllBe(outcome => outcome is ClusterOutcome.Done);
        (await store.DoAsync(new ClusterCommand.LoadSource(Some.Torrent(1)))).ShouldBeOfType<ClusterOutcome.Source>().Hints.ShouldBe(["other:2", "peer:1"]);
        (await store.ViewAsync()).ShouldSatisfyAllConditions(
            view => view.Torrents.Keys.ShouldBe([Some.Torrent(1), Some.Torrent(2)], ignoreOrder: true),
            view => view.Torrents[Some.Torrent(1)].Wanted.Name.ShouldBe("b\uFFFD\uFFFD"),
            view => (view.Bans["192.0.2.1"].Reason, view.Bans["192.0.2.1"].By).ShouldBe(("\uFFFD", "\uFFFD")));
    }

    [Fact]
    public async Task A_batch_that_was_given_up_before_it_was_written_is_never_written()
    {
        var database = await postgres.CreateDatabaseAsync();
        using var clock = new HeldClock(static ticks => ticks);
        await using var other = PostgresClusterStores.Open(database);
        await other.ViewAsync();
        await using var store = PostgresClusterStores.Open(database, clock.Read, Hasty);
        clock.Arm(1);
        (await store.AnswerAsync(Put(1))).ShouldBeOfType<IClusterStore.Failed>().Reason.ShouldContain("did not answer in time");
        clock.Release();
        await other.DoAsync(Put(2));
        (await other.ViewAsync()).Torrents.Keys.ShouldBe([Some.Torrent(2)]);
    }

    [Fact]
    public async Task More_than_may_wait_fail_at_once_and_after_the_end_all_do()
    {
        var database = await postgres.CreateDatabaseAsync();
        using var clock = new HeldClock(static ticks => ticks);
        await using var store = PostgresClusterStores.Open(database, clock.Read, new PostgresClusterSettings { Timeout = TimeSpan.FromMinutes(1), QueueLimit = 1 });
        clock.Arm(1);
        var first = store.AnswerAsync(Put(1));
        await clock.HeldAsync();
        var second = store.AnswerAsync(Put(2));
        (await store.AnswerAsync(Put(3))).ShouldBeOfType<IClusterStore.Failed>().Reason.ShouldBe("The cluster's tables have 1 batches waiting already.");
        var end = store.DisposeAsync();
        clock.Release();
        (await first).ShouldBeOfType<IClusterStore.Committed>();
        (await second).ShouldBeOfType<IClusterStore.Failed>().Reason.ShouldBe("The cluster's tables are closed.");
        await end;
        (await store.AnswerAsync(Put(4))).ShouldBeOfType<IClusterStore.Failed>().Reason.ShouldBe("The cluster's tables are closed.");
    }

    [Fact]
    public async Task While_the_database_is_frozen_batches_fail_and_afterwards_all_is_well()
    {
        await using var server = await PostgresServer.StartNewAsync();
        await using var store = PostgresClusterStores.Open(await server.CreateDatabaseAsync(), settings: Hasty);
        await CommittedAsync(store, Put(1));
        server.Freeze();
        // The first on the connection that there was, the others on new ones, which the frozen server's kernel takes.
        for (var i = 2; i < 5; i++) (await store.AnswerAsync(Put(i))).ShouldBeOfType<IClusterStore.Failed>();
        server.Thaw();
        await CommittedAsync(store, Put(5));
        var known = (await store.ViewAsync()).Torrents;
        known.ShouldContainKey(Some.Torrent(1));
        known.ShouldContainKey(Some.Torrent(5));
    }

    [Fact]
    public async Task Nothing_that_was_acknowledged_is_lost_when_the_database_is_stopped_and_killed_under_load()
    {
        await using var server = await PostgresServer.StartNewAsync(isDurable: true);
        var database = await server.CreateDatabaseAsync();
        var acknowledged = new ConcurrentDictionary<int, bool>();
        var failures = 0;
        using var end = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 3).Select(writer => Task.Run(async () =>
        {
            await using var store = PostgresClusterStores.Open(database, settings: new PostgresClusterSettings { Timeout = TimeSpan.FromSeconds(2) });
            for (var i = writer; !end.IsCancellationRequested; i += 3)
            {
                if (await store.AnswerAsync(Put(i)) is IClusterStore.Committed) acknowledged[i] = true;
                else Interlocked.Increment(ref failures);
            }
        })).ToList();
        for (var round = 0; round < 4; round++)
        {
            await GrowsAsync(() => acknowledged.Count, by: 30);
            await server.StopAsync(immediate: round % 2 == 0);
            await GrowsAsync(() => Volatile.Read(ref failures), by: 3);
            await server.StartAsync();
        }

        await GrowsAsync(() => acknowledged.Count, by: 30);
        await end.CancelAsync();
        await Task.WhenAll(writers);
        await using var reader = PostgresClusterStores.Open(database);
        var view = await reader.ViewAsync();
        acknowledged.Keys.Select(Some.Torrent).Where(torrent => !view.Torrents.ContainsKey(torrent)).ShouldBeEmpty();
        view.Torrents.Values.Select(torrent => torrent.Change).Order().ShouldBe(Enumerable.Range(1, view.Torrents.Count).Select(static change => (long)change));
    }

    private static ClusterCommand.AddTorrent Put(int number) => new(new WantedTorrent { Torrent = Some.Torrent(number) }, [1]);

    private static Task GrowsAsync(Func<int> count, int by)
    {
        var goal = count() + by;
        return Interop.Clients.Poll.UntilAsync(() => Task.FromResult(count() >= goal), $"{by} more", TimeSpan.FromSeconds(90));
    }

    // In the end: a busy machine may take longer than a hasty store waits.
    private static Task CommittedAsync(IClusterStore store, ClusterCommand command) =>
        Interop.Clients.Poll.UntilAsync(async () => await store.AnswerAsync(command) is IClusterStore.Committed, "committed", TimeSpan.FromSeconds(90));

    private static async Task RunAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
