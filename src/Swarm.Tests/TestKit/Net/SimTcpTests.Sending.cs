using Swarm.Actors.Ports;
using Swarm.TestKit.Net;

namespace Swarm.Tests.TestKit.Net;

public sealed partial class SimTcpTests
{
    [Theory]
    [InlineData(64 << 10)]
    [InlineData(700)]
    public void Bytes_and_blocks_go_out_exactly_and_in_the_order_given(int segmentBytes)
    {
        var rig = new NetRig(settings: new SimNetworkSettings { SegmentBytes = segmentBytes });
        var (link, owner, peer) = rig.Connected();
        var random = new Random(5);
        var expected = new MemoryStream();
        var total = default((int Blocks, long BlockBytes));
        for (var i = 0; i < 300; i++)
        {
            if (random.Next(3) == 0)
            {
                var bytes = NetRig.Bytes(random.Next(1, 500), i);
                link.Send(bytes).ShouldBeTrue();
                expected.Write(bytes);
            }
            else
            {
                var begin = random.Next((1 << 20) - 40_000);
                var block = new BlockRequest(new PieceIndex(random.Next(8)), begin, random.Next(3) == 0 ? random.Next(1, 40_000) : NetRig.Block);
                link.SendBlock(NetRig.Storage, block).ShouldBeTrue();
                expected.Write(NetRig.ContentBlocks.Message(block));
                total = (total.Blocks + 1, total.BlockBytes + block.Length);
            }
        }

        peer.Read((int)expected.Length).AsSpan().SequenceEqual(expected.ToArray()).ShouldBeTrue();
        while (total != default)
        {
            var sent = owner.Expect<IPeerLink.Sent>();
            sent.Blocks.ShouldBeGreaterThan(0, "bytes alone are no news");
            total = (total.Blocks - sent.Blocks, total.BlockBytes - sent.BlockBytes);
        }

        rig.CloseAndCheck(link, owner);
    }

    [Fact]
    public void A_peer_that_does_not_read_costs_a_bounded_queue_and_no_buffer()
    {
        var rig = new NetRig(settings: new SimNetworkSettings { QueuedBlocksPerLink = 100, QueuedBytesPerLink = 8 << 10 });
        var (link, owner, peer) = rig.Connected();
        peer.Socket.IsReading = false;
        var block = new BlockRequest(new PieceIndex(0), 0, NetRig.Block);
        var accepted = 0;
        for (var tries = 0; tries < 400; tries++)
        {
            if (link.SendBlock(NetRig.Storage, block)) accepted++;
            rig.Pass(0.1);
        }

        accepted.ShouldBeInRange(100 + 15, 100 + 16, "the queue, and a window of 256 KiB");
        while (link.Send(new byte[1 << 10])) accepted++;
        link.Send(new byte[1]).ShouldBeFalse("at the limit one byte more is refused");

        var blocks = accepted - 8;
        peer.Socket.IsReading = true;
        var message = NetRig.ContentBlocks.Message(block);
        peer.Read((blocks * message.Length) + (8 << 10)).AsSpan(0, message.Length).SequenceEqual(message).ShouldBeTrue();
        link.SendBlock(NetRig.Storage, block).ShouldBeTrue();
        rig.CloseAndCheck(link, owner);
    }

    [Fact]
    public void A_queued_block_can_be_cancelled_until_it_is_on_its_way()
    {
        var rig = new NetRig();
        var (link, owner, peer) = rig.Connected();
        link.Limit(TransferDirection.Upload, true);
        var blocks = Enumerable.Range(0, 10).Select(i => new BlockRequest(new PieceIndex(0), i * NetRig.Block, NetRig.Block)).ToArray();
        foreach (var block in blocks) link.SendBlock(NetRig.Storage, block).ShouldBeTrue();
        owner.Expect<IPeerLink.QuotaSpent>().Direction.ShouldBe(TransferDirection.Upload);

        link.Grant(TransferDirection.Upload, 100);
        peer.Read(100);
        owner.Await<IPeerLink.QuotaSpent>();
        link.CancelBlock(blocks[0]).ShouldBeFalse("a part of it is gone");
        link.CancelBlock(blocks[1]).ShouldBeTrue();
        link.CancelBlock(blocks[1]).ShouldBeFalse("it is taken back already");
        link.CancelBlock(blocks[9]).ShouldBeTrue();
        link.CancelBlock(new BlockRequest(new PieceIndex(7), 0, NetRig.Block)).ShouldBeFalse();
        link.Send([42]).ShouldBeTrue();

        link.Limit(TransferDirection.Upload, false);
        byte[] expected = [.. NetRig.ContentBlocks.Message(blocks[0]), .. blocks[2..9].SelectMany(NetRig.ContentBlocks.Message), 42];
        peer.Read(expected.Length).AsSpan().SequenceEqual(expected).ShouldBeTrue();
        link.CancelBlock(blocks[5]).ShouldBeFalse("it is gone");
        rig.CloseAndCheck(link, owner);
    }

    [Fact]
    public void A_limited_upload_writes_what_was_granted_and_not_a_byte_more()
    {
        var rig = new NetRig();
        var (link, owner, peer) = rig.Connected();
        link.Limit(TransferDirection.Upload, true);
        for (var i = 0; i < 40; i++) link.SendBlock(NetRig.Storage, new BlockRequest(new PieceIndex(1), i * NetRig.Block, NetRig.Block));
        owner.Expect<IPeerLink.QuotaSpent>();
        var granted = 0;
        foreach (var grant in new[] { 1, 12, 1, 20_000, 500_000 })
        {
            link.Grant(TransferDirection.Upload, grant);
            granted += grant;
            owner.Await<IPeerLink.QuotaSpent>();
            rig.Pass(5);
            peer.Received.Length.ShouldBe(granted);
        }

        rig.CloseAndCheck(link, owner);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(NetRig.Block - 1)]
    public void A_block_from_a_file_cut_short_sends_no_header_and_closes_the_link(int left)
    {
        var rig = new NetRig();
        rig.Blocks.ReadableUntil = (3 * NetRig.Block) + left;
        var (link, owner, peer) = rig.Connected();

        // A quota that ends in the block's header must not send the header either.
        link.Limit(TransferDirection.Upload, true);
        link.Grant(TransferDirection.Upload, 13 + NetRig.Block + 5);
        link.SendBlock(NetRig.Storage, new BlockRequest(new PieceIndex(0), 2 * NetRig.Block, NetRig.Block));
        owner.Await<IPeerLink.Sent>();
        var bad = new BlockRequest(new PieceIndex(0), 3 * NetRig.Block, NetRig.Block);
        link.SendBlock(NetRig.Storage, bad);

        owner.Await<IPeerLink.Closed>().Reason.ShouldContain("could not be read");
        peer.ReadToEnd();
        peer.Received.Length.ShouldBe(13 + NetRig.Block);
        rig.Blocks.Failures.ShouldHaveSingleItem().ShouldBe(bad);
        rig.ShouldHoldNothing();
    }

    [Fact]
    public void A_block_is_read_when_it_goes_out_and_not_before()
    {
        var rig = new NetRig(here: new LinkProfile { UpBytesPerSecond = 20_000 });
        var (link, owner, peer) = rig.Connected();
        for (var i = 0; i < 20; i++) link.SendBlock(NetRig.Storage, new BlockRequest(new PieceIndex(0), i * NetRig.Block, NetRig.Block));
        rig.Pass(5);
        rig.Blocks.ReadableUntil = 0;
        owner.Await<IPeerLink.Closed>();
        peer.ReadToEnd();
        peer.Received.Length.ShouldBeInRange(60_000, 200_000);
    }

    [Fact]
    public void Closing_while_writing_and_reading_ends_with_one_closed_and_no_slab_out()
    {
        var random = new Random(9);
        for (var round = 0; round < 60; round++)
        {
            var rig = new NetRig(round);
            var (link, owner, peer) = rig.Connected();
            peer.Socket.IsReading = round % 2 == 0;
            peer.Socket.Send(new byte[400_000]);
            for (var i = 0; i < 200; i++) link.SendBlock(NetRig.Storage, new BlockRequest(new PieceIndex(i % 4), 0, NetRig.Block));
            for (var i = random.Next(4); i > 0; i--) NetRig.Release(owner.Next(TimeSpan.FromSeconds(20))!);
            link.Close();
            link.Close();
            owner.Await<IPeerLink.Closed>(NetRig.Release);
            link.Send([1]).ShouldBeTrue("a closed link takes and drops");
            peer.Socket.Reset();
            rig.ShouldHoldNothing();
            owner.Waiting.ShouldBe(0);
        }
    }
}
