using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Actors.Cluster;
using Swarm.Actors.Ports;
using Swarm.Protocol.Cluster;
using Swarm.Tests.Postgres;
using Swarm.Tests.Protocol.Cluster;

namespace Swarm.Tests.Io.Cluster;

/// <summary>A node hears of what another has changed, and does not have to wait until it looks.</summary>
public sealed class ClusterNoticesTests(SharedPostgres postgres)
{
    [Fact]
    public async Task Who_watches_is_told_at_the_beginning_and_of_every_change()
    {
        var database = await postgres.CreateDatabaseAsync();
        await using var store = PostgresClusterStores.Open(database);
        await using var other = PostgresClusterStores.Open(database);
        using var watcher = new ReplyBox();
        store.Watch(watcher);
        watcher.Take<IClusterStore.Changed>();
        for (var i = 0; i < 3; i++)
        {
            await other.DoAsync(Put(i));
            watcher.Take<IClusterStore.Changed>();
        }
    }

    [Fact]
    public async Task It_is_heard_again_after_the_database_was_away()
    {
        await using var server = await PostgresServer.StartNewAsync();
        var database = await server.CreateDatabaseAsync();
        await using var store = PostgresClusterStores.Open(database, settings: new() { Timeout = TimeSpan.FromSeconds(1) });
        using var watcher = new ReplyBox();
        store.Watch(watcher);
        watcher.Take<IClusterStore.Changed>();
        await server.StopAsync();
        await server.StartAsync();
        watcher.Take<IClusterStore.Changed>();
        await using var other = PostgresClusterStores.Open(database);
        await other.DoAsync(Put(1));
        watcher.Take<IClusterStore.Changed>();
    }

    // It looks by itself once a minute, which is longer than anybody waits here.
    [Fact]
    public async Task The_actor_of_the_tables_looks_when_it_is_told()
    {
        var database = await postgres.CreateDatabaseAsync();
        await using var store = PostgresClusterStores.Open(database);
        await using var other = PostgresClusterStores.Open(database);
        await other.ViewAsync();
        using var system = ActorSystem.Create("notices");
        using var watcher = new ReplyBox();
        var settings = new ClusterSettings { Name = "c", EndPoint = "n1:1", Traits = Some.Traits("n1"), Folder = "/f", Membership = new MembershipSettings { ReadInterval = TimeSpan.FromMinutes(1) } };
        var table = system.ActorOf(TableActor.Props(store, settings, TimeProvider.System, NullLogger.Instance), "table");
        table.Tell(new TableActor.Watch(), watcher);
        // The last of the views that the beginning brings is not told from others: each change is waited for by itself.
        for (var i = 0; i < 3; i++)
        {
            await other.DoAsync(Put(i));
            ClusterView view;
            do view = watcher.Take<TableActor.ViewChanged>().View;
            while (!view.Torrents.ContainsKey(Some.Torrent(i)));
        }

        await system.Terminate();
    }

    private static ClusterCommand.AddTorrent Put(int number) => new(new WantedTorrent { Torrent = Some.Torrent(number) }, [1]);
}
