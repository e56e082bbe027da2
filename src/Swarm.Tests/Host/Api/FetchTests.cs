using System.IO.Compression;
using System.Net;
using System.Text;
using Swarm.Io.Http;

namespace Swarm.Tests.Host.Api;

/// <summary>Torrent files that the node fetches for those who give it a URL: from where, and how much.</summary>
public sealed class FetchTests
{
    [Fact]
    public async Task A_torrent_file_is_fetched_where_its_server_is_within_reach()
    {
        await using var server = new FileServer(_ => FileServer.Ok(TorrentFiles.Make("fetched")));
        await using var api = await ApiFixture.StartAsync(http: HttpPortSettings.Default);
        using var response = await AddAsync(api, server.Url);

        response.StatusCode.ShouldBe(HttpStatusCode.Created, await response.Content.ReadAsStringAsync());
        api.Node.Added.ShouldHaveSingleItem().Source.Metainfo!.Name.ShouldBe("fetched");
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.1")]
    [InlineData("2130706433")]
    [InlineData("0x7f000001")]
    [InlineData("[::1]")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("localhost")]
    [InlineData("169.254.169.254")]
    [InlineData("10.0.0.1")]
    public async Task A_private_address_is_refused_however_it_is_written(string host)
    {
        await using var server = new FileServer(_ => FileServer.Ok(TorrentFiles.Make("secret")));
        await using var api = await ApiFixture.StartAsync(http: HttpPortSettings.Default with { Reach = ReachPolicy.Public });
        using var response = await AddAsync(api, new Uri($"http://{host}:{server.Url.Port}/x.torrent"));

        (await ApiFixture.ProblemAsync(response, HttpStatusCode.BadGateway)).Detail.ShouldContain("private network");
        server.Requests.ShouldBe(0);
    }

    [Fact]
    public async Task An_attempt_by_redirect_is_refused_at_the_address_it_leads_to()
    {
        await using var secret = new FileServer(_ => FileServer.Ok(TorrentFiles.Make("secret")));
        await using var server = new FileServer(_ => Encoding.ASCII.GetBytes($"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2:{secret.Url.Port}/x.torrent\r\nContent-Length: 0\r\n\r\n"));
        // The first server stands for a public one: its address alone is within reach.
        await using var api = await ApiFixture.StartAsync(http: HttpPortSettings.Default with { Reach = ReachPolicy.Public with { Allowed = [IPNetwork.Parse("127.0.0.1/32")] } });
        using var response = await AddAsync(api, server.Url);

        (await ApiFixture.ProblemAsync(response, HttpStatusCode.BadGateway)).Detail.ShouldContain("127.0.0.2");
        server.Requests.ShouldBe(1);
        secret.Requests.ShouldBe(0);
    }

    [Fact]
    public async Task An_attempt_by_a_name_that_means_this_machine_is_refused_at_its_address()
    {
        await using var server = new FileServer(_ => FileServer.Ok(TorrentFiles.Make("secret")));
        // A name of an innocent look whose DNS answer is this machine's address.
        await using var api = await ApiFixture.StartAsync(http: HttpPortSettings.Default with { Reach = ReachPolicy.Public, Resolve = (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]) });
        using var response = await AddAsync(api, new Uri($"http://torrents.example:{server.Url.Port}/x.torrent"));

        (await ApiFixture.ProblemAsync(response, HttpStatusCode.BadGateway)).Detail.ShouldContain("torrents.example (127.0.0.1)");
        server.Requests.ShouldBe(0);
    }

    [Fact]
    public async Task A_name_whose_second_answer_is_another_gets_no_further()
    {
        await using var secret = new FileServer(_ => FileServer.Ok(TorrentFiles.Make("secret")));
        await using var server = new FileServer(_ => Encoding.ASCII.GetBytes($"HTTP/1.1 302 Found\r\nLocation: http://torrents.example:{secret.Url.Port}/x.torrent\r\nContent-Length: 0\r\n\r\n"));
        var asked = 0;
        var http = HttpPortSettings.Default with
        {
            Reach = ReachPolicy.Public with { Allowed = [IPNetwork.Parse("127.0.0.1/32")] },
            Resolve = (_, _) => Task.FromResult<IPAddress[]>([Interlocked.Increment(ref asked) == 1 ? IPAddress.Loopback : IPAddress.Parse("127.0.0.2")]),
        };
        await using var api = await ApiFixture.StartAsync(http: http);
        using var response = await AddAsync(api, new Uri($"http://torrents.example:{server.Url.Port}/x.torrent"));

        await ApiFixture.ProblemAsync(response, HttpStatusCode.BadGateway);
        secret.Requests.ShouldBe(0);
    }

    [Fact]
    public async Task A_decompression_bomb_ends_at_the_limit_of_a_torrent_file()
    {
        using var bomb = new MemoryStream();
        await using (var gzip = new GZipStream(bomb, CompressionLevel.SmallestSize, leaveOpen: true)) await gzip.WriteAsync(new byte[20_000_000], TestContext.Current.CancellationToken);
        await using var server = new FileServer(_ => [.. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {bomb.Length}\r\n\r\n"), .. bomb.ToArray()]);
        await using var api = await ApiFixture.StartAsync(ApiFixture.Settings with { TorrentFileLimit = 100_000 });
        using var response = await AddAsync(api, server.Url);

        (await ApiFixture.ProblemAsync(response, HttpStatusCode.BadGateway)).Detail.ShouldContain("more than the 100000 bytes");
    }

    [Theory]
    [InlineData("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", HttpStatusCode.BadGateway, "404")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", HttpStatusCode.BadRequest, ".torrent file")]
    public async Task What_is_no_torrent_file_is_refused(string answer, HttpStatusCode status, string named)
    {
        await using var server = new FileServer(_ => Encoding.ASCII.GetBytes(answer));
        await using var api = await ApiFixture.StartAsync();
        using var response = await AddAsync(api, server.Url);

        (await ApiFixture.ProblemAsync(response, status)).Detail.ShouldContain(named);
    }

    private static Task<HttpResponseMessage> AddAsync(ApiFixture api, Uri url) => api.SendAsync(HttpMethod.Post, "/api/v1/torrents", $$"""{"source":"{{url.OriginalString}}"}""");
}
