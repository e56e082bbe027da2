using Swarm.TestKit.Dht;

namespace Swarm.Tests.Actors.Dht;

/// <summary>What a network of production DHT actors stands: churn, a partition, Sybil attacks against one info-hash, nodes that answer garbage. The studies of <c>swarm-sim dht</c>, small.</summary>
public sealed class DhtSimulationTests
{
    private static readonly DhtStudyPlan Small = new() { Nodes = 150, Lookups = 200, Settling = TimeSpan.FromMinutes(2), Announcers = 10, Searchers = 40 };

    [Fact]
    public void Lookups_find_exactly_the_eight_closest_nodes()
    {
        var row = DhtStudy.Quiet(Small).Single();
        row.Survey.ExactShare.ShouldBeGreaterThanOrEqualTo(0.99);
        row.Survey.MedianHops.ShouldBeInRange(1, 4);
        row.Survey.MedianMessages.ShouldBeInRange(16, 40);
    }

    [Fact]
    public void Same_plan_is_the_same_run()
    {
        var plan = Small with { Nodes = 60, Lookups = 50, ChurnTime = TimeSpan.FromMinutes(10) };
        DhtStudy.Churn(plan).Last().TraceHash.ShouldBe(DhtStudy.Churn(plan).Last().TraceHash);
        DhtStudy.Churn(plan with { Seed = 2 }).Last().TraceHash.ShouldNotBe(DhtStudy.Churn(plan).Last().TraceHash);
    }

    [Fact]
    public void Lookups_find_the_closest_while_half_of_the_nodes_change_every_hour()
    {
        var rows = DhtStudy.Churn(Small with { ChurnTime = TimeSpan.FromHours(2) }).ToList();
        rows[^1].Figures.Single(figure => figure.Name == "left").Value.ShouldBeInRange(149, 151);
        rows.Sum(row => row.Survey.Exact).ShouldBeGreaterThanOrEqualTo(rows.Sum(row => row.Survey.Lookups) * 97 / 100);
        rows.ShouldAllBe(row => row.Survey.FoundShare > 0.99);
    }

    [Fact]
    public void Halves_of_a_network_are_networks_and_then_one_again()
    {
        var rows = DhtStudy.Partition(Small with { CutTime = TimeSpan.FromMinutes(30) }).ToList();
        rows.Where(row => row.When.StartsWith("cut 30 min", StringComparison.Ordinal)).ShouldAllBe(row => row.Survey.ExactShare >= 0.99);
        var healed = rows.Single(row => row.When == "healed 30 min");
        healed.Survey.ExactShare.ShouldBeGreaterThanOrEqualTo(0.99);
        healed.Figures.Single().Value.ShouldBe(100, healed.Figures.Single().Name);
    }

    [Theory]
    [InlineData(3, 75)]
    [InlineData(16, 100)]
    public void Thousand_ids_of_a_few_networks_next_to_an_info_hash_do_not_capture_it(int networks, double mostHostile)
    {
        var rows = DhtStudy.Sybil(Small with { SybilIds = 1_000, SybilNetworks = networks, SybilTime = TimeSpan.FromMinutes(5) }).ToList();
        foreach (var row in rows.Skip(1))
        {
            var figures = row.Figures.ToDictionary(figure => figure.Name, figure => figure.Value);
            figures["queries they were sent"].ShouldBeGreaterThan(0, "the attackers were met");
            figures["hostile of the nodes next to the info-hash %"].ShouldBeLessThanOrEqualTo(mostHostile);
            figures["of them hostile %"].ShouldBeLessThanOrEqualTo(75);
            figures["announces taken %"].ShouldBe(100);
            figures["searches that found a peer %"].ShouldBe(100);
            figures["peers found of those announced %"].ShouldBeGreaterThan(90);
            row.Survey.ExactShare.ShouldBeGreaterThanOrEqualTo(0.97, "other targets are as they were");
        }
    }

    [Fact]
    public void Nodes_that_answer_garbage_stop_nobody()
    {
        foreach (var row in DhtStudy.Garbage(Small))
        {
            var figures = row.Figures.ToDictionary(figure => figure.Name, figure => figure.Value);
            figures["queries they were sent"].ShouldBeGreaterThan(0, "the liars were met");
            figures["peers found of those announced %"].ShouldBeGreaterThan(90);
            row.Survey.ExactShare.ShouldBeGreaterThanOrEqualTo(0.97);
        }
    }
}
