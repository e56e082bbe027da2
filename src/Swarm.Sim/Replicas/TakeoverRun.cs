using Swarm.Protocol.Cluster;
using Swarm.TestKit.Cluster;
using Swarm.TestKit.Content;
using Swarm.TestKit.Scenarios;
using Swarm.TestKit.World;

namespace Swarm.Sim.Replicas;

/// <summary>How one member took over from another that sees the same files.</summary>
/// <param name="IsFrozen">Whether the other stood still; else it was killed.</param>
/// <param name="SecondsToDown">Virtual time until the table called it down.</param>
/// <param name="SecondsToSeed">Virtual time until the torrent was served again.</param>
/// <param name="BytesFetched">Bytes that were written to disk for it.</param>
internal sealed record TakeoverResult(bool IsFrozen, double SecondsToDown, double SecondsToSeed, long BytesFetched);

/// <summary>Four members of which two see the same files, a torrent that one of these runs, complete, and no seed outside: then the one is killed, or stands still.</summary>
internal static class TakeoverRun
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    public static TakeoverResult Of(int seed, bool isFrozen)
    {
        var world = new SimWorld(seed);
        var cluster = new SimCluster(world);
        var first = cluster.AddNode("member-1");
        var second = cluster.AddNode("member-2", SimNodeSettings.Default with { SharesDiskOf = first });
        // Two that see other files and store nothing: they are there to vote.
        cluster.AddNode("voter-1");
        cluster.AddNode("voter-2");
        cluster.Configure = settings => settings with { Traits = settings.Traits with { Roles = settings.Traits.Storage.StartsWith("voter", StringComparison.Ordinal) ? MemberRoles.Planner : settings.Traits.Roles } };
        var content = SimContent.OneFile(2.MiB, 65_536, seed);
        first.Disk.Put(content, SimCluster.FolderOf(content));
        second.Disk.Know(content);
        world.StartAll();
        world.RunFor(TimeSpan.FromSeconds(20));
        var wanted = cluster.Add(content, 1);
        if (!world.RunUntil(() => cluster.IsConverged, Patience)) throw new InvalidOperationException($"After {Patience}: {cluster.WhyNotConverged()}");
        // At any moment between two renewals.
        world.RunFor(TimeSpan.FromSeconds(30) + (TimeSpan.FromMilliseconds(500) * (seed % 10)));
        var runner = first.Find(wanted.Content.Torrent)!.IsComplete ? first : second;
        var other = runner == first ? second : first;
        var written = first.Disk.Counters.BytesWritten + second.Disk.Counters.BytesWritten;
        var at = world.Now;
        if (isFrozen) runner.Freeze();
        else runner.Kill();
        if (!world.RunUntil(() => Row(cluster, runner) is { IsLive: false }, Patience)) throw new InvalidOperationException("It was never called down.");
        var down = world.Now - at;
        if (!world.RunUntil(() => other.Find(content.Torrent)!.IsComplete, Patience)) throw new InvalidOperationException("It was never taken over.");
        return new TakeoverResult(isFrozen, down.TotalSeconds, (world.Now - at).TotalSeconds, first.Disk.Counters.BytesWritten + second.Disk.Counters.BytesWritten - written);
    }

    private static Member? Row(SimCluster cluster, SimNode node) => cluster.Database.Tables.Membership.Members.Values.LastOrDefault(row => row.Id.EndPoint.StartsWith($"{node.Name}:", StringComparison.Ordinal));
}
