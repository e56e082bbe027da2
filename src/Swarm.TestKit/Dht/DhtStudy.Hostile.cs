using System.Net;
using Swarm.Actors.Dht;
using Swarm.Protocol.Dht.Krpc;

namespace Swarm.TestKit.Dht;

// Networks with hostile nodes in them.
public static partial class DhtStudy
{
    private const int AttackedBits = 60;

    /// <summary>
    /// Thousands of ids right next to one info-hash, from a few networks: they answer as nodes do, name only each other, hold no peers, take every announce, and ask others all the time so that they get into tables. Honest nodes announce and look for peers before the attack, and during it.
    /// </summary>
    public static IEnumerable<DhtRow> Sybil(DhtStudyPlan plan)
    {
        var dht = plan.Grown();
        var torrent = DrawTorrent(dht);
        yield return AttackRow(plan, dht, torrent, "before");
        var contacts = new List<NodeContact>();
        for (var i = 0; i < plan.SybilIds; i++) contacts.Add(new NodeContact(Near(torrent, dht.Random), new UdpAddress(new IPEndPoint(AttackerAddress(i, plan.SybilNetworks), SimDht.Port))));
        var scripts = contacts.ConvertAll(contact => new SimDhtScript(dht, contact.Address.ToEndPoint().Address, contact.Id, SimDhtManners.Sybil, contacts));
        foreach (var minutes in new[] { 1, 10, 30 })
        {
            for (var minute = 0; minute < minutes; minute++)
            {
                foreach (var script in scripts)
                {
                    foreach (var victim in dht.Draw(2)) script.Greet(victim);
                }

                dht.Simulation.AdvanceBy(TimeSpan.FromMinutes(1));
            }

            yield return AttackRow(plan, dht, torrent, $"{minutes} min more", scripts);
        }
    }

    /// <summary>A part of the nodes are liars of every kind: see <see cref="SimDhtManners"/>.</summary>
    public static IEnumerable<DhtRow> Garbage(DhtStudyPlan plan)
    {
        var dht = plan.Grown();
        var manners = Enum.GetValues<SimDhtManners>().Where(manner => manner != SimDhtManners.Sybil).ToArray();
        var scripts = Enumerable.Range(0, (int)(plan.Nodes * plan.LiarShare)).Select(i => new SimDhtScript(dht, dht.DrawAddress(), NodeId.Create(dht.Random), manners[i % manners.Length], [])).ToList();
        foreach (var minutes in new[] { 5, 30 })
        {
            for (var minute = 0; minute < minutes; minute++)
            {
                foreach (var script in scripts)
                {
                    foreach (var victim in dht.Draw(3)) script.Greet(victim);
                }

                dht.Simulation.AdvanceBy(TimeSpan.FromMinutes(1));
            }

            var survey = SimDhtSurvey.Run(dht, plan.Lookups);
            var torrent = DrawTorrent(dht);
            yield return DhtRow.Of("garbage", $"{minutes} min more", dht, survey, [new("liars", scripts.Count), new("queries they were sent", scripts.Sum(script => script.Asked)), .. Announcing(plan, dht, torrent)]);
        }
    }

    private static DhtRow AttackRow(DhtStudyPlan plan, SimDht dht, InfoHash torrent, string when, IReadOnlyList<SimDhtScript>? scripts = null)
    {
        var survey = SimDhtSurvey.Run(dht, plan.Lookups);
        var looking = dht.Run(dht.Draw(plan.Searchers), _ => new DhtActor.FindNode(0, new NodeId(torrent))).OfType<DhtActor.NodesFound>().ToList();
        var hostile = looking.Average(found => found.Nodes.Count(node => dht.IsHostile(node.Address)) / (double)Math.Max(1, found.Nodes.Length));
        var tables = dht.Draw(plan.Searchers).Average(node => node.Status().Nodes);
        return DhtRow.Of("sybil", when, dht, survey, [new("hostile of the nodes next to the info-hash %", hostile * 100), new("queries they were sent", scripts?.Sum(script => script.Asked) ?? 0), new("nodes of a table", tables), .. Announcing(plan, dht, torrent)]);
    }

    // New announces each time, so that what is found is not from before; and searchers that did not announce.
    private static List<DhtFigure> Announcing(DhtStudyPlan plan, SimDht dht, InfoHash torrent)
    {
        var drawn = dht.Draw(plan.Announcers + plan.Searchers);
        var port = PeerPort + dht.Random.Next(10_000);
        var announced = dht.Run([.. drawn.Take(plan.Announcers)], _ => new DhtActor.Announce(0, torrent, port, IsSeed: false)).OfType<DhtActor.Announced>().Count();
        var found = new List<int>();
        foreach (var searcher in drawn.Skip(plan.Announcers)) found.Add(searcher.Answers(new DhtActor.GetPeers(0, torrent)).OfType<DhtActor.PeersFound>().SelectMany(peers => peers.Peers).Count(peer => peer.Port == port));
        return
        [
            new("announces taken %", announced * 100.0 / plan.Announcers),
            new("searches that found a peer %", found.Count(count => count > 0) * 100.0 / found.Count),
            new("peers found of those announced %", found.Average() * 100.0 / plan.Announcers),
        ];
    }

    private static NodeId Near(InfoHash torrent, Random random)
    {
        Span<byte> bytes = stackalloc byte[Bytes20.Size];
        random.NextBytes(bytes);
        Span<byte> target = stackalloc byte[Bytes20.Size];
        torrent.Value.CopyTo(target);
        target[..(AttackedBits / 8)].CopyTo(bytes);
        return new NodeId(bytes);
    }

    // Networks of 65,536 addresses each, all in different parts of the space, each with its addresses spread over as many networks of 256 as it takes.
    private static IPAddress AttackerAddress(int number, int networks)
    {
        var (network, host) = (number % networks, number / networks);
        return new IPAddress([(byte)(60 + network), 7, (byte)(host / 250), (byte)(1 + (host % 250))]);
    }
}
