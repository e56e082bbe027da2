using System.Net;
using System.Net.Sockets;
using System.Text;
using Swarm.Actors.Ports;
using Swarm.Io.Http;

namespace Swarm.Tests.Io.Http;

/// <summary>Replies, encodings, connections and failures.</summary>
public sealed class HttpPortTests : HttpFixture
{
    [Fact]
    public void Body_and_status_come_back()
    {
        var server = Serve(_ => RawServer.Reply("d8:intervali1800ee"));
        var replied = Get(server.Root + "/announce").ShouldBeOfType<IHttp.Replied>();
        replied.Id.ShouldBe(1);
        replied.Status.ShouldBe(200);
        Text(replied).ShouldBe("d8:intervali1800ee");
    }

    [Theory]
    [InlineData(400)]
    [InlineData(404)]
    [InlineData(503)]
    public void Any_status_is_a_reply_with_its_body(int status)
    {
        var server = Serve(_ => RawServer.Reply("d14:failure reason2:noe", status: status));
        var replied = Get(server.Root).ShouldBeOfType<IHttp.Replied>();
        replied.Status.ShouldBe(status);
        Text(replied).ShouldBe("d14:failure reason2:noe");
    }

    [Fact]
    public void Request_says_who_asks_and_that_its_connection_is_used_once()
    {
        var server = Serve(_ => RawServer.Reply(""));
        Get(server.Root + "/a?b=c");
        var request = server.Requests.ShouldHaveSingleItem();
        request.ShouldStartWith("GET /a?b=c HTTP/1.1\r\n");
        request.ShouldContain($"Host: 127.0.0.1:{server.Port}\r\n");
        request.ShouldContain("User-Agent: Swarm/0.1\r\n");
        request.ShouldContain("Connection: close\r\n");
        request.ShouldContain("Accept-Encoding: gzip, deflate\r\n");
        request.ShouldNotContain("Cookie");
        request.ShouldNotContain("traceparent");
    }

    [Theory]
    [InlineData("HTTP/1.0 200 OK\r\n\r\nbody until the end")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\nbody until the end")]
    [InlineData("HTTP/1.1 200 OK\nContent-Length: 18\n\nbody until the end")]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 18\r\nConnection: keep-alive\r\n\r\nbody until the end")]
    [InlineData("HTTP/1.1 200\r\nContent-Length: 18\r\n\r\nbody until the end")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\nbody until the end")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbody \r\nd;x=1\r\nuntil the end\r\n0\r\nTrailer: x\r\n\r\n")]
    public void Every_way_to_end_a_body_is_understood(string reply)
    {
        var server = Serve(_ => Encoding.Latin1.GetBytes(reply));
        Text(Get(server.Root).ShouldBeOfType<IHttp.Replied>()).ShouldBe("body until the end");
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\nbody")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbo")]
    [InlineData("HTTP/1.1 200 OK\r\nConte")]
    [InlineData("")]
    public void Reply_that_breaks_off_is_a_failure(string reply)
    {
        var server = Serve(_ => Encoding.Latin1.GetBytes(reply));
        Fail(server.Root).ShouldContain("127.0.0.1");
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n")]
    [InlineData("HTTP/1.1 abc OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")]
    public void Reply_that_is_not_http_is_a_failure(string reply)
    {
        var server = Serve(_ => Encoding.Latin1.GetBytes(reply));
        Fail(server.Root);
    }

    [Fact]
    public void Server_that_closes_connections_it_could_have_kept_is_asked_again_without_a_failure()
    {
        var server = Serve(_ => RawServer.Reply("x", "Connection: keep-alive\r\n"));
        for (var i = 0; i < 5; i++) Get(server.Root).ShouldBeOfType<IHttp.Replied>();
        server.Clients.Select(client => client.Port).Distinct().Count().ShouldBe(5);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("raw deflate")]
    public void Compressed_body_is_undone(string encoding)
    {
        var body = Compress(Encoding.ASCII.GetBytes(new string('x', 900)), encoding);
        var server = Serve(_ => RawServer.Reply(body, $"Content-Encoding: {encoding.Split(' ')[^1]}\r\n"));
        Text(Get(server.Root).ShouldBeOfType<IHttp.Replied>()).ShouldBe(new string('x', 900));
    }

    [Fact]
    public void Body_that_is_not_what_its_encoding_says_is_a_failure()
    {
        var server = Serve(_ => RawServer.Reply("not gzip at all", "Content-Encoding: gzip\r\n"));
        Fail(server.Root).ShouldContain("cannot be decompressed");
    }

    [Fact]
    public void Nobody_listening_is_a_failure_that_says_where()
    {
        var server = new RawServer(_ => []);
        var port = server.Port;
        server.Dispose();
        Fail($"http://127.0.0.1:{port}/").ShouldContain($"127.0.0.1:{port}");
    }

    [Fact]
    public void Name_without_address_is_a_failure() => Fail("http://no-such-host.invalid/").ShouldContain("no-such-host.invalid");

    [Theory]
    [InlineData(AddressFamily.InterNetwork, true)]
    [InlineData(AddressFamily.InterNetworkV6, false)]
    [InlineData(AddressFamily.Unspecified, true)]
    public void Exchange_is_made_over_the_family_asked_for(AddressFamily family, bool reached)
    {
        var server = Serve(_ => RawServer.Reply("x"));
        var answer = Get(server.Root, family: family);
        if (reached) answer.ShouldBeOfType<IHttp.Replied>();
        else answer.ShouldBeOfType<IHttp.Failed>().Reason.ShouldContain("no IPv6 address");
    }

    [Fact]
    public void Exchange_over_ipv6_reaches_an_ipv6_server()
    {
        var server = Own(new RawServer(_ => RawServer.Reply("six"), IPAddress.IPv6Loopback));
        Text(Get(server.Root, family: AddressFamily.InterNetworkV6).ShouldBeOfType<IHttp.Replied>()).ShouldBe("six");
        Get(server.Root, family: AddressFamily.InterNetwork).ShouldBeOfType<IHttp.Failed>();
    }

    [Fact]
    public void Redirect_keeps_to_the_family_asked_for()
    {
        var six = Own(new RawServer(_ => RawServer.Reply("six"), IPAddress.IPv6Loopback));
        var server = Serve(_ => RawServer.Redirect(six.Root));
        Get(server.Root, family: AddressFamily.InterNetwork).ShouldBeOfType<IHttp.Failed>();
        six.Requests.ShouldBeEmpty();
    }

    [Fact]
    public void Connections_come_from_the_address_bound_to_and_the_other_family_is_not_used()
    {
        Use(HttpPortSettings.Default with { BindIPv4 = IPAddress.Parse("127.0.0.9") });
        var server = Serve(_ => RawServer.Reply("x"));
        var six = Own(new RawServer(_ => RawServer.Reply("six"), IPAddress.IPv6Loopback));
        Get(server.Root).ShouldBeOfType<IHttp.Replied>();
        server.Clients.Single().Address.ToString().ShouldBe("127.0.0.9");
        Get(six.Root).ShouldBeOfType<IHttp.Failed>();
        six.Clients.ShouldBeEmpty();
    }

    [Fact]
    public async Task Server_with_a_certificate_of_its_own_making_is_refused()
    {
        using var key = System.Security.Cryptography.RSA.Create(2048);
        var request = new System.Security.Cryptography.X509Certificates.CertificateRequest(
            "CN=tracker.test", key, System.Security.Cryptography.HashAlgorithmName.SHA256, System.Security.Cryptography.RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync();
            using var tls = new System.Net.Security.SslStream(client.GetStream());
            await Should.ThrowAsync<Exception>(async () =>
            {
                await tls.AuthenticateAsServerAsync(certificate);
                if (await tls.ReadAsync(new byte[1]) == 0) throw new IOException("closed");
            });
        });
        Fail($"https://{listener.LocalEndpoint}/").ShouldContain("was refused as the server it claims to be");
        await serving.WaitAsync(TimeSpan.FromSeconds(30));
    }
}
