using System.Net;
using Swarm.Host;

namespace Swarm.Tests.Host;

public sealed class UsageTests
{
    [Theory]
    [InlineData("'fetch'", "fetch")]
    [InlineData("get", "get")]
    [InlineData("--ratio goes with --seed", "get", "x.torrent", "--ratio", "2")]
    [InlineData("--ratio", "get", "x.torrent", "--seed", "--ratio", "0")]
    [InlineData("--peer: 'nowhere' is no peer", "get", "x.torrent", "--peer", "nowhere")]
    [InlineData("--tracker: 'ftp://t' is no tracker", "seed", "x", "--tracker", "ftp://t")]
    [InlineData("--web-seed: 'udp://t' is no web address", "create", "x", "-o", "y", "--web-seed", "udp://t")]
    [InlineData("--download-limit: 'fast' is no rate", "get", "x.torrent", "--download-limit", "fast")]
    [InlineData("--port: '65536' is no number from 0 to 65535", "get", "x.torrent", "--port", "65536")]
    [InlineData("--port: 'http' is no number", "get", "x.torrent", "--port", "http")]
    [InlineData("--bind: 'eth0' is no IP address", "get", "x.torrent", "--bind", "eth0")]
    [InlineData("--dht-queries: '0' is no number from 1 to 10000000", "get", "x.torrent", "--dht-queries", "0")]
    [InlineData("--dht-queries-per-host: '10000001' is no number from 1 to 10000000", "seed", "x", "--dht-queries-per-host", "10000001")]
    [InlineData("--allocation: 'none' is neither", "get", "x.torrent", "--allocation", "none")]
    [InlineData("--piece-size: '20000' is no power of two", "create", "x", "-o", "y", "--piece-size", "20000")]
    [InlineData("--piece-size: '8KiB' is no power of two", "create", "x", "-o", "y", "--piece-size", "8KiB")]
    [InlineData("--output", "create", "x")]
    [InlineData("--size: '0' is not from 1 B to 1.00 TiB", "demo", "--size", "0")]
    [InlineData("--size: 'big' is no size", "demo", "--size", "big")]
    [InlineData("--leechers: '33' is no number from 1 to 32", "demo", "--leechers", "33")]
    public async Task A_wrong_command_line_says_what_is_wrong_and_exits_with_2(string expected, params string[] args)
    {
        var ended = await Invocation.RunAsync(args);
        ended.ShouldFailSaying(expected, ExitCodes.Usage);
        ended.Error.ShouldContain("--help' explains the usage");
        ended.Out.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("get", "--sequential", "--select", "--ratio", "--recheck", "--allocation", "--no-dht", "--dht-router", "--dht-queries", "--dht-queries-per-host", "--dht-queries-per-network", "--upload-limit", "--max-connections")]
    [InlineData("dht", "ping", "find-node", "get-peers", "announce", "put", "sample", "status", "--node", "--json")]
    [InlineData("seed", "seeding (infoHash, magnet, port)", "--torrent", "--tracker", "--peer", "--data")]
    [InlineData("create", "--web-seed", "--private", "--source", "--piece-size", "--comment")]
    [InlineData("show", "--json", "infoHashV1")]
    [InlineData("verify", "--json", "--threads")]
    [InlineData("demo", "--size", "--leechers")]
    [InlineData("key", "new", "list", "remove", "api-keys.json", "SIGHUP")]
    public async Task Help_names_every_option(string verb, params string[] options)
    {
        var ended = await Invocation.RunAsync(verb, "--help");
        ended.ExitCode.ShouldBe(ExitCodes.Done);
        ended.Error.ShouldBeEmpty();
        foreach (var option in options) ended.Out.ShouldContain(option);
    }

    [Fact]
    public void Only_the_first_interruption_is_a_request()
    {
        using var interruption = new Interruption();
        interruption.Request(15).ShouldBeTrue();
        interruption.Request(2).ShouldBeFalse();
        interruption.Token.IsCancellationRequested.ShouldBeTrue();
        interruption.ExitCode.ShouldBe(143);
    }

    [Fact]
    public void A_node_listens_on_every_address_under_one_port()
    {
        var chosen = ListenChoice.Choose(bind: null, port: 0);
        chosen[0].Address.ShouldBe(IPAddress.Any);
        chosen.ShouldAllBe(place => place.Port == chosen[0].Port && place.Port > 0);
    }

    [Fact]
    public void A_port_that_is_given_is_taken_as_it_is() =>
        ListenChoice.Choose(IPAddress.Loopback, 7_777).ShouldBe([new IPEndPoint(IPAddress.Loopback, 7_777)]);

    [Fact]
    public void An_address_of_another_machine_is_refused() =>
        Should.Throw<ListenException>(() => ListenChoice.Choose(IPAddress.Parse("192.0.2.1"), null)).Message.ShouldContain("192.0.2.1");
}
