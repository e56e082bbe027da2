using System.Collections.Immutable;
using System.Net;
using Swarm.Actors.Torrents;
using Swarm.Host.Api;

namespace Swarm.Host;

// What a service asks of its torrents. Every command is true when it was carried out and is durable, false when there is no such torrent, and throws when it was refused; the message says why.
public sealed partial class SwarmNode
{
    // Moving, deleting and taking everything up last as long as disks do.
    private static readonly TimeSpan LongPatience = TimeSpan.FromDays(7);

    // So many that what their start leaves behind is worth a collection.
    private const int ManyTorrents = 1_000;

    /// <summary>Takes up every torrent that is recorded, as it was left, but those of a cluster, which run when the node may write for it; all rows have been told when this returns.</summary>
    /// <exception cref="SwarmException">The node has ended.</exception>
    public async Task<TorrentsActor.Restored> RestoreAsync()
    {
        var restored = await AskAsync<TorrentsActor.Restored>(_torrents, new TorrentsActor.Restore(_clusterFolder), LongPatience).ConfigureAwait(false);
        // Reading a hundred thousand records leaves several times what is kept of them, and an idle node makes too little garbage for a collection to come by itself: its memory goes back now.
        if (restored.Torrents >= ManyTorrents) GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return restored;
    }

    /// <summary>See <see cref="TorrentsActor.Pause"/>.</summary>
    /// <exception cref="SwarmException">Refused, or the node has ended.</exception>
    public Task<bool> PauseAsync(InfoHash torrent) => CommandAsync(new TorrentsActor.Pause(torrent), AskTimeout);

    /// <summary>See <see cref="TorrentsActor.Resume"/>.</summary>
    /// <exception cref="SwarmException">Refused, or the node has ended.</exception>
    public Task<bool> ResumeAsync(InfoHash torrent) => CommandAsync(new TorrentsActor.Resume(torrent), AskTimeout);

    /// <summary>See <see cref="TorrentsActor.Recheck"/>; returns when it has begun.</summary>
    /// <exception cref="SwarmException">Refused, or the node has ended.</exception>
    public Task<bool> RecheckAsync(InfoHash torrent) => CommandAsync(new TorrentsActor.Recheck(torrent), AskTimeout);

    /// <summary>See <see cref="TorrentsActor.Reannounce"/>.</summary>
    /// <exception cref="SwarmException">Refused, or the node has ended.</exception>
    public Task<bool> ReannounceAsync(InfoHash torrent) => CommandAsync(new TorrentsActor.Reannounce(torrent), AskTimeout);

    /// <summary>See <see cref="TorrentsActor.Remove"/>.</summary>
    /// <exception cref="SwarmException">Refused, or the node has ended.</exception>
    public Task<bool> RemoveAsync(InfoHash torrent, bool deleteData) => CommandAsync(new TorrentsActor.Remove(torrent, deleteData), LongPatience);

    /// <summary>See <see cref="TorrentsActor.Configure"/>.</summary>
    /// <exception cref="SwarmException">Refused, or the node has ended.</exception>
    public Task<bool> ConfigureAsync(InfoHash torrent, TorrentChanges changes) => CommandAsync(new TorrentsActor.Configure(torrent, changes), AskTimeout);

    /// <summary>See <see cref="TorrentsActor.Move"/>; returns when the files are there, which may take long.</summary>
    /// <exception cref="SwarmException">Refused, or the node has ended.</exception>
    public Task<bool> MoveAsync(InfoHash torrent, string folder, bool moveData) => CommandAsync(new TorrentsActor.Move(torrent, folder, moveData), LongPatience);

    /// <summary>See <see cref="TorrentsActor.RenameFile"/>.</summary>
    /// <exception cref="SwarmException">Refused, or the node has ended.</exception>
    public Task<bool> RenameFileAsync(InfoHash torrent, int file, string newPath) => CommandAsync(new TorrentsActor.RenameFile(torrent, file, newPath), LongPatience);

    /// <summary>See <see cref="TorrentsActor.AddPeers"/>.</summary>
    /// <exception cref="SwarmException">Refused, or the node has ended.</exception>
    public Task<bool> AddPeersAsync(InfoHash torrent, ImmutableArray<IPEndPoint> peers) => CommandAsync(new TorrentsActor.AddPeers(torrent, peers), AskTimeout);

    /// <summary>Everything there is to say of a torrent, or null: there is none.</summary>
    /// <exception cref="SwarmException">It cannot be described at the moment, or the node has ended.</exception>
    public async Task<TorrentDetails?> DetailsAsync(InfoHash torrent)
    {
        var answer = await AskAsync<object>(_torrents, new TorrentsActor.GetDetails(torrent), AskTimeout).ConfigureAwait(false);
        return answer is TorrentsActor.Refused refused ? throw new SwarmException(refused.Reason) : answer as TorrentDetails;
    }

    /// <summary>Follows the list of torrents: all there are, and then every change. The caller disposes of it. See <see cref="RowFeed"/>.</summary>
    public RowFeed FollowRows() => new(feed =>
    {
        var actor = _system.ActorOf(RowsActor.Props(_torrents, feed));
        return () => _system.Stop(actor);
    });

    /// <summary>A command of which this is all that is known; what may last as long as disks do is waited for.</summary>
    /// <exception cref="SwarmException">Refused, or the node has ended.</exception>
    public Task<bool> CommandAsync(TorrentsActor.ITorrentCommand command) =>
        CommandAsync(command, command is TorrentsActor.Remove or TorrentsActor.Move or TorrentsActor.RenameFile ? LongPatience : AskTimeout);

    /// <summary>The living actors at or below a path, at most so many.</summary>
    internal ActorsSeen Actors(string under, int limit) => ActorInspection.See(_system, under, limit);

    /// <summary>Makes an actor fail, so that its supervisor decides; false if there is none.</summary>
    internal bool FailActor(string path) => ActorInspection.Fail(_system, path);

    private async Task<bool> CommandAsync(TorrentsActor.ITorrentCommand command, TimeSpan patience)
    {
        var answer = await AskAsync<object>(_torrents, command, patience).ConfigureAwait(false);
        return answer is TorrentsActor.Refused refused ? throw new SwarmException(refused.Reason) : answer is TorrentsActor.Done;
    }
}
