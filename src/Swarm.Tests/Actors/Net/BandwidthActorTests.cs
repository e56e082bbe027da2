using System.Net;
using Swarm.Actors.Net;
using Swarm.Actors.Ports;
using Swarm.Protocol.Bandwidth;
using Swarm.Tests.Actors.Fakes;
using Swarm.Tests.Kernel;

namespace Swarm.Tests.Actors.Net;

public sealed class BandwidthActorTests
{
    private static readonly BandwidthScope One = new(1);
    private static readonly BandwidthScope Two = new(2);

    private readonly SimHarness _harness = new();

    [Fact]
    public void Links_are_limited_only_where_a_limit_stands()
    {
        var (bandwidth, one, two) = (Start(NetSettings.Default), Link(), Link());
        Tell(bandwidth, new BandwidthActor.SetLimits(One, 50_000, 0), new BandwidthActor.Join(one, One), new BandwidthActor.Join(two, Two));
        (one.DownloadLimited, one.UploadLimited, two.DownloadLimited).ShouldBe((true, false, false));
        Tell(bandwidth, new BandwidthActor.SetLimits(One, 0, 20_000));
        (one.DownloadLimited, one.UploadLimited).ShouldBe((false, true));
        Tell(bandwidth, new BandwidthActor.SetLimits(BandwidthScope.Global, 1_000_000, 0));
        (one.DownloadLimited, two.DownloadLimited).ShouldBe((true, true));
    }

    [Fact]
    public void In_the_long_run_links_get_the_limit_and_not_more()
    {
        var bandwidth = Start(NetSettings.Default with { UploadLimit = 100_000 });
        var links = Enumerable.Range(0, 4).Select(_ => Link()).ToList();
        foreach (var link in links) Tell(bandwidth, new BandwidthActor.Join(link, One));
        for (var tenth = 0; tenth < 300; tenth++)
        {
            foreach (var link in links) Tell(bandwidth, new BandwidthActor.QuotaWanted(link, TransferDirection.Upload));
            _harness.Sim.AdvanceBy(TimeSpan.FromMilliseconds(100));
        }

        links.Sum(link => link.UploadQuota).ShouldBeInRange(2_850_000, 3_150_000);
        foreach (var link in links) link.UploadQuota.ShouldBeInRange(600_000, 900_000);
    }

    [Fact]
    public void There_is_a_beat_only_while_somebody_waits()
    {
        var (bandwidth, link) = (Start(NetSettings.Default with { UploadLimit = 100_000 }), Link());
        Tell(bandwidth, new BandwidthActor.Join(link, One));
        _harness.Sim.PendingTimers.ShouldBe(0);
        Tell(bandwidth, new BandwidthActor.QuotaWanted(link, TransferDirection.Upload));
        _harness.Sim.PendingTimers.ShouldBe(1);
        _harness.Sim.AdvanceBy(TimeSpan.FromSeconds(2));
        link.UploadQuota.ShouldBeGreaterThan(0);
        _harness.Sim.PendingTimers.ShouldBe(0);
    }

    [Fact]
    public void Who_waits_when_the_limit_goes_is_let_go_and_who_leaves_gets_nothing()
    {
        var (bandwidth, link, gone) = (Start(NetSettings.Default with { UploadLimit = 10_000 }), Link(), Link());
        Tell(bandwidth, new BandwidthActor.Join(link, One), new BandwidthActor.Join(gone, One));
        Tell(bandwidth, new BandwidthActor.QuotaWanted(link, TransferDirection.Upload), new BandwidthActor.QuotaWanted(gone, TransferDirection.Upload));
        Tell(bandwidth, new BandwidthActor.Leave(gone), new BandwidthActor.SetLimits(BandwidthScope.Global, 0, 0));
        link.UploadLimited.ShouldBeFalse();
        _harness.Sim.AdvanceBy(TimeSpan.FromSeconds(2));
        gone.UploadQuota.ShouldBe(0);
        _harness.Sim.PendingTimers.ShouldBe(0);
    }

    private void Tell(IActorRef actor, params object[] messages) => _harness.TellAndRun(actor, messages);

    private IActorRef Start(NetSettings settings) => _harness.System.ActorOf(BandwidthActor.Props(settings, _harness.Sim.Time), "bandwidth");

    private FakeLink Link() => new(_harness.Sim, new SlabLedger(), IPEndPoint.Parse("10.0.0.2:1"));
}
