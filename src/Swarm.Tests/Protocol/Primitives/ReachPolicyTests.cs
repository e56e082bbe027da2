using System.Net;

namespace Swarm.Tests.Protocol.Primitives;

public sealed class ReachPolicyTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("192.168.1.1")]
    [InlineData("8.8.8.8")]
    public void Everywhere_is_everywhere(string address) => ReachPolicy.Everywhere.Allows(IPAddress.Parse(address)).ShouldBeTrue();

    [Theory]
    [InlineData("127.0.0.1", false)]
    [InlineData("::1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("8.8.8.8", true)]
    [InlineData("2001:4860:4860::8888", true)]
    public void Public_leaves_out_this_machine_and_its_network(string address, bool expected) => ReachPolicy.Public.Allows(IPAddress.Parse(address)).ShouldBe(expected);

    [Theory]
    [InlineData("10.1.2.3", true)]
    [InlineData("::ffff:10.1.2.3", true)]
    [InlineData("10.2.0.1", false)]
    [InlineData("127.0.0.1", false)]
    public void A_network_that_is_allowed_is_within_reach_and_no_other(string address, bool expected) =>
        (ReachPolicy.Public with { Allowed = [IPNetwork.Parse("10.1.0.0/16")] }).Allows(IPAddress.Parse(address)).ShouldBe(expected);
}
