using Microsoft.Extensions.Logging;
using Swarm.Host.Cluster;
using Swarm.Host.Commands;

namespace Swarm.Host;

/// <summary>Starts the node of a command as its user asked.</summary>
internal static class NodeStart
{
    private const int Attempts = 5;

    /// <summary>
    /// A running node, a member of its cluster if <paramref name="membership"/> is not null. A port that the program chose and another program took meanwhile is chosen again; a database that is away is waited for
    /// as <paramref name="wait"/> has it, or not at all.
    /// </summary>
    /// <exception cref="SwarmException">It does not start.</exception>
    /// <exception cref="OperationCanceledException">Whoever waits for the database is to end.</exception>
    public static async Task<SwarmNode> RunAsync(CommonSettings settings, ILoggerFactory logs, NodeMembership? membership = null, DatabaseWait? wait = null)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await SwarmNode.StartAsync(settings.DataFolder, settings.ForNode(settings.ChooseListen(), membership), settings.IoOf(membership), logs, membership, wait).ConfigureAwait(false);
            }
            catch (ListenException) when (settings is { Swarm.Node.Listen.IsEmpty: true, Port: null or 0 } && attempt < Attempts)
            {
                // Another program was quicker.
            }
        }
    }
}
