using Swarm.Protocol.Cluster;

namespace Swarm.Tests.Protocol.Cluster;

/// <summary>How many sources a batch may carry, after batches of so many sources and so many KiB; -1 of them: one that failed.</summary>
public sealed class SourcePaceTests
{
    [Theory]
    [InlineData("", 16)]
    [InlineData("16/16", 32)]
    [InlineData("16/16 32/32 64/64 128/128 256/256 512/512", 1_000)]
    [InlineData("15/15", 16)]
    [InlineData("16/4096", 32)]
    [InlineData("16/4097", 16)]
    [InlineData("16/8192", 16)]
    [InlineData("16/16384", 8)]
    [InlineData("16/65536", 2)]
    [InlineData("16/1048576", 1)]
    [InlineData("1/65536", 1)]
    [InlineData("-1/0", 1)]
    [InlineData("-1/0 0/0 0/0", 1)]
    [InlineData("-1/0 1/1 2/2", 4)]
    public void It_follows_what_the_batches_before_weighed(string batches, int limit)
    {
        var pace = new SourcePace(1_000);
        foreach (var batch in batches.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = batch.Split('/').Select(int.Parse).ToArray();
            if (parts[0] < 0) pace.Failed();
            else pace.Carried(parts[0], parts[1] * 1024L);
        }

        pace.Limit.ShouldBe(limit);
    }

    [Fact]
    public void It_is_never_more_than_a_batch_may_have()
    {
        var pace = new SourcePace(5);
        pace.Limit.ShouldBe(5);
        pace.Carried(5, 5);
        pace.Limit.ShouldBe(5);
    }
}
