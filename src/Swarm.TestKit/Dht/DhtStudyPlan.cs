using Swarm.Actors.Dht;
using Swarm.TestKit.Net;

namespace Swarm.TestKit.Dht;

/// <summary>What the studies of a DHT have in common: how large the network is, how it comes about, how often it is asked. Each study grows a network of its own, by the protocol alone.</summary>
public sealed record DhtStudyPlan
{
    /// <summary>Nodes, 8 to 100,000.</summary>
    public int Nodes { get; init => field = Setting.InRange(value, 8, 100_000); } = 1_000;

    /// <summary>Lookups of each survey, 1 to 1,000,000.</summary>
    public int Lookups { get; init => field = Setting.InRange(value, 1, 1_000_000); } = 1_000;

    /// <summary>What everything follows from.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Every second so many come of a hundred that are there, at least one; 1 to 100.</summary>
    public int GrowthPercent { get; init => field = Setting.InRange(value, 1, 100); } = 2;

    /// <summary>How long the network is left alone when all are there.</summary>
    public TimeSpan Settling { get; init; } = TimeSpan.FromMinutes(20);

    /// <summary>Churn: of one node, so much leaves in an hour; 0 to 100. 0.5: half of all.</summary>
    public double ChurnPerHour { get; init => field = Setting.InRange(value, 0.0, 100.0); } = 0.5;

    /// <summary>Churn: how long it goes on.</summary>
    public TimeSpan ChurnTime { get; init; } = TimeSpan.FromHours(3);

    /// <summary>Partition: how long it lasts.</summary>
    public TimeSpan CutTime { get; init; } = TimeSpan.FromMinutes(60);

    /// <summary>Sybil attack: ids of the attacker, each at an address of its own; 1 to 50,000.</summary>
    public int SybilIds { get; init => field = Setting.InRange(value, 1, 50_000); } = 3_000;

    /// <summary>Sybil attack: /16 networks that they are in; 1 to 60.</summary>
    public int SybilNetworks { get; init => field = Setting.InRange(value, 1, 60); } = 3;

    /// <summary>Sybil attack: how long it goes on.</summary>
    public TimeSpan SybilTime { get; init; } = TimeSpan.FromMinutes(40);

    /// <summary>Liars: how long they are there.</summary>
    public TimeSpan LiarTime { get; init; } = TimeSpan.FromMinutes(40);

    /// <summary>Liars: so many for each node of the network; 0 to 1.</summary>
    public double LiarShare { get; init => field = Setting.InRange(value, 0.0, 1.0); } = 0.25;

    /// <summary>Honest nodes that announce, each time; 1 to 1,000.</summary>
    public int Announcers { get; init => field = Setting.InRange(value, 1, 1_000); } = 20;

    /// <summary>Honest nodes that look for what they announced, each time; 1 to 10,000.</summary>
    public int Searchers { get; init => field = Setting.InRange(value, 1, 10_000); } = 100;

    /// <summary>What the nodes keep to.</summary>
    public DhtSettings Settings { get; init; } = SimDht.Slim;

    /// <summary>How they are connected: 40 to 80 ms to the middle of the network.</summary>
    public LinkProfile Link { get; init; } = LinkProfile.Default with { Latency = TimeSpan.FromMilliseconds(40), Jitter = TimeSpan.FromMilliseconds(40) };

    /// <summary>The network, all there and settled.</summary>
    internal SimDht Grown()
    {
        var dht = new SimDht(Seed, Settings, Link);
        while (dht.Count < Nodes)
        {
            for (var coming = Math.Min(Nodes - dht.Count, Math.Max(1, dht.Count * GrowthPercent / 100)); coming > 0; coming--) dht.Join();
            dht.Simulation.AdvanceBy(TimeSpan.FromSeconds(1));
        }

        dht.Simulation.AdvanceBy(Settling);
        return dht;
    }
}
