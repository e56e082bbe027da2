using System.Collections.Immutable;
using Npgsql;
using Swarm.Protocol.Cluster;

namespace Swarm.Io.Store.Postgres;

/// <summary>
/// One batch as a transaction on a connection: loads what the commands need, has <see cref="ClusterTables"/> do them, writes what became different. Which locks, and why that is enough, is told by <see cref="PostgresClusterStore"/>.
/// What fails leaves the connection unfit for more, unless it is another transaction that was in the way: then it begins again.
/// </summary>
internal sealed class ClusterTransaction(NpgsqlConnection connection, string schema, int maxAttempts, Func<long, long> clock)
{
    private const string SerializationFailure = "40001";
    private const string Deadlock = "40P01";

    /// <summary>Does the commands. When this returns it is committed.</summary>
    /// <exception cref="NpgsqlException">Nothing was done, or nobody knows.</exception>
    public async Task<ImmutableArray<ClusterOutcome>> RunAsync(ImmutableArray<ClusterCommand> commands, CancellationToken cancellation)
    {
        var needs = ClusterNeeds.Of(commands);
        var isExclusive = !needs.IsQuiet;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                if (await TryAsync(needs, commands, isExclusive, cancellation).ConfigureAwait(false) is { IsDefault: false } outcomes) return outcomes;
                isExclusive = true;
            }
            catch (PostgresException e) when (e.SqlState is SerializationFailure or Deadlock && attempt < maxAttempts)
            {
                // A session that we renew was changed since the snapshot, or somebody waited for us as we for him.
            }

            await RollBackAsync(cancellation).ConfigureAwait(false);
        }
    }

    // The default where the lock is needed and was not taken.
    private async Task<ImmutableArray<ClusterOutcome>> TryAsync(ClusterNeeds needs, ImmutableArray<ClusterCommand> commands, bool isExclusive, CancellationToken cancellation)
    {
        var (before, now) = await new ClusterLoad(needs, isExclusive).RunAsync(connection, cancellation).ConfigureAwait(false);
        var after = before.Do(commands, clock(now), out var outcomes);
        if (needs.OnlyReads && !isExclusive) return outcomes;
        if (!isExclusive && ClusterWrite.NeedsLock(before, after)) return default;
        // Whoever submitted it may have been told that it failed: it must not begin to be written now.
        cancellation.ThrowIfCancellationRequested();
        await ClusterWrite.RunAsync(connection, needs, schema, before, after, cancellation).ConfigureAwait(false);
        return outcomes;
    }

    private async Task RollBackAsync(CancellationToken cancellation)
    {
        var command = new NpgsqlCommand("ROLLBACK", connection);
        await using var disposed = command.ConfigureAwait(false);
        await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }
}
