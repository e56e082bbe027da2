using FsCheck.Fluent;
using Swarm.Actors.Ports;
using Swarm.TestKit.Net;
using Swarm.Tests.Protocol.Primitives;

namespace Swarm.Tests.TestKit.Net;

/// <summary>What must hold of streams whatever the seed does to their segments.</summary>
public sealed class SimStreamPropertyTests
{
    [Fact]
    public void A_stream_is_what_was_sent_under_every_seed_segmentation_and_loss() =>
        PropertyCheck.Holds(Gen.Choose(0, int.MaxValue), seed =>
        {
            var random = new Random(seed);
            var (size, fault) = (random.Next(256), random.Next(256));
            var settings = new SimNetworkSettings { SegmentBytes = 1 + (size * size), WindowBytes = 2048 + (size * 700), SlowStart = fault % 2 == 0 };
            var profile = new LinkProfile { Loss = fault % 3 == 0 ? fault / 2000.0 : 0, Jitter = TimeSpan.FromMilliseconds(fault % 5), UpBytesPerSecond = fault % 4 == 0 ? 300_000 : 0 };
            var rig = new NetRig(seed, settings, profile, profile);
            var (link, owner, peer) = rig.Connected();
            var there = NetRig.Bytes(60_000, seed);
            peer.Socket.Send(there).ShouldBeTrue();
            var here = new List<byte>();
            for (var i = 0; i < 12; i++)
            {
                var block = new BlockRequest(new PieceIndex(random.Next(8)), random.Next(1 << 19), random.Next(1, 9000));
                var bytes = NetRig.Bytes(random.Next(2000), i);
                link.SendBlock(NetRig.Storage, block).ShouldBeTrue();
                link.Send(bytes).ShouldBeTrue();
                here.AddRange(NetRig.ContentBlocks.Message(block));
                here.AddRange(bytes);
            }

            owner.Read(there.Length).AsSpan().SequenceEqual(there).ShouldBeTrue();
            peer.Read(here.Count).AsSpan().SequenceEqual(here.ToArray()).ShouldBeTrue();
            link.Close();
            rig.ShouldHoldNothing();
        });

    [Fact]
    public void Small_segments_cut_messages_everywhere()
    {
        var rig = new NetRig(settings: new SimNetworkSettings { SegmentBytes = 3 });
        var (link, _, peer) = rig.Connected();
        link.Send(NetRig.Bytes(2000));
        peer.Read(2000).ShouldBe(NetRig.Bytes(2000));
        peer.Cuts.Count.ShouldBeInRange(300, 2000);
        peer.Cuts.ShouldAllBe(cut => cut <= 12);
        peer.Cuts.Distinct().Count().ShouldBeGreaterThan(3);
    }

    [Fact]
    public void What_is_under_way_or_unread_never_exceeds_the_window()
    {
        var rig = new NetRig(settings: new SimNetworkSettings { WindowBytes = 100_000, SegmentBytes = 7000 });
        var (_, _, peer) = rig.Connected();
        var silent = rig.Mailbox();
        var dialer = rig.Mailbox();
        rig.There.Tcp(rig.Slabs, rig.Blocks).Connect(1, rig.Address, null, TimeSpan.FromSeconds(9), dialer);
        var link = dialer.Expect<ITcp.Connected>().Link;
        var other = rig.Listener.Expect<ITcp.Accepted>().Link;
        link.Start(silent);
        const int Blocks = 500, Length = 1000, OnTheWire = 13 + Length;
        for (var i = 0; i < Blocks; i++) link.SendBlock(NetRig.Storage, new BlockRequest(new PieceIndex(0), i * Length, Length)).ShouldBeTrue();
        rig.Pass(60);
        var sent = 0L;
        while (silent.Waiting > 0) sent += silent.Expect<IPeerLink.Sent>().Blocks;
        (sent * OnTheWire).ShouldBeInRange(75_001 - OnTheWire, 100_000);

        var reader = rig.Mailbox();
        other.Start(reader);
        reader.Read(Blocks * OnTheWire);
        peer.Reason.ShouldBeNull();
    }

    [Fact]
    public void The_window_and_the_round_trip_bound_the_rate()
    {
        var slow = new LinkProfile { Latency = TimeSpan.FromMilliseconds(50) };
        var rig = new NetRig(settings: new SimNetworkSettings { WindowBytes = 100_000, SegmentBytes = 10_000 }, here: slow, there: slow);
        var (_, owner, peer) = rig.Connected();
        var start = rig.Sim.Elapsed;
        peer.Socket.Send(new byte[1_000_000]);
        owner.Read(1_000_000);
        (rig.Sim.Elapsed - start).TotalSeconds.ShouldBeInRange(1.8, 3.2);
    }

    [Fact]
    public void Slow_start_takes_round_trips_to_open_the_window()
    {
        TimeSpan Take(bool slowStart)
        {
            var slow = new LinkProfile { Latency = TimeSpan.FromMilliseconds(50) };
            var rig = new NetRig(settings: new SimNetworkSettings { SlowStart = slowStart }, here: slow, there: slow);
            var (_, owner, peer) = rig.Connected();
            var start = rig.Sim.Elapsed;
            peer.Socket.Send(new byte[200_000]);
            owner.Read(200_000);
            return rig.Sim.Elapsed - start;
        }

        Take(false).ShouldBe(TimeSpan.FromMilliseconds(100));
        Take(true).TotalSeconds.ShouldBeInRange(0.7, 2);
    }

    [Fact]
    public void Loss_costs_time_and_never_a_byte()
    {
        const int Length = 8 << 20;
        double Rate(double loss)
        {
            var profile = new LinkProfile { Latency = TimeSpan.FromMilliseconds(20) };
            var rig = new NetRig(settings: new SimNetworkSettings { WindowBytes = 1 << 20, QueuedBytesPerLink = Length }, here: profile, there: profile);
            rig.Network.Path(rig.There, rig.Here).Rule = new PathRule { Loss = loss };
            var (_, owner, peer) = rig.Connected();
            var start = rig.Sim.Elapsed;
            var bytes = NetRig.Bytes(Length);
            peer.Socket.Send(bytes);
            owner.Read(Length).AsSpan().SequenceEqual(bytes).ShouldBeTrue();
            (rig.Network.Counters.Retransmissions > 0).ShouldBe(loss > 0);
            return Length / (rig.Sim.Elapsed - start).TotalSeconds;
        }

        var rates = new[] { 0, 0.001, 0.01, 0.05 }.Select(Rate).ToArray();
        rates.ShouldBeInOrder(SortDirection.Descending);
        // Mathis: packet / round trip * 1.22 / root of the loss, here some 220 KB/s at a hundredth.
        rates[2].ShouldBeInRange(60_000, 540_000);
    }

    [Fact]
    public void A_block_costs_few_events()
    {
        var rig = new NetRig(here: new LinkProfile { UpBytesPerSecond = 5_000_000 }, there: new LinkProfile { DownBytesPerSecond = 5_000_000 });
        var (link, _, peer) = rig.Connected();
        for (var i = 0; i < 2000; i++) link.SendBlock(NetRig.Storage, new BlockRequest(new PieceIndex(i % 8), 0, NetRig.Block)).ShouldBeTrue();
        var events = 0;
        // The condition is asked before each step.
        rig.Sim.RunUntil(() => events++ > 1_000_000 || peer.Count == 2000 * (NetRig.Block + 13), TimeSpan.FromMinutes(1)).ShouldBeTrue();
        (events / 2000.0).ShouldBeLessThan(4);
    }
}
