using Swarm.Actors.Dht;
using Swarm.Actors.Torrents;
using Swarm.TestKit.Checking;
using Swarm.TestKit.Content;
using Swarm.TestKit.World;

namespace Swarm.TestKit.Scenarios;

/// <summary>
/// A scenario as it is being played from a seed: its world, and who of the scenario is who in it. Faults, conditions and promises are given it.
/// <para>Parts: this one plays and is looked at, Building draws and builds.</para>
/// </summary>
public sealed partial class SwarmRun
{
    private readonly SwarmScenario _scenario;
    private readonly SortedDictionary<string, List<SimNode>> _groups = new(StringComparer.Ordinal);
    private readonly List<(SimNode Node, TimeSpan Join, bool IsSeed)> _members = [];
    private readonly List<ScenarioStep.Conditional> _awaited = [];
    private readonly CompletionLog _completions;
    private DhtSettings? _dht;
    private int _coming;

    internal SwarmRun(SwarmScenario scenario, int seed)
    {
        _scenario = scenario;
        var seeds = new SeedTree(seed);
        Dice = new Dice(seeds);
        World = new SimWorld(seed, WorldSettings());
        MakeCluster();
        Content = Build();
        GiveCluster(Content);
        World.Checks.Add(_completions = new CompletionLog(World));
        foreach (var promise in scenario.Invariants) World.Checks.Add(new InvariantCheck(this, promise));
    }

    /// <summary>What it runs in.</summary>
    public SimWorld World { get; }

    /// <summary>What is shared.</summary>
    public SimContent Content { get; }

    /// <summary>What decides, and takes down, what is left open.</summary>
    public Dice Dice { get; }

    /// <summary>Whether every piece is with somebody who runs and was not a seed at first.</summary>
    public bool HasCopyOut
    {
        get
        {
            var leechers = _members.Where(member => !member.IsSeed && member.Node.State == NodeState.Running && member.Node.Find(Content.Torrent) is not null).Select(member => member.Node.Find(Content.Torrent)!.VerifiedNow).ToArray();
            return Enumerable.Range(0, Content.Geometry.PieceCount).All(piece => leechers.Any(verified => verified[new PieceIndex(piece)]));
        }
    }

    /// <summary>The nodes of a group, or one node, by name.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public IReadOnlyList<SimNode> this[string name] =>
        _groups.TryGetValue(name, out var group) ? group
        : World.Nodes.FirstOrDefault(node => node.Name == name) is { } one ? [one]
        : throw new ArgumentException($"There is no group and no node {name}.", nameof(name));

    /// <summary>When a node had everything for the first time; null: not yet.</summary>
    public TimeSpan? CompletedAt(SimNode node) => _completions.Of(node);

    /// <summary>The share of the content that a node has, as far as it has said, 0 to 1.</summary>
    public double Progress(SimNode node) => node.IsComplete ? 1 : node.Status(Content) is { } status ? (double)status.VerifiedPieces / Content.Geometry.PieceCount : 0;

    /// <summary>Has something happen after so long, and nobody is expected to be complete before.</summary>
    public void After(TimeSpan delay, Action action)
    {
        _coming++;
        World.After(delay, () =>
        {
            _coming--;
            action();
        });
    }

    internal void Play()
    {
        foreach (var (node, join, _) in _members) Join(node, join);
        foreach (var step in _scenario.Steps) Plan(step);
        // Asked at every grain whether or not anything is awaited: what comes about later waits for it.
        World.RunUntil(IsQuiet, _scenario.Duration + LastMoment() + _scenario.Patience);
        if (_awaited.Count > 0) World.Fail("What a scenario waits for comes about", null, $"it never came that {_awaited[0].Once.What}");
        World.MustConverge(_scenario.Patience);
        AwaitCluster();
        foreach (var promise in _scenario.Expectations.Where(promise => !promise.Holds(this))) World.Fail(promise.Words, null, "it does not hold when everybody is complete");
        World.StopAll();
    }

    internal ScenarioReport Report(ScenarioFailure? failure) => new()
    {
        Scenario = _scenario.Name,
        Seed = World.Seed,
        Replay = Replay.Replace("{seed}", $"{World.Seed}", StringComparison.Ordinal),
        TraceHash = World.TraceHash,
        VirtualTime = World.Now,
        Turns = World.Simulation.Turns,
        StreamBytes = World.Network.Counters.StreamBytes,
        Configuration = Dice.Drawn,
        Nodes = [.. _members.Select(member => new NodeTimes(member.Node.Name, member.Node.Lives == 0 ? null : member.Join, CompletedAt(member.Node)))],
        Failure = failure,
    };

    private void Join(SimNode node, TimeSpan moment) => After(moment, () =>
    {
        if (node is { State: NodeState.Down, Lives: 0, HasLeft: false }) node.Start();
    });

    private void Plan(ScenarioStep step)
    {
        switch (step)
        {
            case ScenarioStep.Conditional conditional: _awaited.Add(conditional); break;
            case ScenarioStep.Timed timed: Plan(timed); break;
        }
    }

    private void Plan(ScenarioStep.Timed timed)
    {
        var name = string.Join(" or ", timed.Faults.Select(fault => fault.What));
        var count = timed.Least == timed.Most ? timed.Least : Dice.Between($"how often {name}", timed.Least, timed.Most);
        for (var i = 0; i < count; i++)
        {
            var fault = timed.Faults.Length == 1 ? timed.Faults[0] : Dice.OneOf("what happens", timed.Faults.AsSpan());
            var moment = timed.First == timed.Last ? timed.First : Dice.Between($"when {fault.What}", timed.First, timed.Last);
            After(moment, () => Strike(fault));
        }
    }

    private void Strike(Fault fault)
    {
        World.Note("scenario", fault.What);
        fault.Strike(this);
    }

    private bool IsQuiet()
    {
        for (var i = _awaited.Count - 1; i >= 0; i--)
        {
            if (!_awaited[i].Once.Holds(this)) continue;
            var (once, fault) = _awaited[i];
            _awaited.RemoveAt(i);
            World.Note("scenario", once.What);
            Strike(fault);
        }

        return _awaited.Count == 0 && _coming == 0 && World.Now >= _scenario.Duration;
    }

    private TimeSpan LastMoment() => _scenario.Steps.OfType<ScenarioStep.Timed>().Select(timed => timed.Last).Concat(_members.Select(member => member.Join)).DefaultIfEmpty().Max();

    /// <summary>Takes down when each node had everything for the first time.</summary>
    private sealed class CompletionLog(SimWorld world) : WorldCheck(world, "Completions are taken down")
    {
        private readonly SortedDictionary<string, TimeSpan> _at = new(StringComparer.Ordinal);

        public TimeSpan? Of(SimNode node) => _at.TryGetValue(node.Name, out var at) ? at : null;

        public override void OnEvent(SimNode node, SimTorrent torrent, TorrentEvent happened)
        {
            if (happened is TorrentEvent.StateChanged { State: TorrentState.Seeding }) _at.TryAdd(node.Name, World.Now);
        }
    }

    /// <summary>Asks again and again what a scenario says must always hold.</summary>
    private sealed class InvariantCheck(SwarmRun run, Promise promise) : WorldCheck(run.World, promise.Words)
    {
        public override void OnInterval()
        {
            if (!promise.Holds(run)) Broken(null, "it does not hold any more");
        }
    }
}
