using System.Collections.Immutable;
using Swarm.TestKit.Net;
using Swarm.TestKit.World;

namespace Swarm.TestKit.Scenarios;

/// <summary>
/// A swarm and what happens to it, told in sentences, to be played from any seed:
/// <code>
/// new SwarmScenario("seed-leaves")
///     .Sharing(content => content.OfSize(2.MiB))
///     .Seeds(1)
///     .Leechers(4, 8, group => group.On(LinkKind.Home).JoiningBetween(0.Seconds, 5.Seconds))
///     .After(Once.OneCopyIsOut, Faults.Leave(Who.All("seed")))
///     .EveryoneCompletes(within: 30.Minutes)
///     .Check(seed: 7);
/// </code>
/// Whatever it does not say, sizes, links, disks, ticks, slots, moments, is drawn from the seed and told by a failure. The checks of <see cref="SimWorld"/> watch all the time. When everything has happened, every
/// node that has not left must become complete; then all stop, and nothing may be left. Immutable: each method gives another scenario, and one may be played on several threads at once.
/// <para>Parts: this one says what it is, Playing plays it.</para>
/// </summary>
public sealed partial record SwarmScenario
{
    /// <summary>A scenario without nodes, which knows one tracker.</summary>
    /// <param name="name">Lower-case words joined by hyphens: what it is called by.</param>
    /// <param name="story">What it shows, in a sentence.</param>
    public SwarmScenario(string name, string story = "") => (Name, Story) = (name, story);

    /// <summary>What it is called by.</summary>
    public string Name { get; }

    /// <summary>What it shows.</summary>
    public string Story { get; }

    internal ContentChoice Content { get; init; } = new();

    internal ImmutableArray<NodeGroup> Groups { get; init; } = [];

    internal ImmutableArray<ScenarioStep> Steps { get; init; } = [];

    internal ImmutableArray<Promise> Invariants { get; init; } = [];

    internal ImmutableArray<Promise> Expectations { get; init; } = [];

    internal ImmutableArray<Func<SimWorldSettings, SimWorldSettings>> Adjustments { get; init; } = [];

    internal ClusterPlan? Cluster { get; init; }

    internal bool HasTracker { get; init; } = true;

    internal bool HasDht { get; init; }

    internal TimeSpan Duration { get; init; }

    internal TimeSpan Patience { get; init; } = TimeSpan.FromHours(3);

    internal string? ReplayCommand { get; init; }

    /// <summary>Says more about what is shared.</summary>
    public SwarmScenario Sharing(Func<ContentChoice, ContentChoice> content) => this with { Content = content(Content) };

    /// <summary>Adds nodes that have everything, called seed-1 and so on.</summary>
    public SwarmScenario Seeds(int count, Func<NodeGroup, NodeGroup>? group = null) => Seeds(count, count, group);

    /// <summary>Adds between so many and so many nodes that have everything.</summary>
    public SwarmScenario Seeds(int least, int most, Func<NodeGroup, NodeGroup>? group = null) => Adding(new NodeGroup("seed", isSeeding: true, least, most), group);

    /// <summary>Adds nodes that have nothing, called leecher-1 and so on.</summary>
    public SwarmScenario Leechers(int count, Func<NodeGroup, NodeGroup>? group = null) => Leechers(count, count, group);

    /// <summary>Adds between so many and so many nodes that have nothing.</summary>
    public SwarmScenario Leechers(int least, int most, Func<NodeGroup, NodeGroup>? group = null) => Adding(new NodeGroup("leecher", isSeeding: false, least, most), group);

    /// <summary>
    /// Adds between so many and so many nodes that are members of one cluster, called member-1 and so on. The cluster, and no node of it, is given between so many and so many torrents, each to have so many replicas;
    /// the seeds have them all. In the end each must have its replicas, complete, at members that have not left.
    /// </summary>
    public SwarmScenario Members(int leastMembers, int mostMembers, ClusterPlan plan, Func<NodeGroup, NodeGroup>? group = null) =>
        (this with { Cluster = plan }).Adding(new NodeGroup("member", isSeeding: false, leastMembers, mostMembers) { IsMember = true }, group);

    /// <summary>Has no tracker: each node is given the addresses of the seeds.</summary>
    public SwarmScenario WithoutTracker() => this with { HasTracker = false };

    /// <summary>Gives every node a DHT, and the world one more node, "dht-router", through which they join it. With <see cref="WithoutTracker"/> they find each other by it alone.</summary>
    public SwarmScenario WithDht() => this with { HasDht = true };

    /// <summary>Has something happen at a moment.</summary>
    public SwarmScenario At(TimeSpan moment, Fault fault) => Between(moment, moment, fault);

    /// <summary>Has something happen at a moment between two.</summary>
    public SwarmScenario Between(TimeSpan first, TimeSpan last, Fault fault) => Happening(new ScenarioStep.Timed(1, 1, first, last, [fault]));

    /// <summary>Has things happen between so many and so many times, at moments between two, each time one of these.</summary>
    public SwarmScenario Times(int least, int most, TimeSpan first, TimeSpan last, params ImmutableArray<Fault> faults) => Happening(new ScenarioStep.Timed(least, most, first, last, faults));

    /// <summary>Has something happen as soon as something has come about. That it does is expected.</summary>
    public SwarmScenario After(Once once, Fault fault) => Happening(new ScenarioStep.Conditional(once, fault));

    /// <summary>Says what must hold at all times, as it is asked once every <see cref="SimWorldSettings.CheckInterval"/>.</summary>
    public SwarmScenario Always(string promise, Func<SwarmRun, bool> holds) => this with { Invariants = Invariants.Add(new Promise(promise, holds)) };

    /// <summary>Says what must hold when everybody is complete.</summary>
    public SwarmScenario Expect(string promise, Func<SwarmRun, bool> holds) => this with { Expectations = Expectations.Add(new Promise(promise, holds)) };

    /// <summary>Lets it go on for at least so long before everybody must become complete.</summary>
    public SwarmScenario Lasting(TimeSpan duration) => this with { Duration = duration };

    /// <summary>Says how long it may take, after the last thing that happens, until every node that has not left is complete; three hours otherwise.</summary>
    public SwarmScenario EveryoneCompletes(TimeSpan within) => this with { Patience = within };

    /// <summary>Changes the world.</summary>
    public SwarmScenario In(Func<SimWorldSettings, SimWorldSettings> world) => this with { Adjustments = Adjustments.Add(world) };

    /// <summary>Changes the network.</summary>
    public SwarmScenario OnNetwork(Func<SimNetworkSettings, SimNetworkSettings> network) => In(world => world with { Network = network(world.Network) });

    /// <summary>Says the command that plays it again; {seed} stands for the seed.</summary>
    public SwarmScenario ReplayedBy(string command) => this with { ReplayCommand = command };

    private SwarmScenario Adding(NodeGroup group, Func<NodeGroup, NodeGroup>? configure)
    {
        var added = configure?.Invoke(group) ?? group;
        if (Groups.Any(other => other.Name == added.Name)) throw new ArgumentException($"There is a group {added.Name} already.", nameof(group));
        return this with { Groups = Groups.Add(added) };
    }

    private SwarmScenario Happening(ScenarioStep step) => this with { Steps = Steps.Add(step) };
}

/// <summary>What must hold, and whether it does.</summary>
internal sealed record Promise(string Words, Func<SwarmRun, bool> Holds);

/// <summary>When something happens in a scenario.</summary>
internal abstract record ScenarioStep
{
    /// <summary>At moments between two that the seed picks.</summary>
    public sealed record Timed(int Least, int Most, TimeSpan First, TimeSpan Last, ImmutableArray<Fault> Faults) : ScenarioStep;

    /// <summary>As soon as something has come about.</summary>
    public sealed record Conditional(Once Once, Fault Fault) : ScenarioStep;
}
