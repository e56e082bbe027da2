using System.Collections.Immutable;
using Swarm.Protocol.Cluster;
using Swarm.Protocol.Swarming;

namespace Swarm.Actors.Torrents;

// A torrent with replicas elsewhere in its cluster: which pieces are asked of peers outside. The plan lives here, beside the picker, because here is known what the others have (their bit fields and haves), whether they give it (their blocks), and what is
// needed. Who they are comes from the cluster, by way of the torrent. A torrent without replicas has none of this: no plan, no timer, no limit in the picker.
public sealed partial class PiecesActor
{
    private const string LookKey = "look-at-replicas";

    private SetReplicas? _replicas;
    private OutsideFetchPlan? _plannedFetch;

    /// <summary>From the torrent: the other replicas, and which connections are theirs; told anew when either changes. <paramref name="IsDivided"/>: the others fetch from outside too; else only this one can.</summary>
    public sealed record SetReplicas(ReplicaGroup Group, ImmutableSortedDictionary<PeerKey, string> Connections, bool IsDivided);

    private sealed record LookAtReplicas
    {
        public static readonly LookAtReplicas Instance = new();
    }

    private long Now() => _time.GetElapsedTime(0).Ticks;

    private bool IsReplica(PeerKey peer) => _replicas is { } replicas && replicas.Connections.ContainsKey(peer);

    private void OnSetReplicas(SetReplicas replicas)
    {
        _replicas = replicas;
        ShareFetching();
    }

    private void ShareFetching()
    {
        if (_picker is null || _replicas is not { } replicas) return;
        foreach (var source in _sources.Keys) _picker.SetInside(source, IsReplica(source));
        var group = replicas.Group;
        if (group.Fetching.FetchersPerPiece == 0 || group.Others.IsEmpty || _picker.IsFinished)
        {
            EndSharing();
            return;
        }

        _plannedFetch ??= new OutsideFetchPlan(group.Torrent, _picker.Geometry.PieceCount, group.Self, group.Fetching);
        if (!Timers.IsTimerActive(LookKey)) Timers.StartPeriodicTimer(LookKey, LookAtReplicas.Instance, group.Fetching.LookInterval);
        PlanFetching();
    }

    private void EndSharing()
    {
        if (_plannedFetch is null) return;
        _plannedFetch = null;
        Timers.Cancel(LookKey);
        _picker?.SetOutside(null);
        _freed = true;
        EndTurn();
    }

    private void OnLookAtReplicas()
    {
        if (_picker is null || _picker.IsFinished) EndSharing();
        else PlanFetching();
    }

    private void PlanFetching()
    {
        if (_picker is null || _plannedFetch is not { } plan || _replicas is not { } replicas) return;
        var now = Now();
        var pieces = _picker.Geometry.PieceCount;
        var held = new SortedDictionary<string, Bitfield>(StringComparer.Ordinal);
        foreach (var (peer, storage) in replicas.Connections)
        {
            if (!_sources.ContainsKey(peer)) continue;
            if (!held.TryGetValue(storage, out var had)) held.Add(storage, had = new Bitfield(pieces));
            _picker.AddPiecesOf(peer, had);
        }

        // What the tables call complete may lag behind what a connection says, and the other way round after a loss.
        var sharers = replicas.IsDivided ? replicas.Group.Others : [];
        var incomplete = sharers.Where(other => held.TryGetValue(other.Storage, out var had) ? !had.IsFull : !other.IsComplete).Select(other => (other.Storage, held.GetValueOrDefault(other.Storage)?.Count ?? 0));
        plan.Update([.. incomplete, (replicas.Group.Self, _picker.Verified.Count)], now);
        var needed = new Bitfield(pieces);
        _picker.AddNeeded(needed);
        _picker.SetOutside(plan.Open(needed, [.. held.Select(static each => (each.Key, each.Value))], now));
        _freed = true;
        EndTurn();
    }

    private void NoteGiven(PeerKey peer)
    {
        if (_plannedFetch is { } plan && _replicas!.Connections.TryGetValue(peer, out var storage)) plan.Gave(storage, Now());
    }

    // A replica got a piece: it is not fetched from outside as well.
    private void NoteHad(PeerKey peer, PieceIndex piece)
    {
        if (_plannedFetch is { } plan && _replicas!.Connections.TryGetValue(peer, out var storage) && plan.Gives(storage, Now())) _picker!.CloseOutside(piece);
    }
}
