using System.Collections.Immutable;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Ports;

namespace Swarm.Io.Store.Postgres;

/// <summary>
/// <see cref="IStore"/> on one storage in a PostgreSQL database.
/// <para>Owns two connections and two loops: one does one batch after the other, each as one transaction (<see cref="PostgresSession"/>, whose head says why no write can slip past a takeover); the other says every few
/// seconds that this process lives (<see cref="OwnerRow"/>), so that this never waits for a batch. Called by the store actor, from any thread; answers come from the pool.</para>
/// <para>Several processes may have one storage open, alive at once: leases with fencing tokens divide its torrents. A process that died keeps its torrents from others until its lease has run out in the database's time, and from
/// its successor of the same name (<see cref="PostgresOwner"/>) not at all. One that was frozen for longer goes on where nobody took over, and is fenced where somebody did.</para>
/// <para>What can fail: the queue is full, the database is away, restarts, is full or busy (transient; connected anew for the next batch); anything else is permanent. A batch that fails was rolled back whole, unless the connection broke
/// in the middle of the commit: then nobody knows, and it can be done again. A torrent's progress that cannot be read is told as none, and logged. After <see cref="Dispose"/> every batch fails.</para>
/// </summary>
public sealed partial class PostgresStore : IStore, IDisposable
{
    private readonly PostgresDatabase _database;
    private readonly PostgresOwner _owner;
    private readonly PostgresSession _session;
    private readonly OwnerRow _row;
    private readonly PostgresStoreSettings _settings;
    private readonly ILogger _logger;
    private readonly Channel<Batch> _queue;
    private readonly CancellationTokenSource _renewing = new();
    private readonly CancellationTokenSource _writing = new();
    private readonly Lock _closing = new();
    private readonly Task _renewals;
    private readonly Task _writer;
    private bool _closed;
    private volatile bool _abandoned;

    private PostgresStore(PostgresDatabase database, PostgresOwner owner, PostgresSession session, OwnerRow row, PostgresStoreSettings settings, ILogger logger)
    {
        _database = database;
        _owner = owner;
        _session = session;
        _row = row;
        _settings = settings;
        _logger = logger;
        _queue = Channel.CreateBounded<Batch>(new BoundedChannelOptions(settings.QueueLimit) { SingleReader = true });
        _renewals = Task.Run(() => _row.RenewAsync(_renewing.Token));
        _writer = Task.Run(WriteAsync);
    }

    /// <summary>
    /// Opens a storage; makes the tables where there are none. <paramref name="owner"/> is the store's from here on, also where it does not open. No store: its error is one line for people that says what is wrong with the
    /// database and what to do, and whether it may pass by itself.
    /// </summary>
    public static async Task<Opened> OpenAsync(PostgresStoreSettings settings, PostgresOwner owner, TimeProvider time, ILogger logger, CancellationToken cancellation)
    {
        var database = PostgresDatabase.Create(settings.Database, out var error);
        var mayPass = false;
        if (database is not null)
        {
            try
            {
                var id = Guid.NewGuid();
                var row = new OwnerRow(database, id, owner.Name, settings, time, logger);
                error = await row.EnterAsync(cancellation).ConfigureAwait(false) is { } refusal ? $"The database {database.Name} cannot be used: {refusal}." : null;
                if (error is null) return new Opened(new PostgresStore(database, owner, new PostgresSession(database, id, owner.Name, settings, logger), row, settings, logger), Error: null);
            }
            catch (Exception e) when (PostgresFailure.IsExpected(e))
            {
                var failure = PostgresFailure.Of(e, database.Name);
                (error, mayPass) = (failure.Reason, failure.MayPass);
            }

            await database.DisposeAsync().ConfigureAwait(false);
        }

        owner.Dispose();
        return new Opened(Store: null, error, mayPass);
    }

    /// <inheritdoc/>
    public void Submit(long batch, ImmutableArray<StoreCommand> commands, IActorRef replyTo)
    {
        if (_queue.Writer.TryWrite(new Batch(batch, commands, replyTo))) return;
        bool closed;
        lock (_closing) closed = _closed;
        var reason = closed ? $"The store {_database.Name} is closed." : $"The store {_database.Name} has {_settings.QueueLimit} batches waiting already.";
        replyTo.Tell(new IStore.Failed(batch, reason, Transient: !closed), ActorRefs.NoSender);
    }

    /// <summary>Does what is queued, gives back every lease and closes. Blocks, at most about <see cref="PostgresStoreSettings.CloseTimeout"/>.</summary>
    public void Dispose() => Close();

    /// <summary>Lets the store die as its process would under <c>kill -9</c>: nothing queued is done, no lease given back, the connections and the lock dropped. For tests.</summary>
    internal void Abandon()
    {
        _abandoned = true;
        _writing.Cancel();
        Close();
    }

    private void Close()
    {
        lock (_closing)
        {
            if (_closed) return;
            _closed = true;
            _queue.Writer.Complete();
        }

        _renewing.Cancel();
        // What hangs at the end is interrupted; what comes after an interruption is only the closing of sockets.
        if (!_writer.Wait(_settings.CloseTimeout))
        {
            LogStuck(_logger, _database.Name, _settings.CloseTimeout);
            _writing.Cancel();
        }

        Task.WaitAll(_writer, _renewals);
        _database.Dispose();
        _owner.Dispose();
        _renewing.Dispose();
        _writing.Dispose();
    }

    private async Task WriteAsync()
    {
        await foreach (var batch in _queue.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            if (!_abandoned) batch.ReplyTo.Tell(await DoAsync(batch).ConfigureAwait(false), ActorRefs.NoSender);
        }

        // The row goes after the last renewal, or that would bring it back.
        await _renewals.ConfigureAwait(false);
        if (!_abandoned) await LeaveAsync().ConfigureAwait(false);
        await _session.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<object> DoAsync(Batch batch)
    {
        try
        {
            return new IStore.Committed(batch.Id, await _session.ExecuteAsync(batch.Commands, _writing.Token).ConfigureAwait(false));
        }
        catch (Exception e) when (PostgresFailure.IsExpected(e))
        {
            var failure = PostgresFailure.Of(e, _database.Name);
            LogFailed(_logger, batch.Id, failure.Reason);
            return new IStore.Failed(batch.Id, failure.Reason, failure.Transient);
        }
        catch (Exception e)
        {
            // Not the database's failure but a bug here or in a command. Who waits must hear of it, and the node must not go on as if nothing were.
            LogBug(_logger, e, batch.Id);
            return new IStore.Failed(batch.Id, $"The store {_database.Name} failed unexpectedly: {e.Message.ReplaceLineEndings(" ")}", Transient: false);
        }
    }

    private async Task LeaveAsync()
    {
        try
        {
            await _session.LeaveAsync(_writing.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (PostgresFailure.IsExpected(e))
        {
            // The leases run out by themselves, and the next process of this name does not wait for that.
            LogNotLeft(_logger, PostgresFailure.Of(e, _database.Name).Reason);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Batch {Batch} was not committed. {Reason}")]
    private static partial void LogFailed(ILogger logger, long batch, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Batch {Batch} failed on a bug")]
    private static partial void LogBug(ILogger logger, Exception exception, long batch);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Leases were not given back in good order. {Reason}")]
    private static partial void LogNotLeft(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The store {Database} did not finish within {Timeout}")]
    private static partial void LogStuck(ILogger logger, string database, TimeSpan timeout);

    /// <summary>What came of opening: a store, or why there is none, and whether waiting alone may mend it.</summary>
    public sealed record Opened(PostgresStore? Store, string? Error, bool MayPass = false);

    private sealed record Batch(long Id, ImmutableArray<StoreCommand> Commands, IActorRef ReplyTo);
}
