using System.Net;
using System.Text;
using Swarm.Actors.Ports;
using Swarm.Io.Http;

namespace Swarm.Tests.Io.Http;

/// <summary>What is asked for: URLs as they were given, and where redirects lead.</summary>
public sealed class HttpTargetTests : HttpFixture
{
    // Binary hashes, escapes of what needs none, lower-case escapes, characters that are rewritten by default, and dots.
    [Theory]
    [InlineData("/announce?info_hash=%00%01%2d%2D%7e%7E%41%c3%28%ff%25%20&peer_id=-SW0100-abc")]
    [InlineData("/announce?a=%2F..%2f&b=[x]|y^z`{}\"<>\\'!*();:@,$")]
    [InlineData("/a/../b/./%2e%2e/c%20d?x")]
    [InlineData("/pass%6bey/announce")]
    [InlineData("/?")]
    [InlineData("/a//b///c")]
    public void Target_goes_out_byte_for_byte_as_it_was_given(string target)
    {
        var server = Serve(_ => RawServer.Reply(""));
        GetUri(new Uri(server.Root + target)).ShouldBeOfType<IHttp.Replied>();
        server.LastTarget.ShouldBe(target);
        GetUri(new Uri(server.Root + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        server.LastTarget.ShouldBe(target);
    }

    [Fact]
    public void Every_byte_of_an_escaped_hash_reaches_the_server()
    {
        var server = Serve(_ => RawServer.Reply(""));
        var hash = Enumerable.Range(0, 256).Select(i => (byte)i).ToArray();
        Get(server.Root + "/announce?info_hash=" + string.Concat(hash.Select(b => $"%{b:x2}")));
        WebUtility.UrlDecodeToBytes(Encoding.Latin1.GetBytes(server.LastTarget["/announce?info_hash=".Length..]), 0, 768).ShouldBe(hash);
    }

    [Theory]
    [InlineData("", "/")]
    [InlineData("?a=b", "/?a=b")]
    [InlineData("/a b", "/a%20b")]
    [InlineData("/ä?ö", "/%C3%A4?%C3%B6")]
    [InlineData("/a#fragment", "/a")]
    [InlineData("/a?b#fragment", "/a?b")]
    public void Target_that_no_request_may_have_is_put_right(string given, string sent)
    {
        var server = Serve(_ => RawServer.Reply(""));
        GetUri(new Uri(server.Root + given)).ShouldBeOfType<IHttp.Replied>();
        server.LastTarget.ShouldBe(sent);
        GetUri(new Uri(server.Root + given, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true })).ShouldBeOfType<IHttp.Replied>();
        server.LastTarget.ShouldBe(sent);
    }

    [Fact]
    public void Line_breaks_in_a_url_never_make_a_second_header()
    {
        var server = Serve(_ => RawServer.Reply(""));
        var url = new Uri(server.Root + "/a?x= HTTP/1.1\r\nInjected: yes\r\n\r\n", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        GetUri(url);
        server.Requests.ShouldAllBe(request => !request.Contains("\r\nInjected"));
    }

    [Theory]
    [InlineData("ftp://127.0.0.1/x")]
    [InlineData("file:///etc/passwd")]
    [InlineData("udp://127.0.0.1:80/announce")]
    public void Url_that_is_not_http_is_a_failure(string url) => Fail(url).ShouldContain("not a complete http or https URL");

    [Fact]
    public void Relative_url_is_a_failure() => GetUri(new Uri("announce", UriKind.Relative)).ShouldBeOfType<IHttp.Failed>();

    [Fact]
    public void Name_and_password_of_the_url_are_sent_as_basic_credentials_and_not_to_where_it_redirects()
    {
        var other = Serve(_ => RawServer.Reply("there"));
        var server = Serve(_ => RawServer.Redirect(other.Root));
        Get($"http://us%65r:p%3Ass@127.0.0.1:{server.Port}/").ShouldBeOfType<IHttp.Replied>();
        server.Requests.Single().ShouldContain("Authorization: Basic " + Convert.ToBase64String("user:p:ss"u8));
        other.Requests.Single().ShouldNotContain("Authorization");
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    [InlineData(307)]
    [InlineData(308)]
    public void Redirects_are_followed(int status)
    {
        var server = Serve(request => request.StartsWith("GET /old ") ? RawServer.Redirect("/new?x=%2d", status) : RawServer.Reply("new"));
        Text(Get(server.Root + "/old").ShouldBeOfType<IHttp.Replied>()).ShouldBe("new");
        server.LastTarget.ShouldBe("/new?x=%2d");
    }

    [Theory]
    [InlineData("next?x", "/a/next?x")]
    [InlineData("?y", "/a/b?y")]
    [InlineData("../c", "/c")]
    [InlineData("/d e#f", "/d%20e")]
    [InlineData("/%41%2d?%41", "/%41%2d?%41")]
    [InlineData("/ü", "/%C3%BC")]
    public void Relative_and_unescaped_redirects_lead_where_they_say(string location, string target)
    {
        var server = Serve(request => request.StartsWith("GET /a/b?x ") ? RawServer.Redirect(location) : RawServer.Reply("there"));
        Text(Get(server.Root + "/a/b?x").ShouldBeOfType<IHttp.Replied>()).ShouldBe("there");
        server.LastTarget.ShouldBe(target);
    }

    [Fact]
    public void Redirects_are_followed_to_their_limit_and_not_once_more()
    {
        Use(HttpPortSettings.Default with { RedirectLimit = 3 });
        var server = Serve(request =>
        {
            var left = int.Parse(request.Split('/', ' ')[2]);
            return left > 0 ? RawServer.Redirect($"/{left - 1}") : RawServer.Reply("end");
        });
        Get(server.Root + "/3").ShouldBeOfType<IHttp.Replied>();
        Fail(server.Root + "/4").ShouldContain("redirects again after 3 redirects");
    }

    [Theory]
    [InlineData("ftp://127.0.0.1/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("magnet:?xt=x")]
    [InlineData("http://")]
    public void Redirect_to_what_is_not_http_is_a_failure(string location)
    {
        var server = Serve(_ => RawServer.Redirect(location));
        Fail(server.Root).ShouldContain("redirects to something that is not");
    }

    [Fact]
    public void Redirect_status_without_a_location_is_a_reply()
    {
        var server = Serve(_ => RawServer.Reply("hm", status: 302));
        Get(server.Root).ShouldBeOfType<IHttp.Replied>().Status.ShouldBe(302);
    }

    [Fact]
    public void Redirect_from_a_public_server_may_not_lead_to_a_private_one()
    {
        // For this test 127.0.0.2 is out there and 127.0.0.1 is home.
        Use(HttpPortSettings.Default with { IsPrivate = address => address.Equals(IPAddress.Loopback) });
        var home = Serve(_ => RawServer.Reply("secret"));
        var outside = Own(new RawServer(request => request.StartsWith("GET /in") ? RawServer.Redirect(home.Root) : RawServer.Reply("fine"), IPAddress.Parse("127.0.0.2")));
        Fail(outside.Root + "/in").ShouldContain("private address that a public server redirected to");
        home.Clients.ShouldBeEmpty();
        Get(home.Root).ShouldBeOfType<IHttp.Replied>();
        var toOutside = Serve(_ => RawServer.Redirect(outside.Root + "/x"));
        Text(Get(toOutside.Root).ShouldBeOfType<IHttp.Replied>()).ShouldBe("fine");
    }
}
