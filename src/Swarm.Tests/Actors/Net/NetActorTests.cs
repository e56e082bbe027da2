using System.Collections.Immutable;
using System.Net;
using Swarm.Actors.Net;
using Swarm.Actors.Ports;
using Swarm.Protocol.Bandwidth;
using Swarm.Protocol.Cluster;
using Swarm.Protocol.Swarming;
using Swarm.Tests.Actors.Fakes;
using Swarm.Tests.Kernel;

namespace Swarm.Tests.Actors.Net;

public sealed class NetActorTests
{
    private static readonly IPEndPoint Here = IPEndPoint.Parse("10.0.0.1:6881");

    private readonly SimHarness _harness = new();
    private readonly SlabLedger _slabs = new();
    private readonly FakeTcp _tcp;
    private readonly List<object> _told = [];
    private readonly IActorRef _dialer;
    private readonly List<object> _answers;
    private IActorRef _net = ActorRefs.Nobody;

    public NetActorTests()
    {
        _tcp = new FakeTcp(_harness.Sim, _slabs);
        (_dialer, _answers) = _harness.Probe("torrent");
    }

    [Fact]
    public void It_tells_the_real_addresses_when_every_listener_stands()
    {
        Start(null, Here, IPEndPoint.Parse("[::1]:0"));
        _told.ShouldHaveSingleItem().ShouldBeOfType<NetActor.Started>().Local.ShouldBe([Here, IPEndPoint.Parse("[::1]:6881")]);
    }

    [Fact]
    public void A_listener_that_does_not_stand_is_told_with_its_reason()
    {
        _tcp.Occupied.Add(Here);
        Start(null, Here);
        _told.ShouldHaveSingleItem().ShouldBeOfType<NetActor.StartFailed>().Reason.ShouldContain("taken");
    }

    [Fact]
    public void Without_an_address_it_starts_all_the_same()
    {
        Start(null);
        _told.ShouldHaveSingleItem().ShouldBeOfType<NetActor.Started>().Local.ShouldBeEmpty();
    }

    [Fact]
    public void Connections_before_there_are_torrents_are_refused()
    {
        Start(null, Here);
        var link = _tcp.Accept("10.0.0.2:1");
        _harness.Run();
        link.IsClosed.ShouldBeTrue();
    }

    [Fact]
    public void Who_is_shunned_is_neither_dialled_nor_let_in_until_the_ban_is_over()
    {
        Start(null, Here);
        _harness.TellAndRun(_net, new NetActor.Serve(_dialer), new NetActor.Shun([new Ban(IPAddress.Parse("10.0.0.9"), TimeSpan.FromMinutes(1), "it lied")]));
        var link = _tcp.Accept("10.0.0.9:1");
        _net.Tell(new NetActor.Dial(IPEndPoint.Parse("10.0.0.9:6881"), _dialer), ActorRefs.NoSender);
        _harness.Run();
        link.IsClosed.ShouldBeTrue();
        _answers.Count.ShouldBe(2);
        _answers[0].ShouldBeOfType<Swarm.Actors.Torrents.TorrentsActor.Shun>().Addresses.ShouldBe([IPAddress.Parse("10.0.0.9")]);
        _answers[1].ShouldBeOfType<NetActor.DialFailed>().Reason.ShouldContain("banned");
        _harness.Sim.AdvanceBy(TimeSpan.FromMinutes(1));
        var later = _tcp.Accept("10.0.0.9:2");
        _harness.Run();
        later.IsClosed.ShouldBeFalse();
    }

    [Fact]
    public void As_many_as_allowed_may_be_unidentified_and_one_more_is_closed()
    {
        Start(NetSettings.Default with { MaxUnidentified = 3 }, Here);
        _harness.TellAndRun(_net, new NetActor.Serve(_dialer));
        var links = Enumerable.Range(1, 4).Select(i => _tcp.Accept($"10.0.0.2:{i}")).ToList();
        _harness.Run();
        links.Select(link => link.IsClosed).ShouldBe([false, false, false, true]);
        links[0].Close("reset");
        _harness.Run();
        var another = _tcp.Accept("10.0.0.2:9");
        _harness.Run();
        another.IsClosed.ShouldBeFalse();
        _harness.Sim.AdvanceBy(TimeSpan.FromSeconds(20));
        _tcp.OpenLinks.ShouldBe(0);
    }

    [Fact]
    public void Dials_keep_to_the_half_open_limit_and_the_queue_to_its_bound()
    {
        Start(NetSettings.Default with { Dial = DialSettings.Default with { MaxHalfOpen = 2 }, MaxWaitingDials = 3 });
        _tcp.IsSilent = true;
        foreach (var port in Enumerable.Range(1, 6)) _harness.TellAndRun(_net, new NetActor.Dial(Remote(port), _dialer));
        _tcp.Dialed.Select(remote => remote.Port).ShouldBe([1, 2]);
        _answers.ShouldHaveSingleItem().ShouldBeOfType<NetActor.DialFailed>().Remote.Port.ShouldBe(6);
        var link = _tcp.NewLink(Remote(1));
        _harness.TellAndRun(_net, new ITcp.Connected(_tcp.Unanswered[0].Dial, link));
        _harness.TellAndRun(_net, new ITcp.ConnectFailed(_tcp.Unanswered[1].Dial, Remote(2), "refused"));
        _tcp.Dialed.Select(remote => remote.Port).ShouldBe([1, 2, 3, 4]);
        _answers[1].ShouldBe(new NetActor.Dialed(Remote(1), link));
        _answers[2].ShouldBe(new NetActor.DialFailed(Remote(2), "refused"));
    }

    [Fact]
    public void Dials_keep_to_the_rate()
    {
        Start(NetSettings.Default with { Dial = DialSettings.Default with { DialsPerSecond = 5, DialBurst = 5 } });
        foreach (var port in Enumerable.Range(1, 100)) _harness.TellAndRun(_net, new NetActor.Dial(Remote(port), _dialer));
        _tcp.Dialed.Count.ShouldBeInRange(5, 6);
        _harness.Sim.AdvanceBy(TimeSpan.FromSeconds(4));
        _tcp.Dialed.Count.ShouldBeInRange(23, 27);
        _harness.Sim.AdvanceBy(TimeSpan.FromSeconds(60));
        _tcp.Dialed.Count.ShouldBe(100);
    }

    [Fact]
    public void A_connection_that_nobody_asked_for_is_closed()
    {
        Start(null);
        var link = _tcp.NewLink(Remote(1));
        _harness.TellAndRun(_net, new ITcp.Connected(77, link));
        link.IsClosed.ShouldBeTrue();
    }

    [Fact]
    public void After_a_bug_every_dial_is_answered_and_the_limits_hold()
    {
        Start(NetSettings.Default with { UploadLimit = 100_000, Dial = DialSettings.Default with { MaxHalfOpen = 2 } });
        _tcp.IsSilent = true;
        _tcp.Faulty.Add(Remote(2));
        var bandwidth = _told.OfType<NetActor.Started>().Single().Bandwidth;
        var limited = _tcp.NewLink(Remote(9));
        _harness.TellAndRun(bandwidth, new BandwidthActor.Join(limited, new BandwidthScope(1)));
        foreach (var port in Enumerable.Range(1, 3)) _harness.TellAndRun(_net, new NetActor.Dial(Remote(port), _dialer));
        _answers.ShouldHaveSingleItem().ShouldBeOfType<NetActor.DialFailed>().Remote.Port.ShouldBe(2);
        _tcp.Unanswered.Count.ShouldBe(2, "the dial that failed gave its place back");
        var link = _tcp.NewLink(Remote(1));
        _harness.TellAndRun(_net, new ITcp.Connected(_tcp.Unanswered[0].Dial, link));
        _answers[1].ShouldBe(new NetActor.Dialed(Remote(1), link));
        limited.UploadQuota.ShouldBe(0);
        _harness.TellAndRun(bandwidth, new BandwidthActor.QuotaWanted(limited, TransferDirection.Upload));
        _harness.Sim.AdvanceBy(TimeSpan.FromSeconds(1));
        limited.UploadQuota.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void After_a_bug_the_bandwidth_knows_its_links_still()
    {
        Start(NetSettings.Default with { UploadLimit = 100_000 });
        var bandwidth = _told.OfType<NetActor.Started>().Single().Bandwidth;
        var link = _tcp.NewLink(Remote(9));
        _harness.TellAndRun(bandwidth, new BandwidthActor.Join(link, new BandwidthScope(1)), new BandwidthActor.Join(null!, new BandwidthScope(1)));
        _harness.TellAndRun(bandwidth, new BandwidthActor.QuotaWanted(link, TransferDirection.Upload));
        _harness.Sim.AdvanceBy(TimeSpan.FromSeconds(1));
        link.UploadQuota.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void A_connection_that_brings_a_bug_to_light_is_closed_and_gives_its_place_back()
    {
        Start(NetSettings.Default with { MaxUnidentified = 1 }, Here);
        _harness.TellAndRun(_net, new NetActor.Serve(_dialer));
        var link = _tcp.Accept("10.0.0.2:1");
        _harness.Run();
        var released = _slabs.Slice([1, 2, 3]);
        released.Release();
        link.Tell(new IPeerLink.Received(released));
        _harness.Run();
        link.IsClosed.ShouldBeTrue();
        var another = _tcp.Accept("10.0.0.2:2");
        _harness.Run();
        another.IsClosed.ShouldBeFalse();
    }

    private static IPEndPoint Remote(int port) => new(IPAddress.Parse("10.0.0.9"), port);

    private void Start(NetSettings? settings, params ImmutableArray<IPEndPoint> listen)
    {
        var props = NetActor.Props(listen, settings ?? NetSettings.Default, _tcp, _harness.Sim.Time, new ListLoggerFactory());
        _harness.Actor(new Script { OnPreStart = node => _net = node.Ctx.ActorOf(props, "net"), OnMessage = (_, message) => _told.Add(message), Strategy = new OneForOneStrategy(_ => Directive.Resume) }, "node");
        _harness.Run();
    }
}
