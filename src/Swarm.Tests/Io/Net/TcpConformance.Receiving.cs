using System.Net.Sockets;
using Swarm.Actors.Ports;
using Swarm.Io.Net;

namespace Swarm.Tests.Io.Net;

public abstract partial class TcpConformance
{
    [Fact]
    public void Bytes_arrive_exactly_and_in_order_however_they_are_segmented()
    {
        using var world = new NetWorld(Settings);
        var (link, owner, peer) = world.Connected();
        var sent = new byte[24 << 20];
        new Random(1).NextBytes(sent);
        var random = new Random(2);
        InBackground(() =>
        {
            for (var at = 0; at < sent.Length;)
            {
                var count = Math.Min(sent.Length - at, random.Next(10) == 0 ? random.Next(1, 50) : random.Next(1, 300_000));
                peer.Send(sent, at, count, SocketFlags.None);
                at += count;
            }
        });

        var held = new Queue<SlabSlice>();
        var received = new byte[sent.Length];
        for (var at = 0; at < sent.Length;)
        {
            var data = owner.Expect<IPeerLink.Received>().Data;
            data.Length.ShouldBeGreaterThan(0);
            held.Enqueue(data);
            at += data.Length;
            while (held.Count > random.Next(6) || (at == sent.Length && held.Count > 0))
            {
                var oldest = held.Dequeue();
                var start = at - held.Sum(slice => slice.Length) - oldest.Length;
                oldest.Span.CopyTo(received.AsSpan(start));
                oldest.Release();
            }
        }

        received.AsSpan().SequenceEqual(sent).ShouldBeTrue();
        world.CloseAndCheck(link, owner);
    }

    [Fact]
    public void A_block_with_its_header_lies_in_at_most_two_slabs()
    {
        const int Message = PieceGeometry.BlockSize + 13, Messages = 400;
        using var world = new NetWorld(Settings);
        var (link, owner, peer) = world.Connected();
        var random = new Random(3);
        var left = Message * Messages;
        var block = new List<SlabSlice>();
        var blockBytes = 0;
        while (left > 0)
        {
            // Waiting for each part lets idle sweeps come between.
            var count = Math.Min(left, random.Next(1, 60_000));
            peer.Send(new byte[count]);
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

        world.CloseAndCheck(link, owner);
    }

    [Fact]
    public void An_owner_that_keeps_its_slabs_stops_the_link_from_reading()
    {
        using var world = new NetWorld(Settings with { SlabsPerLink = 4 });
        var (link, owner, peer) = world.Connected();
        InBackground(() =>
        {
            while (true) peer.Send(new byte[100_000]);
        });

        var held = new List<SlabSlice>();
        while (held.Select(slice => slice.Slab).Distinct().Count() < 4) held.Add(owner.Expect<IPeerLink.Received>().Data);
        while (owner.Next(TimeSpan.FromMilliseconds(300)) is IPeerLink.Received rest) held.Add(rest.Data);
        held.Select(slice => slice.Slab).Distinct().Count().ShouldBe(4);
        world.Tcp.Slabs.Outstanding.ShouldBe(4);

        held.ForEach(slice => slice.Release());
        owner.Expect<IPeerLink.Received>().Data.Release();
        world.CloseAndCheck(link, owner);
    }

    [Fact]
    public void With_the_pool_used_up_every_link_goes_on_with_its_reserve()
    {
        using var world = new NetWorld(Settings with { SlabPoolBytes = 1 << 20 });
        var (hog, hogOwner, hogPeer) = world.Connected();
        InBackground(() =>
        {
            while (true) hogPeer.Send(new byte[100_000]);
        });
        var held = new List<SlabSlice>();
        while (world.Tcp.Slabs.LentBytes <= world.Settings.SlabPoolBytes - SlabPool.LargeBytes) held.Add(hogOwner.Expect<IPeerLink.Received>().Data);

        var (link, owner, peer) = world.Connected();
        InBackground(() => peer.Send(new byte[3 << 20]));
        for (var left = 3 << 20; left > 0;)
        {
            var data = owner.Expect<IPeerLink.Received>().Data;
            left -= data.Length;
            data.Release();
            world.Tcp.Slabs.LentBytes.ShouldBeLessThanOrEqualTo(world.Settings.SlabPoolBytes + (2 * 2 * SlabPool.SmallBytes));
        }

        held.ForEach(slice => slice.Release());
        hog.Close();
        hogOwner.Await<IPeerLink.Closed>(NetWorld.Release);
        world.CloseAndCheck(link, owner);
    }

    [Fact]
    public void Idle_links_hold_no_slab()
    {
        using var world = new NetWorld(Settings);
        var links = Enumerable.Range(0, 1500).Select(_ => world.Connected()).ToList();
        world.Tcp.Slabs.Outstanding.ShouldBe(0);
        foreach (var (_, _, peer) in links) peer.Send([1]);
        foreach (var (_, owner, _) in links) owner.Expect<IPeerLink.Received>().Data.Release();
        SpinWait.SpinUntil(() => world.Tcp.Slabs.Outstanding == 0, TimeSpan.FromSeconds(20)).ShouldBeTrue();
        SpinWait.SpinUntil(() => world.Tcp.Slabs.FreeBytes == 0, TimeSpan.FromSeconds(20)).ShouldBeTrue("idle memory goes back to the system");

        foreach (var (_, _, peer) in links) peer.Send([2]);
        foreach (var (_, owner, _) in links)
        {
            var data = owner.Expect<IPeerLink.Received>().Data;
            data.Span.ToArray().ShouldBe(new byte[] { 2 });
            data.Release();
        }

        world.Tcp.OpenLinks.ShouldBe(1500);
    }

    [Fact]
    public async Task A_slab_that_its_owner_is_through_with_goes_back_at_once()
    {
        using var world = new NetWorld(Settings with { SweepInterval = TimeSpan.FromHours(1) });
        var system = ActorSystem.Create("net", ActorSystemSettings.Default);
        var links = Enumerable.Range(0, 50).Select(_ => world.Connected()).ToList();
        var turns = new System.Collections.Concurrent.ConcurrentQueue<string?>();
        foreach (var (link, _, _) in links) link.Start(system.ActorOf(Props.Create(() => new Reader(turns))));

        // An owner that has a turn elsewhere just then is through a moment too late: its slab goes back after the next one.
        for (var round = 1; round == 1 || !SpinWait.SpinUntil(() => world.Tcp.Slabs.Outstanding == 0, TimeSpan.FromMilliseconds(100)); round++)
        {
            round.ShouldBeLessThan(200, "no sweep comes");
            foreach (var (_, _, peer) in links) peer.Send([1]);
            SpinWait.SpinUntil(() => turns.Count == round * links.Count, TimeSpan.FromSeconds(90)).ShouldBeTrue();
        }

        if (Settings.Engine == SocketEngineKind.Epoll) turns.ShouldContain(name => name != null && name.StartsWith("swarm-receive"), "the owner has its turn on the thread that received");
        foreach (var (link, _, _) in links) link.Close();
        await system.Terminate();
    }

    [Fact]
    public void An_idle_slab_that_somebody_holds_bytes_of_is_read_on_into()
    {
        using var world = new NetWorld(Settings);
        var (link, owner, peer) = world.Connected();
        peer.Send([1, 2, 3]);
        var first = owner.Expect<IPeerLink.Received>().Data;
        var other = world.Connected();
        other.Peer.Send([9]);
        other.Owner.Expect<IPeerLink.Received>().Data.Release();

        // The other link's slab going back shows that sweeps have been here.
        SpinWait.SpinUntil(() => world.Tcp.Slabs.Outstanding == 1, TimeSpan.FromSeconds(20)).ShouldBeTrue();
        peer.Send([4]);
        var second = owner.Expect<IPeerLink.Received>().Data;
        second.Slab.ShouldBeSameAs(first.Slab);
        second.Offset.ShouldBe(first.Offset + first.Length);
        first.Release();
        second.Release();
        world.CloseAndCheck(link, owner);
    }

    [Fact]
    public void A_limited_download_reads_what_was_granted_and_not_a_byte_more()
    {
        using var world = new NetWorld(Settings);
        var (link, owner, peer) = world.Connected();
        link.Limit(TransferDirection.Download, true);
        owner.Next(TimeSpan.FromMilliseconds(50)).ShouldBeNull("nothing to read, nothing wanted");
        peer.Send(new byte[300_000]);
        owner.Expect<IPeerLink.QuotaSpent>().Direction.ShouldBe(TransferDirection.Download);
        foreach (var grant in new[] { 1, 1000, 70_000, 100_000 })
        {
            link.Grant(TransferDirection.Download, grant);
            var read = 0;
            owner.Await<IPeerLink.QuotaSpent>(message =>
            {
                read += ((IPeerLink.Received)message).Data.Length;
                NetWorld.Release(message);
            });
            read.ShouldBe(grant);
        }

        owner.Next(TimeSpan.FromMilliseconds(50)).ShouldBeNull("told once for each time it runs dry");
        link.Limit(TransferDirection.Download, false);
        for (var left = 300_000 - 171_001; left > 0;)
        {
            var data = owner.Expect<IPeerLink.Received>().Data;
            left -= data.Length;
            data.Release();
        }

        world.CloseAndCheck(link, owner);
    }

    [Fact]
    public void What_came_before_the_other_side_stopped_sending_is_delivered_before_closed()
    {
        using var world = new NetWorld(Settings);
        var (_, owner, peer) = world.Connected();
        peer.Send(new byte[500_000]);
        peer.Shutdown(SocketShutdown.Send);
        var read = 0;
        var closed = owner.Await<IPeerLink.Closed>(message =>
        {
            read += ((IPeerLink.Received)message).Data.Length;
            NetWorld.Release(message);
        });
        read.ShouldBe(500_000);
        closed.Reason.ShouldBe(NetReasons.Ended);
        owner.Next(TimeSpan.FromMilliseconds(20)).ShouldBeNull();
        world.Tcp.Slabs.Outstanding.ShouldBe(0);
        world.Tcp.OpenLinks.ShouldBe(0);
    }

    [Fact]
    public void A_reset_closes_the_link_and_says_so()
    {
        using var world = new NetWorld(Settings);
        var (_, owner, peer) = world.Connected();
        peer.LingerState = new LingerOption(true, 0);
        peer.Close();
        owner.Expect<IPeerLink.Closed>().Reason.ShouldContain("reset");
    }

    [Fact]
    public void Nothing_is_read_before_start_and_a_second_start_hands_the_link_over()
    {
        using var world = new NetWorld(Settings);
        var (link, first, peer) = world.Connected();
        peer.Send([1]);
        first.Expect<IPeerLink.Received>().Data.Release();
        var second = new Mailbox();
        link.Start(second);
        peer.Send([2]);
        second.Expect<IPeerLink.Received>().Data.Release();
        link.Close();
        second.Expect<IPeerLink.Closed>();
        first.Waiting.ShouldBe(0);

        var late = new Mailbox();
        link.Start(late);
        late.Expect<IPeerLink.Closed>();
    }

    private sealed class Reader(System.Collections.Concurrent.ConcurrentQueue<string?> turns) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is not IPeerLink.Received received) return;
            received.Data.Release();
            turns.Enqueue(Thread.CurrentThread.Name);
        }
    }
}
