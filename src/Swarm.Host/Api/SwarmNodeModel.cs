using System.Collections.Immutable;
using System.Net;
using Swarm.Actors.Dht;
using Swarm.Actors.Torrents;
using Swarm.Api.Contracts;

namespace Swarm.Host.Api;

/// <summary>
/// A running <see cref="SwarmNode"/> as the API sees it: each question one to the node. Owns what the node itself does not remember: when it started, what it is doing, and its limits in force.
/// </summary>
internal sealed class SwarmNodeModel : INodeModel
{
    private readonly SwarmNode _node;
    private readonly Action _drain;
    private readonly Lock _gate = new();
    private NodeFacts _facts;

    /// <summary>A node that is being restored. <paramref name="drain"/> begins its end and returns at once.</summary>
    public SwarmNodeModel(SwarmNode node, DateTimeOffset startedAt, long downloadLimit, long uploadLimit, Action drain)
    {
        _node = node;
        _drain = drain;
        _facts = new NodeFacts(NodePhase.Restoring, startedAt, node.Listen, downloadLimit, uploadLimit);
    }

    /// <inheritdoc/>
    public NodeFacts Facts
    {
        get
        {
            lock (_gate) return _facts;
        }
    }

    /// <summary>The recorded torrents have been taken up.</summary>
    public void Restored() => Enter(NodePhase.Running);

    /// <inheritdoc/>
    public Task AddAsync(NewTorrent torrent) => _node.AddAsync(torrent.Source, torrent.Options);

    /// <inheritdoc/>
    public async Task<string?> CommandAsync(TorrentsActor.ITorrentCommand command)
    {
        try
        {
            return await _node.CommandAsync(command).ConfigureAwait(false) ? null : "the torrent is not there any more";
        }
        catch (SwarmException e) when (e is not NoAnswerException)
        {
            return e.Message;
        }
    }

    /// <inheritdoc/>
    public Task<TorrentDetails?> DetailsAsync(InfoHash torrent) => _node.DetailsAsync(torrent);

    /// <summary>The limits were changed by the configuration.</summary>
    public void Limited(long downloadLimit, long uploadLimit)
    {
        lock (_gate) _facts = _facts with { DownloadLimit = downloadLimit, UploadLimit = uploadLimit };
    }

    /// <summary>The node begins to end.</summary>
    public void Draining() => Enter(NodePhase.Draining);

    /// <inheritdoc/>
    public Task LimitAsync(long? downloadLimit, long? uploadLimit)
    {
        lock (_gate)
        {
            _facts = _facts with { DownloadLimit = downloadLimit ?? _facts.DownloadLimit, UploadLimit = uploadLimit ?? _facts.UploadLimit };
            _node.SetLimits(_facts.DownloadLimit, _facts.UploadLimit);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<DhtStatus>> DhtAsync(CancellationToken cancellation)
    {
        var families = new List<DhtStatus>();
        foreach (var dht in _node.Dht)
        {
            if (await _node.RunAsync(dht, new DhtActor.GetStatus(), streamed: null, cancellation).ConfigureAwait(false) is DhtStatus status) families.Add(status);
        }

        return families;
    }

    /// <inheritdoc/>
    public async Task<(IReadOnlyList<IPEndPoint> Peers, bool More)> LookUpAsync(InfoHash torrent, int limit, CancellationToken cancellation)
    {
        if (_node.Dht.IsEmpty) throw new SwarmException("this node has no DHT");
        var found = new ConcurrentPeers(limit);
        var answers = await Task.WhenAll(_node.Dht.Select(dht => _node.RunAsync(dht, new DhtActor.GetPeers(0, torrent), peers => found.Add(peers.Peers), cancellation))).ConfigureAwait(false);
        if (found.IsEmpty && answers.All(answer => answer is DhtActor.Failed)) throw new SwarmException(((DhtActor.Failed)answers[0]).Reason);
        return found.Taken();
    }

    /// <inheritdoc/>
    public ActorsSeen Actors(string under, int limit) => _node.Actors(under, limit);

    /// <inheritdoc/>
    public bool RestartActor(string path) => _node.FailActor(path);

    /// <inheritdoc/>
    public Task<string?> UnreadyAsync() => _node.UnreadyAsync();

    /// <inheritdoc/>
    public void Drain()
    {
        Enter(NodePhase.Draining);
        _drain();
    }

    private void Enter(NodePhase phase)
    {
        lock (_gate)
        {
            if (_facts.Phase != NodePhase.Draining) _facts = _facts with { Phase = phase };
        }
    }

    // Peers of both families as they come in, each once, at most so many.
    private sealed class ConcurrentPeers(int limit)
    {
        private readonly HashSet<IPEndPoint> _peers = [];
        private bool _more;

        public bool IsEmpty
        {
            get
            {
                lock (_peers) return _peers.Count == 0;
            }
        }

        public void Add(ImmutableArray<IPEndPoint> peers)
        {
            lock (_peers)
            {
                foreach (var peer in peers)
                {
                    if (_peers.Contains(peer)) continue;
                    if (_peers.Count < limit) _peers.Add(peer);
                    else _more = true;
                }
            }
        }

        public (IReadOnlyList<IPEndPoint> Peers, bool More) Taken()
        {
            lock (_peers) return ([.. _peers], _more);
        }
    }
}
