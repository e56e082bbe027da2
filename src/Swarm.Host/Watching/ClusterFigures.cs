using System.Collections.Immutable;
using Swarm.Actors.Cluster;
using Swarm.Host.Cluster;
using Swarm.Protocol.Cluster;

namespace Swarm.Host.Watching;

/// <summary>
/// A member's figures of its cluster, counted from what it knows of it; every member counts all, so that one of them is enough to look at.
/// <paramref name="State"/>: this node's own, null while it is no member. <paramref name="Short"/>: torrents with fewer complete replicas than they want, <paramref name="Lost"/>: of them those with none; a replica at a storage that is lost does not count in either. <paramref name="Messages"/>: between nodes, by what they say;
/// <paramref name="Tables"/>: what the database was asked; <paramref name="Link"/>: what goes over the wire.
/// </summary>
internal sealed record ClusterFigures(
    MemberState? State, SessionState Session, bool Plans, ImmutableArray<int> Members, ImmutableArray<int> Replicas, int Torrents, int Short, int Lost, int Bans, ClusterActor.LinkCounters Messages, TableActor.Counters Tables, NodeLinkCounters? Link)
{
    /// <summary>Counts. Members by the number of their state, replicas by that of theirs.</summary>
    public static ClusterFigures Of(ClusterStatus status, ClusterActor.LinkCounters messages, TableActor.Counters tables, NodeLinkCounters? link)
    {
        var members = new int[Enum.GetValues<MemberState>().Max(static state => (int)state) + 1];
        foreach (var member in status.View.Members) members[(int)member.State]++;
        var replicas = new int[Enum.GetValues<ReplicaState>().Max(static state => (int)state) + 1];
        var (torrents, tooFew, lost) = (0, 0, 0);
        var sites = new SiteTable(status.View, status.Placement);
        foreach (var (_, torrent) in status.View.Torrents)
        {
            foreach (var replica in torrent.Replicas) replicas[(int)replica.State]++;
            if (torrent.Wanted.IsRemoved) continue;
            torrents++;
            var complete = sites.CompleteOf(torrent);
            if (complete < torrent.Wanted.Replicas) tooFew++;
            if (complete == 0) lost++;
        }

        return new ClusterFigures(status.View.Find(status.Self)?.State, status.Session, status.Plans, [.. members], [.. replicas], torrents, tooFew, lost, status.Bans.Length, messages, tables, link);
    }
}
