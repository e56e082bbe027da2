using System.Net;
using Swarm.Actors.Dht;
using Swarm.Protocol.Dht.Krpc;

namespace Swarm.TestKit.Dht;

// Networks with hostile nodes in them.
public static partial class DhtStudy
{
    // Bytes that all ids of the attacker share with the info-hash; of a network of ten thousand the closest honest one shares about 13 bits.
    private const int AttackedBytes = 7;

    // Nodes that a hostile one asks each minute.
    private const int Greeted = 2;

    /// <summary>
    /// Thousands of ids right next to one info-hash, from a few networks: they answer as nodes do, name only each other, hold no peers, take every announce, and ask others all the time so that they get into tables. Honest nodes announce and look for peers before the attack, and during it.
    /// </summary>
    public static IEnumerable<DhtRow> Sybil(DhtStudyPlan plan)
    {
        var dht = plan.Grown();
        var torrent = DrawTorrent(dht);
        yield return AttackRow(plan, dht, torrent, "before", []);
        var contacts = new List<NodeContact>();
        for (var i = 0; i < plan.SybilIds; i++) contacts.Add(new NodeContact(Near(torrent, dht.Random), new UdpAddress(new IPEndPoint(AttackerAddress(i, plan.SybilNetworks), SimDht.Port))));
        var scripts = contacts.ConvertAll(contact => new SimDhtScript(dht, contact.Address.ToEndPoint().Address, contact.Id, SimDhtManners.Sybil, contacts));
        for (var minute = 1; minute <= plan.SybilTime.TotalMinutes; minute++)
        {
            GreetAll(dht, scripts);
            dht.Simulation.AdvanceBy(TimeSpan.FromMinutes(1));
            if (minute is 1 or 5 || minute % 20 == 0) yield return AttackRow(plan, dht, torrent, $"{minute} min", scripts);
        }
    }

    /// <summary>A part of the nodes are liars of every kind: see <see cref="SimDhtManners"/>.</summary>
    public static IEnumerable<DhtRow> Garbage(DhtStudyPlan plan)
    {
        var dht = plan.Grown();
        var manners = Enum.GetValues<SimDhtManners>().Where(manner => manner != SimDhtManners.Sybil).ToArray();
        var scripts = Enumerable.Range(0, (int)(plan.Nodes * plan.LiarShare)).Select(i => new SimDhtScript(dht, dht.DrawAddress(), NodeId.Create(dht.Random), manners[i % manners.Length], [])).ToList();
        for (var minute = 1; minute <= plan.LiarTime.TotalMinutes; minute++)
        {
            GreetAll(dht, scripts);
            dht.Simulation.AdvanceBy(TimeSpan.FromMinutes(1));
            if (minute is not 5 && minute % 20 != 0) continue;
            var survey = SimDhtSurvey.Run(dht, plan.Lookups);
            var torrent = DrawTorrent(dht);
            yield return DhtRow.Of("garbage", $"{minute} min", dht, survey, [new("liars", scripts.Count), new("queries they were sent", scripts.Sum(script => script.Asked)), .. Announcing(plan, dht, torrent, scripts)]);
        }
    }

    private static void GreetAll(SimDht dht, List<SimDhtScript> scripts)
    {
        foreach (var script in scripts)
        {
            foreach (var victim in dht.Draw(Greeted)) script.Greet(victim);
        }
    }

    private static DhtRow AttackRow(DhtStudyPlan plan, SimDht dht, InfoHash torrent, string when, IReadOnlyList<SimDhtScript> scripts)
    {
        var survey = SimDhtSurvey.Run(dht, plan.Lookups);
        var looking = dht.Run(dht.Draw(plan.Searchers), _ => new DhtActor.FindNode(0, new NodeId(torrent))).OfType<DhtActor.NodesFound>().ToList();
        var hostile = looking.Sum(found => found.Nodes.Count(node => dht.IsHostile(node.Address))) / (double)Math.Max(1, looking.Sum(found => found.Nodes.Length));
        var tables = dht.Draw(plan.Searchers).Average(node => node.Status().Nodes);
        return DhtRow.Of("sybil", when, dht, survey, [new("hostile of the nodes next to the info-hash %", hostile * 100), new("queries they were sent", scripts.Sum(script => script.Asked)), new("nodes of a table", tables), .. Announcing(plan, dht, torrent, scripts)]);
    }

    // New announces each time, so that what is found is not from before; and searchers that did not announce.
    private static List<DhtFigure> Announcing(DhtStudyPlan plan, SimDht dht, InfoHash torrent, IReadOnlyList<SimDhtScript> scripts)
    {
        var drawn = dht.Draw(plan.Announcers + plan.Searchers);
        var announcers = Math.Min(plan.Announcers, drawn.Count / 2);
        var port = PeerPort + dht.Random.Next(10_000);
        var before = scripts.Sum(script => script.Announces);
        var announced = dht.Run([.. drawn.Take(announcers)], _ => new DhtActor.Announce(0, torrent, port, IsSeed: false)).OfType<DhtActor.Announced>().ToList();
        var wasted = scripts.Sum(script => script.Announces) - before;
        var found = new List<int>();
        foreach (var searcher in drawn.Skip(announcers)) found.Add(searcher.Answers(new DhtActor.GetPeers(0, torrent)).OfType<DhtActor.PeersFound>().SelectMany(peers => peers.Peers).Count(peer => peer.Port == port));
        return
        [
            new("announces taken %", announced.Count * 100.0 / announcers),
            new("nodes that took each", announced.Sum(taken => taken.Nodes) / (double)Math.Max(1, announced.Count)),
            new("of them hostile %", wasted * 100.0 / Math.Max(1, announced.Sum(taken => taken.Nodes))),
            new("searches that found a peer %", found.Count(count => count > 0) * 100.0 / found.Count),
            new("peers found of those announced %", found.Average() * 100.0 / announcers),
        ];
    }

    private static NodeId Near(InfoHash torrent, Random random)
    {
        Span<byte> bytes = stackalloc byte[Bytes20.Size];
        random.NextBytes(bytes);
        Span<byte> target = stackalloc byte[Bytes20.Size];
        torrent.Value.CopyTo(target);
        target[..AttackedBytes].CopyTo(bytes);
        return new NodeId(bytes);
    }

    // Networks of 65,536 addresses each, all in different parts of the space, each with its addresses spread over as many networks of 256 as it takes.
    private static IPAddress AttackerAddress(int number, int networks)
    {
        var (network, host) = (number % networks, number / networks);
        return new IPAddress([(byte)(60 + network), 7, (byte)(host / 250), (byte)(1 + (host % 250))]);
    }
}
