using Swarm.Actors.Cluster;
using Swarm.Protocol.Cluster;
using Swarm.TestKit.Scenarios;
using Swarm.TestKit.World;

namespace Swarm.Tests.Simulations;

/// <summary>The cluster is broken on purpose, and the scenarios must notice within a few seeds: what is watched can fail.</summary>
public sealed class ClusterMutationTests
{
    private const int MaxSeeds = 5;
    private const string Owner = "A token has one owner, nobody writes past his session, and nothing acknowledged is lost";

    [Fact]
    public void A_node_that_goes_on_when_its_session_runs_out_is_caught() => ShouldBeCaught(
        ScenarioLibrary.Find("database-stops")!,
        Owner,
        world => world.Simulation.Tamper = turn => turn.Message is MembersActor.SessionChanged ? new MembersActor.SessionChanged(SessionState.Writing) : turn.Message);

    [Fact]
    public void An_acknowledgement_of_what_was_not_written_is_caught() => ShouldBeCaught(
        ScenarioLibrary.Find("cluster-grows")!.At(0.Seconds, ClusterFaults.DatabaseTrouble(0.5, 0.1)),
        Owner,
        world => world.Simulation.Tamper = turn => turn is { Message: TableActor.RunFailed failed, Recipient.Name: "router" } ? new TableActor.Ran(failed.Tag, new ClusterOutcome.Done(), 0) : turn.Message);

    [Fact]
    public void Replicas_that_never_say_that_they_are_complete_are_caught() => ShouldBeCaught(
        ScenarioLibrary.Find("cluster-grows")!,
        "Once nothing is wrong any more, every torrent",
        world => world.Simulation.Tamper = turn => turn.Message is TableActor.Run { Command: ClusterCommand.Report } ? null : turn.Message);

    [Fact]
    public void A_planner_that_never_repairs_is_caught() => ShouldBeCaught(
        ScenarioLibrary.Find("member-is-lost")!,
        "Once nothing is wrong any more, every torrent",
        world => world.Simulation.Tamper = turn => turn.Message is TableActor.Run { Command: ClusterCommand.Assign } && world.Nodes.Any(node => node.HasLeft) ? null : turn.Message);

    private static void ShouldBeCaught(SwarmScenario scenario, string promise, Action<SimWorld> breakIt)
    {
        var told = scenario.EveryoneCompletes(within: 10.Minutes);
        for (var seed = 1; seed <= MaxSeeds; seed++)
        {
            if (told.Play(seed, breakIt).Failure is not { } failure) continue;
            failure.Promise.ShouldStartWith(promise, customMessage: failure.Text);
            return;
        }

        Assert.Fail($"None of {MaxSeeds} seeds of {scenario.Name} noticed.");
    }
}
