using Npgsql;

namespace Swarm.Tests.Postgres;

/// <summary>That the server of the tests does what the tests of the stores lean on.</summary>
public sealed class PostgresServerTests(SharedPostgres postgres)
{
    [Fact]
    public async Task Every_database_is_empty_and_its_own()
    {
        var first = await postgres.CreateDatabaseAsync();
        await RunAsync(first, "CREATE TABLE t (n int)");
        var second = await postgres.CreateDatabaseAsync();
        second.ShouldNotBe(first);
        (await RunAsync(second, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")).ShouldBe(0L);
    }

    [Fact]
    public async Task What_was_committed_is_there_after_a_stop_and_after_a_crash()
    {
        await using var server = await PostgresServer.StartNewAsync(isDurable: true);
        var database = await server.CreateDatabaseAsync();
        await RunAsync(database, "CREATE TABLE t (n int); INSERT INTO t VALUES (1)");
        await server.StopAsync();
        await Should.ThrowAsync<NpgsqlException>(() => RunAsync(database, "SELECT 1"));
        await server.StartAsync();
        await RunAsync(database, "INSERT INTO t VALUES (2)");
        await server.StopAsync(immediate: true);
        await server.StartAsync();
        (await RunAsync(database, "SELECT sum(n) FROM t")).ShouldBe(3L);
    }

    [Fact]
    public async Task A_frozen_server_answers_when_it_is_thawed()
    {
        await using var server = await PostgresServer.StartNewAsync();
        var database = await server.CreateDatabaseAsync();
        await using var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT 5", connection);
        server.Freeze();
        await Should.ThrowAsync<NpgsqlException>(() => RunAsync(database + ";Timeout=1", "SELECT 1"));
        var answer = command.ExecuteScalarAsync();
        answer.IsCompleted.ShouldBeFalse();
        server.Thaw();
        (await answer).ShouldBe(5);
    }

    private static async Task<object?> RunAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
