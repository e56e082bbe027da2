using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Actors.Dht;
using Swarm.Actors.Node;
using Swarm.Host;

namespace Swarm.Tests.Host;

/// <summary><c>swarm dht</c> against one node of the DHT on this machine: what one run leaves there, the next finds.</summary>
public sealed class DhtCommandTests : IAsyncLifetime
{
    private const string Hash = "0123456789abcdef0123456789abcdef01234567";

    private readonly Scratch _scratch = new();
    private SwarmNode _node = null!;

    private string Node => _node.Listen[0].ToString();

    public async ValueTask InitializeAsync() =>
        _node = await SwarmNode.StartAsync(_scratch["node"], new NodeSettings { Listen = ListenChoice.Choose(IPAddress.Loopback, 0), Dht = DhtSettings.Default }, NullLoggerFactory.Instance);

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        _scratch.Dispose();
    }

    [Fact]
    public async Task Ping_tells_the_id_and_fails_where_nobody_is()
    {
        var pong = (await RunAsync("ping", Node, "--json")).Json.ShouldHaveSingleItem();
        pong.GetProperty("type").GetString().ShouldBe("ping");
        pong.GetProperty("node").GetString().ShouldBe(Node);
        pong.GetProperty("id").GetString()!.Length.ShouldBe(40);
        (await RunAsync("ping", "127.0.0.1:9", "--timeout", "1")).ShouldFailSaying("127.0.0.1:9 did not answer");
    }

    [Fact]
    public async Task Announced_peer_is_found()
    {
        (await RunAsync("announce", Hash, "--node", Node, "--port", "5001")).Out.ShouldContain("announced at 1 node");
        var found = (await RunAsync("get-peers", Hash, "--scrape", "--node", Node, "--json")).Json;
        found[0].GetProperty("peers")[0].GetString().ShouldBe("127.0.0.1:5001");
        found[^1].GetProperty("type").GetString().ShouldBe("get-peers");
        found[^1].GetProperty("peers").GetInt32().ShouldBe(1);
        found[^1].GetProperty("others").GetInt64().ShouldBe(1);
        (await RunAsync("sample", "--node", Node)).Out.Trim().ShouldBe(Hash);
        (await RunAsync("find-node", Hash, "--node", Node)).Out.Split(' ', '\n').ShouldContain(Node);
    }

    [Fact]
    public async Task Run_that_announces_leaves_no_node_behind_that_is_gone()
    {
        (await RunAsync("announce", Hash, "--node", Node, "--port", "5001")).ExitCode.ShouldBe(0);
        var found = (await RunAsync("find-node", Hash, "--node", Node, "--json")).Json.ShouldHaveSingleItem();
        found.GetProperty("nodes").EnumerateArray().Select(node => node.GetProperty("address").GetString()).ShouldBe([Node]);
        found.GetProperty("queries").GetInt32().ShouldBeLessThan(4);
    }

    [Fact]
    public async Task Immutable_item_is_put_and_got()
    {
        var put = (await RunAsync("put", "Hello World!", "--node", Node, "--json")).Json.Single();
        put.GetProperty("target").GetString().ShouldBe("e5f96f6f38320f0f33959cb4d3d656452117aadb");
        (await RunAsync("get", "e5f96f6f38320f0f33959cb4d3d656452117aadb", "--node", Node)).Out.Trim().ShouldBe("Hello World!");
        (await RunAsync("get", Hash, "--node", Node)).ShouldFailSaying("has an item under");
    }

    [Fact]
    public async Task Mutable_item_is_put_with_a_key_that_is_made_and_replaced_under_the_next_number()
    {
        var first = (await RunAsync("put", "one", "--key", _scratch["key"], "--salt", "s", "--node", Node, "--json")).Json.Single();
        first.GetProperty("seq").GetInt64().ShouldBe(1);
        if (!OperatingSystem.IsWindows()) File.GetUnixFileMode(_scratch["key"]).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var key = first.GetProperty("publicKey").GetString()!;
        (await RunAsync("put", "two", "--key", _scratch["key"], "--salt", "s", "--node", Node)).Out.ShouldContain("number 2");
        var got = (await RunAsync("get", key, "--salt", "s", "--node", Node, "--json")).Json.Single();
        got.GetProperty("value").GetString().ShouldBe("two");
        got.GetProperty("seq").GetInt64().ShouldBe(2);
        (await RunAsync("put", "three", "--key", _scratch["key"], "--salt", "s", "--cas", "1", "--node", Node)).ShouldFailSaying("301");
    }

    [Fact]
    public async Task Status_shows_the_table()
    {
        var status = (await RunAsync("status", "--node", Node, "--json")).Json.ShouldHaveSingleItem();
        status.GetProperty("family").GetString().ShouldBe("IPv4");
        status.GetProperty("nodes").GetInt32().ShouldBe(1);
        (await RunAsync("status", "--node", "127.0.0.1:9", "--timeout", "1")).ShouldFailSaying("no node of the DHT answered");
    }

    [Theory]
    [InlineData("announce needs --port", "announce", Hash)]
    [InlineData("is not 40 hex digits", "get-peers", "abc")]
    [InlineData("is neither a target", "get", "abc")]
    [InlineData("--seq goes with --key", "put", "x", "--seq", "3")]
    [InlineData("is no number from 1 to 60", "status", "--timeout", "0")]
    public async Task Wrong_usage_is_told(string expected, params string[] args) => (await Invocation.RunAsync(["dht", .. args])).ShouldFailSaying(expected, ExitCodes.Usage);

    [Fact]
    public async Task No_dht_means_none() => (await RunAsync("status", "--no-dht")).ShouldFailSaying("does not go with --no-dht");

    private Task<Ended> RunAsync(params string[] args) => Invocation.RunAsync(["dht", .. args, "--bind", "127.0.0.1", "--data", _scratch["data"]]);
}
