using Swarm.Actors.Dht;

namespace Swarm.TestKit.Dht;

/// <summary>What a DHT of production actors stands, told line by line as it is found. Each study grows a network of its own; the same plan gives the same lines.</summary>
public static partial class DhtStudy
{
    private const int PeerPort = 5_000;

    /// <summary>A network that is left alone.</summary>
    public static IEnumerable<DhtRow> Quiet(DhtStudyPlan plan)
    {
        var dht = plan.Grown();
        yield return DhtRow.Of("quiet", "settled", dht, SimDhtSurvey.Run(dht, plan.Lookups));
    }

    /// <summary>
    /// Half of the nodes leave every hour without a word, and as many come; who and when is drawn. Ten minutes after every hour's beginning and at its end lookups are surveyed, while it goes on: those who left a second ago are in every table, those who came a second ago in none.
    /// </summary>
    public static IEnumerable<DhtRow> Churn(DhtStudyPlan plan)
    {
        var dht = plan.Grown();
        var (left, due) = (0, 0.0);
        for (var minute = 1; minute <= plan.ChurnTime.TotalMinutes; minute++)
        {
            for (var second = 0; second < 60; second++)
            {
                for (due += plan.Nodes * plan.ChurnPerHour / 3_600; due >= 1; due--, left++)
                {
                    dht.Draw(1)[0].Leave();
                    dht.Join();
                }

                dht.Simulation.AdvanceBy(TimeSpan.FromSeconds(1));
            }

            if (minute % 60 is not (10 or 0)) continue;
            var survey = SimDhtSurvey.Run(dht, plan.Lookups);
            yield return DhtRow.Of("churn", $"after {minute} min", dht, survey, new("left", left), new("exact but for who came in the last minute %", survey.ExactButForNewcomers * 100.0 / survey.Lookups));
        }
    }

    /// <summary>
    /// Two halves cannot reach each other for a while. In the meantime each is a network of its own, in which lookups find the closest there are; afterwards they are one again. What was announced in one half during the cut is looked for in the other after it.
    /// </summary>
    public static IEnumerable<DhtRow> Partition(DhtStudyPlan plan)
    {
        var dht = plan.Grown();
        var (half, other) = (dht.Nodes.Where(node => node.Number % 2 == 0).ToList(), dht.Nodes.Where(node => node.Number % 2 == 1).ToList());
        dht.Network.Partition(half.Select(node => node.Host), other.Select(node => node.Host));
        var past = TimeSpan.Zero;
        foreach (var minutes in new[] { 1, 5, 10, 15, 30, 60 }.Where(minutes => minutes <= plan.CutTime.TotalMinutes))
        {
            dht.Simulation.AdvanceBy(TimeSpan.FromMinutes(minutes) - past);
            past = TimeSpan.FromMinutes(minutes);
            yield return DhtRow.Of("partition", $"cut {minutes} min, one", dht, SimDhtSurvey.Run(dht, plan.Lookups / 2, half));
            yield return DhtRow.Of("partition", $"cut {minutes} min, two", dht, SimDhtSurvey.Run(dht, plan.Lookups / 2, other));
        }

        var torrents = Enumerable.Range(0, Math.Min(plan.Lookups, 50)).Select(_ => DrawTorrent(dht)).ToList();
        foreach (var torrent in torrents) dht.Run([half[dht.Random.Next(half.Count)]], _ => new DhtActor.Announce(0, torrent, PeerPort, IsSeed: false));
        dht.Network.Heal();
        past = TimeSpan.Zero;
        foreach (var minutes in new[] { 1, 5, 10, 15, 20, 30, 60 })
        {
            dht.Simulation.AdvanceBy(TimeSpan.FromMinutes(minutes) - past);
            past = TimeSpan.FromMinutes(minutes);
            var found = torrents.Count(torrent => dht.Run([other[dht.Random.Next(other.Count)]], _ => new DhtActor.GetPeers(0, torrent))[0] is DhtActor.PeersDone { Peers: > 0 });
            yield return DhtRow.Of("partition", $"healed {minutes} min", dht, SimDhtSurvey.Run(dht, plan.Lookups), new DhtFigure("announced in one half and found in the other %", found * 100.0 / torrents.Count));
        }
    }

    private static InfoHash DrawTorrent(SimDht dht) => new(NodeId.Create(dht.Random).Value);
}
