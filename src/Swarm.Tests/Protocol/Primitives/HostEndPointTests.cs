namespace Swarm.Tests.Protocol.Primitives;

public sealed class HostEndPointTests
{
    [Theory]
    [InlineData("127.0.0.1:43", "127.0.0.1", 43)]
    [InlineData("[::1]:45", "::1", 45)]
    [InlineData("[2001:db8::2]:65535", "2001:db8::2", 65535)]
    [InlineData("router.example-1.org:1", "router.example-1.org", 1)]
    public void Hosts_with_ports_are_read_and_written_alike(string text, string host, int port)
    {
        HostEndPoint.TryParse(text, out var endPoint).ShouldBeTrue();
        endPoint.ShouldBe(new HostEndPoint(host, port));
        endPoint!.ToString().ShouldBe(text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("host")]
    [InlineData(":80")]
    [InlineData("host:")]
    [InlineData("host:0")]
    [InlineData("host:65536")]
    [InlineData("host:-1")]
    [InlineData("host:+1")]
    [InlineData("host: 1")]
    [InlineData("::1:45")]
    [InlineData("[::1]")]
    [InlineData("[host]:1")]
    [InlineData("[]:1")]
    [InlineData("<invalid>:100")]
    [InlineData("a b:1")]
    [InlineData(".host:1")]
    [InlineData("-host:1")]
    [InlineData("ho/st:1")]
    [InlineData("host:99999999999999999999")]
    [InlineData("[fe80::1%2]:1")]
    [InlineData("[fe80::1%eth0]:1")]
    [InlineData("[fe80::1%\0]:6881")]
    [InlineData("[[::1]:80]:1")]
    [InlineData("[::1/64]:1")]
    [InlineData("ho\0st:1")]
    public void Anything_else_is_refused(string text) => HostEndPoint.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void A_host_name_may_have_253_characters_and_no_more()
    {
        HostEndPoint.TryCreate(new string('a', 253), 1, out _).ShouldBeTrue();
        HostEndPoint.TryCreate(new string('a', 254), 1, out _).ShouldBeFalse();
    }

    [Fact]
    public void Only_addresses_have_an_address()
    {
        new HostEndPoint("127.0.0.1", 1).Address.ShouldBe(System.Net.IPAddress.Loopback);
        new HostEndPoint("::1", 1).Address.ShouldBe(System.Net.IPAddress.IPv6Loopback);
        new HostEndPoint("host.example", 1).Address.ShouldBeNull();
    }
}
