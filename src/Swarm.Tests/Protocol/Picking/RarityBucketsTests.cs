using Swarm.Protocol.Picking;

namespace Swarm.Tests.Protocol.Picking;

public sealed class RarityBucketsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Buckets_agree_with_a_sorted_list_after_any_changes(int seed)
    {
        const int pieces = 60;
        var random = new Random(seed);
        var position = new int[pieces];
        var buckets = new RarityBuckets(position);
        var model = new Dictionary<int, int>();
        for (var step = 0; step < 20_000; step++)
        {
            var piece = random.Next(pieces);
            if (!model.TryGetValue(piece, out var availability))
            {
                availability = random.Next(12);
                buckets.Add(piece, availability);
                model.Add(piece, availability);
            }
            else if (random.Next(3) == 0)
            {
                buckets.Remove(piece, availability);
                model.Remove(piece);
            }
            else if (random.Next(2) == 0)
            {
                buckets.Raise(piece, availability);
                model[piece]++;
            }
            else if (availability > 0)
            {
                buckets.Lower(piece, availability);
                model[piece]--;
            }

            if (step % 31 == 0) ShouldHold(buckets, position, model);
        }
    }

    [Fact]
    public void Availability_beyond_any_seen_has_the_end_of_all_as_its_end()
    {
        var buckets = new RarityBuckets(new int[2]);
        buckets.Add(0, 3);
        buckets.Add(1, 0);
        buckets.EndOf(0).ShouldBe(1);
        buckets.EndOf(2).ShouldBe(1);
        buckets.EndOf(3).ShouldBe(2);
        buckets.EndOf(1_000).ShouldBe(2);
        buckets.Order.ToArray().ShouldBe([1, 0]);
    }

    private static void ShouldHold(RarityBuckets buckets, int[] position, Dictionary<int, int> model)
    {
        var order = buckets.Order.ToArray();
        order.Order().ShouldBe(model.Keys.Order());
        order.Select(piece => model[piece]).ShouldBe(model.Values.Order());
        for (var i = 0; i < order.Length; i++) position[order[i]].ShouldBe(i);
        for (var a = 0; a < 40; a++) buckets.EndOf(a).ShouldBe(model.Values.Count(value => value <= a));
    }
}
