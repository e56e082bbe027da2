using Swarm.Pbm.Commands;

namespace Swarm.Tests.Pbm;

/// <summary>Times and hashes as people type them.</summary>
public sealed class TypedValuesTests
{
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
    [InlineData("soon")]
    [InlineData("1e5")]
    [InlineData("9223372036854775807d")]
    [InlineData("h")]
    public void What_is_no_time_is_refused(string text) => TypedValues.TrySeconds(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData("abcde", false)]
    [InlineData("abcdef", true)]
    [InlineData("c12fe1c06bba254a9dc9f519b335aa7c1367a88a", true)]
    [InlineData("c12fe1c06bba254a9dc9f519b335aa7c1367a88a0", false)]
    [InlineData("ghijkl", false)]
    public void Hash_or_its_beginning_is_known(string text, bool expected) => TypedValues.IsHash(text).ShouldBe(expected);
}
