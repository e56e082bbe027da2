namespace Swarm.Tests.Host.Api;

/// <summary>Which torrents a call of Transmission's RPC is for.</summary>
public sealed class RpcSelectionTests
{
    [Theory]
    [InlineData("", "1 2 3")]
    [InlineData(""","ids":2""", "2")]
    [InlineData(""","ids":[3,1,99]""", "1 3")]
    [InlineData(""","ids":["HASH2",1]""", "1 2")]
    [InlineData(""","ids":"HASH2" """, "2")]
    [InlineData(""","ids":"recently-active" """, "1 2 3")]
    [InlineData(""","ids":[]""", "")]
    [InlineData(""","ids":null""", "")]
    public async Task Ids_come_in_all_their_forms(string ids, string expected)
    {
        await using var api = await ApiFixture.StartAsync();
        api.Put(1, 2, 3);
        var answer = await new RpcClient(api).CallAsync($$"""{"method":"torrent-get","arguments":{"fields":["id"]{{ids.Replace("HASH2", Rows.Hash(2).ToString())}}} }""");

        string.Join(' ', answer.GetProperty("arguments").GetProperty("torrents").EnumerateArray().Select(torrent => torrent.GetProperty("id").GetInt32())).ShouldBe(expected);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("[99]")]
    public async Task Nothing_is_removed_where_nothing_is_named(string ids)
    {
        await using var api = await ApiFixture.StartAsync();
        api.Put(1, 2);
        var rpc = new RpcClient(api);

        var old = await rpc.CallAsync($$"""{"method":"torrent-remove","arguments":{"ids":{{ids}},"delete-local-data":true} }""");
        var now = await rpc.CallAsync($$"""{"jsonrpc":"2.0","id":1,"method":"torrent_remove","params":{"ids":{{ids}},"delete_local_data":true} }""");

        old.GetProperty("result").GetString().ShouldBe("success");
        now.GetProperty("result").ToString().ShouldBe("{}");
        api.Node.Commands.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_recently_active_come_with_the_numbers_of_the_recently_removed()
    {
        await using var api = await ApiFixture.StartAsync();
        api.Put(1, 2);
        api.Catalogue.Remove(Rows.Hash(1));
        var answer = await new RpcClient(api).CallAsync("""{"jsonrpc":"2.0","id":1,"method":"torrent_get","params":{"fields":["id"],"ids":"recently_active"}}""");

        answer.GetProperty("result").ToString().ShouldBe("""{"removed":[1],"torrents":[{"id":2}]}""");
    }
}
