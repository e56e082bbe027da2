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

    /// <summary>What the node sends in ten seconds: its own limit, the cluster's share, which of them is said last, and the lesser one that holds. 0: there is none.</summary>
    public static TheoryData<long, long, bool, long> Pairs => new()
    {
        { 100_000, 300_000, false, 100_000 }, { 100_000, 300_000, true, 100_000 }, { 300_000, 100_000, false, 100_000 }, { 300_000, 100_000, true, 100_000 },
        { 0, 100_000, true, 100_000 }, { 0, 100_000, false, 100_000 }, { 100_000, 0, false, 100_000 }, { 100_000, 0, true, 100_000 }, { 0, 0, true, 0 },
    };

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Of_the_nodes_own_limit_and_its_share_of_the_clusters_the_lesser_one_holds(long own, long share, bool ownLast, long holds)
    {
        // The own one is said last, or was the first there.
        var (bandwidth, link) = (Start(NetSettings.Default with { UploadLimit = ownLast ? 7_000 : own }), Link());
        Tell(bandwidth, new BandwidthActor.Join(link, One), new BandwidthActor.SetShare(0, share));
        if (ownLast) Tell(bandwidth, new BandwidthActor.SetLimits(BandwidthScope.Global, 0, own));
        (link.DownloadLimited, link.UploadLimited).ShouldBe((false, holds > 0));
        if (holds == 0) return;
        for (var tenth = 0; tenth < 100; tenth++)
        {
            Tell(bandwidth, new BandwidthActor.QuotaWanted(link, TransferDirection.Upload));
            _harness.Sim.AdvanceBy(TimeSpan.FromMilliseconds(100));
        }

        ((long)link.UploadQuota).ShouldBeInRange(holds * 9, holds * 11);
    }

    [Fact]
    public void A_share_in_one_direction_leaves_the_nodes_own_limit_in_the_other()
    {
        var (bandwidth, link) = (Start(NetSettings.Default with { UploadLimit = 10_000 }), Link());
        Tell(bandwidth, new BandwidthActor.Join(link, One), new BandwidthActor.SetShare(50_000, 0));
        (link.DownloadLimited, link.UploadLimited).ShouldBe((true, true));
        Tell(bandwidth, new BandwidthActor.SetLimits(BandwidthScope.Global, 0, 0));
        (link.DownloadLimited, link.UploadLimited).ShouldBe((true, false));
        Tell(bandwidth, new BandwidthActor.SetShare(0, 0));
        (link.DownloadLimited, link.UploadLimited).ShouldBe((false, false));
    }

    private void Tell(IActorRef actor, params object[] messages) => _harness.TellAndRun(actor, messages);

    private IActorRef Start(NetSettings settings) => _harness.System.ActorOf(BandwidthActor.Props(settings, _harness.Sim.Time), "bandwidth");

    private FakeLink Link() => new(_harness.Sim, new SlabLedger(), IPEndPoint.Parse("10.0.0.2:1"));
}
