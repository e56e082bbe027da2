using System.Collections.Immutable;
using System.Globalization;
using Npgsql;

namespace Swarm.Io.Store.Postgres;

/// <summary>
/// The tables of a PostgreSQL database, as numbered steps. The table <c>schema_steps</c> says which have been done, when and by which machine; a step and its line there are one transaction. A step that has been released is
/// never edited and never moves: a change is a new step at the end, whichever group it is of.
/// <para>Several processes may begin at once: each looks and steps under one advisory lock of the database, and whoever comes second finds everything done. Steps only ever go forward, so a process of an older
/// version refuses a database that has seen more steps than it knows.</para>
/// </summary>
internal static class PostgresSchema
{
    // "SWRM", and the purpose. Advisory locks are the database's, so the schema is the second half of the key.
    private const int LockClass = 0x5357524D;

    /// <summary>The steps, in the order in which they are done; the schema's version is the number of those done.</summary>
    public static ImmutableArray<PostgresStep> Steps { get; } = [PostgresStoreSteps.Tables, PostgresClusterSteps.Tables, PostgresClusterSteps.Purging, PostgresClusterSteps.Bans, PostgresClusterSteps.Hints, PostgresClusterSteps.Going];

    /// <summary>
    /// Makes the schema if it is not there and does the steps that are missing, all of them or none. Null, or why the database is refused, as a clause; nothing was changed then.
    /// Every state it can be interrupted in is one that it goes on from.
    /// </summary>
    /// <exception cref="NpgsqlException">Nothing was changed.</exception>
    public static async Task<string?> MigrateAsync(NpgsqlConnection connection, int serverVersion, string schema, ImmutableArray<PostgresStep> steps, CancellationToken cancellation)
    {
        if (Refusal(serverVersion) is { } tooOld) return tooOld;
        await using var transaction = await connection.BeginTransactionAsync(cancellation).ConfigureAwait(false);
        // Another process may be in the middle of steps that take their time.
        await ExecuteAsync(connection, "SET LOCAL lock_timeout = '60s'; SET LOCAL statement_timeout = 0", cancellation).ConfigureAwait(false);
        await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({LockClass}, hashtext('{schema}'))", cancellation).ConfigureAwait(false);
        // Looked for first: CREATE SCHEMA IF NOT EXISTS wants the right to make one even where there is nothing to make.
        if (!await ScalarAsync<bool>(connection, $"SELECT to_regnamespace('{schema}') IS NOT NULL", cancellation).ConfigureAwait(false))
        {
            await ExecuteAsync(connection, $"CREATE SCHEMA {schema}", cancellation).ConfigureAwait(false);
        }

        var (done, refusal) = await LookAsync(connection, serverVersion, schema, steps, cancellation).ConfigureAwait(false);
        if (refusal is not null) return refusal;
        if (done == 0)
        {
            await ExecuteAsync(connection,
                "CREATE TABLE IF NOT EXISTS schema_steps (number int PRIMARY KEY, name text NOT NULL, machine text NOT NULL, done timestamptz NOT NULL DEFAULT clock_timestamp())", cancellation).ConfigureAwait(false);
        }

        for (; done < steps.Length; done++) await DoAsync(connection, done + 1, steps[done], cancellation).ConfigureAwait(false);
        await transaction.CommitAsync(cancellation).ConfigureAwait(false);
        return null;
    }

    /// <summary>Looks at a database without changing it: how many steps it has seen, or why it is refused, as a clause.</summary>
    public static async Task<(int Done, string? Refusal)> LookAsync(NpgsqlConnection connection, int serverVersion, string schema, ImmutableArray<PostgresStep> steps, CancellationToken cancellation)
    {
        if (Refusal(serverVersion) is { } tooOld) return (0, tooOld);
        if (!await ScalarAsync<bool>(connection, $"SELECT to_regclass('{schema}.schema_steps') IS NOT NULL", cancellation).ConfigureAwait(false))
        {
            var isTheirs = await ScalarAsync<bool>(connection, $"SELECT EXISTS (SELECT FROM pg_class WHERE relnamespace = to_regnamespace('{schema}'))", cancellation).ConfigureAwait(false);
            return (0, isTheirs ? $"its schema {schema} holds tables of another program; name another schema" : null);
        }

        var done = await ScalarAsync<int>(connection, $"SELECT coalesce(max(number), 0) FROM {schema}.schema_steps", cancellation).ConfigureAwait(false);
        return done <= steps.Length
            ? (done, null)
            : (done, $"it was written by a newer version of Swarm (schema {done.ToString(CultureInfo.InvariantCulture)}, this one knows up to {steps.Length.ToString(CultureInfo.InvariantCulture)}); use that version, or another schema");
    }

    private static string? Refusal(int serverVersion) => serverVersion / 10_000 >= PostgresDatabase.MinMajorVersion
        ? null
        : $"its server is PostgreSQL {(serverVersion / 10_000).ToString(CultureInfo.InvariantCulture)}, and Swarm needs {PostgresDatabase.MinMajorVersion} or later";

    private static async Task DoAsync(NpgsqlConnection connection, int number, PostgresStep step, CancellationToken cancellation)
    {
        await ExecuteAsync(connection, step.Sql, cancellation).ConfigureAwait(false);
        await using var command = new NpgsqlCommand("INSERT INTO schema_steps (number, name, machine) VALUES ($1, $2, $3)", connection)
        {
            Parameters = { new() { Value = number }, new() { Value = step.Name }, new() { Value = Environment.MachineName } },
        };
        await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }

    private static async Task<T> ScalarAsync<T>(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false))!;
    }
}
