using Microsoft.Extensions.Logging;
using Npgsql;
using Swarm.Actors.Ports;

namespace Swarm.Io.Store.Postgres;

/// <summary>
/// Hears on a connection of its own that some node has changed the cluster's tables (<c>LISTEN</c>; <see cref="ClusterWrite"/> notifies), and tells one actor <see cref="IClusterStore.Changed"/>: at once, then at most every
/// <see cref="PostgresClusterSettings.WakeInterval"/> however much is changed, and whenever it begins to listen, because of what it may have missed before.
/// <para>What can fail is the connection; then it is made again after a while, and meanwhile nothing is heard: a hint less, nothing else.</para>
/// </summary>
internal sealed partial class ClusterNotices(PostgresDatabase database, PostgresClusterSettings settings, ILogger logger) : IAsyncDisposable
{
    // A connection that has died without a word is found out by a question.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _gate = new();
    private Task _loop = Task.CompletedTask;
    private bool _isDisposed;
    private volatile IActorRef? _watcher;
    private volatile bool _isHeard;

    /// <summary>Tells this one from now on.</summary>
    public void Watch(IActorRef watcher)
    {
        lock (_gate)
        {
            var isFirst = _watcher is null;
            _watcher = watcher;
            if (isFirst && !_isDisposed) _loop = Task.Run(RunAsync);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Task loop;
        lock (_gate)
        {
            if (_isDisposed) return;
            _isDisposed = true;
            loop = _loop;
        }

        await _closing.CancelAsync().ConfigureAwait(false);
        await loop.ConfigureAwait(false);
        _closing.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(_closing.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (PostgresFailure.IsExpected(e) && !_closing.IsCancellationRequested)
            {
                var failure = PostgresFailure.Of(e, database.Name);
                LogDeaf(logger, failure.Reason);
                await Task.Delay(settings.Timeout, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception e) when (PostgresFailure.IsExpected(e))
            {
                return;
            }
        }
    }

    private async Task ListenAsync(CancellationToken cancellation)
    {
        var (connection, _) = await database.OpenAsync(cancellation).ConfigureAwait(false);
        await using var disposed = connection.ConfigureAwait(false);
        connection.Notification += (_, notice) => _isHeard |= string.Equals(notice.Payload, database.Schema, StringComparison.Ordinal);
        await ExecuteAsync(connection, $"LISTEN {ClusterWrite.Channel}", cancellation).ConfigureAwait(false);
        _isHeard = true;
        while (true)
        {
            if (_isHeard)
            {
                _isHeard = false;
                _watcher!.Tell(new IClusterStore.Changed(), ActorRefs.NoSender);
                await Task.Delay(settings.WakeInterval, cancellation).ConfigureAwait(false);
            }

            // Takes in all that came meanwhile, and is the question.
            await ExecuteAsync(connection, "SELECT 1", cancellation).ConfigureAwait(false);
            if (!_isHeard) await connection.WaitAsync(Silence, cancellation).ConfigureAwait(false);
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        var command = new NpgsqlCommand(sql, connection);
        await using var disposed = command.ConfigureAwait(false);
        await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Changes of the cluster's tables are not heard for a while. {Reason}")]
    private static partial void LogDeaf(ILogger logger, string reason);
}
