using System.Diagnostics;
using Swarm.Actors.Torrents;
using Swarm.TestKit.Checking;
using Swarm.TestKit.Content;
using Swarm.TestKit.World;

namespace Swarm.Sim.Crowd;

/// <summary>One seed and a crowd of leechers that find each other by a tracker: whole nodes, with every check on.</summary>
internal static class SwarmCrowd
{
    /// <summary>Runs until everybody has everything.</summary>
    /// <exception cref="CheckFailedException">A promise was broken, or somebody was not complete in time.</exception>
    public static CrowdResult Run(CrowdPlan plan, int crowd)
    {
        var clock = Stopwatch.StartNew();
        var world = new SimWorld(plan.Seed, SimWorldSettings.Default with { ReplayCommand = $"swarm-sim crowd --seed {{seed}} --sizes {crowd}" });
        var content = SimContent.OneFile(plan.Bytes, plan.PieceLength, trackers: [world.AddTracker("tracker").Http]);
        var settings = SimNodeSettings.Default with { Link = plan.Link };
        var seed = world.AddNode("seed", settings);
        seed.AddSeed(content);
        seed.Start();
        var completions = new Completions(world);
        world.Checks.Add(completions);
        for (var i = 0; i < crowd; i++)
        {
            var node = world.AddNode($"leecher-{i}", settings);
            node.Add(content);
            world.At(plan.ArrivalOf(i, crowd), () => completions.Arrive(node));
        }

        world.RunFor(plan.Arrival);
        world.MustConverge(plan.Limit);
        world.StopAll();
        return CrowdResult.Of("swarm", completions.Times, clock.Elapsed, world.Simulation.Turns, world.TraceHash);
    }

    /// <summary>Notes when who came has everything. It promises nothing.</summary>
    private sealed class Completions(SimWorld world) : WorldCheck(world, "Every arrival is followed by a completion")
    {
        private readonly Dictionary<SimNode, TimeSpan> _arrivals = [];

        public List<TimeSpan> Times { get; } = [];

        public void Arrive(SimNode node)
        {
            _arrivals.Add(node, World.Now);
            node.Start();
        }

        public override void OnEvent(SimNode node, SimTorrent torrent, TorrentEvent happened)
        {
            if (happened is TorrentEvent.StateChanged { State: TorrentState.Seeding } && _arrivals.Remove(node, out var arrival)) Times.Add(World.Now - arrival);
        }
    }
}
