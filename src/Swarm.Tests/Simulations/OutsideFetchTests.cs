using Swarm.Protocol.Cluster;
using Swarm.TestKit.Cluster;
using Swarm.TestKit.Content;
using Swarm.TestKit.Net;
using Swarm.TestKit.Scenarios;
using Swarm.TestKit.World;

namespace Swarm.Tests.Simulations;

/// <summary>What replicas of one torrent fetch from outside while they fetch it together: one seed outside, three members, three replicas.</summary>
public sealed class OutsideFetchTests
{
    private const int Replicas = 3;
    private const double MostFromOutside = 1.15;
    private static readonly TimeSpan Patience = TimeSpan.FromHours(1);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Together_they_fetch_little_more_than_once_and_are_not_much_later(int seed)
    {
        var capped = Play(seed, OutsideFetchSettings.Default);
        var free = Play(seed, OutsideFetchSettings.Default with { FetchersPerPiece = 0 });
        capped.FromOutside.ShouldBeLessThan(MostFromOutside);
        free.FromOutside.ShouldBeGreaterThan(capped.FromOutside);
        capped.Took.ShouldBeLessThan(free.Took * 1.25 + 10.Seconds);
    }

    [Fact]
    public void A_cap_of_two_lets_each_piece_in_twice()
    {
        var result = Play(1, OutsideFetchSettings.Default with { FetchersPerPiece = 2 });
        result.FromOutside.ShouldBeGreaterThan(MostFromOutside);
        result.FromOutside.ShouldBeLessThan(2.15);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void When_one_dies_half_way_its_share_is_fetched_by_the_others(int seed)
    {
        var result = Play(seed, OutsideFetchSettings.Default, cluster =>
        {
            if (cluster.Members[0].State == NodeState.Running && Progress(cluster.Members[0], cluster.Wanted[0].Content) > 0.4) cluster.Members[0].Leave();
        });
        result.FromOutside.ShouldBeLessThan(1.6);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Replicas_that_do_not_reach_each_other_fetch_everything_from_outside(int seed)
    {
        var result = Play(seed, OutsideFetchSettings.Default, prepare: cluster =>
        {
            foreach (var member in cluster.Members) cluster.World.Network.Partition([member.Host], cluster.Members.Where(other => other != member).Select(other => other.Host));
        });
        result.FromOutside.ShouldBeInRange(2.9, 3.1);
        result.Took.ShouldBeLessThan(10.Minutes);
    }

    [Fact]
    public void A_link_is_fetched_as_sparingly_as_a_file() => Play(1, OutsideFetchSettings.Default, isByLink: true).FromOutside.ShouldBeLessThan(MostFromOutside);

    private static Result Play(int seed, OutsideFetchSettings fetching, Action<SimCluster>? each = null, Action<SimCluster>? prepare = null, bool isByLink = false)
    {
        var world = new SimWorld(seed);
        var tracker = world.AddTracker("tracker");
        var content = SimContent.OneFile(12.MiB, 65_536, seed, [tracker.Http]);
        var cluster = new SimCluster(world) { Configure = settings => settings with { OutsideFetch = fetching } };
        var link = LinkProfile.Default with { UpBytesPerSecond = 1.MiB, DownBytesPerSecond = 4.MiB };
        var source = world.AddNode("seed", SimNodeSettings.Default with { Link = link });
        source.AddSeed(content);
        for (var i = 1; i <= Replicas; i++) cluster.AddNode($"member-{i}", SimNodeSettings.Default with { Link = link });
        world.StartAll();
        world.RunFor(20.Seconds);
        prepare?.Invoke(cluster);
        cluster.Add(content, Replicas, isByLink: isByLink);
        var began = world.Now;
        if (each is not null) world.Every(1.Seconds, () => each(cluster));
        world.RunUntil(() => cluster.IsConverged, Patience).ShouldBeTrue(cluster.WhyNotConverged());
        var took = world.Now - began;
        world.RunFor(5.Seconds);
        return new Result(source.Status(content)!.Uploaded / (double)12.MiB, took);
    }

    private static double Progress(SimNode node, SimContent content) => node.Status(content) is { } status ? status.VerifiedPieces / (double)Math.Max(1, status.PieceCount) : 0;

    private sealed record Result(double FromOutside, TimeSpan Took);
}
