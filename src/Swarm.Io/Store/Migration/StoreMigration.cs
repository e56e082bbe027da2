using Microsoft.Extensions.Logging;
using Swarm.Io.Store.Postgres;

namespace Swarm.Io.Store.Migration;

/// <summary>
/// Moves a node's durable state, torrents with metainfo, options and progress, and notes, from the store of its data folder to a storage in PostgreSQL, or back. The source stays as it is.
/// <para>Always holds: both stores are this process's alone meanwhile, and a node that is started finds its torrents held; what the target has of others is never written over; whoever breaks it off and runs it again goes on where it
/// stopped (<see cref="StoreCopy"/>).</para>
/// </summary>
/// <param name="folder">The data folder: its store is one end, and its lock names this process at the other.</param>
/// <param name="sqlite">Limits of the store there.</param>
/// <param name="postgres">The other end.</param>
/// <param name="time">For saying that this process lives.</param>
/// <param name="logger">For what is odd in a store.</param>
public sealed class StoreMigration(string folder, SqliteStoreSettings sqlite, PostgresStoreSettings postgres, TimeProvider time, ILogger logger)
{
    /// <summary>Moves everything. <paramref name="progress"/>: torrents done, and all of them.</summary>
    /// <exception cref="OperationCanceledException">Broken off; what was moved stays.</exception>
    public async Task<Outcome> RunAsync(bool toPostgres, bool merge, Action<int, int> progress, CancellationToken cancellation)
    {
        if (SqliteEnd.Open(folder, mayBeNew: !toPostgres, sqlite, logger, out var error) is not { } file) return new Outcome(null, error);
        await using var closingFile = file.ConfigureAwait(false);
        if (PostgresOwner.OfFolder(folder, out error) is not { } owner) return new Outcome(null, error);
        var (database, refusal) = await PostgresEnd.OpenAsync(postgres, owner, time, logger, cancellation).ConfigureAwait(false);
        if (database is null) return new Outcome(null, refusal);
        await using var closingDatabase = database.ConfigureAwait(false);
        IStoreEnd source = toPostgres ? file : database;
        IStoreEnd target = toPostgres ? database : file;
        try
        {
            return await new StoreCopy(source, target, merge, progress).RunAsync(cancellation).ConfigureAwait(false);
        }
        catch (StoreEndException e)
        {
            return new Outcome(null, e.Message);
        }
    }

    /// <summary>Looks at both ends, changes nothing of what is in them, and tells what <see cref="RunAsync"/> would find and whether it would refuse.</summary>
    public async Task<Outcome> PreviewAsync(bool toPostgres, bool merge, CancellationToken cancellation)
    {
        // Opening would make the one that is not there yet.
        var isNew = !toPostgres && !File.Exists(Path.Combine(Path.GetFullPath(folder), StoreOpening.DatabaseName));
        using var owner = PostgresOwner.OfFolder(folder, out var error);
        if (owner is null) return new Outcome(null, error);
        var there = await PostgresEnd.LookAsync(postgres, owner.Name, cancellation).ConfigureAwait(false);
        if (there.Error is not null) return new Outcome(null, there.Error);
        if (isNew) return there.OtherProcess is { } user ? new Outcome(null, StoreCopy.InUse(user)) : Found(there.Torrents, 0);
        if (SqliteEnd.Open(folder, mayBeNew: false, sqlite, logger, out error) is not { } file) return new Outcome(null, error);
        await using var closing = file.ConfigureAwait(false);
        try
        {
            if ((await file.OtherProcessAsync(cancellation).ConfigureAwait(false) ?? there.OtherProcess) is { } other) return new Outcome(null, StoreCopy.InUse(other));
            var here = await StoreCopy.CountAsync(file, cancellation).ConfigureAwait(false);
            var mark = toPostgres ? there.Mark : await StoreCopy.MarkOfAsync(file, cancellation).ConfigureAwait(false);
            var (source, target) = toPostgres ? (here, there.Torrents) : (there.Torrents, here);
            var (sourceName, targetName) = toPostgres ? (file.Name, there.Name) : (there.Name, file.Name);
            return StoreCopy.NotEmpty(targetName, target, merge, mark, sourceName) is { } refusal ? new Outcome(null, refusal) : Found(source, target);
        }
        catch (StoreEndException e)
        {
            return new Outcome(null, e.Message);
        }
    }

    private static Outcome Found(int source, int target) => new(new StoreMigrationReport(source, target, Copied: 0, Already: 0, Kept: 0, Notes: 0), Error: null);

    /// <summary>What came of it: a report, or why there is none, one line for people.</summary>
    public sealed record Outcome(StoreMigrationReport? Report, string? Error);
}
