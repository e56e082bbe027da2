using Swarm.Io.Disk;
using Swarm.Io.Net;

namespace Swarm.Tests.Io;

/// <summary>Limits of sockets and disks that must fit together: bytes that wait on the disk for a block still in the socket must not keep that socket from being read.</summary>
public sealed class ReceiveWindowTests
{
    [Fact]
    public void One_link_can_read_on_while_the_disk_holds_all_it_may_for_hashes()
    {
        var worst = (long)NetSettings.Default.SlabsPerLink * SlabPool.SmallBytes;
        worst.ShouldBeGreaterThanOrEqualTo(DiskSettings.Default.ReorderBytes + DiskSettings.Default.HashTogetherBytes + (2L * SlabPool.LargeBytes));
    }

    [Fact]
    public void The_pool_is_larger_than_what_the_disk_may_hold() =>
        NetSettings.Default.SlabPoolBytes.ShouldBeGreaterThan(DiskSettings.Default.HighWaterBytes + DiskSettings.Default.ReorderBytes + DiskSettings.Default.HashTogetherBytes);
}
