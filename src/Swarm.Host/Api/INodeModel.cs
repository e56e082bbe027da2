using System.Collections.Immutable;
using System.Net;
using Swarm.Actors.Dht;
using Swarm.Actors.Torrents;
using Swarm.Api.Contracts;

namespace Swarm.Host.Api;

/// <summary>A torrent to add: what it is, and how it is run.</summary>
internal sealed record NewTorrent(TorrentSource Source, TorrentOptions Options);

/// <summary>What is known of the node without asking it.</summary>
/// <param name="Phase">What it is doing.</param>
/// <param name="StartedAt">When it started.</param>
/// <param name="Listen">Where peers connect.</param>
/// <param name="DownloadLimit">Payload bytes a second over all torrents, 0 for none.</param>
/// <param name="UploadLimit">Payload bytes a second over all torrents, 0 for none.</param>
internal sealed record NodeFacts(NodePhase Phase, DateTimeOffset StartedAt, ImmutableArray<IPEndPoint> Listen, long DownloadLimit, long UploadLimit);

/// <summary>The actors at one moment, parents before children.</summary>
internal sealed record ActorsSeen(IReadOnlyList<ActorItem> Actors, long DeadLetters, long Dropped, bool More);

/// <summary>
/// The node as the API sees it: what is asked of it and what it tells. Lists of torrents are not asked here: they come from the catalogue, which the node keeps up to date. Every method is safe
/// from any thread.
/// </summary>
internal interface INodeModel
{
    /// <summary>What is known without asking.</summary>
    NodeFacts Facts { get; }

    /// <summary>Adds a torrent; durable when this returns.</summary>
    /// <exception cref="SwarmException">It was refused, or the node has ended; one line.</exception>
    Task AddAsync(NewTorrent torrent);

    /// <summary>Runs a command of <see cref="TorrentsActor"/> for one torrent; what was done is durable when this returns.</summary>
    /// <returns>Null where it was done, or why it was not; one line.</returns>
    /// <exception cref="SwarmException">The node has ended.</exception>
    Task<string?> CommandAsync(TorrentsActor.ITorrentCommand command);

    /// <summary>Everything there is to say of a torrent, or null if it is not there.</summary>
    /// <exception cref="SwarmException">The node has ended.</exception>
    Task<TorrentDetails?> DetailsAsync(InfoHash torrent);

    /// <summary>Changes the limits over all torrents; null leaves one as it is.</summary>
    /// <exception cref="SwarmException">The node has ended.</exception>
    Task LimitAsync(long? downloadLimit, long? uploadLimit);

    /// <summary>The DHT, a line for each family; none where the node has no DHT.</summary>
    /// <exception cref="SwarmException">The node has ended, or does not answer.</exception>
    Task<IReadOnlyList<DhtStatus>> DhtAsync(CancellationToken cancellation);

    /// <summary>Asks the DHT for peers of a hash, at most so many.</summary>
    /// <exception cref="SwarmException">There is no DHT, or no node of it answers.</exception>
    Task<(IReadOnlyList<IPEndPoint> Peers, bool More)> LookUpAsync(InfoHash torrent, int limit, CancellationToken cancellation);

    /// <summary>The living actors at or below a path, at most so many.</summary>
    ActorsSeen Actors(string under, int limit);

    /// <summary>Makes an actor fail, so that its supervisor decides; false if there is none at the path.</summary>
    bool RestartActor(string path);

    /// <summary>Why a node that runs is not ready all the same, one word for people, such as "joining" of a member of a cluster; null: it is ready.</summary>
    Task<string?> UnreadyAsync() => Task.FromResult<string?>(null);

    /// <summary>Begins to end the node in good order; returns at once, and again at once when it was asked before.</summary>
    void Drain();
}
