using Swarm.TestKit.Cluster;
using Swarm.TestKit.World;

namespace Swarm.TestKit.Scenarios;

/// <summary>What can happen to the members of a cluster, besides what can happen to every node.</summary>
public static class ClusterFaults
{
    /// <summary>The database cannot be reached by anybody, for a time.</summary>
    public static Fault DatabaseDown(TimeSpan lasting) => new($"the database is down for {lasting.TotalSeconds:0.#} s", run =>
    {
        run.Cluster.StopDatabase();
        run.After(lasting, run.Cluster.MendDatabase);
    });

    /// <summary>Batches fail, or nobody knows what became of them, at these rates.</summary>
    public static Fault DatabaseTrouble(double failure, double unknown) =>
        new("the database times out", run => run.Cluster.Database.Settings = run.Cluster.Database.Settings with { Failure = failure, UnknownOutcome = unknown });

    /// <summary>The links between nodes lose and double messages, and let them overtake each other, for a time.</summary>
    public static Fault LinkTrouble(double loss, double duplication, TimeSpan lasting) => new($"links lose {loss:P0}", run =>
    {
        run.Cluster.Links.Settings = run.Cluster.Links.Settings with { Loss = loss, Duplication = duplication, Latency = Chance.Latency.Milliseconds(0.2, 1_500) };
        run.After(lasting, () => run.Cluster.Links.Settings = SimNodeLinkSettings.Default);
    });

    /// <summary>Processes stand still for a time, and then go on as if nothing had been.</summary>
    public static Fault Freeze(Who who, TimeSpan lasting) => ToEach(who, $"frozen for {lasting.TotalSeconds:0.#} s", (run, node) =>
    {
        node.Freeze();
        run.After(lasting, node.Thaw);
    });

    /// <summary>Nothing passes between these and the database, for a time.</summary>
    public static Fault CutFromDatabase(Who who, TimeSpan lasting) => ToEach(who, $"cut off from the database for {lasting.TotalSeconds:0.#} s", (run, node) =>
    {
        run.Cluster.CutFromDatabase(node);
        run.After(lasting, run.Cluster.MendDatabase);
    });

    /// <summary>Machines are lost with all that is on them; they never come back.</summary>
    public static Fault Lose(Who who) => ToEach(who, "lost for good", (_, node) =>
    {
        node.Crash();
        node.Leave();
    });

    /// <summary>Each in its turn stops and starts again with another version of the messages between nodes.</summary>
    public static Fault Upgrade(Who who, int version, TimeSpan apart) => new($"{who} is upgraded to version {version}", run =>
    {
        var delay = TimeSpan.Zero;
        foreach (var node in who.Choose(run))
        {
            run.After(delay, () =>
            {
                node.MessageVersion = version;
                node.Restart();
            });
            delay += apart;
        }
    });

    private static Fault ToEach(Who who, string what, Action<SwarmRun, SimNode> strike) => new($"{who} is {what}", run =>
    {
        foreach (var node in who.Choose(run).Where(node => !node.HasLeft)) strike(run, node);
    });
}
