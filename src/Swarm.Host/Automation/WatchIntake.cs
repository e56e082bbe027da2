using Swarm.Actors.Cluster;
using Swarm.Actors.Torrents;
using Swarm.Host.Api.Clusters;

namespace Swarm.Host.Automation;

/// <summary>What an intake needs of the node. Safe from any thread.</summary>
internal interface IWatchingNode
{
    /// <summary>Whether it has ended: then nothing is tried again.</summary>
    bool HasEnded { get; }

    /// <summary>Whether it has a torrent, its own or a replica.</summary>
    /// <exception cref="NoAnswerException">It does not say.</exception>
    /// <exception cref="SwarmException">The node has ended.</exception>
    Task<bool> HasAsync(InfoHash torrent);

    /// <summary>Adds a torrent to this node alone.</summary>
    /// <exception cref="NoAnswerException">It does not say whether it has.</exception>
    /// <exception cref="SwarmException">It refuses, or has ended.</exception>
    Task AddAsync(TorrentSource source, TorrentOptions options);
}

/// <summary>
/// Where torrents from watched folders go: at a member of a cluster into the cluster, with as many replicas as a plain addition gets, else to this node alone. A folder that has a category or a content folder of its own is for this node alone too,
/// because a cluster keeps neither. <paramref name="cluster"/> is null where there is none.
/// <para>A torrent is durable when this returns. What a cluster does not take now, its database being away, is to be tried again, and so is what the node gave no answer to: the file stays where it is, and if it was done all the same the torrent is there at the next try.</para>
/// </summary>
internal sealed class WatchIntake(IWatchingNode node, IClusterModel? cluster)
{
    /// <summary>Adds one. <paramref name="options"/>: how this node runs it, where it is for this node alone.</summary>
    /// <exception cref="TorrentRefusedException">It was not added, and the node goes on.</exception>
    /// <exception cref="SwarmException">The node has ended.</exception>
    public async Task AddAsync(TorrentSource source, WatchFolderSettings watched, TorrentOptions options)
    {
        var isPlaced = cluster is { Facts.Replicas: > 0 } && watched is { Category: null, Folder: null };
        try
        {
            if (await node.HasAsync(source.Torrent).ConfigureAwait(false)) throw new TorrentRefusedException("the torrent is already there", isThereAlready: true);
            if (isPlaced) await PlaceAsync(cluster!, source, watched.Paused).ConfigureAwait(false);
            else await node.AddAsync(source, options).ConfigureAwait(false);
        }
        catch (SwarmException e) when (!node.HasEnded)
        {
            throw new TorrentRefusedException(e.Message, isThereAlready: false) { IsToBeTriedAgain = isPlaced || e is NoAnswerException };
        }
    }

    private static async Task PlaceAsync(IClusterModel cluster, TorrentSource source, bool isPaused)
    {
        if (await cluster.ExplainAsync(source.Torrent).ConfigureAwait(false) is { Torrent.Wanted.IsRemoved: false }) throw new TorrentRefusedException("the torrent is already in the cluster", isThereAlready: true);
        var add = new RouterActor.Add(source, cluster.Facts.Replicas, Acknowledged: 0) { IsPaused = isPaused };
        if (await cluster.CommandAsync(add, cluster.Facts.Patience).ConfigureAwait(false) is RouterActor.Refused refused) throw new SwarmException(refused.Reason);
    }
}
