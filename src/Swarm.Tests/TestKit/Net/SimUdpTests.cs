using System.Net;
using Swarm.Actors.Ports;
using Swarm.TestKit.Net;

namespace Swarm.Tests.TestKit.Net;

public sealed class SimUdpTests
{
    [Theory]
    [InlineData("1.0.0.1")]
    [InlineData("2001:db8::1")]
    [InlineData("127.0.0.1")]
    public void Datagrams_go_both_ways_in_order_and_in_bounded_batches(string address)
    {
        var rig = new NetRig();
        var (here, there) = (rig.Mailbox(), rig.Mailbox());
        var local = new IPEndPoint(IPAddress.Parse(address), 0);
        rig.Here.Udp.Open(local, here);
        rig.Here.Udp.Open(local, there);
        var mine = here.Expect<IUdp.Opened>();
        mine.Requested.ShouldBe(local);
        var other = there.Expect<IUdp.Opened>().Socket;
        for (byte i = 0; i < 50; i++) mine.Socket.Send(other.Local, new byte[] { i, 1 }).ShouldBeTrue();
        for (byte next = 0; next < 50; next++)
        {
            var batch = there.Expect<IUdp.Received>();
            batch.Socket.ShouldBe(other);
            var datagram = batch.Datagrams.ShouldHaveSingleItem();
            datagram.Remote.ShouldBe(mine.Socket.Local);
            datagram.Bytes.ShouldBe([next, 1]);
        }

        other.Send(mine.Socket.Local, ReadOnlySpan<byte>.Empty).ShouldBeTrue();
        here.Expect<IUdp.Received>().Datagrams.ShouldHaveSingleItem().Bytes.ShouldBeEmpty();
    }

    [Fact]
    public void A_datagram_at_the_limit_of_its_path_is_taken_and_one_byte_more_is_dropped()
    {
        var (rig, got, port) = Receiver();
        rig.Network.Path(rig.There, rig.Here).Rule = new PathRule { MaxDatagramBytes = 1400 };
        rig.There.SendUdp(port, new IPEndPoint(rig.Here.Address, 53), new byte[1401]).ShouldBeTrue();
        rig.There.SendUdp(port, new IPEndPoint(rig.Here.Address, 53), new byte[1400]).ShouldBeTrue();
        rig.Pass(1);
        got.ShouldHaveSingleItem().Length.ShouldBe(1400);
        rig.Network.Counters.DatagramsDropped.ShouldBe(1);
    }

    [Fact]
    public void What_cannot_be_sent_is_dropped_and_the_socket_goes_on()
    {
        var rig = new NetRig();
        var owner = rig.Mailbox();
        rig.Here.Udp.Open(new IPEndPoint(IPAddress.Any, 0), owner);
        var socket = owner.Expect<IUdp.Opened>().Socket;
        var self = new IPEndPoint(rig.Here.Address, socket.Local.Port);
        socket.Send(self, new byte[70_000]).ShouldBeFalse("no datagram is that long");
        socket.Send(new IPEndPoint(IPAddress.IPv6Loopback, 9), new byte[1]).ShouldBeFalse("the other family");
        rig.Network.Counters.DatagramsDropped.ShouldBe(2);
        socket.Send(self, "x"u8).ShouldBeTrue();
        owner.Expect<IUdp.Received>().Datagrams[0].Remote.ShouldBe(self);
    }

    [Fact]
    public void A_port_in_use_says_so_and_closing_frees_it()
    {
        var rig = new NetRig();
        var (owner, other) = (rig.Mailbox(), rig.Mailbox());
        rig.Here.Udp.Open(new IPEndPoint(rig.Here.Address, 6881), owner);
        var socket = owner.Expect<IUdp.Opened>().Socket;
        rig.Here.Udp.Open(socket.Local, other);
        other.Expect<IUdp.OpenFailed>().Reason.ShouldContain("in use");
        rig.Here.Udp.Open(IPEndPoint.Parse("9.9.9.9:1"), other);
        other.Expect<IUdp.OpenFailed>().Reason.ShouldContain("not one of this machine");
        rig.Here.Udp.Close(owner);
        socket.Send(socket.Local, "x"u8).ShouldBeFalse();
        rig.Here.BindUdp(6881, (_, _) => { }).ShouldBe(6881);
        Should.Throw<InvalidOperationException>(() => rig.Here.BindUdp(6881, (_, _) => { }));
        rig.Here.CloseUdp(6881);
        rig.Here.Udp.Open(socket.Local, other);
        other.Expect<IUdp.Opened>();
        owner.Waiting.ShouldBe(0);
    }

    [Fact]
    public void A_full_link_drops_and_says_so()
    {
        var (rig, got, port) = Receiver(new LinkProfile { UpBytesPerSecond = 10_000 }, new SimNetworkSettings { DatagramQueueBytes = 5000 });
        var taken = Enumerable.Range(0, 20).Count(_ => rig.There.SendUdp(port, new IPEndPoint(rig.Here.Address, 53), new byte[1000]));
        taken.ShouldBe(6);
        rig.Pass(0.55);
        got.Count.ShouldBe(5);
        rig.Pass(1);
        got.Count.ShouldBe(6);
    }

    [Fact]
    public void Faults_of_a_path_happen_about_as_often_as_set()
    {
        Count(new PathRule { Loss = 0.3 }).Got.Count.ShouldBeInRange(630, 770);
        var doubled = Count(new PathRule { Duplication = 0.3 });
        doubled.Got.Count.ShouldBeInRange(1230, 1370);
        doubled.Counters.DatagramsDuplicated.ShouldBe(doubled.Got.Count - 1000);
        var spoiled = Count(new PathRule { Corruption = 0.3 });
        spoiled.Got.Count(bytes => bytes[2..].Any(value => value != 0)).ShouldBeInRange(230, 370);
        Count(PathRule.None).Got.ShouldBeInOrder(SortDirection.Ascending, Comparer<byte[]>.Create((one, other) => Number(one) - Number(other)));
        var mixed = Count(new PathRule { Reordering = 0.3 }).Got.Select(Number).ToList();
        mixed.Count.ShouldBe(1000);
        mixed.Order().ShouldBe(Enumerable.Range(0, 1000));
        mixed.Zip(mixed.Skip(1)).Count(pair => pair.First > pair.Second).ShouldBeInRange(100, 400);

        static int Number(byte[] bytes) => bytes[0] | (bytes[1] << 8);

        static (List<byte[]> Got, SimNetworkCounters Counters) Count(PathRule rule)
        {
            var (rig, got, port) = Receiver();
            rig.Network.Path(rig.There, rig.Here).Rule = rule;
            for (var i = 0; i < 1000; i++)
            {
                rig.There.SendUdp(port, new IPEndPoint(rig.Here.Address, 53), [(byte)i, (byte)(i >> 8), .. new byte[200]]).ShouldBeTrue();
                rig.Pass(0.001);
            }

            rig.Pass(10);
            return (got, rig.Network.Counters);
        }
    }

    [Fact]
    public void A_partition_swallows_datagrams_and_a_crash_closes_sockets()
    {
        var (rig, got, port) = Receiver();
        var to = new IPEndPoint(rig.Here.Address, 53);
        rig.Network.Partition([rig.There], [rig.Here]);
        rig.There.SendUdp(port, to, [1]).ShouldBeTrue();
        rig.Pass(1);
        rig.Network.Heal();
        rig.There.SendUdp(port, to, [2]).ShouldBeTrue();
        rig.Here.Crash();
        rig.Pass(1);
        rig.Here.Restart();
        rig.There.SendUdp(port, to, [3]).ShouldBeTrue();
        rig.Pass(1);
        got.ShouldBeEmpty();
        rig.Network.Counters.DatagramsDropped.ShouldBe(3);
        rig.There.SendUdp(1, to, [3]).ShouldBeFalse("no such port");
    }

    [Theory]
    [InlineData(NatKind.PortRestricted, NatKind.PortRestricted, true)]
    [InlineData(NatKind.FullCone, NatKind.Symmetric, true)]
    [InlineData(NatKind.Symmetric, NatKind.Symmetric, false)]
    [InlineData(NatKind.PortRestricted, NatKind.Symmetric, false)]
    public void Two_hosts_behind_translators_reach_each_other_where_their_kinds_allow(NatKind first, NatKind second, bool meet)
    {
        const byte Answer = 9;
        var rig = new NetRig();
        var one = rig.Network.AddHost("one", IPAddress.Parse("5.0.0.1"), LinkProfile.Default, first);
        var two = rig.Network.AddHost("two", IPAddress.Parse("5.0.0.2"), LinkProfile.Default, second);
        one.PublicAddress.ShouldBe(IPAddress.Parse("5.0.0.1"));
        one.Address.ShouldNotBe(one.PublicAddress);
        var seen = new List<IPEndPoint>();
        rig.Here.BindUdp(53, (from, _) => seen.Add(from));
        var got = new List<SimHost>();
        var ports = new[] { one, two }.Select(host => host.BindUdp(6881, (from, bytes) =>
        {
            got.Add(host);
            if (bytes.Span[0] != Answer) host.SendUdp(6881, from, [Answer]);
        })).ToArray();
        one.SendUdp(ports[0], new IPEndPoint(rig.Here.Address, 53), [1]);
        two.SendUdp(ports[1], new IPEndPoint(rig.Here.Address, 53), [2]);
        rig.Pass(1);
        seen.Count.ShouldBe(2);

        // Each knows the other's endpoint as a third one sees it, and both send at once: what crosses opens the way for what comes.
        for (var i = 0; i < 3; i++)
        {
            one.SendUdp(ports[0], seen[1], [3]);
            two.SendUdp(ports[1], seen[0], [4]);
            rig.Pass(1);
        }

        (got.Contains(one) && got.Contains(two)).ShouldBe(meet);
    }

    private static (NetRig Rig, List<byte[]> Got, int Port) Receiver(LinkProfile? there = null, SimNetworkSettings? settings = null)
    {
        var rig = new NetRig(settings: settings, there: there);
        var got = new List<byte[]>();
        rig.Here.BindUdp(53, (from, bytes) =>
        {
            from.Address.ShouldBe(rig.There.Address);
            got.Add(bytes.ToArray());
        }).ShouldBe(53);
        return (rig, got, rig.There.BindUdp(0, (_, _) => { }));
    }
}
