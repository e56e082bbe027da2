using Swarm.TestKit.Scenarios;

namespace Swarm.Tests.Simulations;

/// <summary>Seeds that once found a fault, each beside a test of its cause. A change of the actors changes what a seed does, so each may show something else today.</summary>
public sealed class FoundBySweepTests
{
    [Theory]
    [InlineData("failing-disks", 16)] // A flush that failed left bytes in memory, where the next start found them and recorded them as kept.
    [InlineData("failing-disks", 26)]
    [InlineData("churn", 1)] // Memory of a process that had died counted as leaked.
    [InlineData("churn", 11)] // Who was to come back came back while all were stopping.
    [InlineData("bad-manners", 7)] // A peer that had been sent away called again, and took more than was counted.
    [InlineData("everything-at-once", 190)] // What a failed flush had lost was fetched again after a stop in good order, and that counted as a fault.
    [InlineData("everything-at-once", 256)]
    [InlineData("cluster-grows", 7)] // A torrent that was added before any member had said how much room it had was never placed.
    [InlineData("cluster-is-cut", 381018)] // What a member wrote after it was voted down, within the session it still had, counted as written without one.
    [InlineData("cluster-grows", 383002)] // What a removed replica had sent was missing from the sum of what was sent.
    [InlineData("cluster-freezes", 3000116)] // A torrent that was stopped and then removed lost its files while its last progress was still being recorded.
    [InlineData("cluster-freezes", 3000156)]
    [InlineData("cluster-shares-a-disk", 14)] // A torrent whose disk stood still when it was stopped ended without giving its lease back, and the member lived on.
    [InlineData("cluster-shares-a-disk", 109)]
    [InlineData("cluster-shares-a-disk", 4000223)] // Who had stood still was told late of a piece that it wrote before, and another had fetched meanwhile: that counted as fetched by both.
    [InlineData("cluster-shares-a-disk", 910022)] // Who had stood still beyond its session, and had it renewed, wrote what was queued before to a torrent that another member had taken meanwhile.
    public void A_seed_that_found_a_fault_finds_it_no_more(string scenario, int seed) => ScenarioLibrary.Find(scenario).ShouldNotBeNull().Check(seed);
}
