using Swarm.Actors.Torrents;
using Swarm.TestKit.Content;
using Swarm.TestKit.Net;
using Swarm.TestKit.Peers;
using Swarm.TestKit.World;
using Swarm.Tests.TestKit.World;

namespace Swarm.Tests.TestKit.Peers;

/// <summary>Each way to misbehave, against a node of production, which must finish from an honest seed all the same.</summary>
public sealed class FakePeerTests
{
    private readonly SimContent _content = Worlds.SmallContent();

    public static TheoryData<string> Manners =>
    [
        nameof(PeerManners.Stranger), nameof(PeerManners.Seed), nameof(PeerManners.Leecher), nameof(PeerManners.Corrupting), nameof(PeerManners.NeverAnswering), nameof(PeerManners.Liar),
        nameof(PeerManners.Dripping), nameof(PeerManners.Flooding), nameof(PeerManners.BadLengths), nameof(PeerManners.Garbage), nameof(PeerManners.Fickle), nameof(PeerManners.Pushing),
        nameof(PeerManners.HugeBitfield), nameof(PeerManners.Mute), nameof(PeerManners.Flapping),
    ];

    [Theory]
    [MemberData(nameof(Manners))]
    public void A_node_finishes_from_an_honest_seed_whatever_another_peer_does(string manners)
    {
        var (world, peer, leecher) = Meet(MannersOf(manners));
        world.RunFor(TimeSpan.FromSeconds(20));
        peer.ConnectionsEver.ShouldBeGreaterThan(0);
        var seed = world.AddNode("seed", SimNodeSettings.Default with { Link = new LinkProfile { UpBytesPerSecond = 200_000 } });
        seed.AddSeed(_content, options => options.Calls(leecher));
        seed.Start();
        world.MustConverge(Worlds.Patience);
        peer.WrongBlocksReceived.ShouldBe(0);
        world.StopAll();
    }

    [Theory]
    [MemberData(nameof(Manners))]
    public void A_node_that_seeds_bears_whoever_dials_it(string manners)
    {
        var world = new SimWorld(2);
        var seed = world.AddNode("seed");
        seed.AddSeed(_content);
        world.StartAll();
        world.RunFor(TimeSpan.FromSeconds(1));
        var peers = Enumerable.Range(0, 3).Select(i => world.AddPeer($"peer-{i}", _content, MannersOf(manners))).ToArray();
        foreach (var peer in peers)
        {
            for (var i = 0; i < 3; i++) peer.Dial(seed.Address);
        }

        world.RunFor(TimeSpan.FromMinutes(1));
        var leecher = world.AddNode("leecher");
        leecher.Add(_content, options => options.Calls(seed));
        leecher.Start();
        world.MustConverge(Worlds.Patience);
        world.StopAll();
    }

    [Fact]
    public void A_fake_seed_is_enough_and_a_fake_leecher_gets_everything_right()
    {
        var (world, seed, node) = Meet(PeerManners.Seed);
        world.MustConverge(Worlds.Patience);
        var leecher = world.AddPeer("fake-leecher", _content, PeerManners.Leecher);
        leecher.Dial(node.Address);
        world.RunUntil(() => leecher.Pieces.IsFull, Worlds.Patience).ShouldBeTrue();
        leecher.BytesReceived.ShouldBe(_content.Geometry.TotalLength);
        seed.BytesSent.ShouldBeGreaterThanOrEqualTo(_content.Geometry.TotalLength);
        world.StopAll();
    }

    [Fact]
    public void A_block_that_was_cut_short_counts_for_neither_side()
    {
        var world = new SimWorld(1);
        var seed = world.AddNode("seed", SimNodeSettings.Default with { Link = new LinkProfile { UpBytesPerSecond = 20_000 } });
        seed.AddSeed(_content);
        world.StartAll();
        world.RunFor(TimeSpan.FromSeconds(1));
        var leecher = world.AddPeer("fake-leecher", _content, PeerManners.Leecher);
        leecher.Dial(seed.Address);
        world.RunFor(TimeSpan.FromSeconds(4));
        leecher.Leave();
        world.RunFor(TimeSpan.FromSeconds(10));
        world.Network.Counters.StreamBytes.ShouldBeGreaterThan(leecher.BytesReceived);
        (leecher.BytesReceived % PieceGeometry.BlockSize).ShouldBe(0);
        leecher.BytesReceived.ShouldBeInRange(PieceGeometry.BlockSize, seed.Status(_content)!.Uploaded);
        world.StopAll();
    }

    [Fact]
    public void Who_corrupts_everything_is_banned()
    {
        var (world, peer, leecher) = Meet(PeerManners.Corrupting);
        world.RunUntil(() => leecher.Events.Any(happened => happened is TorrentEvent.PeerBanned), Worlds.Patience).ShouldBeTrue();
        leecher.Events.OfType<TorrentEvent.PeerBanned>().ShouldHaveSingleItem().Address.ShouldBe(peer.Address.Address);
    }

    [Fact]
    public void Who_corrupts_some_pieces_among_honest_ones_is_found_out()
    {
        var (world, peer, leecher) = Meet(PeerManners.Seed with { CorruptsPieces = [new PieceIndex(3), new PieceIndex(7)], BytesPerSecond = 200_000 });
        var seed = world.AddPeer("honest", _content, PeerManners.Seed, new LinkProfile { UpBytesPerSecond = 100_000 });
        world.RunFor(TimeSpan.FromMilliseconds(500));
        seed.Dial(leecher.Address);
        world.MustConverge(Worlds.Patience);
        leecher.Events.OfType<TorrentEvent.PieceFailed>().ShouldAllBe(failed => failed.Piece.Value == 3 || failed.Piece.Value == 7);
        leecher.Events.OfType<TorrentEvent.PeerBanned>().ShouldAllBe(banned => banned.Address.Equals(peer.Address.Address));
    }

    [Fact]
    public void A_private_torrents_metadata_is_told_to_nobody_and_a_public_ones_to_who_asks()
    {
        foreach (var isPrivate in new[] { false, true })
        {
            var content = new SimContent(1, 65_536, [("one.bin", 200_000)], isPrivate: isPrivate);
            var world = new SimWorld(1);
            var seed = world.AddNode("seed");
            seed.AddSeed(content);
            world.StartAll();
            world.RunFor(TimeSpan.FromSeconds(1));
            var asker = world.AddPeer("asker", content, PeerManners.Stranger with { AsksMetadata = true });
            asker.Dial(seed.Address);
            world.RunFor(TimeSpan.FromSeconds(5));
            asker.MetadataReceived.ShouldBe(isPrivate ? 0 : 1);
        }
    }

    private static PeerManners MannersOf(string name) => (PeerManners)typeof(PeerManners).GetProperty(name)!.GetValue(null)!;

    // A node that knows of nobody but the fake peer.
    private (SimWorld World, FakePeer Peer, SimNode Node) Meet(PeerManners manners)
    {
        var world = new SimWorld(3);
        var peer = world.AddPeer("peer", _content, manners);
        var node = world.AddNode("node");
        node.Add(_content, options => options with { Peers = [peer.Address] });
        world.StartAll();
        return (world, peer, node);
    }
}
