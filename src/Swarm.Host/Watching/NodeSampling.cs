using Microsoft.Extensions.Logging;
using Swarm.Host.Api.Catalogue;
using Swarm.Host.Api.Torrents;

namespace Swarm.Host.Watching;

/// <summary>
/// Asks the node for its figures every so often and hands them to its instruments, and what its torrents do to the traces. For as long as the node is served; one a node.
/// </summary>
internal sealed partial class NodeSampling(SwarmNode node, TorrentCatalogue catalogue, NodeMetrics metrics, TimeSpan interval, TimeProvider clock, ILogger log)
{
    /// <summary>Asks once.</summary>
    /// <exception cref="SwarmException">The node has ended.</exception>
    public async Task SampleAsync(CancellationToken cancellation) => metrics.Take(await node.FiguresAsync(cancellation).WaitAsync(cancellation).ConfigureAwait(false), CatalogueTotals.Of(catalogue));

    /// <summary>Asks until it is cancelled or the node ends.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(interval, clock);
        try
        {
            do
            {
                await TrySampleAsync(cancellation).ConfigureAwait(false);
            }
            while (!node.Ended.IsCompleted && await timer.WaitForNextTickAsync(cancellation).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Who serves has ended.
        }
    }

    // A node that does not answer in time is asked again at the next turn; meanwhile the old figures stand.
    private async Task TrySampleAsync(CancellationToken cancellation)
    {
        try
        {
            await SampleAsync(cancellation).ConfigureAwait(false);
        }
        catch (SwarmException e)
        {
            LogUnanswered(log, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The node did not tell its figures: {Reason}")]
    private static partial void LogUnanswered(ILogger log, string reason);
}
