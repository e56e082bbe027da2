using System.Net;
using System.Text.Json;
using Swarm.Actors.Torrents;

namespace Swarm.Tests.Host.Api;

/// <summary>Several calls of JSON-RPC in one request, and calls without an answer.</summary>
public sealed class RpcBatchTests
{
    [Fact]
    public async Task A_batch_is_answered_call_by_call_and_a_notification_is_not()
    {
        await using var api = await ApiFixture.StartAsync();
        api.Put(1);
        var rpc = new RpcClient(api);

        var batch = await rpc.CallAsync("""[{"jsonrpc":"2.0","method":"torrent_stop"},{"jsonrpc":"2.0","method":"session_stats","id":1},7,{"jsonrpc":"2.0","method":"torrent_get","params":{"fields":["id"]},"id":2}]""");
        using var quiet = await rpc.SendAsync("""{"jsonrpc":"2.0","method":"torrent_start"}""");

        batch.EnumerateArray().Select(answer => answer.GetProperty("id").ToString()).ShouldBe(["1", "", "2"]);
        quiet.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await quiet.Content.ReadAsStringAsync()).ShouldBeEmpty();
        api.Node.Commands.Select(command => command.GetType()).ShouldBe([typeof(TorrentsActor.Pause), typeof(TorrentsActor.Resume)]);
    }

    [Fact]
    public async Task Answers_of_a_batch_go_out_as_they_are_made()
    {
        await using var api = await ApiFixture.StartAsync();
        api.Put([.. Enumerable.Range(1, 3_000)]);
        using var isRead = new ManualResetEventSlim();
        var wasRead = false;
        api.Node.Details = row =>
        {
            wasRead = isRead.Wait(TimeSpan.FromSeconds(90), TestContext.Current.CancellationToken);
            return Rows.Details(row);
        };

        using var response = await new RpcClient(api).SendAsync("""[{"jsonrpc":"2.0","id":1,"method":"torrent_get","params":{"fields":["id","name","hash_string"]}},{"jsonrpc":"2.0","id":2,"method":"torrent_get","params":{"fields":["files"],"ids":[1]}}]""");
        isRead.Set();
        using var batch = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));

        wasRead.ShouldBeTrue("the second call waits until the answer of the first has begun to arrive");
        batch.RootElement.EnumerateArray().Select(answer => answer.GetProperty("result").GetProperty("torrents").GetArrayLength()).ShouldBe([3_000, 1]);
    }
}
