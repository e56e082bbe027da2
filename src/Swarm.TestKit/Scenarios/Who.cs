using Swarm.TestKit.World;

namespace Swarm.TestKit.Scenarios;

/// <summary>Whom something happens to: chosen when it happens, by the seed where the words leave a choice. Names are those of groups ("leecher") or of nodes ("leecher-3").</summary>
public sealed class Who
{
    private readonly string _words;
    private readonly Func<SwarmRun, IReadOnlyList<SimNode>> _choose;

    private Who(string words, Func<SwarmRun, IReadOnlyList<SimNode>> choose) => (_words, _choose) = (words, choose);

    /// <summary>Every node.</summary>
    public static Who Everyone { get; } = new("everyone", run => run.World.Nodes);

    /// <summary>All nodes of a group, or one node.</summary>
    public static Who All(string name) => new($"every {name}", run => run[name]);

    /// <summary>One node of a group.</summary>
    public static Who One(string name) => Some(1, name);

    /// <summary>So many different nodes of a group, or all if there are fewer.</summary>
    public static Who Some(int count, string name) => new($"{count} {name}", run => Take(run, run[name], count));

    /// <summary>One half of a group, rounded up.</summary>
    public static Who HalfOf(string name) => new($"half of every {name}", run => Take(run, run[name], (run[name].Count + 1) / 2));

    /// <inheritdoc/>
    public override string ToString() => _words;

    internal IReadOnlyList<SimNode> Choose(SwarmRun run) => _choose(run);

    private static List<SimNode> Take(SwarmRun run, IReadOnlyList<SimNode> nodes, int count)
    {
        var chance = run.Dice.Stream("who");
        var left = nodes.ToList();
        while (left.Count > count) left.RemoveAt(chance.Next(left.Count));
        return left;
    }
}
