using System.Collections.Immutable;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Swarm.Io.Store.Postgres;
using Swarm.Tests.Postgres;

namespace Swarm.Tests.Io.Store.Postgres;

/// <summary>What a database can be like that a store is opened on: new, old, newer, another program's, away, closed to us. And that many may open one at once.</summary>
public sealed class PostgresStoreOpeningTests(SharedPostgres postgres)
{
    private static readonly ImmutableArray<PostgresStep> Two = [new("one", "CREATE TABLE a (x int)"), new("two", "CREATE TABLE b (x int); INSERT INTO b VALUES (1)")];

    [Fact]
    public async Task Steps_are_done_once_each_and_only_the_missing_ones()
    {
        await using var database = Create(await postgres.CreateDatabaseAsync());
        await using var connection = (await database.OpenAsync(CancellationToken.None)).Connection;
        (await MigrateAsync(connection, Two[..1])).ShouldBeNull();
        (await MigrateAsync(connection, Two)).ShouldBeNull();
        (await MigrateAsync(connection, Two)).ShouldBeNull();
        (await AskAsync(connection, "SELECT count(*) FROM swarm.b")).ShouldBe(1L);
        (await AskAsync(connection, "SELECT string_agg(number || name, ',' ORDER BY number) FROM swarm.schema_steps")).ShouldBe("1one,2two");
        (await MigrateAsync(connection, Two[..1])).ShouldNotBeNull().ShouldContain("newer version of Swarm");
    }

    [Fact]
    public async Task Step_that_fails_leaves_nothing_of_itself_and_of_those_with_it()
    {
        await using var database = Create(await postgres.CreateDatabaseAsync());
        await using (var connection = (await database.OpenAsync(CancellationToken.None)).Connection)
        {
            await Should.ThrowAsync<PostgresException>(() => MigrateAsync(connection, [.. Two, new PostgresStep("three", "CREATE TABLE c (x int); SELECT 1/0")]));
        }

        await using var next = (await database.OpenAsync(CancellationToken.None)).Connection;
        (await AskAsync(next, "SELECT to_regnamespace('swarm') IS NULL")).ShouldBe(true);
    }

    [Fact]
    public async Task Old_server_is_refused()
    {
        await using var database = Create(await postgres.CreateDatabaseAsync());
        await using var connection = (await database.OpenAsync(CancellationToken.None)).Connection;
        (await PostgresSchema.MigrateAsync(connection, 130_012, "swarm", Two, CancellationToken.None)).ShouldNotBeNull().ShouldContain("PostgreSQL 13");
        (await PostgresSchema.MigrateAsync(connection, 140_000, "swarm", Two, CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public async Task Many_that_open_a_new_database_at_once_all_succeed()
    {
        var settings = PostgresStoreConformance.Calm(await postgres.CreateDatabaseAsync());
        var opened = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => OpenAsync(settings, $"{i}"))));
        foreach (var one in opened)
        {
            one.Error.ShouldBeNull();
            one.Store!.Dispose();
        }
    }

    [Fact]
    public async Task Newer_schema_is_refused()
    {
        var text = await postgres.CreateDatabaseAsync();
        (await OpenAsync(PostgresStoreConformance.Calm(text))).Store!.Dispose();
        await ExecuteAsync(text, $"INSERT INTO swarm.schema_steps (number, name, machine) VALUES ({PostgresSchema.Steps.Length + 1}, 'of tomorrow', 'm')");
        (await RefusalAsync(text)).ShouldContain("written by a newer version of Swarm");
    }

    [Fact]
    public async Task Schema_of_another_program_is_refused_and_left_alone()
    {
        var text = await postgres.CreateDatabaseAsync();
        await ExecuteAsync(text, "CREATE SCHEMA swarm; CREATE TABLE swarm.theirs (x int)");
        (await RefusalAsync(text)).ShouldContain("tables of another program");
        await ExecuteAsync(text, "DROP TABLE swarm.theirs; DROP SCHEMA swarm");
    }

    [Fact]
    public async Task Schema_that_was_made_for_a_user_without_the_right_to_make_one_will_do()
    {
        var text = await postgres.CreateDatabaseAsync();
        var user = $"u{Guid.NewGuid():N}";
        await ExecuteAsync(text, $"CREATE USER {user}");
        var his = new NpgsqlConnectionStringBuilder(text) { Username = user }.ToString();
        (await RefusalAsync(his)).ShouldContain("does not allow it");
        await ExecuteAsync(text, $"CREATE SCHEMA swarm AUTHORIZATION {user}");
        (await OpenAsync(PostgresStoreConformance.Calm(his))).Store.ShouldNotBeNull().Dispose();
    }

    [Fact]
    public async Task Database_that_is_not_there_is_told() =>
        (await RefusalAsync(new NpgsqlConnectionStringBuilder(await postgres.CreateDatabaseAsync()) { Database = "nowhere" }.ToString())).ShouldContain("does not exist");

    [Fact]
    public async Task Server_that_is_not_there_is_told() => (await RefusalAsync("Host=127.0.0.1;Port=1;Username=u;Database=d")).ShouldContain("Nothing listens");

    [Fact]
    public async Task Host_that_nobody_knows_is_told() => (await RefusalAsync("Host=database.invalid;Username=u;Password=secret")).ShouldSatisfyAllConditions(
        error => error.ShouldContain("database.invalid"),
        error => error.ShouldNotContain("secret"));

    [Fact]
    public async Task No_database_named_is_told() => (await RefusalAsync(" ")).ShouldContain("store.postgres.connection");

    [Theory]
    [InlineData("28P01", "the password", true, false)]
    [InlineData("28000", "pg_hba.conf", true, false)]
    [InlineData("3D000", "does not exist", true, false)]
    [InlineData("42501", "does not allow it", false, false)]
    [InlineData("53300", "no connection left", true, true)]
    [InlineData("53100", "No space is left", true, true)]
    [InlineData("55P03", "is busy", true, true)]
    [InlineData("57014", "took too long", true, true)]
    [InlineData("57P01", "broke the connection off", true, true)]
    [InlineData("57P03", "broke the connection off", true, true)]
    [InlineData("25P03", "broke the connection off", true, true)]
    [InlineData("08006", "broke the connection off", true, true)]
    [InlineData("40P01", "undid a transaction", true, true)]
    [InlineData("25006", "can only be read", true, true)]
    [InlineData("42P01", "has not the tables", false, false)]
    [InlineData("XX001", "is damaged", false, false)]
    [InlineData("22012", "state 22012", false, false)]
    public void Failures_say_what_to_do_and_whether_to_try_again(string state, string reason, bool isTransient, bool mayPass)
    {
        var failure = PostgresFailure.Of(new PostgresException("what\nthe server says.", "ERROR", "ERROR", state), "swarm at db:5432");
        failure.Reason.ShouldContain(reason);
        failure.Reason.ShouldContain("swarm at db:5432");
        failure.Reason.ShouldNotContain('\n');
        failure.Reason.ShouldEndWith(".");
        failure.Transient.ShouldBe(isTransient);
        failure.MayPass.ShouldBe(mayPass);
    }

    [Fact]
    public void What_broke_or_hung_may_pass_and_what_the_two_do_not_agree_on_does_not()
    {
        MayPass(new TimeoutException()).ShouldBeTrue();
        MayPass(new NpgsqlException("x", new SocketException((int)SocketError.ConnectionRefused))).ShouldBeTrue();
        MayPass(new NpgsqlException("x", new SocketException((int)SocketError.HostNotFound))).ShouldBeTrue();
        MayPass(new NpgsqlException("x", new EndOfStreamException())).ShouldBeTrue();
        MayPass(new NpgsqlException("No password has been provided")).ShouldBeFalse();
        MayPass(new NpgsqlException("x", new AuthenticationException("not trusted"))).ShouldBeFalse();

        static bool MayPass(Exception e) => PostgresFailure.Of(e, "swarm at db:5432").MayPass;
    }

    [Fact]
    public async Task Commits_wait_for_the_disk_whatever_the_default_of_the_database()
    {
        var text = await postgres.CreateDatabaseAsync();
        var name = new NpgsqlConnectionStringBuilder(text).Database;
        await using var database = Create(text);
        foreach (var (theirs, ours) in new[] { ("off", "on"), ("remote_apply", "remote_apply") })
        {
            await ExecuteAsync(text, $"ALTER DATABASE {name} SET synchronous_commit = {theirs}");
            await using var connection = (await database.OpenAsync(CancellationToken.None)).Connection;
            (await AskAsync(connection, "SELECT current_setting('synchronous_commit')")).ShouldBe(ours);
        }
    }

    private static PostgresDatabase Create(string text) => PostgresDatabase.Create(new PostgresSettings { Connection = text }, out var error).ShouldNotBeNull(error);

    private static async Task<string> RefusalAsync(string text)
    {
        var opened = await OpenAsync(PostgresStoreConformance.Calm(text));
        opened.Store.ShouldBeNull();
        opened.Error.ShouldNotBeNull().ShouldNotContain('\n');
        return opened.Error;
    }

    private static Task<PostgresStore.Opened> OpenAsync(PostgresStoreSettings settings, string name = "node") =>
        PostgresStore.OpenAsync(settings, PostgresOwner.OfEndPoint(name), TimeProvider.System, NullLogger.Instance, CancellationToken.None);

    private static Task<string?> MigrateAsync(NpgsqlConnection connection, ImmutableArray<PostgresStep> steps) => PostgresSchema.MigrateAsync(connection, 150_000, "swarm", steps, CancellationToken.None);

    private static async Task<object?> AskAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    private static async Task ExecuteAsync(string text, string sql)
    {
        await using var connection = new NpgsqlConnection(text + ";Pooling=false");
        await connection.OpenAsync();
        await AskAsync(connection, sql);
    }
}
