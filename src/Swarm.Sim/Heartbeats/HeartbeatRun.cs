using Swarm.TestKit.Cluster;
using Swarm.TestKit.World;

namespace Swarm.Sim.Heartbeats;

/// <summary>What being a cluster costs when nothing happens, measured over a time in which nothing did.</summary>
/// <param name="Members">Members that were up.</param>
/// <param name="MessagesPerMemberAndRound">Messages between nodes that a member sends in one interval of heartbeats, reports to the others included.</param>
/// <param name="BytesPerMemberAndSecond">Their bytes, without what carries them.</param>
/// <param name="BatchesPerSecond">Transactions in the database, of all members together.</param>
/// <param name="CommandsPerSecond">Commands in them.</param>
/// <param name="SecondsToJoin">Virtual time until all were up, when all started at once.</param>
/// <param name="SecondsToDown">Virtual time from the death of one until the table said so.</param>
internal sealed record HeartbeatResult(int Members, double MessagesPerMemberAndRound, double BytesPerMemberAndSecond, double BatchesPerSecond, double CommandsPerSecond, double SecondsToJoin, double SecondsToDown);

/// <summary>Starts so many members of a cluster that has no torrents, lets them be, counts, and then kills one.</summary>
internal static class HeartbeatRun
{
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Counting = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    public static HeartbeatResult Of(int members, int seed)
    {
        var world = new SimWorld(seed);
        var cluster = new SimCluster(world);
        for (var i = 1; i <= members; i++) cluster.AddNode($"member-{i}");
        world.StartAll();
        world.RunUntil(() => Up(cluster) == members, Patience);
        var joined = world.Now;
        world.RunFor(Settling);
        var (messages, bytes) = cluster.Links.Sent;
        var (batches, commands) = cluster.Database.Done;
        world.RunFor(Counting);
        var rounds = Counting / cluster.Membership.HeartbeatInterval;
        var sent = cluster.Links.Sent;
        var done = cluster.Database.Done;
        var up = Up(cluster);
        cluster.Members[0].Kill();
        var died = world.Now;
        world.RunUntil(() => Up(cluster) < up, Patience);
        return new HeartbeatResult(
            up, (sent.Messages - messages) / rounds / members, (sent.Bytes - bytes) / Counting.TotalSeconds / members, (done.Batches - batches) / Counting.TotalSeconds, (done.Commands - commands) / Counting.TotalSeconds,
            joined.TotalSeconds, (world.Now - died).TotalSeconds);
    }

    private static int Up(SimCluster cluster) => cluster.Database.Tables.Membership.Members.Values.Count(static member => member.IsWorking);
}
