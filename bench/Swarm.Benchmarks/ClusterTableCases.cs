using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Swarm.Actors.Ports;
using Swarm.Io.Store.Postgres;
using Swarm.Protocol.Cluster;

namespace Swarm.Benchmarks;

/// <summary>
/// What a cluster in which nothing happens asks of its database: members that read, renew and ask for the planner's lease as often as real ones do by default, each on its own connection, on a real PostgreSQL. Prints one JSON line a size:
/// transactions a second by the database's own count, rows, the milliseconds of a batch, and the processor's share that the database's processes took, where it runs on this machine (Linux; null elsewhere).
/// Makes a schema of its own for each size and drops it.
/// </summary>
internal static class ClusterTableCases
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private static readonly int[] Sizes = [3, 10, 30, 100];

    internal static async Task RunAsync(string connection)
    {
        await using var admin = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connection) { Pooling = false }.ToString());
        await admin.OpenAsync().ConfigureAwait(false);
        foreach (var size in Sizes) await MeasureAsync(admin, connection, size).ConfigureAwait(false);
    }

    private static async Task MeasureAsync(NpgsqlConnection admin, string connection, int size)
    {
        var schema = $"swarm_bench_{size}";
        await ExecuteAsync(admin, $"DROP SCHEMA IF EXISTS {schema} CASCADE").ConfigureAwait(false);
        using var end = new CancellationTokenSource();
        var members = Enumerable.Range(0, size).Select(number => new SimulatedMember(Open(connection, schema), number)).ToList();
        foreach (var member in members) await member.JoinAsync().ConfigureAwait(false);
        var running = members.Select((member, number) => member.RunAsync(Tick * number / size, end.Token)).ToList();
        await Task.Delay(WarmUp).ConfigureAwait(false);
        foreach (var member in members) member.Milliseconds.Clear();
        var before = await CountAsync(admin).ConfigureAwait(false);
        var began = Stopwatch.GetTimestamp();
        await Task.Delay(Duration).ConfigureAwait(false);
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var after = await CountAsync(admin).ConfigureAwait(false);
        var milliseconds = members.SelectMany(member => member.Milliseconds).Order().ToArray();
        await end.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(running).ConfigureAwait(false);
        foreach (var member in members) await member.Store.DisposeAsync().ConfigureAwait(false);
        await ExecuteAsync(admin, $"DROP SCHEMA {schema} CASCADE").ConfigureAwait(false);
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            @case = "cluster-tables",
            members = size,
            transactionsPerSecond = Math.Round((after.Transactions - before.Transactions) / seconds, 1),
            batchesPerSecond = Math.Round(milliseconds.Length / seconds, 1),
            failed = members.Sum(member => member.Failed),
            medianMilliseconds = Math.Round(milliseconds[milliseconds.Length / 2], 2),
            p99Milliseconds = Math.Round(milliseconds[milliseconds.Length * 99 / 100], 2),
            databaseProcessorPercent = after.ProcessorSeconds is { } used ? Math.Round((used - before.ProcessorSeconds!.Value) / seconds * 100, 1) : (double?)null,
        }));
    }

    private static PostgresClusterStore Open(string connection, string schema) =>
        PostgresClusterStore.Create(new PostgresSettings { Connection = connection, Schema = schema }, PostgresClusterSettings.Default, NullLogger.Instance, out var error) ?? throw new InvalidOperationException(error);

    private static async Task ExecuteAsync(NpgsqlConnection admin, string sql)
    {
        var command = new NpgsqlCommand(sql, admin);
        await using var disposed = command.ConfigureAwait(false);
        await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    }

    // The database counts what its sessions have told it of, once a second or so each. All its processes are in one session list, those that only write the log too.
    private static async Task<(long Transactions, double? ProcessorSeconds)> CountAsync(NpgsqlConnection admin)
    {
        var command = new NpgsqlCommand("SELECT (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()), (SELECT array_agg(pid) FROM pg_stat_activity)", admin);
        await using var disposed = command.ConfigureAwait(false);
        var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
        await using var closed = reader.ConfigureAwait(false);
        await reader.ReadAsync().ConfigureAwait(false);
        return (reader.GetInt64(0), reader.GetFieldValue<int[]>(1).Select(Processor).Aggregate((double?)0, static (sum, used) => sum + used));
    }

    // Of proc(5): utime and stime, the 14th and 15th field, in hundredths of a second.
    private static double? Processor(int process)
    {
        var path = $"/proc/{process}/stat";
        if (!File.Exists(path)) return null;
        var text = File.ReadAllText(path);
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / 100.0;
    }

    // What one member's actor 'table' submits in a steady state: whatever is due at a second makes one batch.
    private sealed class SimulatedMember(PostgresClusterStore store, int number) : IActorRef
    {
        private readonly MembershipSettings _settings = MembershipSettings.Default;
        private TaskCompletionSource<object> _answer = new();
        private MemberId _self;
        private long _upTo;

        public PostgresClusterStore Store => store;

        public ConcurrentQueue<double> Milliseconds { get; } = [];

        public long Failed { get; private set; }

        public ActorPath Path => ActorRefs.Nobody.Path;

        public async Task JoinAsync()
        {
            var traits = new MemberTraits { Storage = $"n{number}", PeerEndPoints = [$"10.0.0.{number}:6881"] };
            var joined = await AskAsync(new ClusterCommand.Join($"n{number}:9111", traits, _settings.SessionLease, 1L << 40)).ConfigureAwait(false);
            _self = ((ClusterOutcome.Joined)joined[0]).Member;
            await AskAsync(new ClusterCommand.SetState(_self, MemberState.Up, (2 * number) + 1)).ConfigureAwait(false);
        }

        public async Task RunAsync(TimeSpan delay, CancellationToken end)
        {
            try
            {
                await Task.Delay(delay, end).ConfigureAwait(false);
                using var timer = new PeriodicTimer(Tick);
                for (var second = number; ; second++)
                {
                    await timer.WaitForNextTickAsync(end).ConfigureAwait(false);
                    ClusterCommand?[] due =
                    [
                        second % (int)_settings.RenewInterval.TotalSeconds == 0 ? new ClusterCommand.Renew(_self, _settings.SessionLease, 1L << 40) : null,
                        second % (int)PlacementSettings.Default.RoundInterval.TotalSeconds == 0 ? new ClusterCommand.AcquireLease(ClusterTables.PlannerLease, _self) : null,
                        second % (int)_settings.ReadInterval.TotalSeconds == 1 ? new ClusterCommand.Read(_upTo, 2_000) : null,
                    ];
                    if (due.OfType<ClusterCommand>().ToImmutableArray() is { IsEmpty: false } commands) await TurnAsync(commands).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException)
            {
                // The measurement has ended.
            }
        }

        public void Tell(object message, IActorRef? sender) => _answer.SetResult(message);

        public bool Equals(IActorRef? other) => ReferenceEquals(this, other);

        public override bool Equals(object? obj) => ReferenceEquals(this, obj);

        public override int GetHashCode() => number;

        public int CompareTo(IActorRef? other) => ReferenceEquals(this, other) ? 0 : 1;

        private async Task TurnAsync(ImmutableArray<ClusterCommand> commands)
        {
            var began = Stopwatch.GetTimestamp();
            var outcomes = await AskAsync(commands).ConfigureAwait(false);
            Milliseconds.Enqueue(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            if (outcomes is [.., ClusterOutcome.View view]) _upTo = view.UpToChange;
        }

        private async Task<ImmutableArray<ClusterOutcome>> AskAsync(params ImmutableArray<ClusterCommand> commands)
        {
            _answer = new TaskCompletionSource<object>(TaskCreationOptions.RunContinuationsAsynchronously);
            store.Submit(1, commands, this);
            if (await _answer.Task.ConfigureAwait(false) is IClusterStore.Committed committed) return committed.Outcomes;
            Failed++;
            return [];
        }
    }
}
