using Swarm.TestKit.Checking;
using Swarm.TestKit.World;

namespace Swarm.TestKit.Cluster;

/// <summary>
/// Looks at each write that reaches a file which several members see: it is of the member that has the torrent's lease, at that moment. So no two write one file at a time, and one that stood still writes nothing when it goes on, also not what its disk had queued.
/// </summary>
internal sealed class OneWriterCheck(SimCluster cluster) : WorldCheck(cluster.World, "A file on a storage that several see has one writer, by its lease")
{
    public void Follow(SimNode member)
    {
        member.Disk.Wrote = (content, root) =>
        {
            if (content is null || root != SimCluster.FolderOf(content) || !cluster.IsShared(member.StorageName)) return;
            var lease = member.Store.LeaseOf(content.Torrent);
            if (lease?.Owner != member.Name) Broken(member, $"it wrote to {content.Torrent}, whose lease is {lease?.Owner ?? "nobody"}'s");
        };
    }
}
