using System.Collections.Immutable;
using System.Net;
using Swarm.Tests.EndToEnd;
using Swarm.Tests.Interop.Clients;

namespace Swarm.Tests.Interop;

/// <summary>
/// One DHT of Swarm, libtorrent, Transmission and aria2, in which each finds what each other announced. For every ordered pair there is a torrent that only the first has and only the second wants, so what arrives was found there.
/// It is in a network of its own, because Transmission ignores nodes of 127/8; and has nodes of libtorrent besides, because Transmission announces and searches only once it knows more than eight.
/// </summary>
[Collection(nameof(RealClients))]
public sealed class DhtMatrixTests(InstalledClients installed)
{
    private const int OtherNodes = 9;

    // Transmission pings its first nodes seconds apart, and tries again every few seconds.
    private static readonly TimeSpan AnnouncePatience = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task Swarm_libtorrent_Transmission_and_aria2_find_what_each_other_announced()
    {
        await using var scenario = await Scenario.InNetworkOfItsOwnAsync(installed);
        var router = At(scenario);
        ImmutableArray<IPAddress> others = [.. Enumerable.Range(0, OtherNodes).Select(_ => scenario.NextAddress())];
        var fromSwarm = Wanted(scenario, "swarm", "libtorrent", "transmission", "aria2");
        var fromLibtorrent = Wanted(scenario, "libtorrent", "swarm", "transmission", "aria2");
        var fromTransmission = Wanted(scenario, "transmission", "swarm", "libtorrent", "aria2");
        var fromAria2 = Wanted(scenario, "aria2", "swarm", "libtorrent", "transmission");

        // Everybody is told of the first Swarm node, which is told of one of the others.
        var known = await LibtorrentSession.StartNodesAsync(installed, scenario, others, router);
        var swarms = await SeedWithSwarmAsync(scenario, router, known[0], fromSwarm.Values);
        var libtorrent = await LibtorrentSession.StartAsync(installed, scenario, dhtNode: router);
        foreach (var content in fromLibtorrent.Values) libtorrent.Add(Share.Torrent(content), content.SeedFolder);
        var aria2 = await Aria2.SeedInDhtAsync(installed, scenario, [.. fromAria2.Values.Select(content => Share.Torrent(content))], Together(scenario, fromAria2.Values), router);
        var transmission = await TransmissionDaemon.StartAsync(installed, scenario, [router, .. known]);
        foreach (var content in fromTransmission.Values) await transmission.AddAsync(Share.Torrent(content), content.SeedFolder);

        var asker = scenario.NextAddress();
        foreach (var content in fromLibtorrent.Values) await AnnouncedAsync(scenario, asker, router, content, libtorrent.EndPoint);
        foreach (var content in fromAria2.Values) await AnnouncedAsync(scenario, asker, router, content, aria2.EndPoint);
        foreach (var (content, at) in fromSwarm.Values.Zip(swarms)) await AnnouncedAsync(scenario, asker, router, content, at);

        // Transmission searches when it has joined, and then not for a long time.
        var folder = scenario.Folder("out");
        foreach (var from in new[] { fromSwarm, fromLibtorrent, fromAria2 }) await transmission.AddAsync(Share.Magnet(from["transmission"]), folder);
        foreach (var content in fromTransmission.Values) await AnnouncedAsync(scenario, asker, router, content, transmission.EndPoint);
        foreach (var from in new[] { fromSwarm, fromTransmission, fromAria2 }) libtorrent.Add(Share.Magnet(from["libtorrent"]), folder);
        var leech = await Aria2.LeechByDhtAsync(installed, scenario, [Share.Magnet(fromSwarm["aria2"]), Share.Magnet(fromLibtorrent["aria2"]), Share.Magnet(fromTransmission["aria2"])], folder, router);
        var gets = new[] { fromLibtorrent, fromTransmission, fromAria2 }
            .Select(from => SwarmProgram.StartInDht(scenario, At(scenario), router, "get", Share.Magnet(from["swarm"]).Text, "-o", folder)).ToList();

        foreach (var get in gets) (await get.ExitAsync()).ShouldBe(0);
        await leech.EndAsync();
        foreach (var from in new[] { fromSwarm, fromTransmission, fromAria2 }) await libtorrent.CompleteAsync(from["libtorrent"].Metainfo.WireHash);
        foreach (var from in new[] { fromSwarm, fromLibtorrent, fromAria2 }) await transmission.CompleteAsync(from["transmission"].Metainfo.WireHash);
        foreach (var content in new[] { fromSwarm, fromLibtorrent, fromTransmission, fromAria2 }.SelectMany(from => from.Values)) content.ShouldBeIn(folder);
    }

    private static IPEndPoint At(Scenario scenario)
    {
        var address = scenario.NextAddress();
        return new IPEndPoint(address, scenario.FreePort(address));
    }

    // What only one client has, by who wants it.
    private static Dictionary<string, TestContent> Wanted(Scenario scenario, string from, params string[] by) =>
        by.ToDictionary(to => to, to => scenario.Own(TestContent.Create($"{from} to {to}".Sum(letter => letter), 16 * 1024, ($"{from} to {to}.bin", 100_001))));

    // A program for each torrent; the first is the node that the others are told of.
    private static async Task<ImmutableArray<IPEndPoint>> SeedWithSwarmAsync(Scenario scenario, IPEndPoint first, IPEndPoint firstKnows, IEnumerable<TestContent> contents)
    {
        var ends = ImmutableArray.CreateBuilder<IPEndPoint>();
        foreach (var content in contents)
        {
            var (at, knows) = ends.Count == 0 ? (first, firstKnows) : (At(scenario), first);
            var program = SwarmProgram.StartInDht(scenario, at, knows, "seed", Path.Combine(content.SeedFolder, content.Name), "--torrent", Share.Torrent(content).Text);
            await program.LineAsync("seeding");
            ends.Add(at);
        }

        return ends.ToImmutable();
    }

    // aria2 takes one folder for all.
    private static string Together(Scenario scenario, IEnumerable<TestContent> contents)
    {
        var folder = scenario.Folder("aria2-seed");
        foreach (var content in contents) File.Copy(Path.Combine(content.SeedFolder, content.Name), Path.Combine(folder, content.Name));
        return folder;
    }

    private static Task AnnouncedAsync(Scenario scenario, IPAddress asker, IPEndPoint node, TestContent content, IPEndPoint peer) => Poll.UntilAsync(
        async () => (await SwarmProgram.DhtVerbAsync(scenario, asker, node, "get-peers", content.Metainfo.WireHash.ToString())).Contains(peer.ToString()), $"{peer} has announced {content.Name}", AnnouncePatience);
}
