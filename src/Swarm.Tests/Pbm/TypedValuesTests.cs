using Swarm.Pbm.Commands;

namespace Swarm.Tests.Pbm;

/// <summary>Rates, times, numbers and hashes as people type them.</summary>
public sealed class TypedValuesTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("500", 500)]
    [InlineData("1K", 1024)]
    [InlineData("1.5MiB", 1_572_864)]
    [InlineData("2 MB/s", 2_000_000)]
    [InlineData("3g", 3_221_225_472)]
    public void Rate_is_read(string text, long expected)
    {
        TypedValues.TryRate(text, out var rate).ShouldBeTrue();
        rate.ShouldBe(expected);
    }

    [Theory]
    [InlineData("90", 90)]
    [InlineData("30m", 1_800)]
    [InlineData("1.5h", 5_400)]
    [InlineData("7d", 604_800)]
    [InlineData("-1", -1)]
    public void Time_is_read(string text, long expected)
    {
        TypedValues.TrySeconds(text, out var seconds).ShouldBeTrue();
        seconds.ShouldBe(expected);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-5K")]
    [InlineData("fast")]
    [InlineData("1e5")]
    [InlineData("9223372036854775807T")]
    [InlineData("K")]
    public void What_is_no_rate_is_refused(string text) => TypedValues.TryRate(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData("abcde", false)]
    [InlineData("abcdef", true)]
    [InlineData("c12fe1c06bba254a9dc9f519b335aa7c1367a88a", true)]
    [InlineData("c12fe1c06bba254a9dc9f519b335aa7c1367a88a0", false)]
    [InlineData("ghijkl", false)]
    public void Hash_or_its_beginning_is_known(string text, bool expected) => TypedValues.IsHash(text).ShouldBe(expected);
}
