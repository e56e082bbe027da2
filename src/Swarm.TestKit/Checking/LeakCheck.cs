using Swarm.TestKit.World;

namespace Swarm.TestKit.Checking;

/// <summary>Counts what a node that has stopped in good order still holds, and what is left in the end: nothing.</summary>
internal sealed class LeakCheck(SimWorld world) : WorldCheck(world, "Who stops gives everything back")
{
    public override void OnStopped(SimNode node)
    {
        Demand(node, World.Simulation.TimersOf(node.System!), "timers");
        Demand(node, node.Http.Pending, "HTTP requests");
        Demand(node, node.Host.OpenConnections, "connections");
        Demand(node, ActorTree.Walk(node.System!).Count() - 1, "actors");
    }

    public override void OnEnd()
    {
        // A disk that stands still longer than a torrent waits for it closes its storages after the process has ended.
        foreach (var node in World.Nodes.Where(node => node.Lives > 0))
        {
            Demand(node, node.Slabs.Outstanding, "slabs");
            Demand(node, node.Disk.StoragesOpen.Length, "storages");
            Demand(node, node.Disk.JobsPending, "jobs of the disk");
        }

        Demand(null, World.Network.OpenConnections, "connections");
    }

    private void Demand(SimNode? node, int held, string what)
    {
        if (held > 0) Broken(node, $"{held} {what} are left");
    }
}
