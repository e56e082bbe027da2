using System.Net;
using Swarm.Actors.Ports;
using Swarm.TestKit.Net;

namespace Swarm.Tests.TestKit.Net;

/// <summary>What a network does to its hosts: partitions, crashes, resets, and dials that go wrong.</summary>
public sealed class SimFaultTests
{
    private static readonly SimNetworkSettings Settings = new() { RetransmitTimeout = TimeSpan.FromSeconds(20) };

    [Fact]
    public void A_short_partition_costs_time_and_no_byte()
    {
        var rig = new NetRig(settings: Settings);
        var (link, owner, peer) = rig.Connected();
        rig.Network.Partition([rig.Here], [rig.There]);
        var sent = NetRig.Bytes(600_000);
        peer.Socket.Send(sent);
        link.Send([7]);
        rig.Pass(10);
        owner.Waiting.ShouldBe(0);
        rig.Network.Heal();
        owner.Read(sent.Length).AsSpan().SequenceEqual(sent).ShouldBeTrue();
        peer.Read(1).ShouldBe([7]);
        rig.CloseAndCheck(link, owner);
    }

    [Fact]
    public void A_long_partition_ends_both_ends_by_time_out()
    {
        var rig = new NetRig(settings: Settings);
        var (link, owner, peer) = rig.Connected();
        rig.Network.Partition([rig.Here], [rig.There]);
        var start = rig.Sim.Elapsed;
        peer.Socket.Send(new byte[600_000]);
        link.Send([7]);
        owner.Await<IPeerLink.Closed>().Reason.ShouldContain("timed out");
        (rig.Sim.Elapsed - start).TotalSeconds.ShouldBeInRange(20, 21);
        peer.ReadToEnd().ShouldContain("timed out");
        rig.Network.Counters.TimeOuts.ShouldBe(2);
        rig.ShouldHoldNothing();
    }

    [Fact]
    public void Who_is_silent_does_not_notice_a_partition()
    {
        var rig = new NetRig(settings: Settings);
        var (link, owner, peer) = rig.Connected();
        rig.Network.Partition([rig.Here], [rig.There]);
        rig.Pass(3600);
        rig.Network.Heal();
        peer.Socket.Send([1]).ShouldBeTrue();
        owner.Read(1);
        rig.CloseAndCheck(link, owner);
    }

    [Fact]
    public void An_asymmetric_partition_swallows_data_one_way_and_acknowledgements_the_other()
    {
        var rig = new NetRig(settings: Settings);
        var (link, owner, peer) = rig.Connected();
        rig.Network.Partition([rig.Here], [rig.There], PartitionKind.Asymmetric);
        peer.Socket.Send([1, 2, 3]);
        owner.Read(3).ShouldBe([1, 2, 3]);
        link.Send([4]);
        peer.ReadToEnd().ShouldContain("timed out");
        peer.Received.ShouldBeEmpty();
        owner.Await<IPeerLink.Closed>().Reason.ShouldContain("timed out");
        rig.ShouldHoldNothing();
    }

    [Fact]
    public void A_sender_whose_window_is_full_notices_a_partition_too()
    {
        var rig = new NetRig(settings: Settings);
        var peer = new ScriptPeer(rig, rig.There, rig.Address);
        var link = rig.Listener.Expect<ITcp.Accepted>().Link;
        peer.Socket.Send(new byte[1 << 20]);
        rig.Pass(10);
        rig.Network.Partition([rig.Here], [rig.There]);
        peer.ReadToEnd().ShouldContain("timed out");
        rig.Network.Heal();
        var owner = rig.Mailbox();
        link.Start(owner);
        owner.Await<IPeerLink.Received>().Data.Release();
        link.Close();
        rig.Pass(100);
        while (owner.Waiting > 0) NetRig.Release(owner.Next(TimeSpan.Zero)!);
        rig.ShouldHoldNothing();
    }

    [Fact]
    public void Nobody_is_reached_through_a_partition_and_a_late_healing_lets_a_dial_through()
    {
        var rig = new NetRig();
        rig.Network.Partition([rig.There], [rig.Here], PartitionKind.Asymmetric);
        var dialer = rig.Mailbox();
        var tcp = rig.There.Tcp(rig.Slabs, rig.Blocks);
        tcp.Connect(1, rig.Address, null, TimeSpan.FromSeconds(5), dialer);
        dialer.Expect<ITcp.ConnectFailed>().Reason.ShouldContain("did not answer within 5 s");
        tcp.Connect(2, rig.Address, null, TimeSpan.FromSeconds(5), dialer);
        rig.Pass(2);
        rig.Network.Heal();
        dialer.Expect<ITcp.Connected>().Dial.ShouldBe(2);
    }

    [Fact]
    public void A_crashed_host_is_silent_and_a_restarted_one_resets_who_still_sends()
    {
        var rig = new NetRig(settings: Settings);
        var (link, owner, peer) = rig.Connected();
        var (_, _, quiet) = rig.Connected();
        peer.Socket.Send(new byte[300_000]);
        owner.Await<IPeerLink.Received>().Data.Release();
        rig.Here.Crash();
        var waiting = owner.Waiting;
        link.Send([1]).ShouldBeTrue();
        link.Close();
        rig.Pass(5);
        owner.Waiting.ShouldBe(waiting, "a crash says nothing");
        peer.Reason.ShouldBeNull();
        rig.Here.Restart();
        peer.ReadToEnd().ShouldContain("reset");
        quiet.Reason.ShouldBeNull();
        quiet.Socket.Send([1]);
        quiet.ReadToEnd().ShouldContain("reset");
        while (owner.Waiting > 0) NetRig.Release(owner.Next(TimeSpan.Zero)!);
        rig.ShouldHoldNothing();

        // What belonged to the life before does nothing; a new one listens on the same port.
        rig.Tcp.Listen(rig.Address, owner);
        rig.Pass(1);
        owner.Waiting.ShouldBe(0);
        rig.Here.Tcp(rig.Slabs, rig.Blocks).Listen(rig.Address, owner);
        owner.Expect<ITcp.Listening>();
    }

    [Fact]
    public void A_host_that_stays_down_costs_its_peers_a_time_out()
    {
        var rig = new NetRig(settings: Settings);
        var (_, _, peer) = rig.Connected();
        var dialer = rig.Mailbox();
        rig.Here.Tcp(rig.Slabs, rig.Blocks).Connect(1, new IPEndPoint(rig.There.Address, 1), null, TimeSpan.FromSeconds(9), dialer);
        peer.Socket.Send([1]);
        rig.Here.Crash();
        peer.ReadToEnd().ShouldContain("timed out");
        rig.ShouldHoldNothing();
        dialer.Waiting.ShouldBe(0);
        Should.Throw<InvalidOperationException>(() => rig.Here.Dial(rig.Address, peer));
    }

    [Fact]
    public void Connections_are_reset_when_told_and_at_random()
    {
        var rig = new NetRig();
        var (_, owner, peer) = rig.Connected();
        rig.Network.ResetConnections((dialer, _) => dialer == rig.Here).ShouldBe(0);
        rig.Network.ResetConnections().ShouldBe(1);
        owner.Expect<IPeerLink.Closed>().Reason.ShouldContain("reset");
        peer.ReadToEnd().ShouldContain("reset");

        rig.Network.Settings = new SimNetworkSettings { MeanTimeToReset = TimeSpan.FromMinutes(1) };
        var start = rig.Sim.Elapsed;
        var peers = Enumerable.Range(0, 40).Select(_ => rig.Connected().Peer).ToList();
        var lives = peers.Select(each =>
        {
            each.ReadToEnd();
            return (rig.Sim.Elapsed - start).TotalMinutes;
        }).ToList();
        lives.Max().ShouldBeInRange(1.5, 12);
        rig.ShouldHoldNothing();
    }

    [Fact]
    public void Dials_are_refused_lost_reset_or_connected_to_nobody_as_set()
    {
        var rig = new NetRig();
        string? Dial(SimNetworkSettings settings)
        {
            rig.Network.Settings = settings;
            var peer = new ScriptPeer(rig, rig.There, rig.Address);
            rig.Pass(15);
            if (peer.Reason is null) peer.Socket.Close();
            return (peer.IsConnected ? "connected " : "") + peer.Reason;
        }

        Dial(new SimNetworkSettings { RefuseChance = 1 })!.ShouldContain("nothing listens there");
        Dial(new SimNetworkSettings { DialLossChance = 1 })!.ShouldContain("did not answer within 10 s");
        Dial(new SimNetworkSettings { AcceptFailChance = 1 })!.ShouldBe("connected the other side reset the connection");
        Dial(new SimNetworkSettings { HalfOpenChance = 1 })!.ShouldBe("connected ");
        rig.Listener.Waiting.ShouldBe(0);
        rig.Network.Counters.DialsFailed.ShouldBe(2);
        rig.ShouldHoldNothing();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Who_is_connected_to_nobody_fills_the_window_and_leaves_nothing_behind(bool crashes)
    {
        var rig = new NetRig(settings: new SimNetworkSettings { HalfOpenChance = 1 });
        var peer = new ScriptPeer(rig, rig.There, rig.Address);
        rig.Pass(1);
        peer.Socket.Send(new byte[1 << 20]).ShouldBeTrue();
        rig.Pass(60);
        peer.Socket.Queued.ShouldBeInRange((1 << 20) - (256 << 10), (1 << 20) - (192 << 10));
        if (crashes) rig.There.Crash();
        else peer.Socket.Reset();
        rig.ShouldHoldNothing();
    }

    [Fact]
    public void The_same_seed_gives_the_same_events_and_another_one_others()
    {
        (ulong Hash, string Log) Run(int seed)
        {
            var log = new System.Text.StringBuilder();
            var profile = new LinkProfile { Loss = 0.01, Jitter = TimeSpan.FromMilliseconds(3), UpBytesPerSecond = 400_000 };
            var rig = new NetRig(seed, new SimNetworkSettings { MeanTimeToReset = TimeSpan.FromSeconds(10), RefuseChance = 0.2 }, profile, profile);
            rig.Network.Trace = (at, what) => log.Append(at.Ticks).Append(' ').AppendLine(what);
            var peers = Enumerable.Range(0, 8).Select(_ => new ScriptPeer(rig, rig.There, rig.Address)).ToList();
            while (rig.Listener.Next(TimeSpan.FromSeconds(5)) is ITcp.Accepted accepted) accepted.Link.Start(new SimMailbox(rig.Sim));
            foreach (var peer in peers) peer.Socket.Send(NetRig.Bytes(300_000));
            rig.Pass(5);
            rig.Here.Crash();
            rig.Pass(60);
            return (rig.Network.EventHash, log.ToString());
        }

        var first = Run(5);
        var second = Run(5);
        second.Log.ShouldBe(first.Log);
        second.Hash.ShouldBe(first.Hash);
        first.Log.Length.ShouldBeGreaterThan(1000);
        Run(6).Hash.ShouldNotBe(first.Hash);
    }

    [Theory]
    [InlineData(false, "did not answer")]
    [InlineData(true, "nothing listens there")]
    public void Nobody_comes_in_through_a_translator_unasked_but_by_a_forwarding(bool refuses, string reason)
    {
        var rig = new NetRig();
        var nat = rig.Network.AddNat(IPAddress.Parse("5.0.0.1"), NatKind.PortRestricted, new NatSettings { RefusesUnasked = refuses });
        var home = rig.Network.AddHost("home", IPAddress.Parse("192.168.0.2"), LinkProfile.Default, nat);
        var second = rig.Network.AddHost("second", IPAddress.Parse("192.168.0.3"), LinkProfile.Default, nat);
        home.Listen(80, socket => new ScriptPeer(rig, socket));
        var outside = new IPEndPoint(home.PublicAddress, 8080);
        new ScriptPeer(rig, rig.There, outside).ReadToEnd().ShouldContain(reason);
        home.Forward(8080, 80);
        var peer = new ScriptPeer(rig, rig.There, outside);
        var neighbour = new ScriptPeer(rig, second, new IPEndPoint(home.Address, 80));
        var hairpin = new ScriptPeer(rig, second, outside);
        rig.Pass(20);
        peer.IsConnected.ShouldBeTrue();
        neighbour.IsConnected.ShouldBeTrue();
        hairpin.Reason.ShouldNotBeNull().ShouldContain("did not answer");

        var (_, _, dialed) = rig.Connected(home);
        dialed.IsConnected.ShouldBeTrue();
        nat.Mappings.ShouldBe(1);
        dialed.Socket.Close();
        rig.Pass(1);
        nat.Mappings.ShouldBe(0);
    }

    [Fact]
    public void A_hairpin_leads_back_in()
    {
        var rig = new NetRig();
        var nat = rig.Network.AddNat(IPAddress.Parse("5.0.0.1"), NatKind.PortRestricted, new NatSettings { Hairpin = true });
        var home = rig.Network.AddHost("home", IPAddress.Parse("192.168.0.2"), LinkProfile.Default, nat);
        var second = rig.Network.AddHost("second", IPAddress.Parse("192.168.0.3"), LinkProfile.Default, nat);
        SimSocket? accepted = null;
        home.Listen(80, socket => new ScriptPeer(rig, accepted = socket));
        home.Forward(8080, 80);
        var peer = new ScriptPeer(rig, second, new IPEndPoint(nat.PublicAddress, 8080));
        rig.Pass(1);
        peer.IsConnected.ShouldBeTrue();
        accepted.ShouldNotBeNull().Remote.Address.ShouldBe(nat.PublicAddress);
        Should.Throw<ArgumentException>(() => rig.Network.AddHost("third", IPAddress.Parse("192.168.0.3"), LinkProfile.Default, nat));
        Should.Throw<ArgumentException>(() => rig.Network.AddHost("third", nat.PublicAddress, LinkProfile.Default));
    }

    [Fact]
    public void A_path_has_a_latency_and_a_rate_of_its_own_in_one_direction()
    {
        var rig = new NetRig();
        var (link, owner, peer) = rig.Connected();
        rig.Network.Path(rig.There, rig.Here).Rule = new PathRule { ExtraLatency = TimeSpan.FromMilliseconds(300), BytesPerSecond = 100_000 };
        var start = rig.Sim.Elapsed;
        peer.Socket.Send(new byte[200_000]);
        owner.Read(200_000);
        (rig.Sim.Elapsed - start).TotalSeconds.ShouldBeInRange(2.31, 2.32);
        start = rig.Sim.Elapsed;
        link.Send(new byte[200_000]);
        peer.Read(200_000);
        (rig.Sim.Elapsed - start).TotalSeconds.ShouldBeInRange(0.01, 0.02);
    }
}
