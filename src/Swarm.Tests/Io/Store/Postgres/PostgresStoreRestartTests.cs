using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Swarm.Actors.Ports;
using Swarm.Io.Store.Postgres;
using Swarm.Tests.Interop.Clients;
using Swarm.Tests.Postgres;

namespace Swarm.Tests.Io.Store.Postgres;

/// <summary>A database that is killed, started again, or stands still, while a store writes. With fsync, as in life.</summary>
public sealed class PostgresStoreRestartTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly InfoHash Torrent = new(new byte[20]);
    private readonly ReplyBox _replies = new();
    private PostgresServer _server = null!;
    private string _database = "";
    private PostgresStore? _store;
    private long _batch;

    public async ValueTask InitializeAsync()
    {
        _server = await PostgresServer.StartNewAsync(isDurable: true);
        _database = await _server.CreateDatabaseAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _store?.Dispose();
        if (_server is not null) await _server.DisposeAsync();
        _replies.Dispose();
    }

    [Fact]
    public async Task What_was_acknowledged_outlives_kills_of_the_database_amid_writes()
    {
        const int kills = 3;
        await OpenAsync(static settings => settings);
        var token = Acquire();
        Run(new StoreCommand.PutTorrent(Torrent, token, new TorrentRecord([1], null, "/", 0)));
        // Batch N writes progress N, so an answer says which progress it is about.
        long acknowledged = 0;
        for (var kill = 0; kill < kills; kill++)
        {
            // Writes are under way when it dies: one is sent before the last is answered.
            Write();
            for (var i = 0; i < 20; i++) WriteAndTake();
            var died = _server.StopAsync(immediate: true);
            while (!died.IsCompleted) WriteAndTake();
            await died;
            Take();
            Write();
            _replies.Take<IStore.Failed>().Transient.ShouldBeTrue();
            var last = _batch;
            await _server.StartAsync();
            // What is stored is what was acknowledged last, or what was sent after it and nobody knows of.
            Load().Progress.ShouldNotBeNull().Uploaded.ShouldBeInRange(acknowledged, last);
            WriteAndTake(isFirst: true);
            acknowledged.ShouldBe(_batch);
        }

        Load().Progress.ShouldNotBeNull().Uploaded.ShouldBe(acknowledged);

        void Write() => Submit(new StoreCommand.PutProgress(Torrent, token, new ProgressRecord([], [], 0, _batch + 1, CompletedTold: false)));

        void WriteAndTake(bool isFirst = false)
        {
            Write();
            Take();
            if (isFirst) _replies.Waiting.ShouldBe(0);
        }

        void Take()
        {
            switch (_replies.Take())
            {
                case IStore.Committed committed:
                    committed.Outcomes.ShouldBe([new StoreOutcome.Done()]);
                    acknowledged = committed.Batch;
                    break;
                case IStore.Failed failed:
                    failed.Transient.ShouldBeTrue(failed.Reason);
                    break;
            }
        }
    }

    [Fact]
    public async Task Server_that_stands_still_fails_the_batch_in_time_and_what_it_had_received_does_not_come_later()
    {
        await OpenAsync(static settings => settings with { Database = settings.Database with { CommandTimeout = TimeSpan.FromSeconds(1), ConnectTimeout = TimeSpan.FromSeconds(1) } });
        var token = Acquire();
        Run(new StoreCommand.PutTorrent(Torrent, token, new TorrentRecord([1], null, "/", 0)), new StoreCommand.PutNote("n", [1]));
        _server.Freeze();
        Submit(new StoreCommand.PutNote("n", [2]));
        _replies.Take<IStore.Failed>().Transient.ShouldBeTrue();
        _server.Thaw();
        await UntilAsync(() =>
        {
            Submit(new StoreCommand.PutNote("n", [3]));
            return _replies.Take() is IStore.Committed;
        });
        // Also when whatever the broken connection had begun has come to its end.
        await UntilAsync(() => Ask("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'swarm' AND xact_start IS NOT NULL") is 0L);
        Run(new StoreCommand.LoadNote("n"))[0].ShouldBeOfType<StoreOutcome.Note>().Value.ShouldBe([3]);
    }

    [Fact]
    public async Task Owner_says_that_it_lives_again_when_the_database_is_back()
    {
        await OpenAsync(static settings => settings with { RenewInterval = TimeSpan.FromMilliseconds(100) });
        await _server.StopAsync();
        await _server.StartAsync();
        Ask("UPDATE swarm.owners SET expires = now() - interval '1 h'");
        await UntilAsync(() => Ask("SELECT expires > now() FROM swarm.owners") is true);
    }

    [Fact]
    public async Task Store_closes_where_the_database_is_gone_and_its_successor_takes_over_at_once()
    {
        await OpenAsync(static settings => settings with { CloseTimeout = TimeSpan.FromSeconds(1) });
        var token = Acquire();
        await _server.StopAsync(immediate: true);
        await Task.Run(_store!.Dispose).WaitAsync(Patience);
        await _server.StartAsync();
        await OpenAsync(static settings => settings);
        Acquire().ShouldBeGreaterThan(token);
    }

    [Fact]
    public async Task Database_that_is_away_at_the_start_is_told()
    {
        await _server.StopAsync();
        var opened = await PostgresStore.OpenAsync(PostgresStoreConformance.Calm(_database), PostgresOwner.OfEndPoint("node"), TimeProvider.System, NullLogger.Instance, CancellationToken.None);
        opened.Error.ShouldNotBeNull().ShouldContain("Nothing listens");
    }

    private async Task OpenAsync(Func<PostgresStoreSettings, PostgresStoreSettings> change)
    {
        var opened = await PostgresStore.OpenAsync(change(PostgresStoreConformance.Calm(_database)), PostgresOwner.OfEndPoint("node"), TimeProvider.System, NullLogger.Instance, CancellationToken.None);
        _store = opened.Store.ShouldNotBeNull(opened.Error);
    }

    private static Task UntilAsync(Func<bool> condition) => Poll.UntilAsync(() => Task.FromResult(condition()), "the condition holds", TimeSpan.FromSeconds(90));

    private void Submit(params ReadOnlySpan<StoreCommand> commands) => _store!.Submit(++_batch, [.. commands], _replies);

    private StoreOutcome[] Run(params ReadOnlySpan<StoreCommand> commands)
    {
        Submit(commands);
        var reply = _replies.Take();
        reply.ShouldBeOfType<IStore.Committed>((reply as IStore.Failed)?.Reason);
        return [.. ((IStore.Committed)reply).Outcomes];
    }

    private long Acquire() => Run(new StoreCommand.AcquireLease(Torrent))[0].ShouldBeOfType<StoreOutcome.Leased>().Token;

    private StoreOutcome.Loaded Load()
    {
        // The first connection after a restart may still be the broken one.
        for (; ; )
        {
            Submit(new StoreCommand.LoadTorrent(Torrent));
            if (_replies.Take() is IStore.Committed committed) return committed.Outcomes[0].ShouldBeOfType<StoreOutcome.Loaded>();
        }
    }

    private object? Ask(string sql)
    {
        using var connection = new NpgsqlConnection(_database + ";Pooling=false");
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        return command.ExecuteScalar();
    }
}
