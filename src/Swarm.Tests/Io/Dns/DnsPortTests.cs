using System.Net;
using System.Net.Sockets;
using Swarm.Actors.Ports;
using Swarm.Io.Dns;

namespace Swarm.Tests.Io.Dns;

public sealed class DnsPortTests : IDisposable
{
    private readonly ReplyBox _replies = new();

    public void Dispose() => _replies.Dispose();

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("255.255.255.255", "255.255.255.255")]
    [InlineData("::1", "::1")]
    [InlineData("[2001:db8::7]", "2001:db8::7")]
    public void Address_literal_is_itself_and_no_resolver_is_asked(string host, string address)
    {
        var port = new DnsPort(DnsPortSettings.Default, _ => throw new InvalidOperationException("The resolver was asked."));
        port.Resolve(7, host, _replies);
        var resolved = _replies.Take<IDns.Resolved>();
        resolved.Id.ShouldBe(7);
        resolved.Host.ShouldBe(host);
        resolved.Addresses.ShouldBe([IPAddress.Parse(address)]);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(".")]
    [InlineData("[::1]:80")]
    [InlineData("[127.0.0.1]")]
    [InlineData("a b")]
    [InlineData("a\nb")]
    [InlineData("http://a")]
    [InlineData("a/b")]
    public void Text_that_is_no_host_is_a_failure_without_asking(string host)
    {
        var port = new DnsPort(DnsPortSettings.Default, _ => throw new InvalidOperationException("The resolver was asked."));
        port.Resolve(1, host, _replies);
        var failed = _replies.Take<IDns.Failed>();
        failed.Host.ShouldBe(host);
        failed.Reason.ShouldContain("is not a host name");
        failed.Reason.ShouldNotContain('\n');
    }

    [Fact]
    public void Name_of_as_many_characters_as_a_name_may_have_is_asked_for_and_one_more_is_not()
    {
        var port = new DnsPort(DnsPortSettings.Default, _ => Task.FromResult<IPAddress[]>([IPAddress.Loopback]));
        var longest = string.Join('.', Enumerable.Repeat(new string('a', 62), 4))[..251] + ".b";
        longest.Length.ShouldBe(253);
        port.Resolve(1, longest, _replies);
        _replies.Take<IDns.Resolved>();
        port.Resolve(2, longest + "b", _replies);
        _replies.Take<IDns.Failed>();
    }

    [Fact]
    public void System_s_resolver_knows_localhost()
    {
        new DnsPort(DnsPortSettings.Default).Resolve(1, "localhost", _replies);
        _replies.Take<IDns.Resolved>().Addresses.ShouldAllBe(address => IPAddress.IsLoopback(address));
    }

    [Fact]
    public void Name_without_address_is_a_failure()
    {
        new DnsPort(DnsPortSettings.Default).Resolve(1, "no-such-host.invalid", _replies);
        _replies.Take<IDns.Failed>().Reason.ShouldContain("no-such-host.invalid has no address");
    }

    [Fact]
    public void Name_outside_ascii_is_asked_for_in_its_ascii_form()
    {
        string? asked = null;
        var port = new DnsPort(DnsPortSettings.Default, name =>
        {
            asked = name;
            return Task.FromResult<IPAddress[]>([IPAddress.Loopback]);
        });
        port.Resolve(1, "bücher.example", _replies);
        _replies.Take<IDns.Resolved>().Host.ShouldBe("bücher.example");
        asked.ShouldBe("xn--bcher-kva.example");
    }

    [Fact]
    public void Addresses_keep_their_order_lose_doubles_and_end_at_the_limit()
    {
        IPAddress[] found = [IPAddress.IPv6Loopback, IPAddress.Loopback, IPAddress.IPv6Loopback, IPAddress.Any, IPAddress.Broadcast];
        var port = new DnsPort(DnsPortSettings.Default with { AddressLimit = 3 }, _ => Task.FromResult(found));
        port.Resolve(1, "many.example", _replies);
        _replies.Take<IDns.Resolved>().Addresses.ShouldBe([IPAddress.IPv6Loopback, IPAddress.Loopback, IPAddress.Any]);
    }

    [Fact]
    public void Answer_without_addresses_is_a_failure()
    {
        new DnsPort(DnsPortSettings.Default, _ => Task.FromResult<IPAddress[]>([])).Resolve(1, "none.example", _replies);
        _replies.Take<IDns.Failed>();
    }

    [Fact]
    public void Whatever_a_resolver_throws_is_a_failure()
    {
        new DnsPort(DnsPortSettings.Default, _ => throw new SocketException((int)SocketError.TryAgain)).Resolve(1, "a.example", _replies);
        _replies.Take<IDns.Failed>();
        new DnsPort(DnsPortSettings.Default, _ => Task.FromException<IPAddress[]>(new ArgumentException("odd"))).Resolve(2, "b.example", _replies);
        _replies.Take<IDns.Failed>().Reason.ShouldContain("odd");
    }

    [Fact]
    public void Resolver_that_hangs_fails_in_time_keeps_its_turn_and_frees_it_when_it_ends()
    {
        var hanging = new TaskCompletionSource<IPAddress[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        var settings = DnsPortSettings.Default with { Concurrency = 1, Timeout = TimeSpan.FromMilliseconds(200) };
        var port = new DnsPort(settings, name => name == "hangs.example" ? hanging.Task : Task.FromResult<IPAddress[]>([IPAddress.Loopback]));
        port.Resolve(1, "hangs.example", _replies);
        _replies.Take<IDns.Failed>().Reason.ShouldContain("was not resolved within 0.2 s");
        port.Resolve(2, "waits.example", _replies);
        _replies.Take<IDns.Failed>().Id.ShouldBe(2);
        hanging.SetResult([IPAddress.Loopback]);
        port.Resolve(3, "goes.example", _replies);
        _replies.Take<IDns.Resolved>().Id.ShouldBe(3);
    }

    [Fact]
    public void Queue_takes_as_many_as_its_limit_and_refuses_one_more()
    {
        var hanging = new TaskCompletionSource<IPAddress[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        var port = new DnsPort(DnsPortSettings.Default with { Concurrency = 2, QueueLimit = 3 }, _ => hanging.Task);
        for (var i = 1; i <= 6; i++) port.Resolve(i, "a.example", _replies);
        var refused = _replies.Take<IDns.Failed>();
        refused.Id.ShouldBe(6);
        refused.Reason.ShouldContain("wait to be looked up already");
        port.Refused.ShouldBe(1);
        hanging.SetResult([IPAddress.Loopback]);
        for (var i = 1; i <= 5; i++) _replies.Take<IDns.Resolved>();
        port.Resolve(7, "a.example", _replies);
        _replies.Take<IDns.Resolved>();
    }
}
