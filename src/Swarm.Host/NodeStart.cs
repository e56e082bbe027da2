using Microsoft.Extensions.Logging;
using Swarm.Host.Commands;
using Swarm.Host.Output;

namespace Swarm.Host;

/// <summary>Starts the node of a command as its user asked, and says where it listens.</summary>
internal static class NodeStart
{
    private const int Attempts = 5;

    /// <summary>A running node. A port that the program chose and another program took meanwhile is chosen again.</summary>
    /// <exception cref="SwarmException">It does not start.</exception>
    public static async Task<SwarmNode> RunAsync(CommonSettings settings, IReporter reporter, ILoggerFactory logs)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var node = await SwarmNode.StartAsync(settings.DataFolder, settings.ForNode(ListenChoice.Choose(settings.Bind, settings.Port)), logs).ConfigureAwait(false);
                reporter.Listening(node.Listen);
                return node;
            }
            catch (ListenException) when (settings.Port is null or 0 && attempt < Attempts)
            {
                // Another program was quicker.
            }
        }
    }
}
