using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Swarm.Actors.Dht;
using Swarm.Io.Crypto;
using Swarm.Protocol.Dht.Storage;
using Swarm.Tests.Host;
using Swarm.Tests.Interop.Clients;

namespace Swarm.Tests.Interop;

/// <summary>
/// One DHT of Swarm, libtorrent and aria2 on loopback addresses, known to each other by one bootstrap node only. Transmission's DHT ignores 127/8: <see cref="DhtMatrixTests"/> has it.
/// </summary>
[Collection(nameof(RealClients))]
public sealed class DhtInteropTests(InstalledClients installed)
{
    [Fact]
    public async Task Swarm_gets_by_magnet_link_what_libtorrent_announced_in_the_dht()
    {
        using var content = Contents.Create(Contents.SingleFile);
        await using var scenario = new Scenario();
        var router = await RouterAsync(scenario);
        var seed = await LibtorrentSession.StartAsync(installed, scenario, dhtNode: router.EndPoint);
        seed.Add(Share.Torrent(content), content.SeedFolder);
        await seed.CompleteAsync(content.Metainfo.WireHash);
        var swarm = await SwarmPeer.StartAsync(scenario, scenario.NextAddress(), "leech", Through(router));
        var folder = scenario.Folder("out");
        await swarm.GetByMagnetAsync(content, folder);
        await swarm.CompleteAsync(content, folder);
    }

    [Fact]
    public async Task Libtorrent_gets_by_magnet_link_what_Swarm_announced_in_the_dht()
    {
        using var content = Contents.Create(Contents.SingleFile);
        await using var scenario = new Scenario();
        var router = await RouterAsync(scenario);
        var swarm = await SwarmPeer.StartAsync(scenario, scenario.NextAddress(), "seed", Through(router));
        await swarm.SeedAsync(content);
        var leech = await LibtorrentSession.StartAsync(installed, scenario, dhtNode: router.EndPoint);
        var folder = scenario.Folder("out");
        leech.Add(Share.Magnet(content, null), folder);
        await leech.CompleteAsync(content.Metainfo.WireHash);
        content.ShouldBeIn(folder);
    }

    [Fact]
    public async Task Aria2_gets_by_magnet_link_what_Swarm_announced_in_the_dht()
    {
        using var content = Contents.Create(Contents.SingleFile);
        await using var scenario = new Scenario();
        var router = await RouterAsync(scenario);
        var swarm = await SwarmPeer.StartAsync(scenario, scenario.NextAddress(), "seed", Through(router));
        await swarm.SeedAsync(content);
        var folder = scenario.Folder("out");
        var leech = await Aria2.LeechByDhtAsync(installed, scenario, [Share.Magnet(content)], folder, router.EndPoint);
        await leech.EndAsync();
        content.ShouldBeIn(folder);
    }

    [Fact]
    public async Task Swarm_and_libtorrent_get_by_magnet_link_what_aria2_announced_in_the_dht()
    {
        using var content = Contents.Create(Contents.ShortLastPiece);
        await using var scenario = new Scenario();
        var router = await RouterAsync(scenario);
        await Aria2.SeedInDhtAsync(installed, scenario, [Share.Torrent(content)], content.SeedFolder, router.EndPoint);
        await AnnouncedAsync(router, content.Metainfo.WireHash);
        var swarm = await SwarmPeer.StartAsync(scenario, scenario.NextAddress(), "leech", Through(router));
        var libtorrent = await LibtorrentSession.StartAsync(installed, scenario, dhtNode: router.EndPoint);
        var (folder, other) = (scenario.Folder("out"), scenario.Folder("out-libtorrent"));
        await swarm.GetByMagnetAsync(content, folder);
        libtorrent.Add(Share.Magnet(content, null), other);
        await swarm.CompleteAsync(content, folder);
        await libtorrent.CompleteAsync(content.Metainfo.WireHash);
        content.ShouldBeIn(other);
    }

    [Fact]
    public async Task Aria2_gets_by_magnet_link_what_libtorrent_announced_in_the_dht()
    {
        using var content = Contents.Create(Contents.OnePiece);
        await using var scenario = new Scenario();
        var router = await RouterAsync(scenario);
        var seed = await LibtorrentSession.StartAsync(installed, scenario, dhtNode: router.EndPoint);
        seed.Add(Share.Torrent(content), content.SeedFolder);
        await AnnouncedAsync(router, content.Metainfo.WireHash);
        var folder = scenario.Folder("out");
        var leech = await Aria2.LeechByDhtAsync(installed, scenario, [Share.Magnet(content)], folder, router.EndPoint);
        await leech.EndAsync();
        content.ShouldBeIn(folder);
    }

    [Fact]
    public async Task What_a_run_of_the_program_announces_and_puts_as_a_read_only_node_libtorrent_takes()
    {
        await using var scenario = new Scenario();
        var libtorrent = await LibtorrentSession.StartAsync(installed, scenario, dhtNode: new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 9));
        string[] through = ["--node", libtorrent.EndPoint.ToString(), "--bind", "127.0.0.1", "--data", scenario.Folder("data")];
        const string Hash = "0123456789abcdef0123456789abcdef01234567";
        (await Invocation.RunAsync(["dht", "announce", Hash, "--port", "5001", .. through])).Out.ShouldContain("announced at 1 node");
        (await Invocation.RunAsync(["dht", "get-peers", Hash, .. through])).Out.ShouldContain("127.0.0.1:5001");
        (await Invocation.RunAsync(["dht", "put", "kept there", .. through])).Out.ShouldContain("is kept by 1 node");
        (await Invocation.RunAsync(["dht", "get", DhtItem.TargetOf("10:kept there"u8).ToString(), .. through])).Out.ShouldContain("kept there");
        (await Invocation.RunAsync(["dht", "find-node", Hash, .. through])).Out.ShouldNotContain(" 127.0.0.1:");
    }

    [Fact]
    public async Task What_a_run_of_the_program_announces_as_a_read_only_node_aria2_takes_and_hands_on()
    {
        using var content = Contents.Create(Contents.OneByte);
        await using var scenario = new Scenario();
        var aria2 = await Aria2.SeedInDhtAsync(installed, scenario, [Share.Torrent(content)], content.SeedFolder, new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 9));
        string[] through = ["--node", aria2.EndPoint.ToString(), "--bind", "127.0.0.1", "--data", scenario.Folder("data")];
        const string Hash = "89abcdef0123456789abcdef0123456789abcdef";
        (await Invocation.RunAsync(["dht", "announce", Hash, "--port", "5001", .. through])).Out.ShouldContain("announced at 1 node");
        (await Invocation.RunAsync(["dht", "get-peers", Hash, .. through])).Out.ShouldContain("127.0.0.1:5001");
        (await Invocation.RunAsync(["dht", "find-node", Hash, .. through])).Out.ShouldNotContain(" 127.0.0.1:");
    }

    [Fact]
    public async Task Items_that_one_put_the_other_gets()
    {
        await using var scenario = new Scenario();
        var router = await RouterAsync(scenario);
        var libtorrent = await LibtorrentSession.StartAsync(installed, scenario, dhtNode: router.EndPoint);
        var swarm = await SwarmPeer.StartAsync(scenario, scenario.NextAddress(), "swarm", Through(router));
        var (seed, salt) = (RandomNumberGenerator.GetBytes(32), "salt");
        var ours = DhtItem.Immutable("9:from here"u8);
        var oursMutable = DhtItem.Mutable("12:mutable here"u8, "salt"u8, 3, seed, new ItemSignatures());
        await swarm.DhtAsync<DhtActor.ItemPut>(new DhtActor.PutItem(1, ours, null));
        await swarm.DhtAsync<DhtActor.ItemPut>(new DhtActor.PutItem(2, oursMutable, null));
        libtorrent.Send(new JsonObject { ["cmd"] = "get", ["target"] = ours.Target.ToString() });
        await libtorrent.ItemAsync("from here");
        libtorrent.Send(new JsonObject { ["cmd"] = "get_mutable", ["public"] = Hex(oursMutable.PublicKey.AsSpan()), ["salt"] = salt });
        await libtorrent.ItemAsync("mutable here");

        libtorrent.Send(new JsonObject { ["cmd"] = "put", ["value"] = "from there" });
        await libtorrent.PutAsync();
        var theirs = await swarm.DhtAsync<DhtActor.ItemFound>(new DhtActor.GetItem(3, DhtItem.TargetOf("10:from there"u8), []));
        theirs.Item.Value.ShouldBe([.. "10:from there"u8]);
        libtorrent.Send(new JsonObject { ["cmd"] = "put_mutable", ["private"] = Hex(Expanded(seed)), ["public"] = Hex(oursMutable.PublicKey.AsSpan()), ["value"] = "mutable there", ["salt"] = salt });
        DhtItem found;
        var waited = System.Diagnostics.Stopwatch.GetTimestamp();
        do
        {
            found = (await swarm.DhtAsync<DhtActor.ItemFound>(new DhtActor.GetItem(4, oursMutable.Target, oursMutable.Salt))).Item;
            System.Diagnostics.Stopwatch.GetElapsedTime(waited).ShouldBeLessThan(Scenario.Patience);
        }
        while (found.Sequence == 3);

        found.Sequence.ShouldBe(4);
        found.Value.ShouldBe([.. "13:mutable there"u8]);
    }

    // A node of the network knows a peer: the announce has arrived.
    private static Task AnnouncedAsync(SwarmPeer node, InfoHash torrent) => Poll.UntilAsync(
        async () => (await node.DhtAsync<object>(new DhtActor.GetPeers(1, torrent))) is DhtActor.PeersDone { Peers: > 0 }, $"{torrent} is announced in the DHT", Scenario.Patience);

    private static Task<SwarmPeer> RouterAsync(Scenario scenario) => SwarmPeer.StartAsync(scenario, scenario.NextAddress(), "router", DhtSettings.Default);

    private static DhtSettings Through(SwarmPeer router) => DhtSettings.Default with { Routers = [new HostEndPoint(router.EndPoint.Address.ToString(), router.EndPoint.Port)] };

    // The form in which libtorrent wants a private key (RFC 8032, 5.1.5).
    private static byte[] Expanded(byte[] seed)
    {
        var expanded = SHA512.HashData(seed);
        expanded[0] &= 248;
        expanded[31] &= 63;
        expanded[31] |= 64;
        return expanded;
    }

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);
}
