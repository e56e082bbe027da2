using System.Net;
using System.Text.RegularExpressions;
using Swarm.Host.Api.Security;
using Swarm.Host.Ui;

namespace Swarm.Tests.Host.Api;

/// <summary>The files of the page: who gets them, under which policy, and what may stand in them. What the page does is tested in a browser.</summary>
public sealed partial class UiTests
{
    // What would read text as HTML or as code, or go round the policy.
    private static readonly string[] Forbidden = ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "DOMParser", "setAttribute(\"style\"", "localStorage", "http://", "https://"];

    [Fact]
    public async Task The_page_and_all_that_it_names_is_there()
    {
        await using var api = await ApiFixture.StartAsync();
        var left = new Queue<string>(["/ui/"]);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (left.TryDequeue(out var path))
        {
            if (!seen.Add(path)) continue;
            using var response = await api.SendAsync(new HttpRequestMessage(HttpMethod.Get, path));
            response.StatusCode.ShouldBe(HttpStatusCode.OK, path);
            var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            foreach (Match named in Named().Matches(text)) left.Enqueue(named.Groups[1].Value.Replace("./", "/ui/", StringComparison.Ordinal));
        }

        seen.Select(path => path["/ui/".Length..]).Where(name => name.Length > 0).Order(StringComparer.Ordinal).ShouldBe(UiFiles.Load().Names.Where(name => name != "index.html"), "what nothing names");
    }

    [Fact]
    public async Task The_root_leads_to_the_page()
    {
        await using var api = await ApiFixture.StartAsync();
        using var response = await api.Client.GetAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);
        response.RequestMessage!.RequestUri!.AbsolutePath.ShouldBe("/ui/");
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
    }

    [Fact]
    public async Task Every_file_forbids_what_is_not_its_nodes_own()
    {
        await using var api = await ApiFixture.StartAsync();
        foreach (var name in UiFiles.Load().Names)
        {
            using var response = await api.SendAsync(new HttpRequestMessage(HttpMethod.Get, $"/ui/{name}"));
            var policy = response.Headers.GetValues("Content-Security-Policy").ShouldHaveSingleItem();
            policy.ShouldStartWith("default-src 'none'; script-src 'self';", Case.Sensitive, name);
            policy.ShouldNotContain("unsafe");
            policy.ShouldContain("frame-ancestors 'none'");
            response.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
            response.Headers.GetValues("Referrer-Policy").ShouldBe(["no-referrer"]);
        }
    }

    [Fact]
    public async Task No_file_reads_text_as_html_or_code_or_goes_elsewhere()
    {
        await using var api = await ApiFixture.StartAsync();
        foreach (var name in UiFiles.Load().Names.Where(name => !name.EndsWith(".svg", StringComparison.Ordinal)))
        {
            using var response = await api.SendAsync(new HttpRequestMessage(HttpMethod.Get, $"/ui/{name}"));
            var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            foreach (var forbidden in Forbidden) text.ShouldNotContain(forbidden, Case.Sensitive, name);
            if (name.EndsWith(".html", StringComparison.Ordinal)) Inline().IsMatch(text).ShouldBeFalse("a script, style or handler inside the page");
        }
    }

    [Theory]
    [InlineData("nothing.js")]
    [InlineData("..%2Fappsettings.json")]
    [InlineData("%2e%2e%2f%2e%2e%2fetc%2fpasswd")]
    [InlineData("INDEX.HTML")]
    [InlineData("reference.conf")]
    public async Task There_is_nothing_but_the_files(string name)
    {
        await using var api = await ApiFixture.StartAsync();
        using var response = await api.SendAsync(new HttpRequestMessage(HttpMethod.Get, $"/ui/{name}"));
        (await ApiFixture.ProblemAsync(response, HttpStatusCode.NotFound)).Detail.ShouldContain("/ui/");
    }

    [Fact]
    public async Task The_page_needs_no_key_and_what_it_asks_does()
    {
        await using var api = await ApiFixture.StartAsync(ApiFixture.Settings with { TrustLoopback = false }, new ApiKeys([ApiKeys.Keep("one", Scope.Viewer, ApiKeys.NewText())]));
        using var page = await api.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/ui/"));
        page.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var data = await api.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/api/v1/torrents"));
        await ApiFixture.ProblemAsync(data, HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_name_that_is_not_the_nodes_gets_no_page()
    {
        await using var api = await ApiFixture.StartAsync();
        using var response = await api.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/ui/") { Headers = { Host = "evil.example" } });
        await ApiFixture.ProblemAsync(response, HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task What_the_browser_has_is_not_sent_again_and_what_it_has_not_is_sent_small()
    {
        await using var api = await ApiFixture.StartAsync();
        using var first = await api.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/ui/app.css"));
        using var again = await api.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/ui/app.css") { Headers = { IfNoneMatch = { first.Headers.ETag! } } });
        again.StatusCode.ShouldBe(HttpStatusCode.NotModified);
        using var small = await api.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/ui/app.css") { Headers = { AcceptEncoding = { new("gzip") } } });
        small.Content.Headers.ContentEncoding.ShouldBe(["gzip"]);
        var sent = await small.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        using var text = new StreamReader(new System.IO.Compression.GZipStream(sent, System.IO.Compression.CompressionMode.Decompress));
        (await text.ReadToEndAsync(TestContext.Current.CancellationToken)).ShouldBe(await first.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [GeneratedRegex("""(?:from|src=|href=|src:|href:)\s*"((?:\./|/ui/)[a-z.]+)["]""")]
    private static partial Regex Named();

    [GeneratedRegex("""<script(?![^>]*src=)|<style|\son[a-z]+=|\sstyle=""")]
    private static partial Regex Inline();
}
