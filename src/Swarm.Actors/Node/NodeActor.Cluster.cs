using Swarm.Actors.Cluster;
using Swarm.Actors.Torrents;

namespace Swarm.Actors.Node;

// A node of a cluster: its part in it begins when the torrents' supervisor stands, begins nothing more when the node drains, and ends its identity when every torrent has stopped. A node without a cluster has none of this.
public sealed partial class NodeActor
{
    private IActorRef? _cluster;

    private void StartCluster(Net.NetActor.Started net)
    {
        if (_settings.Cluster is not { } settings || _ports.Cluster is not { } ports) return;
        var context = new ClusterContext(_torrents!, _net, net.Bandwidth, _ports.Disk, _dht, net.Local, _ports.Time, _ports.Logs);
        _cluster = Watched(Context.ActorOf(ClusterActor.Props(settings, ports, context), "cluster"));
    }

    private void StopTorrents() => _torrents!.Tell(new TorrentsActor.StopAll());

    private void OnTorrentsStopped()
    {
        if (_cluster is null) DrainDht();
        else _cluster.Tell(new MembersActor.Leave());
    }
}
