using Swarm.TestKit.World;

namespace Swarm.Tests.TestKit.World;

public sealed class SeedTreeTests
{
    [Fact]
    public void A_part_draws_the_same_whatever_others_draw()
    {
        var tree = new SeedTree(7);
        var alone = Draw(tree.Fork("disk"));
        _ = Draw(tree.Fork("network"));
        Draw(tree.Fork("disk")).ShouldBe(alone);
        Draw(new SeedTree(7).Fork("disk")).ShouldBe(alone);
    }

    [Fact]
    public void Names_and_seeds_give_streams_of_their_own()
    {
        var firsts = new HashSet<int>();
        for (var seed = 0; seed < 50; seed++)
        {
            for (var part = 0; part < 50; part++) firsts.Add(new SeedTree(seed).Fork("part/" + part).Next());
        }

        firsts.Count.ShouldBeGreaterThan(2_490);
    }

    [Fact]
    public void The_streams_are_the_same_in_every_process() => new SeedTree(1).Fork("network").Next().ShouldBe(FirstOfNetwork);

    private const int FirstOfNetwork = 138_950_051;

    private static int[] Draw(Random random) => [random.Next(), random.Next(), random.Next()];
}
