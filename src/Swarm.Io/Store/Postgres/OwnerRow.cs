using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace Swarm.Io.Store.Postgres;

/// <summary>
/// The row that says that this process lives, and the loop that keeps it true, on a connection of its own. Alive is, everywhere, who has <c>expires &gt; now()</c> in the database: no clock of a process is compared with anything.
/// <para>A renewal that fails is tried again at the next interval, connected anew. A process whose row ran out, because it was frozen or cut off, renews it and goes on: what others took meanwhile is guarded by tokens, not by this row.
/// Rows of predecessors of the same name go when a process enters, and so do those that have run out and hold nothing.</para>
/// </summary>
internal sealed partial class OwnerRow(PostgresDatabase database, Guid id, string name, PostgresStoreSettings settings, TimeProvider time, ILogger logger)
{
    private long _renewed;

    /// <summary>Brings the schema up to date and enters this process among the owners. Null, or why the database is refused, as a clause.</summary>
    public async Task<string?> EnterAsync(CancellationToken cancellation)
    {
        var (connection, version) = await database.OpenAsync(cancellation).ConfigureAwait(false);
        await using var closing = connection.ConfigureAwait(false);
        if (await PostgresSchema.MigrateAsync(connection, version, database.Schema, PostgresSchema.Steps, cancellation).ConfigureAwait(false) is { } refusal) return refusal;
        await using var clear = new NpgsqlCommand(
            "DELETE FROM owners o WHERE o.storage = $1 AND (o.name = $2 OR (o.expires <= now() AND NOT EXISTS (SELECT FROM leases l WHERE l.storage = $1 AND l.owner = o.id)))", connection)
        {
            Parameters = { new() { Value = settings.Storage }, new() { Value = name } },
        };
        await clear.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        await RenewAsync(connection, cancellation).ConfigureAwait(false);
        await using var durable = new NpgsqlCommand("SELECT current_setting('fsync')", connection);
        if (await durable.ExecuteScalarAsync(cancellation).ConfigureAwait(false) is "off") LogNotDurable(database.Name);
        return null;
    }

    /// <summary>Renews until it is cancelled. Ends without an exception.</summary>
    public async Task RenewAsync(CancellationToken cancellation)
    {
        NpgsqlConnection? connection = null;
        using var timer = new PeriodicTimer(settings.RenewInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellation).ConfigureAwait(false))
            {
                try
                {
                    connection ??= (await database.OpenAsync(cancellation).ConfigureAwait(false)).Connection;
                    await RenewAsync(connection, cancellation).ConfigureAwait(false);
                }
                catch (Exception e) when (PostgresFailure.IsExpected(e) && !cancellation.IsCancellationRequested)
                {
                    LogNotRenewed(PostgresFailure.Of(e, database.Name).Reason);
                    if (connection is not null) await connection.DisposeAsync().ConfigureAwait(false);
                    connection = null;
                }
            }
        }
        catch (Exception e) when (PostgresFailure.IsExpected(e) && cancellation.IsCancellationRequested)
        {
            // The store closes.
        }
        finally
        {
            if (connection is not null) await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task RenewAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            "INSERT INTO owners (id, storage, name, process, machine, expires) VALUES ($1, $2, $3, $4, $5, clock_timestamp() + $6) ON CONFLICT (id) DO UPDATE SET expires = excluded.expires", connection)
        {
            Parameters =
            {
                new() { Value = id },
                new() { Value = settings.Storage },
                new() { Value = name },
                new() { Value = Environment.ProcessId },
                new() { Value = Environment.MachineName },
                new() { Value = settings.Lease, NpgsqlDbType = NpgsqlDbType.Interval },
            },
        };
        await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        var now = time.GetTimestamp();
        if (_renewed != 0 && time.GetElapsedTime(_renewed, now) is var gap && gap > settings.Lease) LogLate(gap, settings.Lease);
        _renewed = now;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "This process could not say that it lives. {Reason}")]
    private partial void LogNotRenewed(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "This process had not said for {Gap} that it lives, longer than its lease of {Lease}: torrents that others took over meanwhile stop here")]
    private partial void LogLate(TimeSpan gap, TimeSpan lease);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The database {Database} runs with fsync = off: what was committed does not outlive a crash of its machine")]
    private partial void LogNotDurable(string database);
}
