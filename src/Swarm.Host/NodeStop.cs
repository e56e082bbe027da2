using Swarm.Host.Output;

namespace Swarm.Host;

/// <summary>Stops the node of a command in good order, and says so if that was not to be had. Why a node ended by itself is in <see cref="SwarmNode.Failure"/>, for the command to fail with.</summary>
internal static class NodeStop
{
    public static async Task RunAsync(SwarmNode node, IReporter reporter)
    {
        if (await node.StopAsync().ConfigureAwait(false) || node.Failure is not null) return;
        reporter.Log("swarm: not everything could be recorded in time; the next run will hash what is in doubt");
    }
}
