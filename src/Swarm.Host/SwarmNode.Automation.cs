using Microsoft.Extensions.Logging;
using Swarm.Actors.Automation;
using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;

namespace Swarm.Host;

// What the node does with its torrents by itself.
public sealed partial class SwarmNode
{
    private volatile IActorRef _automation = ActorRefs.Nobody;

    /// <summary>Whether it looks after them.</summary>
    internal bool IsAutomated => !_automation.Equals(ActorRefs.Nobody);

    /// <summary>Looks after the torrents from now on, when they have been taken up, or goes on by other settings; one caller at a time.</summary>
    internal void Automate(AutomationSettings settings, CategoryFolders folders, IPrograms programs, ILogger log)
    {
        if (IsAutomated) _automation.Tell(new AutomationActor.Configure(settings, folders));
        else _automation = _system.ActorOf(AutomationActor.Props(settings, folders, _torrents, _clusterFolder, programs, TimeProvider.System, log), "automation");
    }

    /// <summary>Lets go on what a queue of an earlier run held back: there is none any more.</summary>
    /// <exception cref="SwarmException">The node has ended.</exception>
    internal async Task ReleaseQueuedAsync(CancellationToken cancellation)
    {
        using var feed = FollowRows();
        if (await feed.ReadAsync(cancellation).ConfigureAwait(false) is not { } rows) return;
        foreach (var row in rows.Rows.Where(row => row.State == TorrentState.Queued)) await CommandAsync(new TorrentsActor.Release(row.Torrent)).ConfigureAwait(false);
    }

    /// <summary>What automation would do now; null: there is none.</summary>
    /// <exception cref="SwarmException">The node has ended.</exception>
    internal async Task<AutomationActor.Previewed?> PreviewAsync() =>
        !IsAutomated ? null : await AskAsync<AutomationActor.Previewed>(_automation, new AutomationActor.Preview()).ConfigureAwait(false);
}
