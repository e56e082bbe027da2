using Swarm.Actors.Cluster;
using Swarm.Actors.Torrents;
using Swarm.Host.Api.Catalogue;
using Swarm.Protocol.Cluster;

namespace Swarm.Host.Api.Clusters;

/// <summary>
/// Keeps a member's catalogue as one list of the whole cluster: the node's own torrents with their full rows, and every other torrent of the cluster by what the view and other nodes' events tell of it. The one writer of the catalogue of such a node; safe from any thread. <paramref name="self"/>: the end point where other nodes reach this one.
/// <para>Always holds: a torrent is in the catalogue as long as this node has it or the cluster wants it or has not forgotten it; a row that shows the same as before is not told again.</para>
/// <para>Views come in order. One that is being read anew lacks torrents for a while, so a torrent is taken out only where a view says that it changed and does not have it any more.</para>
/// </summary>
internal sealed class ClusterCatalogue(TorrentCatalogue catalogue, string self, TimeProvider clock)
{
    // Most torrents show one of a few replicas, so each is kept once; reasons make many, and then it begins anew.
    private const int MaxShared = 4_096;

    private readonly Lock _gate = new();
    private readonly Dictionary<InfoHash, TorrentRow> _own = [];
    private readonly Dictionary<InfoHash, PlacedTorrent> _placed = [];
    private readonly Dictionary<InfoHash, SortedDictionary<string, (TorrentState State, string? Reason)>> _said = [];
    private readonly Dictionary<PlacedReplica, PlacedReplica> _shared = [];
    private ClusterView _view = ClusterView.Empty;
    private bool _looksAtAll;

    /// <summary>What changed in the node's own torrents.</summary>
    public void Take(RowFeed.Changes changes)
    {
        lock (_gate)
        {
            foreach (var torrent in changes.Removed) _own.Remove(torrent);
            foreach (var row in changes.Rows) _own[row.Torrent] = row;
            Show(changes.Removed.Concat(changes.Rows.Select(static row => row.Torrent)));
        }
    }

    /// <summary>The next view.</summary>
    public void Take(ClusterView view)
    {
        lock (_gate)
        {
            // Who runs what depends on who is there; what a view lacks that is being read anew is looked at when it is whole.
            var isOther = _looksAtAll || !_view.Members.Select(static member => (member.Id, member.State)).SequenceEqual(view.Members.Select(static member => (member.Id, member.State)));
            _view = view;
            foreach (var torrent in view.Changed)
            {
                if (view.Torrents.GetValueOrDefault(torrent) is { } placed)
                {
                    _placed[torrent] = placed;
                    continue;
                }

                _placed.Remove(torrent);
                _said.Remove(torrent);
            }

            _looksAtAll = isOther && !view.IsCaughtUp;
            Show(isOther ? view.Torrents.Keys.Concat(view.Changed.Where(torrent => !view.Torrents.ContainsKey(torrent))) : view.Changed);
        }
    }

    /// <summary>All that a view has, for who begins to follow.</summary>
    public void TakeAll(ClusterView view)
    {
        lock (_gate)
        {
            foreach (var (torrent, placed) in view.Torrents) _placed[torrent] = placed;
            _view = view;
            Show(view.Torrents.Keys);
        }
    }

    /// <summary>What happened at another node.</summary>
    public void Take(RemoteEvent happened)
    {
        var torrent = happened.Event.Torrent;
        if (!Enum.IsDefined((TorrentState)happened.Event.State)) return;
        lock (_gate)
        {
            // Bounded by who runs it: what others say of it is not kept.
            if (!_placed.TryGetValue(torrent, out var placed) || !placed.Replicas.Any(replica => _view.RunnerOf(replica.Storage, torrent)?.EndPoint == happened.Member.EndPoint)) return;
            if (!_said.TryGetValue(torrent, out var said)) _said.Add(torrent, said = new SortedDictionary<string, (TorrentState, string?)>(StringComparer.Ordinal));
            said[happened.Member.EndPoint] = ((TorrentState)happened.Event.State, happened.Event.Reason.Length > 0 ? happened.Event.Reason : null);
            Show([torrent]);
        }
    }

    private void Show(IEnumerable<InfoHash> torrents)
    {
        var rows = new List<(TorrentRow, Placement?)>();
        foreach (var torrent in torrents)
        {
            var shown = catalogue.Find(torrent);
            var own = _own.GetValueOrDefault(torrent);
            if (!_placed.TryGetValue(torrent, out var placed))
            {
                if (own is null) catalogue.Remove(torrent);
                else if (!ReferenceEquals(shown?.Row, own) || shown.Placement is not null) rows.Add((own, null));
                continue;
            }

            var placement = PlacementOf(placed, own);
            var row = own ?? Remote(placed, placement, shown);
            if (shown is null || shown.Row != row || shown.Placement != placement) rows.Add((row, placement));
        }

        catalogue.Put(rows);
    }

    private Placement PlacementOf(PlacedTorrent placed, TorrentRow? own)
    {
        var said = _said.GetValueOrDefault(placed.Wanted.Torrent);
        if (said is not null && placed.Replicas.IsEmpty) _said.Remove(placed.Wanted.Torrent);
        return new Placement(placed.Wanted.Replicas, placed.Wanted.IsPaused, placed.Wanted.IsRemoved, own is not null, PlacedOptions.Of(placed.Wanted), [.. placed.Replicas.Select(replica =>
        {
            var node = _view.RunnerOf(replica.Storage, placed.Wanted.Torrent)?.EndPoint;
            if (node == self) return Shared(new PlacedReplica(replica.Storage, node, replica.State, replica.IsPinned, own?.State, replica.Reason ?? own?.Reason));
            return Shared(said is not null && node is not null && said.TryGetValue(node, out var phase)
                ? new PlacedReplica(replica.Storage, node, replica.State, replica.IsPinned, phase.State, replica.Reason ?? phase.Reason)
                : new PlacedReplica(replica.Storage, node, replica.State, replica.IsPinned, null, replica.Reason));
        })]);
    }

    private PlacedReplica Shared(PlacedReplica replica)
    {
        if (_shared.TryGetValue(replica, out var known)) return known;
        if (_shared.Count >= MaxShared) _shared.Clear();
        _shared.Add(replica, replica);
        return replica;
    }

    // What is known of a torrent that runs elsewhere: no rates, no peers.
    private TorrentRow Remote(PlacedTorrent placed, Placement placement, CatalogueEntry? shown)
    {
        var wanted = placed.Wanted;
        return new TorrentRow
        {
            Torrent = wanted.Torrent,
            Name = wanted.Name ?? shown?.Row.Name ?? wanted.Torrent.ToString(),
            State = StateOf(placement),
            Reason = placement.Replicas.Select(static replica => replica.Reason).FirstOrDefault(static reason => reason is not null),
            Folder = "",
            AddedTicks = shown?.Row.AddedTicks ?? clock.GetUtcNow().UtcTicks,
            HasMetadata = wanted.Length > 0,
            TotalLength = wanted.Length,
            SelectedLength = wanted.Length,
            VerifiedLength = placement.Complete > 0 ? wanted.Length : 0,
        };
    }

    // Taken together: the best that any replica does.
    private static TorrentState StateOf(Placement placement)
    {
        if (placement.IsRemoved) return TorrentState.Stopping;
        if (placement.IsPaused) return TorrentState.Stopped;
        if (placement.Complete > 0) return TorrentState.Seeding;
        var phases = placement.Replicas.Where(static replica => replica.State == ReplicaState.Assigned).Select(static replica => replica.Phase ?? TorrentState.Downloading).ToArray();
        if (phases.Length > 0) return phases.Contains(TorrentState.Downloading) ? TorrentState.Downloading : phases[0];
        return placement.Replicas.Any(static replica => replica.State == ReplicaState.Failed) ? TorrentState.Failed : TorrentState.Queued;
    }
}
