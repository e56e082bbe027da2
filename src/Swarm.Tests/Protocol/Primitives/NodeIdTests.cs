using System.Numerics;
using FsCheck;
using FsCheck.Fluent;

namespace Swarm.Tests.Protocol.Primitives;

public sealed class NodeIdTests
{
    private static readonly Gen<NodeId> Ids = Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf(20).Select(bytes => new NodeId(bytes));

    [Fact]
    public void Distance_is_the_exclusive_or_as_a_number() => PropertyCheck.Holds(from one in Ids from other in Ids from target in Ids select (one, other, target), ids =>
    {
        var (one, other, target) = ids;
        Number(one.DistanceTo(target)).ShouldBe(Number(one.Value) ^ Number(target.Value));
        one.DistanceTo(target).ShouldBe(target.DistanceTo(one));
        one.IsCloserTo(target, other).ShouldBe((Number(one.Value) ^ Number(target.Value)) < (Number(other.Value) ^ Number(target.Value)));
        (~one.Value ^ one.Value).ShouldBe(Bytes20.Mask(160));
    });

    [Fact]
    public void Bits_masks_and_leading_zeros_agree_with_the_number() => PropertyCheck.Holds(from id in Ids from bit in Gen.Choose(0, 159) from zeros in Gen.Choose(0, 160) select (id, bit, zeros), values =>
    {
        var (id, bit, zeros) = values;
        id.Value[bit].ShouldBe(((Number(id.Value) >> (159 - bit)) & 1) == 1);
        Number(Bytes20.Mask(bit)).ShouldBe((BigInteger.One << 160) - (BigInteger.One << (160 - bit)));
        var masked = id.Value & ~Bytes20.Mask(zeros);
        masked.LeadingZeroCount.ShouldBe(160 - (int)Number(masked).GetBitLength());
    });

    [Fact]
    public void Prefix_is_the_union_of_its_halves_and_draws_from_its_range() => PropertyCheck.Holds(from id in Ids from other in Ids from length in Gen.Choose(0, 159) select (id, other, length), values =>
    {
        var (id, other, length) = values;
        var prefix = new NodeIdPrefix(id, length);
        var (lower, upper) = (prefix.Half(upper: false), prefix.Half(upper: true));
        prefix.Contains(id).ShouldBeTrue();
        (lower.Contains(id) ^ upper.Contains(id)).ShouldBeTrue();
        prefix.Contains(lower).ShouldBeTrue();
        lower.Contains(prefix).ShouldBeFalse();
        lower.CompareTo(upper).ShouldBeLessThan(0);
        prefix.Contains(other).ShouldBe(id.CommonPrefixLength(other) >= length);
        var drawn = upper.Draw(new Random(length));
        upper.Contains(drawn).ShouldBeTrue();
        // No id of the range is closer than the range.
        drawn.DistanceTo(other).CompareTo(upper.DistanceTo(other)).ShouldBeGreaterThanOrEqualTo(0);
    });

    [Fact]
    public void Prefix_shows_its_bits()
    {
        NodeIdPrefix.All.ToString().ShouldBe("*");
        NodeIdPrefix.All.Half(upper: true).Half(upper: false).ToString().ShouldBe("10*");
    }

    private static BigInteger Number(Bytes20 value) => new(value.ToArray(), isUnsigned: true, isBigEndian: true);
}
