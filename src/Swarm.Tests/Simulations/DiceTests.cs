using Swarm.TestKit.Scenarios;
using Swarm.TestKit.World;

namespace Swarm.Tests.Simulations;

public sealed class DiceTests
{
    [Fact]
    public void Every_draw_is_taken_down_in_order_and_in_words()
    {
        var dice = new Dice(new SeedTree(1));
        dice.Between("count", 3, 3);
        dice.Between("bytes", 5L, 5L);
        dice.Between("time", 1.Seconds, 1.Seconds);
        dice.Between("share", 0.25, 0.25);
        dice.OneOf("kind", "only");
        dice.Chance("surely", 1);
        dice.Drawn.ShouldBe([new("count", "3"), new("bytes", "5"), new("time", "1 s"), new("share", "0.25"), new("kind", "only"), new("surely", "True")]);
    }

    [Fact]
    public void A_draw_does_not_depend_on_those_before_it()
    {
        var (alone, after) = (new Dice(new SeedTree(7)), new Dice(new SeedTree(7)));
        after.Between("other", 0, 1_000_000);
        after.Between("mine", 0, 1_000_000).ShouldBe(alone.Between("mine", 0, 1_000_000));
    }

    [Fact]
    public void A_name_that_is_drawn_again_goes_on()
    {
        var dice = new Dice(new SeedTree(7));
        Enumerable.Range(0, 20).Select(_ => dice.Between("again", 0, 1_000_000)).Distinct().Count().ShouldBe(20);
    }

    [Fact]
    public void Both_bounds_come_and_nothing_beyond_them()
    {
        var dice = new Dice(new SeedTree(7));
        Enumerable.Range(0, 200).Select(_ => dice.Between("n", -2, 2)).Distinct().Order().ShouldBe([-2, -1, 0, 1, 2]);
        Enumerable.Range(0, 200).Select(_ => dice.Between("t", 1.Milliseconds, 3.Milliseconds)).Distinct().Order().ShouldBe([1.Milliseconds, 2.Milliseconds, 3.Milliseconds]);
        Enumerable.Range(0, 200).Select(_ => dice.OneOf("o", 'a', 'b', 'c')).Distinct().Order().ShouldBe(['a', 'b', 'c']);
    }
}
