using Swarm.Protocol.Cluster;
using Swarm.Sim.Replicas;
using Swarm.TestKit.Content;
using Swarm.TestKit.World;

namespace Swarm.Tests.Simulations;

/// <summary>What replicas of one torrent fetch from outside while they fetch it together: one seed outside, three members, three replicas.</summary>
public sealed class OutsideFetchTests
{
    private const double MostFromOutside = 1.15;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Together_they_fetch_little_more_than_once_and_are_not_much_later(int seed)
    {
        var capped = new FetchRun().Of(seed);
        var free = new FetchRun { Fetching = OutsideFetchSettings.Default with { FetchersPerPiece = 0 } }.Of(seed);
        capped.FromOutside.ShouldBeInRange(1, MostFromOutside);
        free.FromOutside.ShouldBeGreaterThan(MostFromOutside);
        capped.Seconds.ShouldBeLessThan((free.Seconds * 1.25) + 10);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Where_much_is_to_be_had_outside_it_is_still_fetched_once(int seed) => new FetchRun { SeedMiBPerSecond = 16 }.Of(seed).FromOutside.ShouldBeInRange(1, MostFromOutside);

    [Fact]
    public void A_cap_of_two_lets_pieces_in_twice_that_a_cap_of_one_lets_in_once()
    {
        var once = new FetchRun().Of(1).FromOutside;
        var twice = new FetchRun { Fetching = OutsideFetchSettings.Default with { FetchersPerPiece = 2 } }.Of(1).FromOutside;
        twice.ShouldBeGreaterThan(once);
        twice.ShouldBeLessThan(2.15);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void When_one_dies_half_way_its_share_is_fetched_by_the_others(int seed)
    {
        var hasDied = false;
        var result = new FetchRun
        {
            EachSecond = cluster =>
            {
                if (hasDied || Progress(cluster.Members[0], cluster.Wanted[0].Content) < 0.4) return;
                hasDied = true;
                cluster.Members[0].Crash();
                cluster.Members[0].Leave();
            },
        }.Of(seed);
        hasDied.ShouldBeTrue();
        result.FromOutside.ShouldBeInRange(1, 1.5);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Replicas_that_do_not_reach_each_other_fetch_everything_from_outside(int seed) => new FetchRun
    {
        Before = cluster =>
        {
            foreach (var member in cluster.Members) cluster.World.Network.Partition([member.Host], cluster.Members.Where(other => other != member).Select(other => other.Host));
        },
    }.Of(seed).FromOutside.ShouldBeInRange(2.9, 3.1);

    [Fact]
    public void A_link_is_fetched_as_sparingly_as_a_file() => new FetchRun { IsByLink = true }.Of(1).FromOutside.ShouldBeInRange(1, MostFromOutside);

    private static double Progress(SimNode node, SimContent content) => node.Status(content) is { } status ? status.VerifiedPieces / (double)Math.Max(1, status.PieceCount) : 0;
}
