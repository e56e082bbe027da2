using Swarm.Actors.Ports;
using Swarm.TestKit.Net;

namespace Swarm.Tests.TestKit.Net;

public sealed partial class SimTcpTests
{
    [Fact]
    public void Bytes_arrive_exactly_and_in_order_however_they_are_segmented()
    {
        var rig = new NetRig(settings: new SimNetworkSettings { SegmentBytes = 5000, WindowBytes = 40_000 });
        var (link, owner, peer) = rig.Connected();
        var sent = NetRig.Bytes(900_000);
        peer.Socket.Send(sent).ShouldBeTrue();
        var random = new Random(2);
        var held = new Queue<(SlabSlice Data, int At)>();
        var received = new byte[sent.Length];
        for (var at = 0; at < sent.Length;)
        {
            var data = owner.Expect<IPeerLink.Received>().Data;
            data.Length.ShouldBeGreaterThan(0);
            held.Enqueue((data, at));
            at += data.Length;
            while (held.Count > random.Next(6) || (at == sent.Length && held.Count > 0))
            {
                var oldest = held.Dequeue();
                oldest.Data.Span.CopyTo(received.AsSpan(oldest.At));
                oldest.Data.Release();
            }
        }

        received.AsSpan().SequenceEqual(sent).ShouldBeTrue();
        rig.CloseAndCheck(link, owner);
    }

    [Theory]
    [InlineData(18 << 10)]
    [InlineData(32 << 10)]
    [InlineData(100_000)]
    public void A_block_with_its_header_lies_in_at_most_two_slabs(int slabBytes)
    {
        const int Message = NetRig.Block + 13, Messages = 200;
        var rig = new NetRig(settings: new SimNetworkSettings { SlabBytes = slabBytes });
        var (link, owner, peer) = rig.Connected();
        var random = new Random(3);
        var left = Message * Messages;
        var block = new List<SlabSlice>();
        var blockBytes = 0;
        while (left > 0)
        {
            // Waiting for each part lets idle slabs be looked for between.
            var count = Math.Min(left, random.Next(1, 60_000));
            peer.Socket.Send(new byte[count]);
            rig.Pass(0.2);
            left -= count;
            while (count > 0)
            {
                var data = owner.Expect<IPeerLink.Received>().Data;
                count -= data.Length;
                for (var at = 0; at < data.Length;)
                {
                    var part = Math.Min(Message - blockBytes, data.Length - at);
                    block.Add(data.Retain(at, part));
                    at += part;
                    blockBytes += part;
                    if (blockBytes < Message) continue;
                    block.Select(slice => slice.Slab).Distinct().Count().ShouldBeLessThanOrEqualTo(2);
                    block.ForEach(slice => slice.Release());
                    block.Clear();
                    blockBytes = 0;
                }

                data.Release();
            }
        }

        rig.CloseAndCheck(link, owner);
    }

    [Fact]
    public void An_owner_that_keeps_its_slabs_stops_the_link_from_reading()
    {
        var rig = new NetRig(settings: new SimNetworkSettings { SlabsPerLink = 4 });
        var (link, owner, peer) = rig.Connected();
        peer.Socket.Send(new byte[1 << 20]).ShouldBeTrue();
        var held = new List<SlabSlice>();
        while (owner.Next(TimeSpan.FromSeconds(3)) is IPeerLink.Received received) held.Add(received.Data);
        held.Select(slice => slice.Slab).Distinct().Count().ShouldBe(4);
        rig.Slabs.Outstanding.ShouldBe(4);
        peer.Socket.Queued.ShouldBeGreaterThan(0, "the window is full");

        held.ForEach(slice => slice.Release());
        owner.Read((1 << 20) - held.Sum(slice => slice.Length)).ShouldAllBe(value => value == 0);
        rig.CloseAndCheck(link, owner);
    }

    [Fact]
    public void Idle_links_hold_no_slab()
    {
        var rig = new NetRig();
        var links = Enumerable.Range(0, 50).Select(_ => rig.Connected()).ToList();
        foreach (var (_, _, peer) in links) peer.Socket.Send([1]);
        var slabs = links.Select(link => link.Owner.Expect<IPeerLink.Received>().Data).ToList();
        rig.Pass(1);
        slabs.ShouldAllBe(data => data.Slab!.References == 2);
        slabs.ForEach(data => data.Release());
        rig.Pass(1);
        slabs.ShouldAllBe(data => data.Slab!.References == 0);
        rig.Sim.PendingTimers.ShouldBe(0);
    }

    [Fact]
    public void A_limited_download_reads_what_was_granted_and_not_a_byte_more()
    {
        var rig = new NetRig();
        var (link, owner, peer) = rig.Connected();
        link.Limit(TransferDirection.Download, true);
        owner.Next(TimeSpan.FromSeconds(1)).ShouldBeNull("nothing to read, nothing wanted");
        peer.Socket.Send(new byte[300_000]);
        owner.Expect<IPeerLink.QuotaSpent>().Direction.ShouldBe(TransferDirection.Download);
        foreach (var grant in new[] { 1, 1000, 70_000, 100_000 })
        {
            link.Grant(TransferDirection.Download, grant);
            var read = 0;
            owner.Await<IPeerLink.QuotaSpent>(message =>
            {
                read += ((IPeerLink.Received)message).Data.Length;
                NetRig.Release(message);
            });
            read.ShouldBe(grant);
        }

        owner.Next(TimeSpan.FromSeconds(1)).ShouldBeNull("told once for each time it runs dry");
        link.Limit(TransferDirection.Download, false);
        owner.Read(300_000 - 171_001);
        rig.CloseAndCheck(link, owner);
    }

    [Fact]
    public void What_came_before_the_other_side_stopped_sending_is_delivered_before_closed()
    {
        var rig = new NetRig(there: new LinkProfile { UpBytesPerSecond = 100_000 });
        var (_, owner, peer) = rig.Connected();
        peer.Socket.Send(new byte[500_000]);
        peer.Socket.Close();
        var read = 0;
        var closed = owner.Await<IPeerLink.Closed>(message =>
        {
            read += ((IPeerLink.Received)message).Data.Length;
            NetRig.Release(message);
        });
        read.ShouldBe(500_000);
        closed.Reason.ShouldContain("closed the connection");
        rig.ShouldHoldNothing();
        owner.Waiting.ShouldBe(0);
    }

    [Fact]
    public void A_reset_closes_the_link_and_says_so()
    {
        var rig = new NetRig();
        var (_, owner, peer) = rig.Connected();
        peer.Socket.Send([1]);
        peer.Socket.Reset();
        owner.Await<IPeerLink.Closed>(NetRig.Release).Reason.ShouldContain("reset");
        rig.ShouldHoldNothing();
    }

    [Fact]
    public void Who_sends_to_an_end_that_was_closed_is_reset()
    {
        var rig = new NetRig();
        var (link, owner, peer) = rig.Connected();
        peer.Socket.IsReading = false;
        link.Close();
        owner.Expect<IPeerLink.Closed>();
        peer.Socket.Send([1]).ShouldBeTrue();
        peer.ReadToEnd().ShouldContain("reset");
        rig.ShouldHoldNothing();
    }

    [Fact]
    public void Nothing_is_read_before_start_and_a_second_start_hands_the_link_over()
    {
        var rig = new NetRig();
        var peer = new ScriptPeer(rig, rig.There, rig.Address);
        var link = rig.Listener.Expect<ITcp.Accepted>().Link;
        peer.Socket.Send([1]);
        rig.Pass(1);
        var first = rig.Mailbox();
        link.Start(first);
        first.Read(1).ShouldBe([1]);
        var second = rig.Mailbox();
        link.Start(second);
        link.Start(second);
        peer.Socket.Send([2]);
        second.Read(1).ShouldBe([2]);
        link.Close();
        second.Expect<IPeerLink.Closed>();
        first.Waiting.ShouldBe(0);

        var late = rig.Mailbox();
        link.Start(late);
        late.Expect<IPeerLink.Closed>();
        rig.ShouldHoldNothing();
        second.Waiting.ShouldBe(0);
    }
}
