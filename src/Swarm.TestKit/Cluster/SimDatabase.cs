using System.Collections.Immutable;
using Swarm.Actors.Ports;
using Swarm.Protocol.Cluster;

namespace Swarm.TestKit.Cluster;

/// <summary>
/// The database of a cluster in virtual time: one set of tables, to which each process has a port of its own (<see cref="Open"/>). What is committed outlives every process.
/// <para>How it fails: it may be down, be out of reach for some, be busy, or answer too late; then its process hears after <see cref="SimDatabaseSettings.Timeout"/> that a batch failed, whether or not it was done. A batch under way when its process dies was done or not.</para>
/// <para>Always holds: a batch is done whole or not at all, at one moment of the database's own clock; each is answered once, unless its process is gone.</para>
/// </summary>
public sealed class SimDatabase
{
    private readonly Simulation _simulation;
    private readonly Random _random;
    private readonly SortedDictionary<string, Session> _sessions = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _cut = new(StringComparer.Ordinal);

    /// <summary>An empty database. All chance comes from <paramref name="random"/>.</summary>
    public SimDatabase(Simulation simulation, Random random, SimDatabaseSettings settings)
    {
        _simulation = simulation;
        _random = random;
        Settings = settings;
    }

    /// <summary>What it is like; may be replaced at any time.</summary>
    public SimDatabaseSettings Settings { get; set; }

    /// <summary>Whether it runs; may be changed at any time.</summary>
    public bool IsUp { get; set; } = true;

    /// <summary>What stands in it.</summary>
    public ClusterTables Tables { get; private set; } = ClusterTables.Empty;

    /// <summary>Its clock, in UTC ticks.</summary>
    public long NowTicks => _simulation.Time.GetUtcNow().Ticks + Settings.ClockOffset.Ticks;

    /// <summary>Batches that were done, and the commands in them: what a real one would call transactions and statements.</summary>
    public (long Batches, long Commands) Done { get; private set; }

    /// <summary>Called after each commit, whether or not anybody hears of it: process, command, outcome.</summary>
    public Action<string, ClusterCommand, ClusterOutcome>? Committed { get; set; }

    /// <summary>It is set back to what once stood in it, as by a backup: what was committed since is gone, and nobody is told.</summary>
    public void Restore(ClusterTables tables) => Tables = tables;

    /// <summary>A process connects under a name.</summary>
    public IClusterStore Open(string name)
    {
        var session = new Session(this, name);
        _sessions[name] = session;
        return session;
    }

    /// <summary>A process is gone: it hears nothing more.</summary>
    public void Kill(string name)
    {
        if (_sessions.Remove(name, out var session)) session.IsAlive = false;
    }

    /// <summary>Nothing passes between the database and a process of this name, until <see cref="Mend"/>.</summary>
    public void Cut(string name) => _cut.Add(name);

    /// <summary>It passes again.</summary>
    public void Mend(string name) => _cut.Remove(name);

    /// <summary>Whether a process of this name reaches it.</summary>
    public bool Reaches(string name) => IsUp && !_cut.Contains(name);

    private ImmutableArray<ClusterOutcome> Commit(string name, ImmutableArray<ClusterCommand> commands)
    {
        Tables = Tables.Do(commands, NowTicks, out var outcomes);
        Done = (Done.Batches + 1, Done.Commands + commands.Length);
        for (var i = 0; i < commands.Length; i++) Committed?.Invoke(name, commands[i], outcomes[i]);
        return outcomes;
    }

    private sealed class Session(SimDatabase database, string name) : IClusterStore
    {
        public bool IsAlive { get; set; } = true;

        public void Submit(long batch, ImmutableArray<ClusterCommand> commands, IActorRef replyTo)
        {
            if (!IsAlive) return;
            var random = database._random;
            var toDatabase = database.Settings.Latency.Draw(random);
            var isLost = Happens(database.Settings.UnknownOutcome);
            var isFailure = Happens(database.Settings.Failure);
            database._simulation.Schedule(toDatabase, () =>
            {
                // A process that died with it on its way: done or not.
                if (!IsAlive && random.Next(2) == 0) return;
                if (!database.Reaches(name))
                {
                    FailLate(batch, replyTo, "the database cannot be reached");
                    return;
                }

                if (isFailure)
                {
                    Answer(replyTo, new IClusterStore.Failed(batch, "the database is busy"), database.Settings.Latency.Draw(random));
                    return;
                }

                var isDone = !isLost || random.Next(2) == 0;
                var outcomes = isDone ? database.Commit(name, commands) : [];
                if (isLost) FailLate(batch, replyTo, "the database did not answer in time");
                else AnswerDone(replyTo, new IClusterStore.Committed(batch, outcomes), database.Settings.Latency.Draw(random));
            });
        }

        private void AnswerDone(IActorRef replyTo, IClusterStore.Committed answer, TimeSpan delay) => database._simulation.Schedule(delay, () =>
        {
            if (database.Reaches(name)) Tell(replyTo, answer);
            else FailLate(answer.Batch, replyTo, "the connection to the database was lost");
        });

        private void FailLate(long batch, IActorRef replyTo, string reason) => Answer(replyTo, new IClusterStore.Failed(batch, reason), database.Settings.Timeout);

        private void Answer(IActorRef replyTo, object answer, TimeSpan delay) => database._simulation.Schedule(delay, () => Tell(replyTo, answer));

        private void Tell(IActorRef replyTo, object answer)
        {
            if (IsAlive) replyTo.Tell(answer, ActorRefs.NoSender);
        }

        private bool Happens(double share) => share > 0 && database._random.NextDouble() < share;
    }
}
