using Swarm.Actors.Torrents;
using Swarm.TestKit.Content;
using Swarm.TestKit.World;

namespace Swarm.Tests.TestKit.World;

/// <summary>Short forms for tests of worlds.</summary>
internal static class Worlds
{
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(20);

    /// <summary>Twenty pieces of 64 KiB and a short one.</summary>
    public static SimContent SmallContent(params string[] trackers) => SimContent.OneFile((20 * 65_536) + 12_345, 65_536, trackers: [.. trackers]);

    public static TorrentOptions Calls(this TorrentOptions options, params SimNode[] nodes) => options with { Peers = [.. nodes.Select(node => node.Address)] };

    /// <summary>A node with everything and one with nothing, which knows the first.</summary>
    public static (SimWorld World, SimNode Seed, SimNode Leecher, SimContent Content) Pair(int seed = 1, SimWorldSettings? settings = null)
    {
        var world = new SimWorld(seed, settings);
        var content = SmallContent();
        var source = world.AddNode("seed");
        source.AddSeed(content);
        var leecher = world.AddNode("leecher");
        leecher.Add(content, options => options.Calls(source));
        world.StartAll();
        return (world, source, leecher, content);
    }

    public static void RunUntilVerified(this SimWorld world, SimNode node, int pieces) =>
        world.RunUntil(() => node.Torrents[0].VerifiedNow.Count >= pieces, Patience).ShouldBeTrue();

    public static void RunUntilDown(this SimWorld world, SimNode node) => world.RunUntil(() => node.State == NodeState.Down, Patience).ShouldBeTrue();
}
