using Swarm.TestKit.Content;

namespace Swarm.Tests.TestKit.Disk;

/// <summary>What the whole process holds is measured, so nothing else may run.</summary>
[CollectionDefinition(nameof(SimDiskMemoryTests), DisableParallelization = true)]
public sealed class SimDiskMemoryDefinition;

/// <summary>Content is computed, not kept: a swarm of a thousand nodes fits a process.</summary>
[Collection(nameof(SimDiskMemoryTests))]
public sealed class SimDiskMemoryTests
{
    [Fact]
    public void Disks_with_sixteen_mebibytes_each_cost_little_memory()
    {
        var content = SimContent.OneFile(16 << 20);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var worlds = Enumerable.Range(0, 20).Select(seed => new SimDiskWorld(seed: seed, content: content)).ToList();
        foreach (var world in worlds)
        {
            world.WriteAll();
            world.Flush();
            world.Pieces(world.HoldsDurably).Count().ShouldBe(64);
        }

        ((GC.GetTotalMemory(forceFullCollection: true) - before) / worlds.Count).ShouldBeLessThan(2 << 20, "slabs in the ledger's stock included");
        GC.KeepAlive(worlds);
    }
}
