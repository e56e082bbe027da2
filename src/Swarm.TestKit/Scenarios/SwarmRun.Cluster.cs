using Swarm.TestKit.Cluster;
using Swarm.TestKit.Content;
using Swarm.TestKit.World;

namespace Swarm.TestKit.Scenarios;

// The scenario's cluster, where it has one: made before its nodes, given its torrents as time goes by, and waited for in the end.
public sealed partial class SwarmRun
{
    /// <summary>The cluster.</summary>
    /// <exception cref="InvalidOperationException">The scenario has none.</exception>
    public SimCluster Cluster => _cluster ?? throw new InvalidOperationException("The scenario has no members.");

    private SimCluster? _cluster;

    private void MakeCluster()
    {
        if (_scenario.Cluster is not { } plan) return;
        _cluster = new SimCluster(World, plan.Membership, plan.Placement);
        _cluster.Database.Settings = _cluster.Database.Settings with { ClockOffset = Dice.Between("database clock", -48.Hours, 48.Hours) };
    }

    private SimNodeSettings AsMember(SimNodeSettings settings, int number) => settings with
    {
        Cluster = _cluster,
        Zone = $"zone-{number % _scenario.Cluster!.Zones}",
        SharesDiskOf = (number - 1) % _scenario.Cluster.MembersPerStorage == 0 ? null : Cluster.Members[(number - 1) / _scenario.Cluster.MembersPerStorage * _scenario.Cluster.MembersPerStorage],
    };

    private void TakeMember(SimNode node)
    {
        node.MessageVersion = _scenario.Cluster!.MessageVersion;
        Cluster.Take(node);
    }

    // The first torrent is the scenario's, the others are like it; the seeds have them all.
    private void GiveCluster(SimContent first)
    {
        if (_scenario.Cluster is not { } plan) return;
        var count = Dice.Between("torrents", plan.LeastTorrents, plan.MostTorrents);
        var trackers = SimNode.TrackersOf(first);
        for (var i = 0; i < count; i++)
        {
            var content = i == 0 ? first : new SimContent(Dice.Stream("content").Next(), 32_768, [("one.bin", Dice.Between("more content bytes", 50.KiB, 1.MiB))], trackers, first.Metainfo.IsPrivate);
            foreach (var (node, _, isSeed) in _members)
            {
                if (i > 0 && isSeed) node.AddSeed(content);
            }

            var replicas = Dice.Between("replicas", plan.LeastReplicas, plan.MostReplicas);
            var acknowledged = Math.Min(Dice.Between("acknowledged replicas", 0, replicas), Cluster.Members.Select(member => member.StorageName).Distinct().Count());
            After(Dice.Between("when a torrent is added", TimeSpan.Zero, plan.AddedWithin), () => Cluster.Add(content, replicas, acknowledged, plan.IsByLink));
        }
    }

    private void AwaitCluster()
    {
        if (_cluster is null || World.RunUntil(() => _cluster.IsConverged, _scenario.Patience)) return;
        World.Fail("Once nothing is wrong any more, every torrent of the cluster has its replicas", null, $"after {_scenario.Patience}: {_cluster.WhyNotConverged()}");
        World.RunFor(TimeSpan.Zero);
    }
}
