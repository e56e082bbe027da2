using System.Collections.Immutable;
using Swarm.Actors.Ports;

namespace Swarm.TestKit.Store;

/// <summary>
/// A durable store in virtual time, for one node or for several that share it. Each process opens it under a name (<see cref="Open"/>) and gets the port that the production actors use; what is
/// committed outlives every process.
/// <para>What always holds: a batch is done whole or not at all, batches of a process in the order submitted, those of several in an order that the seed decides; tokens only grow; a torrent is
/// written under the token of its lease and no other; a lease changes hands only when its owner is not alive, which is the moment it is killed or closes, as with a process's lock on a file, or, in a cluster, when the session ends in which it was taken.</para>
/// <para>How it fails: as <see cref="SimStoreSettings"/> says. With <see cref="SimStoreSettings.UnknownOutcome"/> a batch fails as transient though it may have been done, as with a server that
/// answers too late: so much is worse than the port's "nothing was done", and whoever tries again must bear with it. A batch under way when its process is killed was done or not.</para>
/// </summary>
public sealed class SimStore
{
    private readonly Simulation _simulation;
    private readonly Random _random;
    private readonly SortedDictionary<string, Session> _sessions = new(StringComparer.Ordinal);
    private StoreState _state = StoreState.Empty;

    /// <summary>An empty store.</summary>
    /// <param name="simulation">Whose time it keeps.</param>
    /// <param name="random">What decides everything that may be one way or another.</param>
    /// <param name="settings">What it is like.</param>
    public SimStore(Simulation simulation, Random random, SimStoreSettings settings)
    {
        _simulation = simulation;
        _random = random;
        Settings = settings;
    }

    /// <summary>What it is like and what goes wrong with it; may be replaced at any time.</summary>
    public SimStoreSettings Settings { get; set; }

    /// <summary>Called after each commit, whether or not anybody hears of it: owner, commands, outcomes.</summary>
    public Action<string, ImmutableArray<StoreCommand>, ImmutableArray<StoreOutcome>>? Committed { get; set; }

    /// <summary>Whether what a process writes of torrents is refused, whatever its tokens: its cluster took it for dead. Null: nobody's is.</summary>
    public Func<string, bool>? IsFenced { get; set; }

    /// <summary>The sessions by which leases hold, whether or not their processes run; null: they hold while the process is alive.</summary>
    internal StoreSessions? Sessions { get; set; }

    /// <summary>All torrents, in the order of their addition.</summary>
    public ImmutableArray<InfoHash> Torrents => [.. _state.Listed];

    /// <summary>Torrents whose lease was taken and not given back, in order of their names.</summary>
    public ImmutableArray<InfoHash> Leased => [.. _state.Leases.Keys];

    /// <summary>Batches that were taken and are neither answered nor dropped; 0 in a store at rest.</summary>
    public int BatchesPending => _sessions.Values.Sum(session => session.Pending);

    /// <summary>The processes that have it open, in order of their names.</summary>
    public ImmutableArray<string> Owners => [.. _sessions.Keys];

    /// <summary>What a torrent is, or null where there is none.</summary>
    public TorrentRecord? RecordOf(InfoHash torrent) => _state.Torrents.GetValueOrDefault(torrent)?.Record;

    /// <summary>How far a torrent is, or null.</summary>
    public ProgressRecord? ProgressOf(InfoHash torrent) => _state.Torrents.GetValueOrDefault(torrent)?.Progress;

    /// <summary>What a node keeps under a name; empty if nothing.</summary>
    public ImmutableArray<byte> NoteOf(string name) => _state.Notes.GetValueOrDefault(name, []);

    /// <summary>Who took a torrent's lease last, alive or not, and under which token; null: nobody, or it was given back.</summary>
    public (string Owner, long Token)? LeaseOf(InfoHash torrent) => _state.Leases.TryGetValue(torrent, out var lease) ? (lease.Owner.Name, lease.Token) : null;

    /// <summary>A process opens the store. Dead owners are cleared away. <paramref name="owner"/> names it for people, <see cref="Kill"/> and <see cref="Close"/>.</summary>
    /// <exception cref="ArgumentException">A process of that name has it open.</exception>
    public IStore Open(string owner)
    {
        if (_sessions.ContainsKey(owner)) throw new ArgumentException($"{owner} has the store open; it must be killed or closed first.", nameof(owner));
        if (Sessions is null) _state = _state.WithoutLeasesOf(static other => !other.IsAlive);
        var session = new Session(this, new StoreOwner(owner) { Sessions = Sessions });
        _sessions.Add(owner, session);
        return session;
    }

    /// <summary>A process dies: the batch under way was done or not, nothing that waits is, no answer comes, and its leases can be taken at once.</summary>
    public void Kill(string owner) => Leave(owner).Die();

    /// <summary>A process leaves in good order: what waits is done now and answered, and its leases are given back.</summary>
    public void Close(string owner)
    {
        var session = Leave(owner);
        session.Finish();
        _state = _state.WithoutLeasesOf(other => other == session.Owner);
    }

    /// <summary>The leases of a process lapse though it lives and goes on, as when others take it for dead: each can be taken over, and its token holds until it is.</summary>
    /// <exception cref="ArgumentException">It does not have the store open.</exception>
    public void Lapse(string owner) => _state = _state.WithLapsedLeasesOf(Existing(owner).Owner);

    /// <summary>Lays a torrent down as if it had been there for long, or replaces what is there.</summary>
    public void Put(InfoHash torrent, TorrentRecord record, ProgressRecord? progress = null) => _state = _state.With(torrent, record, progress);

    private Session Existing(string owner) =>
        _sessions.TryGetValue(owner, out var session) ? session : throw new ArgumentException($"{owner} does not have the store open.", nameof(owner));

    private Session Leave(string owner)
    {
        var session = Existing(owner);
        _sessions.Remove(owner);
        return session;
    }

    private ImmutableArray<StoreOutcome> Commit(StoreOwner owner, ImmutableArray<StoreCommand> commands)
    {
        var outcomes = IsFenced?.Invoke(owner.Name) == true ? CommitFenced(owner, commands) : [];
        if (outcomes.IsEmpty) _state = _state.Do(commands, owner, Settings.MaxTorrents, out outcomes);
        Committed?.Invoke(owner.Name, commands, outcomes);
        return outcomes;
    }

    private ImmutableArray<StoreOutcome> CommitFenced(StoreOwner owner, ImmutableArray<StoreCommand> commands)
    {
        var outcomes = ImmutableArray.CreateBuilder<StoreOutcome>(commands.Length);
        foreach (var command in commands)
        {
            if (command is StoreCommand.PutTorrent or StoreCommand.PutOptions or StoreCommand.PutProgress or StoreCommand.RemoveTorrent)
            {
                outcomes.Add(new StoreOutcome.Fenced());
                continue;
            }

            _state = _state.Do([command], owner, Settings.MaxTorrents, out var outcome);
            outcomes.Add(outcome[0]);
        }

        return outcomes.MoveToImmutable();
    }

    /// <summary>One process's access: does one batch after the other.</summary>
    private sealed class Session(SimStore store, StoreOwner owner) : IStore
    {
        private readonly Queue<Batch> _waiting = new();
        private IDisposable? _end;
        private bool _isUnheard;

        public StoreOwner Owner => owner;

        public int Pending => _waiting.Count;

        public void Submit(long batch, ImmutableArray<StoreCommand> commands, IActorRef replyTo)
        {
            if (!owner.IsAlive)
            {
                replyTo.Tell(new IStore.Failed(batch, "The store is closed.", Transient: false), ActorRefs.NoSender);
                return;
            }

            // The batch under way stands at the head of the queue.
            if (_waiting.Count > store.Settings.QueueLimit)
            {
                replyTo.Tell(new IStore.Failed(batch, $"The store has {store.Settings.QueueLimit} batches waiting already.", Transient: true), ActorRefs.NoSender);
                return;
            }

            _waiting.Enqueue(new Batch(batch, commands, replyTo));
            if (_waiting.Count == 1) Begin();
        }

        /// <summary>Does what waits, now.</summary>
        public void Finish()
        {
            _end?.Dispose();
            while (_waiting.TryDequeue(out var batch))
            {
                Answer(batch, _isUnheard ? TimedOut(batch) : Do(batch));
                _isUnheard = false;
            }

            owner.IsAlive = false;
        }

        /// <summary>Dies within what is under way.</summary>
        public void Die()
        {
            _end?.Dispose();
            if (!_isUnheard && _waiting.TryPeek(out var batch) && WhyRefused(batch) is null && store._random.Next(2) == 0) store.Commit(owner, batch.Commands);
            _waiting.Clear();
            owner.IsAlive = false;
        }

        private static IStore.Failed TimedOut(Batch batch) => new(batch.Id, "The store did not answer in time.", Transient: true);

        private static void Answer(Batch batch, object answer) => batch.ReplyTo.Tell(answer, ActorRefs.NoSender);

        private void Begin()
        {
            var batch = _waiting.Peek();
            var random = store._random;
            if (Happens(store.Settings.UnknownOutcome)) _end = store._simulation.Schedule(store.Settings.Latency.Draw(random), () => LoseAnswer(batch, random.Next(2) == 0));
            else _end = store._simulation.Schedule(store.Settings.Latency.Draw(random), () => End(Do(batch)));
        }

        // What became of the batch is decided, and its process does not hear of it.
        private void LoseAnswer(Batch batch, bool isDone)
        {
            if (isDone && WhyRefused(batch) is null) store.Commit(owner, batch.Commands);
            _isUnheard = true;
            _end = store._simulation.Schedule(store.Settings.Timeout, () => End(TimedOut(batch)));
        }

        private void End(object answer)
        {
            _isUnheard = false;
            Answer(_waiting.Dequeue(), answer);
            if (_waiting.Count > 0) Begin();
        }

        private object Do(Batch batch)
        {
            if (WhyRefused(batch) is { } refusal) return refusal;
            return Happens(store.Settings.TransientFailure)
                ? new IStore.Failed(batch.Id, "The store is busy.", Transient: true)
                : new IStore.Committed(batch.Id, store.Commit(owner, batch.Commands));
        }

        private IStore.Failed? WhyRefused(Batch batch)
        {
            if (store.Settings.Broken is { } reason) return new IStore.Failed(batch.Id, reason, Transient: false);
            var refused = batch.Commands.Any(command => store.Settings.Refused.Contains(command.GetType().Name));
            return refused ? new IStore.Failed(batch.Id, "The store refuses this.", Transient: true) : null;
        }

        private bool Happens(double share) => share > 0 && store._random.NextDouble() < share;
    }

    /// <summary>Commands that wait to be done as one.</summary>
    private sealed record Batch(long Id, ImmutableArray<StoreCommand> Commands, IActorRef ReplyTo);
}
