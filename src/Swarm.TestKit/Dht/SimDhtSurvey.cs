using Swarm.Actors.Dht;

namespace Swarm.TestKit.Dht;

/// <summary>
/// How lookups fare: many of them, from nodes and for targets that are drawn, measured by a <see cref="SimDhtCensus"/> taken at the moment they begin. Nobody comes or goes while a group of them runs, unless the caller scheduled it.
/// <para>
/// A lookup is exact if what it found are the eight nodes that were closest to the target, the asker aside, all eight and in order; of a network of fewer, all of them. Hostile nodes that answer as they should are nodes like others to who asks, but their ids may be anything: where such are among
/// the eight, the others must be the closest honest ones.
/// </para>
/// </summary>
public sealed class SimDhtSurvey
{
    private readonly List<LookupStats> _stats = [];

    private SimDhtSurvey()
    {
    }

    /// <summary>Nodes that a lookup shall find.</summary>
    public const int Closest = 8;

    private const int AtATime = 50;

    private static readonly TimeSpan Newcomer = TimeSpan.FromMinutes(1);

    /// <summary>Lookups that were begun.</summary>
    public int Lookups { get; private set; }

    /// <summary>Those that were exact.</summary>
    public int Exact { get; private set; }

    /// <summary>Those that were exact, or would be if nobody had come in the last minute: a newcomer takes some seconds until others know it.</summary>
    public int ExactButForNewcomers { get; private set; }

    /// <summary>Those whose first node was the closest.</summary>
    public int FirstFound { get; private set; }

    /// <summary>Of the nodes that should have been found, those that were.</summary>
    public int Found { get; private set; }

    /// <summary>Nodes that should have been found.</summary>
    public int Wanted { get; private set; }

    /// <summary>Nodes that were found and are hostile.</summary>
    public int Hostile { get; private set; }

    /// <summary>The share of exact ones.</summary>
    public double ExactShare => Exact / (double)Lookups;

    /// <summary>The share of nodes found.</summary>
    public double FoundShare => Found / (double)Wanted;

    /// <summary>The most nodes on the way to one of the closest: the median.</summary>
    public int MedianHops => Rank(stats => stats.Hops, 0.5);

    /// <summary>Likewise: the 99th percentile.</summary>
    public int LongHops => Rank(stats => stats.Hops, 0.99);

    /// <summary>The mean.</summary>
    public double MeanHops => _stats.Count == 0 ? 0 : _stats.Average(stats => stats.Hops);

    /// <summary>Queries sent: the median. With their answers the messages are up to twice as many.</summary>
    public int MedianQueries => Rank(stats => stats.Queries, 0.5);

    /// <summary>Queries and answers: the median.</summary>
    public int MedianMessages => Rank(stats => stats.Queries + stats.Answers, 0.5);

    /// <summary>Likewise: the 99th percentile.</summary>
    public int ManyMessages => Rank(stats => stats.Queries + stats.Answers, 0.99);

    /// <summary>How long it took: the median.</summary>
    public TimeSpan MedianTime => Rank(stats => stats.Took, 0.5);

    /// <summary>Likewise: the 99th percentile.</summary>
    public TimeSpan LongTime => Rank(stats => stats.Took, 0.99);

    /// <summary>Runs so many lookups of a network, from nodes of all of it or from <paramref name="among"/>, which then is all the network there is.</summary>
    public static SimDhtSurvey Run(SimDht dht, int lookups, IReadOnlyList<SimDhtNode>? among = null)
    {
        var survey = new SimDhtSurvey();
        while (survey.Lookups < lookups) survey.RunGroup(dht, Math.Min(AtATime, lookups - survey.Lookups), among);
        return survey;
    }

    private void RunGroup(SimDht dht, int count, IReadOnlyList<SimDhtNode>? among)
    {
        var census = dht.Census(among);
        var settledBy = dht.Simulation.Elapsed - Newcomer;
        var settled = census.Before(settledBy);
        IReadOnlyList<SimDhtNode> askers = among is null ? dht.Draw(count) : [.. Enumerable.Range(0, count).Select(_ => among[dht.Random.Next(among.Count)])];
        var targets = askers.Select(_ => NodeId.Create(dht.Random)).ToList();
        var next = 0;
        var answers = dht.Run(askers, _ => new DhtActor.FindNode(0, targets[next++]));
        Lookups += answers.Count;
        for (var i = 0; i < answers.Count; i++)
        {
            var wanted = IdsOf(census.ClosestTo(targets[i], Closest, askers[i]));
            Wanted += wanted.Count;
            if (answers[i] is not DhtActor.NodesFound found) continue;
            Judge(found, wanted, dht);
            var known = found.Nodes.Where(node => dht.NodeAt(node.Address) is { } there && there.CameAt <= settledBy).Select(node => node.Id).ToList();
            if (found.Nodes.Length == wanted.Count && known.SequenceEqual(IdsOf(settled.ClosestTo(targets[i], known.Count, askers[i])))) ExactButForNewcomers++;
        }
    }

    private void Judge(DhtActor.NodesFound found, List<NodeId> wanted, SimDht dht)
    {
        _stats.Add(found.Stats);
        var honest = found.Nodes.Where(node => !dht.IsHostile(node.Address)).Select(node => node.Id).ToList();
        Hostile += found.Nodes.Length - honest.Count;
        if (found.Nodes.Length == wanted.Count && honest.SequenceEqual(wanted.Take(honest.Count))) Exact++;
        if (honest.Count > 0 && wanted.Count > 0 && honest[0] == wanted[0]) FirstFound++;
        Found += wanted.Count(honest.Contains);
    }

    private static List<NodeId> IdsOf(IReadOnlyList<SimDhtNode> nodes) => [.. nodes.Select(node => node.Id)];

    private T Rank<T>(Func<LookupStats, T> figure, double share)
    {
        if (_stats.Count == 0) return default!;
        var sorted = _stats.Select(figure).Order().ToList();
        return sorted[(int)Math.Ceiling(share * sorted.Count) - 1];
    }
}
