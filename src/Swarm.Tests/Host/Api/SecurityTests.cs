using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Swarm.Api.Contracts;
using Swarm.Host;
using Swarm.Host.Api;
using Swarm.Host.Api.Security;

namespace Swarm.Tests.Host.Api;

/// <summary>What is refused, each with its test.</summary>
public sealed class SecurityTests
{
    private const string List = "/api/v1/torrents";
    private const string Drain = "/api/v1/node/drain";
    private const string Pause = "/api/v1/torrents/pause";

    [Theory]
    [InlineData("localhost")]
    [InlineData("LOCALHOST:9110")]
    [InlineData("127.0.0.1:9110")]
    [InlineData("192.0.2.7")]
    [InlineData("[::1]:9110")]
    [InlineData("torrents.example")]
    public async Task A_name_of_the_node_is_answered(string host) => (await StatusAsync(request => request.Headers.Host = host)).ShouldBe(HttpStatusCode.OK);

    [Theory]
    [InlineData("evil.example")]
    [InlineData("evil.example:9110")]
    [InlineData("localhost.evil.example")]
    [InlineData("torrents.example.evil.example")]
    [InlineData("127.0.0.1.nip.io")]
    public async Task A_wrong_host_is_refused(string host)
    {
        await using var api = await ApiFixture.StartAsync(Settings);
        foreach (var path in (string[])[List, "/transmission/rpc", "/healthz", "/openapi/v1.json", "/nothing"])
        {
            using var response = await api.SendAsync(new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Host = host } });
            (await ApiFixture.ProblemAsync(response, HttpStatusCode.Forbidden)).Detail.ShouldContain("swarm.api.allowed-hosts");
        }
    }

    [Theory]
    [InlineData("https://evil.example", null)]
    [InlineData("null", null)]
    [InlineData("http://127.0.0.1:1", null)]
    [InlineData(null, "cross-site")]
    [InlineData(null, "same-site")]
    public async Task A_wrong_origin_is_refused(string? origin, string? site)
    {
        await using var api = await ApiFixture.StartAsync(Settings);
        api.Put(1);
        foreach (var (method, path) in new[] { (HttpMethod.Get, List), (HttpMethod.Post, Pause), (HttpMethod.Post, "/transmission/rpc"), (HttpMethod.Get, "/api/v1/events") })
        {
            using var request = new HttpRequestMessage(method, path);
            // What a page of another site can send without being asked first.
            if (method == HttpMethod.Post) request.Content = new StringContent($$"""{"hashes":["{{Rows.Hash(1)}}"]}""", Encoding.UTF8, "text/plain");
            if (origin is not null) request.Headers.Add("Origin", origin);
            if (site is not null) request.Headers.Add("Sec-Fetch-Site", site);
            using var response = await api.SendAsync(request);
            (await ApiFixture.ProblemAsync(response, HttpStatusCode.Forbidden)).Detail.ShouldContain("swarm.api.allowed-origins");
        }

        api.Node.Commands.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_nodes_own_pages_and_those_of_configured_origins_are_answered()
    {
        (await StatusAsync(request => request.Headers.Add("Origin", "https://pages.example"))).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(request =>
        {
            request.Headers.Host = "localhost:9110";
            request.Headers.Add("Origin", "http://localhost:9110");
            request.Headers.Add("Sec-Fetch-Site", "same-origin");
        })).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_browser_may_show_pages_of_configured_origins_what_is_answered_and_what_is_refused()
    {
        await using var api = await ApiFixture.StartAsync(Settings with { TrustLoopback = false }, Keys(out var texts));
        foreach (var (key, status) in new[] { (texts[Scope.Viewer], HttpStatusCode.OK), ("wrong", HttpStatusCode.Unauthorized) })
        {
            using var response = await api.SendAsync(new HttpRequestMessage(HttpMethod.Get, List) { Headers = { { "Origin", "https://pages.example" }, { "Authorization", $"Bearer {key}" } } });
            response.StatusCode.ShouldBe(status);
            Cors(response, "Allow-Origin").ShouldBe("https://pages.example");
            Cors(response, "Expose-Headers").ShouldNotBeNull().ShouldContain("ETag");
            response.Headers.Vary.ShouldBe(["Origin"]);
        }
    }

    [Fact]
    public async Task A_browser_that_asks_first_is_told_without_a_key_what_pages_of_configured_origins_may_send()
    {
        await using var api = await ApiFixture.StartAsync(Settings with { TrustLoopback = false }, Keys(out _));
        foreach (var path in (string[])[List, Pause, "/transmission/rpc", "/nothing"])
        {
            using var response = await api.SendAsync(new HttpRequestMessage(HttpMethod.Options, path) { Headers = { { "Origin", "https://pages.example" }, { "Access-Control-Request-Method", "PATCH" }, { "Access-Control-Request-Headers", "authorization" } } });
            response.StatusCode.ShouldBe(HttpStatusCode.NoContent);
            Cors(response, "Allow-Origin").ShouldBe("https://pages.example");
            Cors(response, "Allow-Methods").ShouldNotBeNull().Split(", ").ShouldBe(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]);
            foreach (var header in (string[])["Authorization", "Content-Type", "X-Transmission-Session-Id"]) Cors(response, "Allow-Headers").ShouldNotBeNull().Split(", ").ShouldContain(header);
            Cors(response, "Max-Age").ShouldBe("3600");
        }
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("null")]
    [InlineData(null)]
    [InlineData("OWN")]
    public async Task Others_are_told_nothing_of_that(string? origin)
    {
        await using var api = await ApiFixture.StartAsync(Settings with { TrustLoopback = false }, Keys(out _));
        foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Options])
        {
            using var request = new HttpRequestMessage(method, List) { Headers = { { "Access-Control-Request-Method", "GET" } } };
            if (origin is not null) request.Headers.Add("Origin", origin == "OWN" ? api.Client.BaseAddress!.GetLeftPart(UriPartial.Authority) : origin);
            using var response = await api.SendAsync(request);
            ((int)response.StatusCode).ShouldBeOneOf(401, 403);
            response.Headers.ShouldNotContain(header => header.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
        }
    }

    [Fact]
    public async Task A_name_that_is_not_the_nodes_gets_no_answer_to_that_either()
    {
        await using var api = await ApiFixture.StartAsync(Settings);
        using var response = await api.SendAsync(new HttpRequestMessage(HttpMethod.Options, List) { Headers = { { "Origin", "https://pages.example" }, { "Access-Control-Request-Method", "GET" }, { "Host", "rebound.example" } } });
        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData("127.0.0.1", null, StatusCodes.Status200OK)]
    [InlineData("::1", null, StatusCodes.Status200OK)]
    [InlineData("192.0.2.7", null, StatusCodes.Status401Unauthorized)]
    [InlineData("2001:db8::7", null, StatusCodes.Status401Unauthorized)]
    [InlineData("10.0.0.7", null, StatusCodes.Status401Unauthorized)]
    [InlineData("127.0.0.1", "X-Forwarded-For", StatusCodes.Status401Unauthorized)]
    [InlineData("127.0.0.1", "Forwarded", StatusCodes.Status401Unauthorized)]
    public async Task Beyond_this_machine_and_behind_a_proxy_on_it_a_key_is_needed(string address, string? proxyHeader, int status)
    {
        await using var api = await ApiFixture.StartAsync(Settings, Keys(out _));

        (await AskFromAsync(api, address, context =>
        {
            if (proxyHeader is not null) context.Request.Headers[proxyHeader] = "192.0.2.7";
        })).ShouldBe(status);
    }

    [Fact]
    public async Task Where_loopback_is_not_trusted_a_key_is_needed_there_too()
    {
        await using var api = await ApiFixture.StartAsync(Settings with { TrustLoopback = false }, Keys(out _));
        using var response = await api.SendAsync(new HttpRequestMessage(HttpMethod.Get, List));
        using var rpc = await api.SendAsync(HttpMethod.Post, "/transmission/rpc", "{}");

        await ApiFixture.ProblemAsync(response, HttpStatusCode.Unauthorized);
        await ApiFixture.ProblemAsync(rpc, HttpStatusCode.Unauthorized);
        response.Headers.WwwAuthenticate.Select(header => header.Scheme).ShouldBe(["Bearer", "Basic"]);
    }

    [Fact]
    public async Task Without_any_key_nothing_listens_beyond_this_machine() =>
        (await Should.ThrowAsync<SwarmException>(() => ApiFixture.StartAsync(Settings with { Listen = [new IPEndPoint(IPAddress.Any, 0)] }))).Message.ShouldContain("swarm.api.listen");

    [Theory]
    [InlineData(nameof(Scope.Viewer), "GET", List, HttpStatusCode.OK)]
    [InlineData(nameof(Scope.Viewer), "POST", Pause, HttpStatusCode.Forbidden)]
    [InlineData(nameof(Scope.Viewer), "POST", Drain, HttpStatusCode.Forbidden)]
    [InlineData(nameof(Scope.Viewer), "GET", "/api/v1/config", HttpStatusCode.Forbidden)]
    [InlineData(nameof(Scope.Operator), "POST", Pause, HttpStatusCode.OK)]
    [InlineData(nameof(Scope.Operator), "POST", Drain, HttpStatusCode.Forbidden)]
    [InlineData(nameof(Scope.Operator), "POST", "/api/v1/actors/restart", HttpStatusCode.Forbidden)]
    [InlineData(nameof(Scope.Admin), "POST", Drain, HttpStatusCode.Accepted)]
    [InlineData(nameof(Scope.Admin), "GET", "/api/v1/config", HttpStatusCode.OK)]
    public async Task A_key_opens_what_its_scope_says_and_no_more(string scope, string method, string path, HttpStatusCode status)
    {
        await using var api = await ApiFixture.StartAsync(Settings with { TrustLoopback = false }, Keys(out var texts));
        api.Put(1);
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", texts[Enum.Parse<Scope>(scope)]) } };
        if (path == Pause) request.Content = new StringContent($$"""{"hashes":["{{Rows.Hash(1)}}"]}""", Encoding.UTF8, "application/json");
        using var response = await api.SendAsync(request);

        response.StatusCode.ShouldBe(status);
        if (status == HttpStatusCode.Forbidden) (await ApiFixture.ProblemAsync(response, status)).Detail.ShouldContain("scope");
    }

    [Theory]
    [InlineData(nameof(Scope.Viewer), "torrent-get", true)]
    [InlineData(nameof(Scope.Viewer), "torrent-stop", false)]
    [InlineData(nameof(Scope.Viewer), "session-set", false)]
    [InlineData(nameof(Scope.Operator), "torrent-stop", true)]
    [InlineData(nameof(Scope.Operator), "session-close", false)]
    [InlineData(nameof(Scope.Admin), "session-close", true)]
    public async Task Basic_credentials_open_the_transmission_rpc_by_the_same_scopes(string scope, string method, bool isDone)
    {
        await using var api = await ApiFixture.StartAsync(Settings with { TrustLoopback = false }, Keys(out var texts));
        var basic = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"anybody:{texts[Enum.Parse<Scope>(scope)]}")));
        var rpc = new RpcClient(api, basic);

        var answer = await rpc.CallAsync($$"""{"method":"{{method}}","arguments":{"fields":["id"]} }""");

        (answer.GetProperty("result").GetString() == "success").ShouldBe(isDone, answer.ToString());
    }

    [Fact]
    public async Task Who_guesses_keys_waits_and_is_told_how_long()
    {
        await using var api = await ApiFixture.StartAsync(Settings with { BackOff = LoginBackOffSettings.Default with { FreeFailures = 2, FirstWait = TimeSpan.FromMinutes(5) } }, Keys(out var texts));
        async Task<HttpResponseMessage> WithAsync(string key) => await api.SendAsync(new HttpRequestMessage(HttpMethod.Get, List) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", key) } });

        using var first = await WithAsync("wrong");
        using var second = await WithAsync("wrong");
        using var third = await WithAsync(texts[Scope.Admin]);

        await ApiFixture.ProblemAsync(first, HttpStatusCode.Unauthorized);
        await ApiFixture.ProblemAsync(second, HttpStatusCode.Unauthorized);
        await ApiFixture.ProblemAsync(third, HttpStatusCode.TooManyRequests);
        third.Headers.RetryAfter!.Delta!.Value.TotalMinutes.ShouldBeInRange(4, 5.1);
    }

    [Theory]
    [InlineData("POST", List, """{"source":"magnet:?xt=urn:btih:c12fe1c06bba254a9dc9f519b335aa7c1367a88a","folder":"FOLDER"}""")]
    [InlineData("POST", "/api/v1/torrents/move", """{"hashes":["HASH"],"folder":"FOLDER"}""")]
    public async Task A_path_outside_the_roots_is_refused(string method, string path, string json)
    {
        await using var api = await ApiFixture.StartAsync(Settings);
        api.Put(1);
        Directory.CreateSymbolicLink(Path.Combine(api.Root, "way-out"), "/");
        foreach (var folder in (string[])["/etc", "/", api.Root + "/..", api.Root + "/../x", api.Root + "/way-out/tmp", api.Root + "-beside", "relative"])
        {
            using var response = await api.SendAsync(new HttpMethod(method), path, json.Replace("FOLDER", folder).Replace("HASH", Rows.Hash(1).ToString()));
            (await ApiFixture.ProblemAsync(response, HttpStatusCode.Forbidden)).Detail.ShouldContain("content root");
        }

        api.Node.Added.ShouldBeEmpty();
        api.Node.Commands.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("a/../../x")]
    [InlineData("/etc/passwd")]
    [InlineData("")]
    public async Task A_file_is_renamed_inside_its_folder_or_not_at_all(string name)
    {
        await using var api = await ApiFixture.StartAsync(Settings);
        api.Catalogue.Put([Rows.Row(1) with { Folder = api.Root }]);
        using var response = await api.SendAsync(HttpMethod.Put, $"/api/v1/torrents/{Rows.Hash(1)}/files/0/path", JsonSerializer.Serialize(new RenameFile { Path = name }, ApiJson.Default.RenameFile));

        await ApiFixture.ProblemAsync(response, HttpStatusCode.Forbidden);
        api.Node.Commands.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{"method":"torrent-add","arguments":{"filename":"magnet:?xt=urn:btih:c12fe1c06bba254a9dc9f519b335aa7c1367a88a","download-dir":"/etc"}}""")]
    [InlineData("""{"method":"torrent-add","arguments":{"filename":"/etc/passwd"}}""")]
    [InlineData("""{"method":"torrent-set-location","arguments":{"location":"/etc","ids":[1]}}""")]
    [InlineData("""{"method":"torrent-set","arguments":{"location":"/etc","ids":[1]}}""")]
    [InlineData("""{"method":"free-space","arguments":{"path":"/etc"}}""")]
    [InlineData("""{"method":"torrent-rename-path","arguments":{"path":"a","name":"..","ids":[1]}}""")]
    [InlineData("""{"method":"torrent-rename-path","arguments":{"path":"a","name":"../b","ids":[1]}}""")]
    public async Task The_transmission_rpc_reaches_no_path_outside_the_roots_either(string call)
    {
        await using var api = await ApiFixture.StartAsync(Settings);
        api.Put(1);
        api.Node.Details = row => Rows.Details(row) with { Files = [new("a", 1, 1, Swarm.Protocol.Picking.PiecePriority.Normal)] };

        (await new RpcClient(api).CallAsync(call)).GetProperty("result").GetString().ShouldNotBe("success");
        api.Node.Added.ShouldBeEmpty();
        api.Node.Commands.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_oversized_body_is_refused_whether_it_says_its_length_or_not()
    {
        await using var api = await ApiFixture.StartAsync(Settings with { BodyLimit = 2_000, TorrentFileLimit = 3_000 });
        var large = $$"""{"hashes":["{{new string('a', 3_000)}}"]}""";

        using var said = await api.SendAsync(HttpMethod.Post, Pause, large);
        using var unsaid = await api.SendAsync(new HttpRequestMessage(HttpMethod.Post, Pause)
        {
            Headers = { TransferEncodingChunked = true },
            Content = new StringContent(large, Encoding.UTF8, "application/json"),
        });
        using var file = await api.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/api/v1/torrents/file")
        {
            Headers = { TransferEncodingChunked = true },
            Content = new ByteArrayContent(new byte[3_001]) { Headers = { ContentType = new MediaTypeHeaderValue("application/x-bittorrent") } },
        });
        using var inJson = await api.SendAsync(HttpMethod.Post, List, $$"""{"metainfo":"{{Convert.ToBase64String(new byte[3_100])}}"}""");

        foreach (var response in (HttpResponseMessage[])[said, unsaid, file, inJson]) await ApiFixture.ProblemAsync(response, HttpStatusCode.RequestEntityTooLarge);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task A_compressed_body_is_refused_so_none_can_be_a_bomb(string encoding)
    {
        await using var api = await ApiFixture.StartAsync(Settings);
        using var bomb = new MemoryStream();
        await using (var gzip = new GZipStream(bomb, CompressionLevel.SmallestSize, leaveOpen: true)) await gzip.WriteAsync(new byte[10_000_000], TestContext.Current.CancellationToken);
        using var response = await api.SendAsync(new HttpRequestMessage(HttpMethod.Post, Pause)
        {
            Content = new ByteArrayContent(bomb.ToArray()) { Headers = { ContentType = new MediaTypeHeaderValue("application/json"), ContentEncoding = { encoding } } },
        });

        (await ApiFixture.ProblemAsync(response, HttpStatusCode.UnsupportedMediaType)).Detail.ShouldContain("Content-Encoding");
    }

    [Fact]
    public async Task A_bug_is_told_without_its_insides()
    {
        await using var api = await ApiFixture.StartAsync(Settings);
        api.Put(1);
        api.Node.Details = _ => throw new InvalidOperationException("the insides");
        using var response = await api.SendAsync(new HttpRequestMessage(HttpMethod.Get, $"{List}/{Rows.Hash(1)}"));

        (await ApiFixture.ProblemAsync(response, HttpStatusCode.InternalServerError)).Detail.ShouldNotContain("insides");
        api.Log.Last(10, LogLevel.Error).Select(line => line.Message).ShouldContain(line => line.Contains("the insides"));
    }

    private static string? Cors(HttpResponseMessage response, string name) => response.Headers.TryGetValues($"Access-Control-{name}", out var values) ? string.Join(", ", values) : null;

    private static HttpApiSettings Settings => ApiFixture.Settings with { Hosts = ["torrents.example"], Origins = ["https://pages.example"] };

    private static ApiKeys Keys(out Dictionary<Scope, string> texts)
    {
        var made = new Dictionary<Scope, string>();
        foreach (var scope in (Scope[])[Scope.Viewer, Scope.Operator, Scope.Admin]) made[scope] = ApiKeys.NewText();
        texts = made;
        return new ApiKeys([.. made.Select(pair => ApiKeys.Keep(pair.Key.ToString(), pair.Key, pair.Value))]);
    }

    private static async Task<HttpStatusCode> StatusAsync(Action<HttpRequestMessage> change)
    {
        await using var api = await ApiFixture.StartAsync(Settings);
        using var request = new HttpRequestMessage(HttpMethod.Get, List);
        change(request);
        using var response = await api.SendAsync(request);
        return response.StatusCode;
    }

    // As if the connection came from there.
    private static async Task<int> AskFromAsync(ApiFixture api, string address, Action<HttpContext> change)
    {
        var context = new DefaultHttpContext { Connection = { RemoteIpAddress = IPAddress.Parse(address) } };
        context.Request.Host = new HostString("127.0.0.1");
        context.Response.Body = Stream.Null;
        context.SetEndpoint(new Endpoint(_ => Task.CompletedTask, new EndpointMetadataCollection(new Swarm.Host.Api.Endpoints.Needs(Scope.Viewer)), "test"));
        change(context);
        await new ApiGate(api.Services, api.Logs.CreateLogger("test")).HandleAsync(context, _ => Task.CompletedTask);
        return context.Response.StatusCode;
    }
}
