using System.Net;
using Swarm.Host.Api.Security;

namespace Swarm.Tests.Host.Api;

public sealed class LoginBackOffTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly IPAddress Guesser = IPAddress.Parse("192.0.2.1");

    [Theory]
    [InlineData(4, 0)]
    [InlineData(5, 1)]
    [InlineData(6, 2)]
    [InlineData(9, 16)]
    [InlineData(60, 900)]
    public void Each_wrong_key_after_the_free_ones_doubles_the_wait_up_to_the_longest(int failures, int seconds)
    {
        var backOff = new LoginBackOff(LoginBackOffSettings.Default);

        for (var i = 0; i < failures; i++) backOff.Failed(Guesser, Start);

        backOff.WaitOf(Guesser, Start).ShouldBe(TimeSpan.FromSeconds(seconds));
        backOff.WaitOf(Guesser, Start + TimeSpan.FromSeconds(seconds)).ShouldBe(TimeSpan.Zero);
        backOff.WaitOf(IPAddress.Parse("192.0.2.2"), Start).ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void A_right_key_or_a_long_silence_begins_anew()
    {
        var backOff = new LoginBackOff(LoginBackOffSettings.Default);
        for (var i = 0; i < 9; i++) backOff.Failed(Guesser, Start);
        backOff.Succeeded(Guesser);
        backOff.WaitOf(Guesser, Start).ShouldBe(TimeSpan.Zero);

        for (var i = 0; i < 9; i++) backOff.Failed(Guesser, Start);
        var later = Start + LoginBackOffSettings.Default.LongestWait;
        backOff.Failed(Guesser, later);
        backOff.WaitOf(Guesser, later).ShouldBe(TimeSpan.Zero);
    }

    [Theory]
    [InlineData("2001:db8::1", "2001:db8::ffff", true)]
    [InlineData("2001:db8::1", "2001:db8:0:1::1", false)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    public void Addresses_of_one_customer_wait_together(string first, string second, bool areOne)
    {
        var backOff = new LoginBackOff(LoginBackOffSettings.Default);
        for (var i = 0; i < 9; i++) backOff.Failed(IPAddress.Parse(first), Start);

        (backOff.WaitOf(IPAddress.Parse(second), Start) > TimeSpan.Zero).ShouldBe(areOne);
    }

    [Fact]
    public void The_table_is_bounded_and_forgets_who_failed_longest_ago()
    {
        var backOff = new LoginBackOff(LoginBackOffSettings.Default with { AddressLimit = 2, FreeFailures = 1 });
        var other = IPAddress.Parse("192.0.2.2");
        backOff.Failed(Guesser, Start);
        backOff.Failed(other, Start);
        backOff.Failed(Guesser, Start);

        backOff.Failed(IPAddress.Parse("192.0.2.3"), Start);

        backOff.WaitOf(other, Start).ShouldBe(TimeSpan.Zero);
        backOff.WaitOf(Guesser, Start).ShouldBe(TimeSpan.FromSeconds(2));
        backOff.Forgotten.ShouldBe(1);
    }
}
