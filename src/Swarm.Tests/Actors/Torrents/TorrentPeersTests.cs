using System.Net;
using Swarm.Actors.Node;
using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Magnets;
using Swarm.Protocol.Swarming;
using Swarm.Protocol.Wire;
using Swarm.Tests.Actors.Fakes;

namespace Swarm.Tests.Actors.Torrents;

/// <summary>A torrent and its connections, in a whole node over fake ports.</summary>
public sealed class TorrentPeersTests
{
    private readonly FakeContent _content = FakeContent.OneFile(40 * 32 * 1024);

    [Fact]
    public void A_liar_is_banned_and_nobody_else_and_the_content_is_right()
    {
        var world = new NodeWorld().Start();
        world.Seed(_content, "10.0.0.2:1", (_, bytes) => [.. bytes.Select(value => (byte)~value)]);
        world.Seed(_content, "10.0.0.3:1");
        world.Seed(_content, "10.0.0.4:1");
        world.Add(_content, world.With("10.0.0.2:1", "10.0.0.3:1", "10.0.0.4:1"));
        world.Pass(60);
        world.Disk.ShouldHold(_content, NodeWorld.Folder);
        world.Events.OfType<TorrentEvent.PeerBanned>().Select(banned => banned.Address.ToString()).ShouldBe(["10.0.0.2"]);
        world.Status(_content).Wasted.ShouldBeGreaterThan(0);
        world.Stop(_content);
        world.ShouldHoldNothing();
    }

    [Fact]
    public void A_ban_closes_every_connection_with_the_address_and_lets_it_in_no_more()
    {
        var world = new NodeWorld().Start();
        world.Seed(_content, "10.0.0.2:1", (_, bytes) => [.. bytes.Select(value => (byte)~value)]);
        world.Add(_content);
        var other = world.Incoming(_content, "10.0.0.2:7");
        world.ShouldBeConnected(other);
        var bystander = world.Incoming(_content, "10.0.0.3:7");
        var liar = world.Incoming(_content, "10.0.0.2:8");
        liar.Serve = block => new byte[block.Length];
        liar.Say(output => output.HaveAll());
        liar.Say(output => output.Unchoke());
        world.Pass(10);
        (other.Link.IsClosed, liar.Link.IsClosed, bystander.Link.IsClosed).ShouldBe((true, true, false));
        world.Incoming(_content, "10.0.0.2:9").Link.IsClosed.ShouldBeTrue();
    }

    [Fact]
    public void Our_own_address_is_recognised_by_our_own_peer_id_and_not_called_again()
    {
        var world = new NodeWorld().Start();
        world.Tcp.Reachable[IPEndPoint.Parse("10.0.0.1:9")] = link => _ = new FakePeer(world.Sim, link, _content.Torrent, "x") { OnHandshake = peer => peer.Link.Deliver(peer.Handshake) };
        world.Add(_content, world.With("10.0.0.1:9", "10.0.0.1:6881"));
        world.Pass(300);
        world.Tcp.Dialed.Select(remote => remote.ToString()).ShouldBe(["10.0.0.1:9"], "and the address we listen on is never called");
        world.ShouldHoldNothing();
    }

    [Fact]
    public void Peers_that_a_link_names_are_looked_up_once_and_called_at_all_of_their_addresses()
    {
        var world = new NodeWorld().Start();
        world.Dns.Names["seed.example"] = [IPAddress.Parse("10.0.0.2"), IPAddress.Parse("10.0.0.3")];
        world.Seed(_content, "10.0.0.3:7");
        MagnetLink.TryParse($"magnet:?xt=urn:btih:{_content.Torrent}&x.pe=seed.example:7&x.pe=nowhere.example:7&x.pe=10.0.0.4:7", out var link, out var error).ShouldBeTrue(error);
        world.Store.Put(_content.Torrent, new TorrentRecord(_content.File, null, NodeWorld.Folder, 1));
        world.Add(TorrentSource.FromMagnet(link));
        world.Pass(20);
        world.Disk.ShouldHold(_content, NodeWorld.Folder);
        world.Tcp.Dialed.Select(remote => remote.ToString()).Distinct().ShouldBe(["10.0.0.4:7", "10.0.0.2:7", "10.0.0.3:7"], ignoreOrder: true);
        world.Dns.Asked.ShouldBe(["seed.example", "nowhere.example"]);
        world.Log.Lines.ShouldContain(line => line.Text.Contains("nowhere.example:7", StringComparison.Ordinal) && line.Text.Contains("is unknown", StringComparison.Ordinal));
    }

    [Fact]
    public void As_many_names_of_a_link_as_allowed_are_looked_up_and_no_more_of_their_addresses_than_allowed()
    {
        var settings = TorrentSettings.Default with { MaxPeerNames = 2, MaxAddressesPerName = 3 };
        var world = new NodeWorld(new NodeSettings { Listen = [IPEndPoint.Parse("10.0.0.1:6881")], Torrent = settings }).Start();
        foreach (var name in new[] { "a.example", "b.example", "c.example" }) world.Dns.Names[name] = [.. Enumerable.Range(0, 9).Select(i => IPAddress.Parse($"10.0.{(int)name[0]}.{i}"))];
        MagnetLink.TryParse($"magnet:?xt=urn:btih:{_content.Torrent}&x.pe=a.example:7&x.pe=b.example:7&x.pe=c.example:7", out var link, out var error).ShouldBeTrue(error);
        world.Add(TorrentSource.FromMagnet(link));
        world.Pass(5);
        world.Dns.Asked.ShouldBe(["a.example", "b.example"]);
        world.Tcp.Dialed.Distinct().Count().ShouldBe(6);
    }

    [Theory]
    [InlineData(0.04, true)]
    [InlineData(0, false)]
    public void With_all_places_taken_somebody_useless_gives_way_to_who_was_never_called(double share, bool gives)
    {
        var settings = TorrentSettings.Default with { Candidates = new() { MaxConnections = 2 }, Turnover = new() { Share = share } };
        var world = new NodeWorld(new NodeSettings { Listen = [IPEndPoint.Parse("10.0.0.1:6881")], Torrent = settings }).Start();
        world.Add(_content);
        var passing = world.Incoming(_content, "10.0.0.2:5");
        passing.Say(output => new ExtensionHandshake { ListenPort = 7 }.Write(output));
        var first = world.Incoming(_content, "10.0.0.3:1");
        world.Pass(1);
        passing.Link.Close("it left");
        world.Pass(1);
        var second = world.Incoming(_content, "10.0.0.4:1");
        world.Pass(60);
        world.ShouldBeConnected(first);
        world.ShouldBeConnected(second);
        world.Tcp.Dialed.ShouldBeEmpty("all places are taken");
        for (var minute = 0; minute < 10; minute++)
        {
            foreach (var peer in new[] { first, second }.Where(peer => !peer.Link.IsClosed)) peer.Say(output => output.KeepAlive());
            world.Pass(60);
        }

        (first.Link.IsClosed, second.Link.IsClosed).ShouldBe((gives, false));
        world.Tcp.Dialed.Select(remote => remote.ToString()).Distinct().ShouldBe(gives ? ["10.0.0.2:7"] : []);
    }

    [Fact]
    public void Two_seeds_part_and_a_seed_calls_no_seed()
    {
        var world = new NodeWorld().Start();
        world.Disk.Put(_content, NodeWorld.Folder);
        var peers = world.Seed(_content, "10.0.0.2:1");
        world.Add(_content, world.With("10.0.0.2:1"));
        world.Pass(120);
        peers[0].Link.IsClosed.ShouldBeTrue();
        world.Tcp.Dialed.Count.ShouldBe(1);
    }

    [Fact]
    public void A_seed_that_called_us_and_said_where_it_listens_is_not_called_back_by_a_seed()
    {
        var world = new NodeWorld().Start();
        world.Disk.Put(_content, NodeWorld.Folder);
        world.Add(_content);
        world.Pass(1);
        var seed = world.Incoming(_content, "10.0.0.2:5");
        seed.Say(output => new ExtensionHandshake { ListenPort = 7 }.Write(output));
        seed.Say(output => output.HaveAll());
        world.Pass(600);
        seed.Link.IsClosed.ShouldBeTrue();
        world.Tcp.Dialed.ShouldBeEmpty();
    }

    [Fact]
    public void When_the_download_is_done_seeds_are_let_go_and_leechers_are_kept()
    {
        var world = new NodeWorld().Start();
        var seed = world.Seed(_content, "10.0.0.2:1");
        world.Add(_content, world.With("10.0.0.2:1") with { DownloadLimit = 300_000 });
        var leecher = world.Incoming(_content, "10.0.0.3:1");
        world.Pass(30);
        seed[0].Link.IsClosed.ShouldBeTrue();
        world.ShouldBeConnected(leecher);
        var greeting = Bitfield.FromWire(leecher.Messages.Single(message => message.Id == MessageId.Bitfield).Payload, 40)!;
        leecher.Haves.Concat(Enumerable.Range(0, 40).Where(piece => greeting[new PieceIndex(piece)])).Order().ShouldBe(Enumerable.Range(0, 40), "it hears of every piece once");
    }

    [Fact]
    public void Of_two_connections_with_one_peer_one_goes()
    {
        var world = new NodeWorld().Start();
        world.Add(_content);
        var first = world.Incoming(_content, "10.0.0.2:1");
        var second = new FakePeer(world.Sim, world.Tcp.Accept("10.0.0.2:2"), _content.Torrent, "10.0.0.2:1") { OnHandshake = _ => { } };
        second.SayHandshake();
        world.Pass(1);
        (first.Link.IsClosed, second.Link.IsClosed).ShouldBe((false, true));
        world.Status(_content).ConnectedPeers.ShouldBe(1);
    }

    [Fact]
    public void As_many_connections_as_allowed_are_taken_and_one_more_is_closed()
    {
        var settings = TorrentSettings.Default with { Candidates = CandidateSettings.Default with { MaxConnections = 3 } };
        var world = new NodeWorld(new NodeSettings { Listen = [IPEndPoint.Parse("10.0.0.1:6881")], Torrent = settings }).Start();
        world.Add(_content);
        var peers = Enumerable.Range(2, 4).Select(i => world.Incoming(_content, $"10.0.0.{i}:1")).ToList();
        peers.Select(peer => peer.Link.IsClosed).ShouldBe([false, false, false, true]);
        peers[0].Link.Close("gone");
        world.Pass(1);
        world.ShouldBeConnected(world.Incoming(_content, "10.0.0.9:1"));
    }

    [Fact]
    public void A_connection_for_a_torrent_that_is_not_there_is_closed()
    {
        var world = new NodeWorld().Start();
        world.Incoming(_content, "10.0.0.2:1").Link.IsClosed.ShouldBeTrue();
        world.ShouldHoldNothing();
    }

    [Fact]
    public void With_a_limit_a_connection_that_came_in_is_read_and_bounded()
    {
        var world = new NodeWorld().Start();
        world.Add(_content, world.With() with { DownloadLimit = 50_000 });
        var peer = world.Incoming(_content, "10.0.0.2:1");
        peer.Serve = block => _content.Of(block).ToArray();
        peer.Say(output => output.HaveAll());
        peer.Say(output => output.Unchoke());
        world.Pass(10);
        peer.Link.BytesRead.ShouldBeInRange(350_000, 560_000);
        world.Pass(30);
        world.Disk.ShouldHold(_content, NodeWorld.Folder);
    }

    [Fact]
    public void An_interested_peer_is_unchoked_and_served()
    {
        var world = new NodeWorld().Start();
        world.Disk.Put(_content, NodeWorld.Folder);
        world.Add(_content);
        var peer = world.Incoming(_content, "10.0.0.2:1");
        peer.Say(output => output.Interested());
        world.Pass(20);
        peer.Count(MessageId.Unchoke).ShouldBe(1);
        peer.Say(output => output.Request(new BlockRequest(new PieceIndex(3), 0, 16 * 1024)));
        world.Pass(2);
        peer.BlocksGot.Count.ShouldBe(1);
        world.Status(_content).Uploaded.ShouldBe(16 * 1024);
    }

    [Fact]
    public void An_address_that_does_not_answer_is_called_again_later_and_later()
    {
        var world = new NodeWorld().Start();
        world.Add(_content, world.With("10.0.0.2:1"));
        world.Pass(600);
        world.Tcp.Dialed.Count.ShouldBeInRange(3, 8);
    }
}
