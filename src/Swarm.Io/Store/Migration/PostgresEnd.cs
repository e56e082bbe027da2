using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Npgsql;
using Swarm.Actors.Ports;
using Swarm.Io.Store.Postgres;

namespace Swarm.Io.Store.Migration;

/// <summary>A storage in PostgreSQL as an end of a migration. While it is open this process says that it lives, as a node does.</summary>
internal sealed class PostgresEnd : IStoreEnd
{
    private readonly PostgresDatabase _database;
    private readonly PostgresOwner _owner;
    private readonly PostgresStoreSettings _settings;
    private readonly PostgresSession _session;
    private readonly CancellationTokenSource _renewing = new();
    private readonly Task _renewals;

    private PostgresEnd(PostgresDatabase database, PostgresOwner owner, PostgresStoreSettings settings, PostgresSession session, OwnerRow row)
    {
        _database = database;
        _owner = owner;
        _settings = settings;
        _session = session;
        _renewals = Task.Run(() => row.RenewAsync(_renewing.Token));
    }

    /// <inheritdoc/>
    public string Name => NameOf(_settings, _database);

    /// <summary>Opens it, and brings the schema up to date. <paramref name="owner"/> is the end's from here on, also where it does not open.</summary>
    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "The end that is returned owns the session.")]
    public static async Task<(PostgresEnd? End, string? Error)> OpenAsync(PostgresStoreSettings settings, PostgresOwner owner, TimeProvider time, ILogger logger, CancellationToken cancellation)
    {
        var database = PostgresDatabase.Create(settings.Database, out var error);
        if (database is not null)
        {
            var id = Guid.NewGuid();
            var row = new OwnerRow(database, id, owner.Name, settings, time, logger);
            error = await RefusalAsync(database, () => row.EnterAsync(cancellation)).ConfigureAwait(false);
            if (error is null) return (new PostgresEnd(database, owner, settings, new PostgresSession(database, id, owner.Name, settings, logger), row), null);
            await database.DisposeAsync().ConfigureAwait(false);
        }

        owner.Dispose();
        return (null, error);
    }

    /// <summary>Looks at a storage without changing anything: how many torrents it has, what it is being filled from and who has it open, or why it cannot be used.</summary>
    public static async Task<Look> LookAsync(PostgresStoreSettings settings, string name, CancellationToken cancellation)
    {
        if (PostgresDatabase.Create(settings.Database, out var error) is not { } database) return new Look("", 0, "", null, error);
        await using var closing = database.ConfigureAwait(false);
        var torrents = 0;
        var mark = "";
        string? other = null;
        error = await RefusalAsync(database, async () =>
        {
            var (connection, version) = await database.OpenAsync(cancellation).ConfigureAwait(false);
            await using var disconnecting = connection.ConfigureAwait(false);
            var (done, refusal) = await PostgresSchema.LookAsync(connection, version, database.Schema, PostgresSchema.Steps, cancellation).ConfigureAwait(false);
            if (refusal is not null || done == 0) return refusal;
            await using var count = new NpgsqlCommand("SELECT count(*)::int, coalesce((SELECT convert_from(value, 'UTF8') FROM notes WHERE storage = $1 AND name = $2), '') FROM torrents WHERE storage = $1", connection)
            {
                Parameters = { new() { Value = settings.Storage }, new() { Value = StoreCopy.MarkName } },
            };
            await using (var reader = await count.ExecuteReaderAsync(cancellation).ConfigureAwait(false))
            {
                await reader.ReadAsync(cancellation).ConfigureAwait(false);
                (torrents, mark) = (reader.GetInt32(0), reader.GetString(1));
            }

            other = await OtherProcessAsync(connection, settings.Storage, name, cancellation).ConfigureAwait(false);
            return null;
        }).ConfigureAwait(false);
        return new Look(NameOf(settings, database), torrents, mark, other, error);
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<StoreOutcome>> ExecuteAsync(ImmutableArray<StoreCommand> commands, CancellationToken cancellation) => TryAsync(() => _session.ExecuteAsync(commands, cancellation), cancellation);

    /// <inheritdoc/>
    public Task<ImmutableArray<string>> NoteNamesAsync(CancellationToken cancellation) => TryAsync(
        async () =>
        {
            var connection = (await _database.OpenAsync(cancellation).ConfigureAwait(false)).Connection;
            await using var disconnecting = connection.ConfigureAwait(false);
            await using var command = new NpgsqlCommand("SELECT name FROM notes WHERE storage = $1 AND length(value) > 0 ORDER BY name", connection) { Parameters = { new() { Value = _settings.Storage } } };
            await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
            var names = ImmutableArray.CreateBuilder<string>();
            while (await reader.ReadAsync(cancellation).ConfigureAwait(false)) names.Add(reader.GetString(0));
            return names.ToImmutable();
        },
        cancellation);

    /// <inheritdoc/>
    public Task<string?> OtherProcessAsync(CancellationToken cancellation) => TryAsync(
        async () =>
        {
            var connection = (await _database.OpenAsync(cancellation).ConfigureAwait(false)).Connection;
            await using var disconnecting = connection.ConfigureAwait(false);
            return await OtherProcessAsync(connection, _settings.Storage, _owner.Name, cancellation).ConfigureAwait(false);
        },
        cancellation);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _renewing.CancelAsync().ConfigureAwait(false);
        await _renewals.ConfigureAwait(false);
        try
        {
            await _session.LeaveAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (PostgresFailure.IsExpected(e))
        {
            // The leases run out by themselves, and the node of this data folder does not wait for that: it goes by the same name.
        }

        await _session.DisposeAsync().ConfigureAwait(false);
        await _database.DisposeAsync().ConfigureAwait(false);
        _owner.Dispose();
        _renewing.Dispose();
    }

    private static string NameOf(PostgresStoreSettings settings, PostgresDatabase database) => $"storage {settings.Storage} of the database {database.Name}";

    private static async Task<string?> OtherProcessAsync(NpgsqlConnection connection, string storage, string name, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("SELECT process || ' on ' || machine FROM owners WHERE storage = $1 AND name <> $2 AND expires > now() ORDER BY machine, process LIMIT 1", connection)
        {
            Parameters = { new() { Value = storage }, new() { Value = name } },
        };
        return await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false) as string;
    }

    private static async Task<string?> RefusalAsync(PostgresDatabase database, Func<Task<string?>> act)
    {
        try
        {
            return await act().ConfigureAwait(false) is { } refusal ? $"The database {database.Name} cannot be used: {refusal}." : null;
        }
        catch (Exception e) when (PostgresFailure.IsExpected(e))
        {
            return PostgresFailure.Of(e, database.Name).Reason;
        }
    }

    private async Task<T> TryAsync<T>(Func<Task<T>> act, CancellationToken cancellation)
    {
        try
        {
            return await act().ConfigureAwait(false);
        }
        catch (Exception e) when (PostgresFailure.IsExpected(e) && !cancellation.IsCancellationRequested)
        {
            throw new StoreEndException(PostgresFailure.Of(e, _database.Name).Reason, e);
        }
        catch (Exception e) when (PostgresFailure.IsExpected(e))
        {
            throw new OperationCanceledException(e.Message, e, cancellation);
        }
    }

    /// <summary>What is there: how people call it, its torrents, what it is being filled from, who has it open; or why it cannot be used.</summary>
    internal sealed record Look(string Name, int Torrents, string Mark, string? OtherProcess, string? Error);
}
