using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Ports;

namespace Swarm.Io.Store;

/// <summary>
/// <see cref="IStore"/> on an SQLite file: <c>swarm.db</c> in the data folder, with a write-ahead log that is forced to the disk at every commit.
/// <para>Owns one connection and one thread, which does one batch after the other, each as one transaction. Called by the store actor, from any thread; answers come from the
/// writer thread. Several processes may have one data folder open: SQLite orders their transactions, and leases with fencing tokens keep them off each other's torrents.
/// A lease lives as long as its process (<see cref="OwnerLocks"/>), so after a crash the next process takes over at once.</para>
/// <para>What can fail: the queue is full, the database is busy or the disk full (transient: nothing was done, again may help); anything else is permanent. A batch that fails is
/// rolled back whole. A torrent's progress that cannot be read is told as none, and logged. After <see cref="Dispose"/> every batch fails.</para>
/// </summary>
public sealed partial class SqliteStore : IStore, IDisposable
{
    private readonly string _path;
    private readonly StoreSession _session;
    private readonly SqliteStoreSettings _settings;
    private readonly ILogger _logger;
    private readonly BlockingCollection<Batch> _queue;
    private readonly Thread _writer;
    private readonly Lock _closing = new();
    private bool _closed;
    private volatile bool _abandoned;

    private SqliteStore(string folder, StoreSession session, SqliteStoreSettings settings, ILogger logger)
    {
        _path = Path.Combine(folder, StoreOpening.DatabaseName);
        _session = session;
        _settings = settings;
        _logger = logger;
        _queue = new BlockingCollection<Batch>(settings.QueueLimit);
        _writer = new Thread(Write) { IsBackground = true, Name = "swarm-store" };
        _writer.Start();
    }

    /// <summary>
    /// Opens or makes the store of a data folder (made too if it is not there, for its user alone). Blocks on the disk: called once, at the start.
    /// Null: <paramref name="error"/> is one line for people that says what is wrong with the folder and what to do.
    /// </summary>
    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "The store that is returned owns the session.")]
    public static SqliteStore? Open(string folder, SqliteStoreSettings settings, ILogger logger, out string? error)
    {
        var session = StoreOpening.Open(Path.GetFullPath(folder), settings, logger, out error);
        return session is null ? null : new SqliteStore(Path.GetFullPath(folder), session, settings, logger);
    }

    /// <inheritdoc/>
    public void Submit(long batch, ImmutableArray<StoreCommand> commands, IActorRef replyTo)
    {
        bool closed, taken;
        lock (_closing)
        {
            closed = _closed;
            taken = !closed && _queue.TryAdd(new Batch(batch, commands, replyTo));
        }

        if (taken) return;
        var reason = closed ? $"The store {_path} is closed." : $"The store {_path} has {_settings.QueueLimit} batches waiting already.";
        replyTo.Tell(new IStore.Failed(batch, reason, Transient: !closed), ActorRefs.NoSender);
    }

    /// <summary>Does what is queued, gives back every lease and closes. Blocks, at most <see cref="SqliteStoreSettings.CloseTimeout"/>.</summary>
    public void Dispose() => Close();

    /// <summary>Lets the store die as its process would under <c>kill -9</c>: nothing queued is done, no lease given back, the owner's lock dropped. For tests.</summary>
    internal void Abandon()
    {
        _abandoned = true;
        Close();
    }

    private void Close()
    {
        lock (_closing)
        {
            if (_closed) return;
            _closed = true;
            _queue.CompleteAdding();
        }

        if (_writer.Join(_settings.CloseTimeout)) _queue.Dispose();
        else LogStuck(_logger, _path, _settings.CloseTimeout);
    }

    private void Write()
    {
        foreach (var batch in _queue.GetConsumingEnumerable())
        {
            if (!_abandoned) batch.ReplyTo.Tell(Do(batch), ActorRefs.NoSender);
        }

        if (_abandoned) _session.Abandon();
        else Leave();
        _session.Dispose();
    }

    private object Do(Batch batch)
    {
        try
        {
            return new IStore.Committed(batch.Id, _session.Execute(batch.Commands));
        }
        catch (SqliteException e)
        {
            var failure = StoreFailure.Of(e, _path);
            LogFailed(_logger, batch.Id, failure.Reason);
            return new IStore.Failed(batch.Id, failure.Reason, failure.Transient);
        }
        catch (Exception e)
        {
            // Not the database's failure but a bug here or in a command. Who waits must hear of it, and the node must not go on as if nothing were.
            LogBug(_logger, e, batch.Id);
            return new IStore.Failed(batch.Id, $"The store {_path} failed unexpectedly: {e.Message.ReplaceLineEndings(" ")}", Transient: false);
        }
    }

    private void Leave()
    {
        try
        {
            _session.Leave();
        }
        catch (SqliteException e)
        {
            // The lock goes with the process, so the leases fall anyway.
            LogNotLeft(_logger, StoreFailure.Of(e, _path).Reason);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Batch {Batch} was not committed. {Reason}")]
    private static partial void LogFailed(ILogger logger, long batch, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Batch {Batch} failed on a bug")]
    private static partial void LogBug(ILogger logger, Exception exception, long batch);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Leases were not given back in good order. {Reason}")]
    private static partial void LogNotLeft(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The store {Path} did not finish within {Timeout}")]
    private static partial void LogStuck(ILogger logger, string path, TimeSpan timeout);

    private sealed record Batch(long Id, ImmutableArray<StoreCommand> Commands, IActorRef ReplyTo);
}
