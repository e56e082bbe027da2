using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;
using Swarm.TestKit.Chance;
using Swarm.TestKit.Content;
using Swarm.TestKit.Net;
using Swarm.TestKit.Peers;
using Swarm.TestKit.Store;
using Swarm.TestKit.World;
using Swarm.Tests.TestKit.World;

namespace Swarm.Tests.TestKit.Checking;

/// <summary>Each check, shown to fail by breaking its promise on purpose.</summary>
public sealed class WorldCheckTests
{
    private static readonly SimWorldSettings Settings = SimWorldSettings.Default with { CheckInterval = TimeSpan.FromMilliseconds(500) };

    private readonly SimWorld _world = new(6, Settings);
    private readonly SimContent _content = Worlds.SmallContent();
    private readonly SimNode _seed;
    private readonly SimNode _leecher;

    public WorldCheckTests()
    {
        _seed = _world.AddNode("seed", SimNodeSettings.Default with { Link = new LinkProfile { UpBytesPerSecond = 100_000 } });
        _seed.AddSeed(_content);
        _leecher = _world.AddNode("leecher");
        _leecher.Add(_content, options => options.Calls(_seed));
        _world.StartAll();
    }

    [Fact]
    public void Bytes_that_were_not_hashed_are_noticed()
    {
        _leecher.Disk.Settings = _leecher.Disk.Settings with { SkipsHashCheck = true };
        _world.RunFor(TimeSpan.FromMilliseconds(500));
        _world.AddPeer("corrupting", _content, PeerManners.Corrupting).Dial(_leecher.Address);
        ShouldBreak("Every byte that a node calls verified");
    }

    [Fact]
    public void Bytes_that_rot_on_a_seed_are_noticed_unless_its_disk_is_not_trusted()
    {
        _world.MustConverge(Worlds.Patience);
        _seed.TrustsDisk = false;
        _seed.Disk.Rot().ShouldBeTrue();
        _world.RunFor(TimeSpan.FromSeconds(10));
        _leecher.Disk.Rot().ShouldBeTrue();
        ShouldBreak("Every byte that a node calls verified");
    }

    [Fact]
    public void A_flush_that_keeps_nothing_is_noticed_when_it_is_recorded()
    {
        _leecher.Disk.Settings = _leecher.Disk.Settings with { LosesFlush = true };
        ShouldBreak("What is recorded as kept is kept");
    }

    [Fact]
    public void A_power_loss_that_takes_what_was_recorded_is_noticed()
    {
        _world.MustConverge(Worlds.Patience);
        _world.RunFor(TimeSpan.FromSeconds(30));
        _leecher.Disk.Overwrite($"{SimNode.FolderOf(_content)}/one.bin", 70_000, new byte[100]);
        _leecher.Crash();
        ShouldBreak("What is recorded as kept is kept");
    }

    [Fact]
    public void A_record_that_shrinks_is_noticed()
    {
        _world.MustConverge(Worlds.Patience);
        _world.Simulation.Tamper = turn => turn.Message is Swarm.Actors.Store.StoreActor.Run { Command: StoreCommand.PutProgress put } run
            ? run with { Command = put with { Progress = put.Progress with { Verified = [.. new byte[put.Progress.Verified.Length]] } } }
            : turn.Message;
        _leecher.StopGracefully();
        ShouldBreak("What is recorded as kept is kept");
    }

    [Fact]
    public void A_piece_that_is_fetched_again_is_noticed()
    {
        _world.RunUntilVerified(_leecher, 5);
        _world.Simulation.Tamper = turn => turn.Message is PiecesActor.Verified ? new PiecesActor.Verified([new PieceIndex(Enumerable.Range(0, 21).First(piece => _leecher.Torrents[0].VerifiedNow[new PieceIndex(piece)]))]) : turn.Message;
        ShouldBreak("A verified piece stays verified");
    }

    [Fact]
    public void A_block_that_is_written_after_its_piece_was_verified_is_noticed()
    {
        _world.RunUntilVerified(_leecher, 5);
        var piece = Enumerable.Range(0, 21).Select(index => new PieceIndex(index)).First(index => _leecher.Torrents[0].VerifiedNow[index]);
        var storage = _leecher.Disk.StoragesOpen[0];
        var block = _content.Geometry.RequestFor(piece, new BlockIndex(0));
        var bytes = new byte[block.Length];
        _content.Fill(block, bytes);
        _leecher.Disk.Restart(storage, piece);
        _leecher.Disk.Write(storage, [new BlockWrite(block, _leecher.Slabs.Slice(bytes), default)]);
        ShouldBreak("A verified piece stays verified");
    }

    [Fact]
    public void A_write_under_another_token_is_noticed()
    {
        _world.RunUntilVerified(_leecher, 2);
        _leecher.Store.Committed!("leecher", [new StoreCommand.PutTorrent(_content.Torrent, 999, new TorrentRecord([], null, "/", 0))], [new StoreOutcome.Done()]);
        ShouldBreak("A torrent has one owner");
    }

    [Fact]
    public void A_lease_that_two_are_given_is_noticed()
    {
        _world.AddNode("thief", SimNodeSettings.Default with { SharesStoreOf = _leecher });
        _world.RunFor(TimeSpan.FromSeconds(1));
        _leecher.Store.Committed!("thief", [new StoreCommand.AcquireLease(_content.Torrent)], [new StoreOutcome.Leased(1_000)]);
        ShouldBreak("A torrent has one owner");
    }

    [Fact]
    public void A_status_that_goes_backwards_is_noticed()
    {
        _world.RunUntilVerified(_leecher, 5);
        _world.RunFor(TimeSpan.FromSeconds(1));
        _world.Simulation.Tamper = turn => turn.Message is TorrentStatus status && turn.System == _leecher.System ? status with { VerifiedPieces = 30, VerifiedLength = status.SelectedLength + 1 } : turn.Message;
        ShouldBreak("Progress never goes backwards");
    }

    [Fact]
    public void Figures_that_go_backwards_are_noticed()
    {
        _world.RunUntilVerified(_leecher, 5);
        _world.RunFor(TimeSpan.FromSeconds(1));
        _world.Simulation.Tamper = turn => turn.Message is TorrentStatus status && turn.System == _leecher.System ? status with { Downloaded = 1 } : turn.Message;
        ShouldBreak("What is counted as moved was moved");
    }

    [Fact]
    public void More_received_than_sent_is_noticed()
    {
        _world.MustConverge(Worlds.Patience);
        _world.Simulation.Tamper = turn => turn.Message is TorrentStatus status && turn.System == _leecher.System ? status with { Downloaded = status.Downloaded * 3 } : turn.Message;
        Should.Throw<CheckFailedException>(_world.StopAll).Promise.ShouldStartWith("What is counted as moved was moved");
    }

    [Fact]
    public void An_actor_that_throws_is_noticed()
    {
        _world.RunUntilVerified(_leecher, 2);
        _world.Simulation.Tamper = turn => turn.Message is PiecesActor.BlocksReceived blocks ? blocks with { Blocks = default } : turn.Message;
        ShouldBreak("No actor fails");
    }

    [Fact]
    public void A_mailbox_at_its_bound_is_noticed()
    {
        var world = new SimWorld(1, Settings with { MailboxBound = 16 });
        var seed = world.AddNode("seed");
        for (var i = 0; i < 100; i++) seed.AddSeed(SimContent.OneFile(1_000, 16_384, seed: i));
        world.StartAll();
        Should.Throw<CheckFailedException>(() => world.RunFor(TimeSpan.FromMinutes(1))).Promise.ShouldStartWith("No actor fails");
    }

    [Fact]
    public void A_slab_that_is_not_given_back_is_noticed()
    {
        _world.MustConverge(Worlds.Patience);
        _ = _leecher.Slabs.Slice([1, 2, 3]);
        Should.Throw<CheckFailedException>(_world.StopAll).Message.ShouldContain("1 slabs are left");
    }

    [Fact]
    public void A_timer_and_a_request_that_are_not_ended_are_noticed()
    {
        _world.MustConverge(Worlds.Patience);
        _leecher.Http.Get(new HttpFetch(-1, new Uri("http://nowhere.sim/"), System.Net.Sockets.AddressFamily.Unspecified, TimeSpan.FromDays(1), 1), ActorRefs.Nobody);
        _world.Web.Name("nowhere.sim", System.Net.IPAddress.Parse("20.200.0.1"));
        _world.Web.Serve("nowhere.sim", _ => Swarm.TestKit.Web.WebReply.Silence);
        Should.Throw<CheckFailedException>(_world.StopAll).Message.ShouldContain("1 HTTP requests are left");
    }

    [Fact]
    public void A_connection_that_is_not_closed_is_noticed()
    {
        _world.MustConverge(Worlds.Patience);
        var (first, second) = (_world.AddHost("first"), _world.AddHost("second"));
        var port = second.Listen(0, _ => new Deaf());
        first.Dial(new System.Net.IPEndPoint(second.PublicAddress, port), new Deaf());
        Should.Throw<CheckFailedException>(_world.StopAll).Message.ShouldContain("1 connections are left");
    }

    [Fact]
    public void Wrong_blocks_that_a_node_sends_are_noticed()
    {
        _world.MustConverge(Worlds.Patience);
        _seed.TrustsDisk = _leecher.TrustsDisk = false;
        _leecher.Disk.Overwrite($"{SimNode.FolderOf(_content)}/one.bin", 0, new byte[65_536 * 20]);
        _world.AddPeer("fake", _content, PeerManners.Leecher).Dial(_leecher.Address);
        ShouldBreak("Every byte that a node calls verified, or gives to others");
    }

    [Fact]
    public void A_node_that_does_not_stop_is_noticed()
    {
        _world.MustConverge(Worlds.Patience);
        _leecher.Store.Settings = SimStoreSettings.Default with { Latency = Latency.Milliseconds(500_000, 600_000) };
        _world.Simulation.Tamper = turn => turn.Message is Swarm.Actors.Store.StoreActor.Drain && turn.System == _leecher.System ? null : turn.Message;
        Should.Throw<CheckFailedException>(_world.StopAll).Promise.ShouldBe("A node stops in time");
    }

    private void ShouldBreak(string promise)
    {
        var failure = Should.Throw<CheckFailedException>(() => _world.RunFor(TimeSpan.FromMinutes(5)));
        failure.Promise.ShouldStartWith(promise);
        failure.Message.ShouldContain("Seed 6");
    }

    private sealed class Deaf : ISimSocketHandler
    {
        public void OnConnected()
        {
        }

        public void OnBytes(ReadOnlySpan<byte> bytes)
        {
        }

        public void OnClosed(string reason)
        {
        }
    }
}
