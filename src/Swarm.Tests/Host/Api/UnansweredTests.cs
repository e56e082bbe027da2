using System.Net;
using System.Net.Http.Json;
using Swarm.Actors.Torrents;
using Swarm.Api.Contracts;
using Swarm.Host;

namespace Swarm.Tests.Host.Api;

/// <summary>What the API says of a node that gives no answer, or has ended.</summary>
public sealed class UnansweredTests
{
    private const string Magnet = "magnet:?xt=urn:btih:c12fe1c06bba254a9dc9f519b335aa7c1367a88a&dn=linux";

    [Fact]
    public async Task What_the_node_gives_no_answer_to_is_no_bug_and_may_be_done_all_the_same()
    {
        await using var api = await ApiFixture.StartAsync();
        api.Put(1, 2);
        api.Node.IsSilentOn = what => what is not TorrentsActor.ITorrentCommand command || command.Torrent == Rows.Hash(1);

        using var add = await api.SendAsync(HttpMethod.Post, "/api/v1/torrents", $$"""{"source":"{{Magnet}}"}""");
        using var one = await api.SendAsync(HttpMethod.Delete, $"/api/v1/torrents/{Rows.Hash(1)}", "{}");
        using var several = await api.SendAsync(HttpMethod.Post, "/api/v1/torrents/pause", $$"""{"hashes":["{{Rows.Hash(1)}}","{{Rows.Hash(2)}}"]}""");
        var rpc = await new RpcClient(api).CallAsync("""{"method":"torrent-stop","arguments":{"ids":[1,2]}}""");

        (await ApiFixture.ProblemAsync(add, HttpStatusCode.GatewayTimeout)).Detail.ShouldBe("The node gave no answer within 30 s; what was asked for may be done all the same.");
        (await ApiFixture.ProblemAsync(one, HttpStatusCode.GatewayTimeout)).Detail.ShouldContain("may be done all the same");
        (await several.Content.ReadFromJsonAsync(ApiJson.Default.CommandReport, TestContext.Current.CancellationToken))!.Items.Select(item => item.Done).ShouldBe([false, true]);
        rpc.GetProperty("result").GetString()!.ShouldContain("may be done all the same");
        api.Node.Commands.OfType<TorrentsActor.Pause>().Count().ShouldBe(4, "one that gives no answer does not keep the others");
    }

    [Fact]
    public async Task A_node_that_has_ended_is_no_bug()
    {
        await using var api = await ApiFixture.StartAsync();
        api.PreviewFailure = new SwarmException("the node has ended: the disk is full");
        using var response = await api.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/api/v1/automation/preview"));

        (await ApiFixture.ProblemAsync(response, HttpStatusCode.ServiceUnavailable)).Detail.ShouldBe("The node has ended: the disk is full.");
    }
}
