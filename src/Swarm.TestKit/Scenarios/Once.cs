using System.Globalization;

namespace Swarm.TestKit.Scenarios;

/// <summary>Something that comes about in a swarm, sooner or later. Asked every <see cref="World.SimWorldSettings.Grain"/>.</summary>
/// <param name="What">What is waited for, as words after "once".</param>
/// <param name="Holds">Whether it has come about.</param>
public sealed record Once(string What, Func<SwarmRun, bool> Holds)
{
    /// <summary>Every piece is with somebody who was not a seed at first.</summary>
    public static Once OneCopyIsOut { get; } = new("one full copy is out", run => run.HasCopyOut);

    /// <summary>Of what these want together, such a share is there, 0 to 1.</summary>
    public static Once Progress(Who who, double share) => new(
        string.Create(CultureInfo.InvariantCulture, $"{who} has {share:P0}"),
        run => who.Choose(run) is var nodes && nodes.Sum(run.Progress) >= share * nodes.Count);

    /// <summary>All of these are complete.</summary>
    public static Once Complete(Who who) => new($"{who} is complete", run => who.Choose(run).All(node => node.IsComplete));
}
