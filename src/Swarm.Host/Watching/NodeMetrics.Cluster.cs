using System.Diagnostics.Metrics;
using Swarm.Host.Cluster;
using Swarm.Protocol.Cluster;
using static Swarm.Host.Configuration.SettingsGroup;

namespace Swarm.Host.Watching;

// A member's figures of its cluster; none where the node is in none.
internal sealed partial class NodeMetrics
{
    private void Cluster()
    {
        Show("swarm.cluster.up", "{member}", "1 while this node is a member that works and may write, else 0.", figures => Of(figures, cluster => cluster is { State: MemberState.Up or MemberState.Draining, Session: SessionState.Writing } ? 1 : 0));
        ShowEach("swarm.cluster.session", "{session}", "1 at what this node's session lets it do now.", cluster => Enum.GetValues<SessionState>().Select(state => (state.ToString(), cluster.Session == state ? 1L : 0)));
        Show("swarm.cluster.planner", "{lease}", "1 at the member that holds the lease to plan placement.", figures => Of(figures, cluster => cluster.Plans ? 1 : 0));
        ShowEach("swarm.cluster.members", "{member}", "Members by their state, ended ones included that are remembered.", cluster => Enum.GetValues<MemberState>().Select(state => (state.ToString(), (long)cluster.Members[(int)state])));
        ShowEach("swarm.cluster.replicas", "{replica}", "Replicas by how they are.", cluster => Enum.GetValues<ReplicaState>().Select(state => (state.ToString(), (long)cluster.Replicas[(int)state])));
        Show("swarm.cluster.torrents", "{torrent}", "Torrents of the cluster.", figures => figures.Cluster?.Torrents);
        Show("swarm.cluster.torrents.short", "{torrent}", "Torrents of the cluster with fewer complete replicas than they want; those at storages that are lost do not count.", figures => figures.Cluster?.Short);
        Show("swarm.cluster.torrents.lost", "{torrent}", "Torrents of the cluster without a complete replica at a storage that is not lost, new ones included.", figures => figures.Cluster?.Lost);
        Show("swarm.cluster.bans", "{address}", "Addresses that no node of the cluster deals with.", figures => figures.Cluster?.Bans);
        Count("swarm.cluster.tables.batches", "{batch}", "Batches that the cluster's tables have done.", figures => figures.Cluster?.Tables.Batches);
        Count("swarm.cluster.tables.failures", "{batch}", "Batches of which it is not known that they are done, because the database refused or did not answer.", figures => figures.Cluster?.Tables.Failures);
        Count("swarm.cluster.tables.refused", "{command}", "Commands for the tables refused, because too many waited.", figures => figures.Cluster?.Tables.Refused);
        _meter.CreateObservableCounter("swarm.cluster.messages.refused", Refusals, "{message}", "Messages of other nodes not heard, by reason.");
        Count("swarm.cluster.link.delivered", "{message}", "Messages that other nodes have taken.", figures => figures.Cluster?.Link?.Delivered);
        Count("swarm.cluster.link.received", "{message}", "Messages of other nodes taken.", figures => figures.Cluster?.Link?.Received);
        Count("swarm.cluster.link.dropped", "{message}", "Messages dropped, because too many waited for one node.", figures => figures.Cluster?.Link?.Dropped);
        Count("swarm.cluster.link.undelivered", "{message}", "Messages lost, because their node was not reached.", figures => figures.Cluster?.Link?.Undelivered);
        Count("swarm.cluster.link.failures", "{request}", "Requests that another node did not answer.", figures => figures.Cluster?.Link?.Failures);
        Count("swarm.cluster.link.calls", "{call}", "Calls to other nodes.", figures => figures.Cluster?.Link?.Calls);
        Count("swarm.cluster.link.served", "{call}", "Calls of other nodes.", figures => figures.Cluster?.Link?.Served);
        Show("swarm.cluster.link.waiting", "By", "Bytes of messages that wait to be sent to other nodes.", figures => figures.Cluster?.Link?.Waiting);
        _meter.CreateObservableCounter("swarm.cluster.link.rejected", Rejections, "{request}", "Requests of others refused on the link, by reason.");
    }

    private static long? Of(NodeFigures figures, Func<ClusterFigures, long> read) => figures.Cluster is { } cluster ? read(cluster) : null;

    private void ShowEach(string name, string unit, string help, Func<ClusterFigures, IEnumerable<(string State, long Count)>> read) =>
        _meter.CreateObservableGauge(name, () => _figures.Cluster is { } cluster ? read(cluster).Select(entry => Labelled(entry.Count, "state", KeyOf(entry.State))) : [], unit, help);

    private IEnumerable<Measurement<long>> Refusals() => _figures.Cluster is { } cluster
        ? Enum.GetValues<ClusterRefusal>().Where(static reason => reason != ClusterRefusal.None).Select(reason => Labelled(cluster.Messages.Refused.GetValueOrDefault(reason), "reason", KeyOf(reason.ToString())))
        : [];

    private IEnumerable<Measurement<long>> Rejections() => _figures.Cluster is { Link: { } link }
        ? Enum.GetValues<LinkRejection>().Select(reason => Labelled(link.Of(reason), "reason", KeyOf(reason.ToString())))
        : [];
}
