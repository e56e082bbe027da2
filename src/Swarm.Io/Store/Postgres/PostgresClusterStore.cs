using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Npgsql;
using Swarm.Actors.Ports;
using Swarm.Protocol.Cluster;

namespace Swarm.Io.Store.Postgres;

/// <summary>
/// <see cref="IClusterStore"/> on PostgreSQL. What commands do is not written a second time in SQL: a batch is one transaction that loads the rows its commands need (<see cref="ClusterNeeds"/>), has <see cref="ClusterTables"/> do them at the
/// database's clock, and writes what became different (<see cref="ClusterWrite"/>). So all that is left to see to is that what was loaded is still so when it is committed. There are two kinds of transactions:
/// <list type="bullet">
/// <item><b>Exclusive</b>, for whatever changes more than sessions: takes the lock of the one row of <c>cluster_state</c> first, and holds it to its end. Every statement after it sees all that was committed before. So these transactions
/// run one after the other, and rows but sessions are as they were read. Where a session decides or is renewed, its row is locked too, before it is read.</item>
/// <item><b>Quiet</b>, for what members do all the time: read, renew, ask for a lease that somebody has. Sees one snapshot (REPEATABLE READ) and locks nothing but the row that it renews; it waits for nobody but those who are judging this very
/// session. If the row has been changed since the snapshot, PostgreSQL refuses and it is tried again. If it turns out that more than sessions would be changed, it is undone and done again as exclusive.</item>
/// </list>
/// <para>Why what <see cref="ClusterTables"/> promises holds here. <b>Tokens and generations grow, changes have numbers of their own, states go by compare-and-swap on the version</b>: all counted in <c>cluster_state</c>, under its lock.
/// <b>A reader by change numbers misses nothing</b>: a number is given under the lock and the lock is held until the commit is visible, so that change n is seen by everybody before n + 1 is given; a snapshot that shows n shows all before it.
/// <b>A lease changes hands only when its owner's session has run out or it left</b>: the owner's row is locked before it is read, so a renewal comes before, and counts, or after. <b>Sessions are only lengthened</b>: a renewal computes from the
/// row it replaces. <b>What is written under a token is written under the last one, a drop leaves R complete</b>: leases, members' states and torrents change under the lock alone. <b>One moment</b>: the clock is read after the locks, so moments
/// of exclusive transactions are in the order of their commits.</para>
/// <para>What can fail: everything, and always within <see cref="PostgresClusterSettings.Timeout"/>; then the connection is thrown away and the next batch makes another. A batch that was told as failed may still have been committed, but no
/// later batch of this store comes before it: whatever it can still write it writes under a lock or over a snapshot that the later one would have broken. Nothing is written after the time-out that was not on its way before.</para>
/// <para>Called from any thread, never blocks; one batch is under way at a time. After <see cref="DisposeAsync"/> every batch fails.</para>
/// </summary>
public sealed partial class PostgresClusterStore : IClusterStore, IAsyncDisposable
{
    private readonly PostgresDatabase _database;
    private readonly PostgresClusterSettings _settings;
    private readonly ILogger _logger;
    private readonly Channel<Batch> _queue;
    private readonly ClusterNotices _notices;
    private readonly Task _loop;
    private NpgsqlConnection? _connection;
    private volatile bool _isMigrated;
    private volatile bool _isClosed;

    private PostgresClusterStore(PostgresDatabase database, PostgresClusterSettings settings, ILogger logger)
    {
        _database = database;
        _settings = settings;
        _logger = logger;
        _queue = Channel.CreateBounded<Batch>(new BoundedChannelOptions(settings.QueueLimit) { SingleReader = true });
        _notices = new ClusterNotices(database, settings, logger);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>What makes of the database's clock the moment of a batch; both in UTC ticks. For tests.</summary>
    internal Func<long, long> Clock { get; set; } = static ticks => ticks;

    /// <summary>
    /// A store on the database that the settings name; all nodes that name the same schema of it are one cluster. Connects to nothing yet: the first batch does, and makes the tables where there are none.
    /// Of <paramref name="database"/>, the time-outs are not used but those of <paramref name="settings"/>. Null: <paramref name="error"/> is one line for people.
    /// </summary>
    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "The store that is returned owns the database.")]
    public static PostgresClusterStore? Create(PostgresSettings database, PostgresClusterSettings settings, ILogger logger, out string? error)
    {
        // The server gives a statement, a lock and a silent transaction up when we do.
        var way = PostgresDatabase.Create(database with { ConnectTimeout = settings.Timeout, CommandTimeout = settings.Timeout, LockTimeout = settings.Timeout }, out error);
        return way is null ? null : new PostgresClusterStore(way, settings, logger);
    }

    /// <inheritdoc/>
    public void Submit(long batch, ImmutableArray<ClusterCommand> commands, IActorRef replyTo)
    {
        if (_queue.Writer.TryWrite(new Batch(batch, commands, replyTo))) return;
        replyTo.Tell(new IClusterStore.Failed(batch, _isClosed ? "The cluster's tables are closed." : $"The cluster's tables have {_settings.QueueLimit} batches waiting already."), ActorRefs.NoSender);
    }

    /// <inheritdoc/>
    public void Watch(IActorRef watcher) => _notices.Watch(watcher);

    /// <summary>Ends: what waits fails, what is under way is answered first, within its time-out.</summary>
    public async ValueTask DisposeAsync()
    {
        _isClosed = true;
        _queue.Writer.TryComplete();
        await _loop.ConfigureAwait(false);
        await _notices.DisposeAsync().ConfigureAwait(false);
        if (Interlocked.Exchange(ref _connection, null) is { } connection) await connection.DisposeAsync().ConfigureAwait(false);
        await _database.DisposeAsync().ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        await foreach (var batch in _queue.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            batch.ReplyTo.Tell(await AnswerAsync(batch).ConfigureAwait(false), ActorRefs.NoSender);
        }
    }

    private async Task<object> AnswerAsync(Batch batch)
    {
        if (_isClosed) return new IClusterStore.Failed(batch.Id, "The cluster's tables are closed.");
        // No timer of its own: it is given up by who answers, and before he says so, so that nothing is begun to be written that was told as failed.
        var givenUp = new CancellationTokenSource();
        var work = DoAsync(batch.Commands, givenUp.Token);
        try
        {
            return new IClusterStore.Committed(batch.Id, await work.WaitAsync(_settings.Timeout).ConfigureAwait(false));
        }
        catch (Exception e) when (PostgresFailure.IsExpected(e))
        {
            await givenUp.CancelAsync().ConfigureAwait(false);
            // It is left to end by itself: that may take as long again, and must not take anybody else's time.
            _ = work.ContinueWith(static late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            return new IClusterStore.Failed(batch.Id, PostgresFailure.Of(e, _database.Name).Reason);
        }
        catch (InvalidDataException refusal)
        {
            return new IClusterStore.Failed(batch.Id, refusal.Message);
        }
        catch (Exception e)
        {
            // Not the database's failure but a bug here or in a command. Who waits must hear of it.
            LogBug(_logger, e, batch.Id);
            return new IClusterStore.Failed(batch.Id, $"The cluster's tables failed unexpectedly: {e.Message.ReplaceLineEndings(" ")}");
        }
    }

    private async Task<ImmutableArray<ClusterOutcome>> DoAsync(ImmutableArray<ClusterCommand> commands, CancellationToken givenUp)
    {
        var connection = Interlocked.Exchange(ref _connection, null);
        try
        {
            connection ??= await OpenAsync(givenUp).ConfigureAwait(false);
            var outcomes = await new ClusterTransaction(connection, _database.Schema, _settings.MaxAttempts, Clock).RunAsync([.. commands.Select(Cleaned)], givenUp).ConfigureAwait(false);
            // One that was given up meanwhile has a successor.
            if (!givenUp.IsCancellationRequested && Interlocked.CompareExchange(ref _connection, connection, null) is null) connection = null;
            return outcomes;
        }
        finally
        {
            if (connection is not null) await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellation)
    {
        var (connection, version) = await _database.OpenAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (!_isMigrated && await PostgresSchema.MigrateAsync(connection, version, _database.Schema, PostgresSchema.Steps, cancellation).ConfigureAwait(false) is { } refusal)
                throw new InvalidDataException($"The database {_database.Name} cannot be used: {refusal}.");
            _isMigrated = true;
            // Torrents are looked up by their keys and read in the order of their changes. Planned while the tables were small these would read them from end to end, and go on doing so with 100,000 rows.
            var plan = new NpgsqlCommand("SELECT set_config('enable_seqscan', 'off', false), set_config('enable_bitmapscan', 'off', false), set_config('jit', 'off', false)", connection);
            await using var disposed = plan.ConfigureAwait(false);
            await plan.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    // PostgreSQL's texts hold no NUL and no half of a surrogate pair, and a reason is whatever an operating system said, a name whatever somebody called it.
    private static ClusterCommand Cleaned(ClusterCommand command) => command switch
    {
        ClusterCommand.Report { Replica: { Reason: { } reason } replica } report when Clean(reason) is var clean && clean != reason => report with { Replica = replica with { Reason = clean } },
        ClusterCommand.AddTorrent { Wanted: { Name: { } name } wanted } add when Clean(name) is var clean && clean != name => add with { Wanted = wanted with { Name = clean } },
        ClusterCommand.SetBan { Ban: var ban } set when (Reason: Clean(ban.Reason), By: Clean(ban.By)) is var clean && clean != (ban.Reason, ban.By) => set with { Ban = ban with { Reason = clean.Reason, By = clean.By } },
        ClusterCommand.LiftBan { By: var by } lift when Clean(by) is var clean && clean != by => lift with { By = clean },
        ClusterCommand.Describe { Name: var name } describe when Clean(name) is var clean && clean != name => describe with { Name = clean },
        _ => command,
    };

    private static string Clean(string text) => text.Contains('\0') || text.Any(char.IsSurrogate)
        ? string.Concat(text.EnumerateRunes().Select(static rune => rune.Value == 0 ? "\uFFFD" : rune.ToString()))
        : text;

    [LoggerMessage(Level = LogLevel.Error, Message = "Batch {Batch} of the cluster's tables failed on a bug")]
    private static partial void LogBug(ILogger logger, Exception exception, long batch);

    private sealed record Batch(long Id, ImmutableArray<ClusterCommand> Commands, IActorRef ReplyTo);
}
