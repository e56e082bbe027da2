using System.Collections.Immutable;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Ports;

namespace Swarm.Io.Store.Migration;

/// <summary>The store of a data folder as an end of a migration. Blocks on the disk.</summary>
internal sealed class SqliteEnd : IStoreEnd
{
    private readonly StoreSession _session;
    private readonly string _path;

    private SqliteEnd(StoreSession session, string path)
    {
        _session = session;
        _path = path;
    }

    /// <inheritdoc/>
    public string Name => _path;

    /// <summary>Opens or, where <paramref name="mayBeNew"/>, makes it. Null: <paramref name="error"/> is one line for people.</summary>
    public static SqliteEnd? Open(string folder, bool mayBeNew, SqliteStoreSettings settings, ILogger logger, out string? error)
    {
        var path = Path.Combine(Path.GetFullPath(folder), StoreOpening.DatabaseName);
        if (!mayBeNew && !File.Exists(path))
        {
            error = $"There is no store in the data folder {folder}; name the node's own (node.data-folder, --data).";
            return null;
        }

        return StoreOpening.Open(Path.GetFullPath(folder), settings, logger, out error) is { } session ? new SqliteEnd(session, path) : null;
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<StoreOutcome>> ExecuteAsync(ImmutableArray<StoreCommand> commands, CancellationToken cancellation) => Try(() => _session.Execute(commands), cancellation);

    /// <inheritdoc/>
    public Task<ImmutableArray<string>> NoteNamesAsync(CancellationToken cancellation) => Try(_session.NoteNames, cancellation);

    /// <inheritdoc/>
    public Task<string?> OtherProcessAsync(CancellationToken cancellation) => Try(_session.OtherProcess, cancellation);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        try
        {
            _session.Leave();
        }
        catch (SqliteException)
        {
            // The lock goes with the session, so the leases fall anyway.
        }
        finally
        {
            _session.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    private Task<T> Try<T>(Func<T> act, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            return Task.FromResult(act());
        }
        catch (SqliteException e)
        {
            throw new StoreEndException(StoreFailure.Of(e, _path).Reason, e);
        }
    }
}
