using Swarm.Actors.Node;
using Swarm.Actors.Torrents;
using Swarm.Host.Output;

namespace Swarm.Host;

/// <summary>
/// Follows one torrent of a node for a command: passes on what happens, shows progress at the reporter's pace, and looks at the torrent whenever its state changes, so that nothing waits for
/// a beat. Owns the reading of the node's events; one at a time.
/// </summary>
internal sealed class TorrentWatch(SwarmNode node, InfoHash torrent, IReporter reporter)
{
    /// <summary>Pieces that came from peers while it watched.</summary>
    public int PiecesFetched { get; private set; }

    /// <summary>Returns the status that <paramref name="isEnough"/> accepted.</summary>
    /// <exception cref="SwarmException">The torrent or the node failed; the message is the reason.</exception>
    /// <exception cref="OperationCanceledException">Interrupted.</exception>
    public async Task<TorrentStatus> UntilAsync(Func<TorrentStatus, bool> isEnough, CancellationToken interrupted)
    {
        // Whatever still waits at the end is let go.
        using var waits = CancellationTokenSource.CreateLinkedTokenSource(interrupted);
        try
        {
            return await FollowAsync(isEnough, waits.Token).ConfigureAwait(false);
        }
        finally
        {
            await waits.CancelAsync().ConfigureAwait(false);
        }
    }

    private async Task<TorrentStatus> FollowAsync(Func<TorrentStatus, bool> isEnough, CancellationToken interrupted)
    {
        using var beat = new PeriodicTimer(reporter.Interval);
        var tick = beat.WaitForNextTickAsync(interrupted).AsTask();
        var more = node.Events.WaitToReadAsync(interrupted).AsTask();
        var isDue = true;
        while (true)
        {
            if (PassEventsOn() || isDue)
            {
                var status = await node.StatusAsync(torrent).ConfigureAwait(false) ?? throw new SwarmException("the torrent has stopped unexpectedly; run with --verbose for details, and again to resume");
                reporter.Progress(status);
                if (status.State == TorrentState.Failed) throw new SwarmException(status.Reason ?? "the torrent has failed");
                if (isEnough(status)) return status;
            }

            await Task.WhenAny(tick, more).ConfigureAwait(false);
            interrupted.ThrowIfCancellationRequested();
            isDue = tick.IsCompleted;
            if (isDue) tick = beat.WaitForNextTickAsync(interrupted).AsTask();
            if (!more.IsCompleted) continue;
            if (!await more.ConfigureAwait(false)) throw new SwarmException("the node has stopped unexpectedly; run with --verbose for details, and again to resume");
            more = node.Events.WaitToReadAsync(interrupted).AsTask();
        }
    }

    // True: the torrent's state changed.
    private bool PassEventsOn()
    {
        var changed = false;
        while (node.Events.TryRead(out var happening))
        {
            switch (happening)
            {
                case NodeActor.Broken broken: throw new SwarmException(broken.Reason);
                case TorrentEvent of when of.Torrent != torrent: break;
                case TorrentEvent of:
                    changed |= of is TorrentEvent.StateChanged;
                    if (of is TorrentEvent.PiecesVerified verified) PiecesFetched += verified.Pieces.Length;
                    reporter.Happened(of);
                    break;
            }
        }

        return changed;
    }
}
