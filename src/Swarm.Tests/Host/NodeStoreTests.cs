using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Swarm.Host;
using Swarm.Io.Store.Postgres;
using Swarm.Tests.Postgres;

namespace Swarm.Tests.Host;

/// <summary>A node's start where its database is away, comes, or is not what it should be.</summary>
public sealed class NodeStoreTests(SharedPostgres postgres) : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Database_that_comes_later_is_waited_for_under_the_same_name()
    {
        await using var server = await PostgresServer.StartNewAsync();
        var database = await server.CreateDatabaseAsync();
        (await OpenAsync(database, wait: null)).Dispose();
        await server.StopAsync();
        var waits = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var opening = OpenAsync(database, new DatabaseWait(TimeSpan.FromHours(1), TimeProvider.System, reason => waits.TrySetResult(reason), CancellationToken.None));
        (await waits.Task.WaitAsync(TimeSpan.FromSeconds(90))).ShouldContain("Nothing listens");
        opening.IsCompleted.ShouldBeFalse();
        await server.StartAsync();
        (await opening.WaitAsync(TimeSpan.FromSeconds(90))).Dispose();
        Directory.GetFiles(Path.Combine(_scratch["state"], "owners")).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Without_patience_nothing_is_waited_for() =>
        (await Should.ThrowAsync<SwarmException>(() => OpenAsync("Host=127.0.0.1;Port=1;Username=u;Database=d", wait: null))).Message.ShouldEndWith("or check host and port.");

    [Fact]
    public async Task What_is_given_up_says_how_long_it_was_waited_for()
    {
        var waits = 0;
        var wait = new DatabaseWait(TimeSpan.FromMilliseconds(1), TimeProvider.System, _ => waits++, CancellationToken.None);
        (await Should.ThrowAsync<SwarmException>(() => OpenAsync("Host=127.0.0.1;Port=1;Username=u;Database=d", wait))).Message.ShouldContain("start-patience");
        waits.ShouldBe(1);
    }

    [Fact]
    public async Task End_of_the_daemon_ends_a_try_too()
    {
        using var ended = new CancellationTokenSource();
        await ended.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => OpenAsync("Host=127.0.0.1;Port=1;Username=u;Database=d", new DatabaseWait(TimeSpan.FromHours(1), TimeProvider.System, Never, ended.Token)));
    }

    [Fact]
    public async Task What_waiting_cannot_mend_ends_the_start_at_once()
    {
        var database = await postgres.CreateDatabaseAsync();
        (await RefusalAsync(new NpgsqlConnectionStringBuilder(database) { Database = "nowhere" }.ToString())).ShouldContain("does not exist");
        (await RefusalAsync(new NpgsqlConnectionStringBuilder(database) { Username = "nobody" }.ToString())).ShouldContain("does not let this user in");
        (await RefusalAsync(new NpgsqlConnectionStringBuilder(database) { SslMode = SslMode.Require }.ToString())).ShouldContain("failed");
        (await OpenAsync(database, wait: null)).Dispose();
        await using (var connection = new NpgsqlConnection(database + ";Pooling=false"))
        {
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand("INSERT INTO swarm.schema_steps (number, name, machine) VALUES (1000, 'of tomorrow', 'm')", connection);
            await command.ExecuteNonQueryAsync();
        }

        (await RefusalAsync(database)).ShouldContain("newer version of Swarm");
    }

    private static void Never(string reason) => throw new InvalidOperationException($"It is waited for: {reason}");

    private async Task<string> RefusalAsync(string database) =>
        (await Should.ThrowAsync<SwarmException>(() => OpenAsync(database, new DatabaseWait(TimeSpan.FromHours(1), TimeProvider.System, Never, CancellationToken.None)))).Message;

    private async Task<IDisposable> OpenAsync(string database, DatabaseWait? wait)
    {
        var io = IoSettings.Default with { Postgres = new PostgresStoreSettings { Database = new PostgresSettings { Connection = database } } };
        return (await NodeStore.OpenAsync(_scratch["state"], io, endPoint: null, NullLogger.Instance, wait)).Closing;
    }
}
