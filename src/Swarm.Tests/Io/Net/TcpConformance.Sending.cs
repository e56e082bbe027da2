using System.Buffers.Binary;
using Swarm.Actors.Ports;
using Swarm.Io.Disk;

namespace Swarm.Tests.Io.Net;

public abstract partial class TcpConformance
{
    private const int Block = PieceGeometry.BlockSize;

    [Fact]
    public void Bytes_and_blocks_go_out_exactly_and_in_the_order_given()
    {
        using var world = new NetWorld(Settings);
        var content = Content(5 << 20, 1);
        var storage = world.Blocks.Add(content, pad: 0);
        var (link, owner, peer) = world.Connected();
        var random = new Random(5);
        var expected = new MemoryStream();
        var total = default((int Blocks, long BlockBytes));
        for (var i = 0; i < 700; i++)
        {
            if (random.Next(3) == 0)
            {
                var bytes = new byte[random.Next(1, 500)];
                random.NextBytes(bytes);
                link.Send(bytes).ShouldBeTrue();
                expected.Write(bytes);
            }
            else
            {
                var block = random.Next(4) == 0 ? RandomRange(random) : new BlockRequest(new PieceIndex(random.Next(5)), random.Next(64) * Block, Block);
                link.SendBlock(storage, block).ShouldBeTrue();
                expected.Write(Message(content, block));
                total = (total.Blocks + 1, total.BlockBytes + block.Length);
            }
        }

        NetWorld.Read(peer, (int)expected.Length).AsSpan().SequenceEqual(expected.ToArray()).ShouldBeTrue();
        while (total != default)
        {
            var sent = owner.Expect<IPeerLink.Sent>();
            sent.Blocks.ShouldBeGreaterThan(0, "bytes alone are no news");
            total = (total.Blocks - sent.Blocks, total.BlockBytes - sent.BlockBytes);
        }

        world.CloseAndCheck(link, owner);
        world.Blocks.CloseHandle(storage).ShouldBeTrue("every lease was given back");
    }

    [Fact]
    public void Pad_files_go_out_as_zeros()
    {
        using var world = new NetWorld(Settings);
        var content = Content(Block + 1000, 2);
        var storage = world.Blocks.Add(content, claimed: content.Length + 5000, pad: 5000);
        var (link, _, peer) = world.Connected();
        var block = new BlockRequest(new PieceIndex(0), Block, 6000);
        link.SendBlock(storage, block);
        NetWorld.Read(peer, 13 + 6000).ShouldBe(Message([.. content, .. new byte[5000]], block));
    }

    [Fact]
    public void A_peer_that_does_not_read_costs_a_bounded_queue_and_no_buffer()
    {
        using var world = new NetWorld(Settings with { QueuedBlocksPerLink = 100, QueuedBytesPerLink = 8 << 10, SendBufferBytes = 64 << 10 });
        var content = Content(1 << 20, 3);
        var storage = world.Blocks.Add(content);
        var (link, owner, peer) = world.Connected(peerReceiveBuffer: 64 << 10);
        var block = new BlockRequest(new PieceIndex(0), 0, Block);
        var accepted = 0;
        while (SpinWait.SpinUntil(() => link.SendBlock(storage, block), TimeSpan.FromSeconds(2))) accepted++;
        accepted.ShouldBeInRange(100, 100 + 200);
        while (link.Send(new byte[1 << 10])) accepted.ShouldBeLessThan(400);
        link.Send(new byte[1]).ShouldBeFalse("at the limit one byte more is refused");

        var expected = Message(content, block);
        for (var i = 0; i < accepted; i++) NetWorld.Read(peer, expected.Length).AsSpan().SequenceEqual(expected).ShouldBeTrue();
        NetWorld.Read(peer, 8 << 10).ShouldAllBe(value => value == 0);
        SpinWait.SpinUntil(() => link.SendBlock(storage, block), TimeSpan.FromSeconds(20)).ShouldBeTrue();
        world.CloseAndCheck(link, owner);
    }

    [Fact]
    public void A_queued_block_can_be_cancelled_until_it_is_on_its_way()
    {
        using var world = new NetWorld(Settings);
        var content = Content(1 << 20, 4);
        var storage = world.Blocks.Add(content);
        var (link, owner, peer) = world.Connected();
        link.Limit(TransferDirection.Upload, true);
        var blocks = Enumerable.Range(0, 10).Select(i => new BlockRequest(new PieceIndex(0), i * Block, Block)).ToArray();
        foreach (var block in blocks) link.SendBlock(storage, block).ShouldBeTrue();
        owner.Expect<IPeerLink.QuotaSpent>().Direction.ShouldBe(TransferDirection.Upload);

        link.Grant(TransferDirection.Upload, 100);
        NetWorld.Read(peer, 100);
        owner.Await<IPeerLink.QuotaSpent>();
        link.CancelBlock(blocks[0]).ShouldBeFalse("a part of it is gone");
        link.CancelBlock(blocks[1]).ShouldBeTrue();
        link.CancelBlock(blocks[1]).ShouldBeFalse("it is taken back already");
        link.CancelBlock(blocks[9]).ShouldBeTrue();
        link.CancelBlock(new BlockRequest(new PieceIndex(7), 0, Block)).ShouldBeFalse();
        link.Send([42]).ShouldBeTrue();

        link.Limit(TransferDirection.Upload, false);
        byte[] expected = [.. Message(content, blocks[0])[100..], .. blocks[2..9].SelectMany(block => Message(content, block)), 42];
        NetWorld.Read(peer, expected.Length).AsSpan().SequenceEqual(expected).ShouldBeTrue();
        link.CancelBlock(blocks[5]).ShouldBeFalse("it is gone");
        world.CloseAndCheck(link, owner);
    }

    [Fact]
    public void A_limited_upload_writes_what_was_granted_and_not_a_byte_more()
    {
        using var world = new NetWorld(Settings);
        var content = Content(4 << 20, 5);
        var storage = world.Blocks.Add(content);
        var (link, owner, peer) = world.Connected();
        link.Limit(TransferDirection.Upload, true);
        for (var i = 0; i < 64; i++) link.SendBlock(storage, new BlockRequest(new PieceIndex(1), i * Block, Block));
        owner.Expect<IPeerLink.QuotaSpent>();
        foreach (var grant in new[] { 1, 12, 1, 20_000, 500_000 })
        {
            link.Grant(TransferDirection.Upload, grant);
            owner.Await<IPeerLink.QuotaSpent>();
            NetWorld.Read(peer, grant);
            SpinWait.SpinUntil(() => peer.Available > 0, TimeSpan.FromMilliseconds(30)).ShouldBeFalse("nothing beyond the grant");
        }

        world.CloseAndCheck(link, owner);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Block - 1)]
    public void A_block_from_a_file_cut_short_sends_no_header_closes_the_link_and_is_reported(int left)
    {
        using var world = new NetWorld(Settings);
        var content = Content(1 << 20, 6);
        var storage = world.Blocks.Add(content);
        world.Blocks.Truncate(storage, (3 * Block) + left);
        var (link, owner, peer) = world.Connected();

        // A quota that ends in the block's header must not send the header either.
        link.Limit(TransferDirection.Upload, true);
        link.Grant(TransferDirection.Upload, 13 + Block + 5);
        link.SendBlock(storage, new BlockRequest(new PieceIndex(0), 2 * Block, Block));
        owner.Await<IPeerLink.Sent>();
        var bad = new BlockRequest(new PieceIndex(0), 3 * Block, Block);
        link.SendBlock(storage, bad);

        owner.Await<IPeerLink.Closed>().Reason.ShouldContain("cut short");
        NetWorld.ReadToEnd(peer).Length.ShouldBe(13 + Block);
        world.Blocks.Failures.TryTake(out var failure, TimeSpan.FromSeconds(20)).ShouldBeTrue();
        failure.Block.ShouldBe(bad);
        failure.Storage.ShouldBe(storage);
        world.Blocks.CloseHandle(storage).ShouldBeTrue("every lease was given back");
    }

    [Fact]
    public void A_file_cut_short_while_its_blocks_are_sent_closes_the_link_and_no_wrong_byte_goes_out()
    {
        using var world = new NetWorld(Settings);
        var content = Content(1 << 20, 11);
        var storage = world.Blocks.Add(content);
        var (link, owner, peer) = world.Connected(peerReceiveBuffer: 64 << 10);
        var first = new BlockRequest(new PieceIndex(0), 0, Block);
        link.SendBlock(storage, first);
        NetWorld.Read(peer, 13 + Block).ShouldBe(Message(content, first));

        // The windows that the first block made ready are there still; the file beneath them is not.
        world.Blocks.OnLocate = block =>
        {
            if (block.Begin == 5 * Block) world.Blocks.Truncate(storage, 0);
        };
        for (var i = 1; i < 10; i++) link.SendBlock(storage, new BlockRequest(new PieceIndex(0), i * Block, Block));
        owner.Await<IPeerLink.Closed>().Reason.ShouldContain("cut short");
        var got = NetWorld.ReadToEnd(peer);
        var expected = Enumerable.Range(1, 9).SelectMany(i => Message(content, new BlockRequest(new PieceIndex(0), i * Block, Block))).ToArray();
        got.Length.ShouldBeLessThan(5 * (13 + Block));
        got.AsSpan().SequenceEqual(expected.AsSpan(0, got.Length)).ShouldBeTrue();
        world.Blocks.Failures.TryTake(out _, TimeSpan.FromSeconds(20)).ShouldBeTrue();
    }

    [Fact]
    public void Where_nothing_can_be_mapped_blocks_are_read_and_arrive_alike()
    {
        using var world = new NetWorld(Settings);
        using var none = new FileWindows(new DiskSettings { MappedBytes = 0 }, new DiskTally());
        world.Blocks.Windows.Dispose();
        world.Blocks.Windows = none;
        var content = Content(1 << 20, 12);
        var storage = world.Blocks.Add(content);
        var (link, owner, peer) = world.Connected();
        for (var i = 0; i < 20; i++) link.SendBlock(storage, new BlockRequest(new PieceIndex(0), i * Block, Block)).ShouldBeTrue();
        var expected = Enumerable.Range(0, 20).SelectMany(i => Message(content, new BlockRequest(new PieceIndex(0), i * Block, Block))).ToArray();
        NetWorld.Read(peer, expected.Length).AsSpan().SequenceEqual(expected).ShouldBeTrue();
        world.CloseAndCheck(link, owner);
    }

    [Fact]
    public void A_storage_that_closes_while_its_blocks_wait_closes_the_link()
    {
        using var world = new NetWorld(Settings);
        var content = Content(1 << 20, 7);
        var storage = world.Blocks.Add(content);
        var (link, owner, _) = world.Connected();
        world.Blocks.CloseHandle(storage);
        link.SendBlock(storage, new BlockRequest(new PieceIndex(0), 0, Block));
        owner.Await<IPeerLink.Closed>();
        world.Blocks.Failures.TryTake(out _, TimeSpan.FromSeconds(20)).ShouldBeTrue();
    }

    [Fact]
    public void Closing_while_writing_and_reading_ends_with_one_closed_and_no_slab_out()
    {
        using var world = new NetWorld(Settings);
        var content = Content(4 << 20, 8);
        var storage = world.Blocks.Add(content);
        var random = new Random(9);
        for (var round = 0; round < 60; round++)
        {
            var (link, owner, peer) = world.Connected();
            var reading = round % 2 == 0;
            InBackground(() =>
            {
                while (true) peer.Send(new byte[50_000]);
            });
            if (reading) InBackground(() => NetWorld.ReadToEnd(peer));
            for (var i = 0; i < 200; i++) link.SendBlock(storage, new BlockRequest(new PieceIndex(i % 4), 0, Block));
            for (var i = random.Next(4); i > 0; i--) NetWorld.Release(owner.Next(TimeSpan.FromSeconds(20))!);
            InBackground(link.Close);
            link.Close();
            owner.Await<IPeerLink.Closed>(NetWorld.Release);
            owner.Next(TimeSpan.FromMilliseconds(2)).ShouldBeNull();
            link.Send([1]).ShouldBeTrue("a closed link takes and drops");
            peer.Dispose();
        }

        world.Tcp.Slabs.Outstanding.ShouldBe(0);
        world.Tcp.OpenLinks.ShouldBe(0);
        world.Blocks.CloseHandle(storage).ShouldBeTrue("every lease was given back");
    }

    [Fact]
    public void A_busy_link_lets_others_write()
    {
        using var world = new NetWorld(Settings with { WriteThreads = 1, QueuedBlocksPerLink = 100_000, QueuedBlockBytesPerLink = 1L << 40 });
        var storage = world.Blocks.Add(Content(1 << 20, 10));
        var (busy, busyOwner, busyPeer) = world.Connected();
        for (var i = 0; i < 50_000; i++) busy.SendBlock(storage, new BlockRequest(new PieceIndex(0), i % 64 * Block, Block)).ShouldBeTrue();
        InBackground(() => NetWorld.ReadToEnd(busyPeer));
        var (quiet, _, quietPeer) = world.Connected();
        for (byte i = 0; i < 20; i++)
        {
            quiet.Send([i]);
            NetWorld.Read(quietPeer, 1)[0].ShouldBe(i);
        }

        busy.CancelBlock(new BlockRequest(new PieceIndex(0), (50_000 - 1) % 64 * Block, Block)).ShouldBeTrue("the busy link is not done yet");
        busy.Close();
        busyOwner.Await<IPeerLink.Closed>();
    }

    private static byte[] Content(int length, int seed)
    {
        var content = new byte[length];
        new Random(seed).NextBytes(content);
        return content;
    }

    private static BlockRequest RandomRange(Random random)
    {
        var begin = random.Next(FakeBlocks.PieceLength - 1);
        return new BlockRequest(new PieceIndex(random.Next(5)), begin, random.Next(1, Math.Min(40_000, FakeBlocks.PieceLength - begin)));
    }

    private static byte[] Message(byte[] content, BlockRequest block)
    {
        var message = new byte[13 + block.Length];
        BinaryPrimitives.WriteInt32BigEndian(message, 9 + block.Length);
        message[4] = 7;
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(5), block.Piece.Value);
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(9), block.Begin);
        content.AsSpan((block.Piece.Value * FakeBlocks.PieceLength) + block.Begin, block.Length).CopyTo(message.AsSpan(13));
        return message;
    }
}
